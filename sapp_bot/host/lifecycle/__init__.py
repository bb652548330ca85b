"""The life of a plugin file: found, checked, switched in, retired."""

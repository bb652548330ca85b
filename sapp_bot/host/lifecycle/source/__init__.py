"""A plugin's source, looked at without running it."""

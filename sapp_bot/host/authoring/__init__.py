"""What a plugin author touches; `sapp_bot` re-exports it."""

"""The commands of `python -m sapp_bot`."""

"""Limits on how fast messages come in and go out, on an injected clock."""

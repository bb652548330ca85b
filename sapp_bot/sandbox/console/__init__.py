"""The chat in a terminal, and scripts that play it."""

"""The chat in a browser: one page on loopback, and its bridge to the persons' Telegram clients."""

"""The Telegram dashboard of the SAPP Finance API."""

"""Sells reads: the ledger with what the bot has for its ports, as services for plugins."""

"""A bot in several processes: one gateway that talks to Telegram, and workers with the plugins."""

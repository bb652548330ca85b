"""The only package of the bot that knows Redis."""

"""Local stand-ins for Telegram, the SAPP API and Redis. Imports nothing of the bot."""

"""The simulated Telegram user: an unmodified Telethon client and what it sees."""

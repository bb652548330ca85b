"""What every process of the bot does, and what a bot in several of them is put together from."""

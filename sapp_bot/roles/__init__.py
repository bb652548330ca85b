"""What a process of the bot does, whatever its role."""

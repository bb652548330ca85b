"""Redis for a bot in several processes: who works for whom, and what they send each other."""

"""Services about one person that need more than the turn."""

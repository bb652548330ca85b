"""The way of one update, from its arrival to the delivered reply."""

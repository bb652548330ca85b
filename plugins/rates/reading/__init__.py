"""What reading from the API costs, and when it is left alone."""

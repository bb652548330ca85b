"""The books: one for each client, facts that are only added, and what they come to."""

"""Commands in the words of people, without a slash."""

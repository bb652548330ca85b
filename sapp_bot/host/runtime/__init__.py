"""Runs somebody else's code safely: task ownership, deadlines, threads, watchdog."""

"""Runs plugin code safely: task ownership, deadlines, threads, watchdog."""

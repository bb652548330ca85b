"""Accounts at the API that are the operator's own, and stay logged in."""

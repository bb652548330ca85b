"""Payments in Telegram Stars: the question before one, and what to do when one has come."""

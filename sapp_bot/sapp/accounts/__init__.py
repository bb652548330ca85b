"""Logins: those of the operator, which are kept fresh, and those that were ended here."""

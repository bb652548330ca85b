"""Turns declarations and typed text into handler calls: routing table, signatures, arguments."""

"""Days, periods and time zones as people write them."""

"""What operators see: log, redaction of secrets, heartbeat, metrics."""

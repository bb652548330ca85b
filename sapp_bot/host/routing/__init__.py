"""From declarations and typed text to something that can be called."""

"""Open forms: what they are, how they are asked and answered, and how they are submitted."""

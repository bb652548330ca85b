"""What operators do with the running bot: kept here, so that every plugin can use it."""

"""A process that runs plugins: it handles whom it is given, and asks the gateway for Telegram."""

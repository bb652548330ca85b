"""The process that talks to Telegram: it stores, sends and answers in time, and has no plugin."""

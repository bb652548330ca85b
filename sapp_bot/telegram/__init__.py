"""The only package of the bot that knows Telethon: client, incoming, outgoing, session."""

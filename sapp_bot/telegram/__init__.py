"""Telegram adapter: signs in, receives updates and makes calls; the only package with Telethon."""

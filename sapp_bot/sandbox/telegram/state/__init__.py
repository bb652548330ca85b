"""State of the local Telegram: accounts, mailboxes, files, menus, queries, codes."""

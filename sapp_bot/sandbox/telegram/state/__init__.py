"""What the local Telegram knows: accounts, mailboxes, files, menus, queries, codes."""

"""Payments in Telegram Stars: invoices, pre-checkout answers, the account of Stars."""

"""The ledger of payments: who paid for which reads, and that the SAPP API and Telegram agree."""

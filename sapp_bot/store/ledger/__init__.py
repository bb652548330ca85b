"""The ledger's store in Redis, its backup and its restore."""

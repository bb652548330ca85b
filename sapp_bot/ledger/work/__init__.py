"""The ledger's work: which client is looked at when, and who hears of what does not get on."""

"""The claims ledger: what speaks to each claim, and the verdict that a rule fixed beforehand gives."""

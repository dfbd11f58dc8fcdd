"""The ledger, and its form on disk."""

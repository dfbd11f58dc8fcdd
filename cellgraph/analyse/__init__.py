"""What follows from the ledger and the order: pure functions, nothing looked at, nothing printed."""

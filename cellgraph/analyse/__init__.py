"""What follows from the ledger, the order of the cells and their texts: pure functions.

Start with ``replay`` (what would Restart & Run All give?) and ``findings`` (what is said of it).
"""

"""What one run did: its reads and writes, told by digests, and the ledger that keeps them.

In come the accesses of a run and the namespace; out goes a ``Run`` of the ledger. Start with ``recorder``.
"""

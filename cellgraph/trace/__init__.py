"""Running code as accesses: what a cell reads, binds, deletes, opens, draws and starts.

In comes a running shell; out go the accesses of one run. Start with ``tracing_backend``: it has two
implementations, ``monitoring`` (Python 3.12 and later) and ``static_backend`` (Python 3.11).
"""

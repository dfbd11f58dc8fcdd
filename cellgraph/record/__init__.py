"""What one run did: its reads and writes, told by digests, and the ledger that keeps them.

In come the accesses of a run (``trace``) and the namespace before and after it. Out goes a ``Run``, which is
appended to the ledger.

Open first:
    ``recorder``: the beginning and the end of a run.
    ``run_context``: a run in progress, and what its text tells.
    ``change_detection``: which names the run has changed, those that share a value included.
    ``plain_runs``: the same, shorter, for runs that only bind names to numbers and texts.
    ``digest_store``: the digest of each name as of the last look.
    ``ledger``: all runs, with the look-ups that follow from them.

Nothing here knows of notebooks, of their order, or of what is stale.
"""

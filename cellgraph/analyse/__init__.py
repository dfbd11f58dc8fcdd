"""What follows from the ledger, the order of the cells and their texts: pure functions.

In come the ledger, the order, and the live digests. Out come findings with their messages, the cells to run
again, the graph, slices and explanations, all frozen.

Open first:
    ``replay``: what would Restart & Run All give? The stale reads, in one pass.
    ``live_comparison``: what would running one cell again now see?
    ``findings``: both of these as findings, and the table of codes.
    ``plan``: which cells to run, in which order.
    ``report``: everything in one value, for the renderers.

Nothing here knows a shell or a front end. ``incremental_replay`` takes over what the last replay found.
"""

"""What running code accesses: what a cell reads, binds, deletes, opens, draws and starts.

In comes the namespace of a running shell and, at the start of a run, the parsed text of its cell. Out comes
``Touched``: the names that the run read and stored, with their paths, and the files and random generators
that it used.

Open first:
    ``tracing_backend``: the interface, with an exact implementation and one that works from the text.
    ``monitoring``: the exact one, by ``sys.monitoring`` (Python 3.12 and later).
    ``static_backend``: the other one, for Python 3.11.
    ``namespace``: which names are the user's, before and after a run.

The user's code is never rewritten, and no value is looked at here but pyplot's current figure.
"""

"""The soak: all that could harm a cell or lose a run, as one command with a seed and a length.

``python -m tests.soak`` runs it. ``tests/soak/README.md`` has the parts and the figures.

Open first:
    ``__main__``: the command.
    ``outcome``: what a part gives back, and how a drawn case is made small.
    ``twins``: one session in two processes that differ in cellgraph alone.
"""

"""Saved outputs compared with those of a fresh run: what differs, of what kind, and why.

In come the outputs that a file holds and those of one or more runs. Out comes a ``NotebookVerdict``.
Nothing here but ``run`` and what distributes it starts a kernel: the comparison itself is pure.

Open first:
    ``verdicts``: the types and the classes.
    ``outputs``: the outputs of a cell → typed items; ``compare`` compares two lists of them.
    ``text``, ``tables``, ``images``, ``plots``: one kind of content each. ``volatile`` names what may differ.
    ``judge``: changes of one or several runs → verdicts. ``why``: the input that is not what it was,
    by a record; ``suspects``: what it may be without one.
    ``run``: one notebook. ``workers``, ``journal`` and ``cluster``: thousands.
"""

"""What saved notebooks tell by their text alone: ``cellgraph check``. Nothing is executed.

In come the bytes of a file. Out comes a ``Checked`` with its findings, each with its certainty and place.

Open first:
    ``check``: one file, from its bytes to its findings.
    ``document``: a file as cells; ``positions`` says in which line of the file each line of a cell stands.
    ``names``: names that a restart does not find; the walk itself is in ``cellgraph/code/missing_names.py``.
    ``flow``: what each cell reads and makes, for ``counts``, ``outputs`` and the graph.
    ``surroundings``: paths, modules and data files; ``modules`` reads what installed modules export.
    ``settings``: which codes count where.

A finding is certain if a restart fails or gives something else, and possible otherwise. What a text does not
show (``%run``, ``exec``, an unknown magic) makes names unknown, and an unknown name is never missing.
"""

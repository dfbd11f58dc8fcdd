"""Stamps: what each saved output was made from, written down so that it can be compared later without a run.

In come a ledger and the outputs that its runs left. Out comes a ``Stamp``, which is kept in the notebook's
metadata or in a file beside it.

Open first:
    ``stamp``: the frozen types of a stamp, and ``differing_inputs``, which compares a cell in two stamps.
    ``storage``: a stamp as JSON, where it is kept, and what is wrong with one that cannot be read.
    ``making``: a ledger → a stamp.
    ``packages``: which installed packages each run uses.
    ``code_digests``: a cell's text → digests of what it means. Comments and layout do not count.
    ``surroundings``: the digests of files and modules, and the versions of packages, as they are now.

``cellgraph/notebooks/checks/stamped.py`` reads a stamp and says which outputs are still what the text gives.
"""

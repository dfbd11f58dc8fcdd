"""Saved notebooks: reading any version of the format, running one in a fresh kernel, and what comes back.

In comes the path of a file. Out comes an ``Execution``: the executed notebook, the report and the ledger.

Open first:
    ``source``: the file as one that can be run, repaired and with an id for each cell.
    ``execute``: the run, from the choice of a kernel to its results.
    ``kernel_results``: how a report comes from the kernel to the process that asked for it.

``saved`` stands apart: it is what a live kernel reads of the notebook that it belongs to, with ``json`` alone.
"""

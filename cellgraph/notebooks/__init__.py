"""Saved notebooks: reading any version of the format, and running one in a fresh kernel.

In comes the path of a file. Out comes an ``Execution``: the executed notebook, the report and the ledger.

Open first:
    ``source``: reads a file, repairs it, and gives each cell an id.
    ``execute``: runs a notebook, from the choice of a kernel to the results.
    ``promotion``: the stable part of a notebook as a package. ``static_slice``: the code behind a name.
    ``kernel_results``: carries the report from the kernel to this process.

``saved`` is for a live kernel: it reads the file of the kernel's own notebook, with ``json`` alone.
"""

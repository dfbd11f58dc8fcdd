"""The exchange with a front end: the order, texts and deletions of cells, and what it displays.

In come execution requests, saved files and comm messages. Out go the order of the cells for ``analyse``, and
messages, marks and the live panel for the user.

Open first:
    ``notebook_order``: the order and the texts of the cells, from the most reliable source.
    ``comm``: the protocol of the JupyterLab extension (its schema is in ``.github/CONTRIBUTING.md``).
    ``display``: messages as outputs of a cell.
    ``live_panel``: the panel of ``%cellgraph watch``.

Nothing here decides what is stale.
"""

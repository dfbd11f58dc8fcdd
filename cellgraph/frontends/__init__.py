"""What a front end tells (cells, their order, texts and deletions) and what it shows.

In come execution requests, saved files and comm messages. Out go the order of the cells for ``analyse``, and
messages, marks and the live panel for the user.

Open first:
    ``notebook_order``: what is known of the notebook, from whichever source told it last.
    ``comm``: the protocol of the JupyterLab extension (its schema is in ``.github/CONTRIBUTING.md``).
    ``display``: putting text in front of the user.
    ``live_panel``: the panel of ``%cellgraph watch``.

Nothing here decides what is stale.
"""

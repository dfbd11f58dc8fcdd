"""What a front end tells (cells, their order, texts and deletions) and what it shows.

Start with ``notebook_order`` (what is known of the notebook) and ``comm`` (the protocol of the JupyterLab
extension). Nothing here decides what is stale.
"""

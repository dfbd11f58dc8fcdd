"""Notebook files: the saved one that a kernel looks at, and the one that ``cellgraph run`` runs."""

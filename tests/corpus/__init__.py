"""``cellgraph run`` on notebooks that other people wrote, held against a plain run of the same notebook.

``python -m tests.corpus FOLDER`` runs every notebook below a folder three times, each in a copy of its
own: plainly, plainly again to know what is not deterministic, and with ``cellgraph run``.
"""

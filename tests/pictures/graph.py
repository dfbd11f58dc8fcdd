"""The graph of the story as a file: drawn by cellgraph, in a real kernel."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.kernels import running_kernel
from tests.pictures.story import EDITED, cells, edited

DRAWING = "__import__('cellgraph.render.svg', fromlist=['graph_svg']).graph_svg"
LOADING = "bool(__import__('cellgraph').load())"
"""Loaded ahead of the first cell, the loading itself is no card."""

REPORT = "__import__('cellgraph').get_tracker().report()"


def draw(path: Path) -> None:
    """Run the story, and write the graph as SVG; it is light or dark as the reader's system is."""
    with running_kernel() as kernel:
        kernel.value(LOADING)
        for cell in cells():
            kernel.run(cell.source, cell.id)
            if cell.id == EDITED:
                again = edited(cell.source)
        kernel.run(again, EDITED)
        svg = ast.literal_eval(kernel.value(f"{DRAWING}({REPORT})"))
    path.write_text(svg + "\n", encoding="utf-8")

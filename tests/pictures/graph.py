"""The lifelines of the README as a file: drawn by cellgraph, in a real kernel, of a real notebook."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat

from tests.kernels import running_kernel
from tests.pictures.story import FOLDER

LOADING = "bool(__import__('cellgraph').load())"
"""Loaded ahead of the first cell, the loading itself is no row."""

REPORT = "__import__('cellgraph').get_tracker().report()"
DRAWING = "__import__('cellgraph.render.lifelines.svg', fromlist=['lifelines_svg']).lifelines_svg"

EDITED, BEFORE, AFTER = "trim", "0.99", "0.95"
"""The cell that is edited and run again, and what is changed in it."""


def draw(path: Path) -> None:
    """Run the longer notebook, edit a cell in its middle and run it again; write the picture as SVG.

    The picture is light or dark as the reader's system is.
    """
    read = nbformat.read(FOLDER / "ml_workflow.ipynb", as_version=4).cells
    told = {cell.id: cell.source for cell in read if cell.cell_type == "code"}
    with running_kernel() as kernel:
        kernel.value(LOADING)
        for cell, source in (*told.items(), (EDITED, told[EDITED].replace(BEFORE, AFTER))):
            kernel.run(source, cell)
        svg = ast.literal_eval(kernel.value(f"{DRAWING}({REPORT})"))
    path.write_text(svg + "\n", encoding="utf-8")

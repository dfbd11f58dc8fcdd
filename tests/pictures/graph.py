"""The pictures of the README that are files: drawn by cellgraph, in a real kernel, of real notebooks."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import nbformat

from tests.kernels import running_kernel
from tests.pictures.story import EDITED, FOLDER, cells, edited

LOADING = "bool(__import__('cellgraph').load())"
"""Loaded ahead of the first cell, the loading itself is no card."""

REPORT = "__import__('cellgraph').get_tracker().report()"
_TRIMMED = ("trim", "0.99", "0.95")
"""The cell of the longer notebook that is edited and run again, and what is changed in it."""


def draw(path: Path) -> None:
    """Run the story, and write its graph in layers as SVG; it is light or dark as the reader's system is."""
    told = cells()
    again = next(edited(cell.source) for cell in told if cell.id == EDITED)
    _drawn(path, [*((cell.id, cell.source) for cell in told), (EDITED, again)], "svg", "graph_svg")


def draw_lifelines(path: Path) -> None:
    """Run the longer notebook, edit a cell in its middle and run that again, and write the lifelines."""
    read = nbformat.read(FOLDER / "ml_workflow.ipynb", as_version=4).cells
    told = [(cell.id, cell.source) for cell in read if cell.cell_type == "code"]
    cell, before, after = _TRIMMED
    again = dict(told)[cell].replace(before, after)
    _drawn(path, [*told, (cell, again)], "lifelines.svg", "lifelines_svg")


def _drawn(path: Path, runs: Iterable[tuple[str, str]], module: str, function: str) -> None:
    """Run cells (id and text) in a kernel, and write what a renderer makes of the session's report."""
    drawing = f"__import__('cellgraph.render.{module}', fromlist=['{function}']).{function}({REPORT})"
    with running_kernel() as kernel:
        kernel.value(LOADING)
        for cell, source in runs:
            kernel.run(source, cell)
        svg = ast.literal_eval(kernel.value(drawing))
    path.write_text(svg + "\n", encoding="utf-8")

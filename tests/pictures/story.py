"""What the README's pictures tell: the tour's coffee bar, and an espresso that costs more."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

FOLDER = Path(__file__).parent.parent.parent / "notebooks"
IMAGES = FOLDER / "images"

EDITED = "prices"
"""The cell that is edited and run again."""

LAST = "best"
"""The last cell of the story; the tour goes on."""


def cells() -> list[NotebookNode]:
    """The tour's code cells up to the end of the story, without what they showed."""
    found: list[NotebookNode] = []
    for cell in nbformat.read(FOLDER / "tour.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            found.append(cell)
        if cell.id == LAST:
            return found
    raise LookupError(f"the tour has no cell {LAST!r}")


def edited(source: str) -> str:
    """The text of the edited cell. Raises ValueError where the tour's price is another one."""
    if "2.20" not in source:
        raise ValueError(f"no price of 2.20 in {source!r}")
    return source.replace("2.20", "3.00")

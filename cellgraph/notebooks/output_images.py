"""The images among a notebook's outputs, for the thumbnails of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cellgraph.notebooks.cell_order import CodeCell

_KINDS = ("image/png", "image/jpeg", "image/gif")
_MOST_OF_A_CELL = 4
_MOST = 12_000_000
"""Largest size of all images together, in characters. A report is one file, to be sent by mail."""


def pictures(notebook: NotebookNode, cells: Iterable[CodeCell]) -> Mapping[str, tuple[str, ...]]:
    """Cell → its images as ``data:`` addresses, as many as a report can hold.

    ``cells`` are the notebook's code cells, with the ids that the run used.
    """
    found: dict[str, tuple[str, ...]] = {}
    left = _MOST
    for code_cell in cells:
        shown = tuple(_images(notebook.cells[code_cell.index]))[:_MOST_OF_A_CELL]
        size = sum(map(len, shown))
        if shown and size <= left:
            left -= size
            found[code_cell.cell] = shown
    return found


def _images(cell: NotebookNode) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        for kind in _KINDS:
            if isinstance(data.get(kind), str):
                yield f"data:{kind};base64,{''.join(data[kind].split())}"
                break

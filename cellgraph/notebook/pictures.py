"""The images among a notebook's outputs, for a report that shows them small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

_KINDS = ("image/png", "image/jpeg", "image/gif")
_MOST_OF_A_CELL = 4
_MOST = 12_000_000
"""Characters of all images together: a report is one file that people mail."""


def pictures(notebook: NotebookNode) -> Mapping[str, tuple[str, ...]]:
    """Cell id → its images as ``data:`` addresses, as many as a report can hold."""
    found: dict[str, tuple[str, ...]] = {}
    left = _MOST
    for cell in notebook.cells:
        shown = tuple(_images(cell))[:_MOST_OF_A_CELL]
        size = sum(map(len, shown))
        if shown and size <= left:
            left -= size
            found[cell.id] = shown
    return found


def _images(cell: NotebookNode) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        for kind in _KINDS:
            if isinstance(data.get(kind), str):
                yield f"data:{kind};base64,{''.join(data[kind].split())}"
                break

"""The pictures as text, and the table of cells as text and as HTML, in one import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.lifelines.text import lifelines_text
from cellgraph.render.status import status_text
from cellgraph.render.table import status_html
from cellgraph.render.text_graph import graph_text

if TYPE_CHECKING:
    from cellgraph.model import Report

__all__ = ["graph_text", "lifelines_text", "picture_text", "status_html", "status_text"]


def picture_text(report: Report, width: int = 80, *, color: bool = False, layers: bool = False) -> str:
    """The picture for a terminal: lifelines, or the graph of cells with ``layers``."""
    draw = graph_text if layers else lifelines_text
    return draw(report, width, color=color)

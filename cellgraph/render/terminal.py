"""The graph as text, and the table of cells as text and as HTML, in one import."""

from __future__ import annotations

from cellgraph.render.status import status_text
from cellgraph.render.table import status_html
from cellgraph.render.text_graph import graph_text

__all__ = ["graph_text", "status_html", "status_text"]

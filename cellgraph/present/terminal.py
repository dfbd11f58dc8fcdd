"""What the magic shows in a terminal, and the table of cells in both of its forms."""

from __future__ import annotations

from cellgraph.present.status import status_text
from cellgraph.present.table import status_html
from cellgraph.present.text_graph import graph_text

__all__ = ["graph_text", "status_html", "status_text"]

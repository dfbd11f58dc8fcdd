"""Lifelines as HTML for a notebook's output: the picture, and the same as a table underneath."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.alt_text import heading
from cellgraph.render.lifelines.svg import lifelines_svg
from cellgraph.render.markup import addresses
from cellgraph.render.svg import framed
from cellgraph.render.table import cell_table

if TYPE_CHECKING:
    from cellgraph.model import Report

_MOST_COPIED = 150
"""Largest number of cells of which an output holds the picture as an image too."""


def lifelines_html(report: Report, kind: str = "") -> str:
    """The lifelines for a notebook's output. ``kind`` is a CSS class.

    The table is for screen readers, and for notebooks that are not trusted, where no inline picture is shown.
    """
    many = len(report.cells) > _MOST_COPIED
    return framed(lifelines_svg(report), heading(report), kind, image=not many, below=table_below(report))


def table_below(report: Report) -> str:
    """The table of cells, closed until somebody opens it."""
    table = cell_table(report, addresses(report))
    return f"<details><summary>the same as a table</summary>{table}</details>" if table else ""

"""The mark below a cell in doubt: the first reason, with links to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.markup import addresses, linked
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from cellgraph.model import CellState, Report

# In browsers that support `:has` the whole cell is outlined, as by the extension.
_STYLE = (
    ".jp-Cell:has(.cellgraph-mark-stale){box-shadow:inset 0 0 0 1.5px #d55e00;border-radius:5px}"
    ".cellgraph-mark-stale{font-size:12px;border-left:3px solid #d55e00;padding-left:8px}"
)


def mark_text(report: Report, state: CellState) -> str:
    """The mark in words; empty where the cell needs none."""
    reasons = [f.message for f in report.findings if f.cell == state.cell and f.severity == "warning"]
    if state.state != "stale" or not reasons:
        return ""
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{STATE_STYLES['stale'].glyph} {STATE_STYLES['stale'].word}: {reasons[0]}{more}"


def mark_html(report: Report, state: CellState) -> str:
    """The same with links to the cells that it names."""
    words = linked(mark_text(report, state), addresses(report))
    return f'<style>{_STYLE}</style><div class="cellgraph-mark-stale">{words}</div>'

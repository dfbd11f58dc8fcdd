"""Which cells a name or a cell depends on, and which depend on it."""

from __future__ import annotations

from collections.abc import Iterable

from cellgraph.analyse.graph import cone
from cellgraph.model import CellState, Report


def makers(report: Report, name: str) -> tuple[str, ...]:
    """Cells that write a name, in notebook order."""
    return tuple(cell.cell for cell in report.cells if name in cell.writes)


def readers(report: Report, name: str) -> tuple[str, ...]:
    """Cells that read a name or a part of it, in notebook order."""
    return tuple(c.cell for c in report.cells if any(_whole(read) == name for read in c.reads))


def upstream(report: Report, cells: Iterable[str]) -> tuple[CellState, ...]:
    """The cells that feed ``cells``, at any distance, and themselves; in notebook order.

    Run from top to bottom they make ``cells`` again: a backward slice.
    """
    wanted = set(cells)
    for cell in tuple(wanted):
        wanted |= cone(report.edges, cell, forward=False)
    return tuple(state for state in report.cells if state.cell in wanted)


def downstream(report: Report, cells: Iterable[str]) -> tuple[CellState, ...]:
    """The cells that ``cells`` feed, at any distance, and themselves; in notebook order."""
    wanted = set(cells)
    for cell in tuple(wanted):
        wanted |= cone(report.edges, cell, forward=True)
    return tuple(state for state in report.cells if state.cell in wanted)


def _whole(label: str) -> str:
    return label.split("[", 1)[0]

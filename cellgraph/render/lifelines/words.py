"""A line in words: who makes the variable, changes, reads and deletes it, and where it is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.analyse.messages.common import listed
from cellgraph.render.text import cut, first_line

if TYPE_CHECKING:
    from cellgraph.render.lifelines.model import Lifelines, Line, MarkKind

_VERBS: dict[MarkKind, str] = {
    "bind": "made by",
    "former": "made by an earlier run of",
    "change": "changed by",
    "read": "read by",
    "delete": "deleted by",
}
_CODE = 40


def line_words(picture: Lifelines, line: Line) -> str:
    """``df: made by [2] df = load(); read by [3], [5]; in doubt at [5]``."""
    parts = []
    for kind, verb in _VERBS.items():
        rows = [mark.row for mark in line.marks if mark.kind == kind]
        if rows:
            parts.append(f"{verb} {_cells(picture, rows, named=row_is_maker(line, rows))}")
    doubted = [mark.row for mark in line.marks if mark.stale]
    if doubted:
        parts.append(f"in doubt at {_cells(picture, doubted, named=False)}")
    return f"{line.label}: {'; '.join(parts)}"


def row_is_maker(line: Line, rows: list[int]) -> bool:
    """Whether these rows are that of the line's maker alone, which is called by its first line as well."""
    return rows == [line.maker]


def _cells(picture: Lifelines, rows: list[int], *, named: bool) -> str:
    states = [picture.rows[row].state for row in rows]
    if named:
        return f"{states[0].label} {cut(first_line(states[0].source), _CODE)}".rstrip()
    return listed(states, lambda state: state.label)

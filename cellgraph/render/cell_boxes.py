"""The content and the size of a cell's box in the picture (its card). All lengths are in px."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.light_dataclass import dataclass
from cellgraph.render.text import columns, cut, first_line, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cellgraph.model import Report
    from cellgraph.render.edge_groups import Bundle

CODE_COLUMN = 6.7
"""Width of a character of 11 px type: 0.6 em in common monospaced fonts, and some space."""

SMALL_COLUMN = 6.1
"""Width of a character of 10 px type."""

PADDING = 9
MARK = 18
"""Width of the state's mark before the label."""

HEADER = 20
LINE = 15
_FOOT = 6
_NARROWEST = 84
_MANY = 100


@dataclass(frozen=True, slots=True)
class Tag:
    """A line on the reader's card that says which names it reads from which cell, in place of an edge."""

    text: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One cell's card. ``turn`` is its place in the plan, from 1; 0 if it is not in the plan."""

    index: int
    label: str
    code: str
    writes: str
    tags: tuple[Tag, ...]
    turn: int
    width: float
    height: float


def cards(report: Report, bundles: Sequence[Bundle]) -> tuple[Card, ...]:
    """A card for each cell, in the report's order."""
    turns = {cell: turn for turn, cell in enumerate(report.plan, 1)}
    tags = _tags(report, bundles)
    return tuple(
        _card(report, index, tags.get(index, ()), turns.get(state.cell, 0))
        for index, state in enumerate(report.cells)
    )


def _card(report: Report, index: int, tags: tuple[Tag, ...], turn: int) -> Card:
    state, room = report.cells[index], 34 if len(report.cells) <= _MANY else 26
    code = cut(first_line(state.source), room)
    writes = cut(merged(state.writes), room - 8)
    tags = tuple(Tag(cut(tag.text, room + 3), tag.stale) for tag in tags)
    widest = max(
        columns(code) * CODE_COLUMN,
        MARK + columns(state.label) * CODE_COLUMN + _writes_width(writes) + (44 if turn else 0),
        *(columns(tag.text) * SMALL_COLUMN for tag in tags),
    )
    height = HEADER + LINE * (bool(code) + len(tags)) + _FOOT
    return Card(index, state.label, code, writes, tags, turn, max(widest + 2 * PADDING, _NARROWEST), height)


def _writes_width(writes: str) -> float:
    return (columns(writes) + 3) * SMALL_COLUMN if writes else 0


def _tags(report: Report, bundles: Sequence[Bundle]) -> dict[int, tuple[Tag, ...]]:
    found: dict[int, tuple[Tag, ...]] = {}
    for bundle in bundles:
        for target in bundle.targets if bundle.tagged else ():
            tag = Tag(f"{merged(bundle.names)} from {report.cells[bundle.source].label}", bool(bundle.stale))
            found[target] = (*found.get(target, ()), tag)
    return found

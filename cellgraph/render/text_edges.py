"""The rails at the left of a text graph: how data goes from cell to cell in lines of characters.

Each cell that others read has one rail. It leaves the cell at the corner under the cell's mark and
reaches its readers where a line with an arrow branches off (``├``, ``┼``, at its end ``╰``, ``┴``). A
rail that is only crossed stays whole (``│``). Along a line to an arrow data goes rightwards only.

Heights are counted in levels, three for each cell: its own line, the line below it where its rail
leaves, and any further lines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cellgraph.light_dataclass import dataclass
from cellgraph.render.edge_groups import bundles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from cellgraph.model import Report

LEVELS = 3
"""Levels of a cell: ``LEVELS * index`` is its own line, one more is where its rail leaves."""

TAIL = 2
"""Columns between the rails and a cell's mark."""


@dataclass(frozen=True, slots=True)
class Rail:
    """The line from one cell to its readers: it starts at the level ``origin`` and ends at ``taps``."""

    source: int
    origin: int
    taps: frozenset[int]
    column: int = 0

    @property
    def top(self) -> int:
        """The uppermost level that the rail touches."""
        return min(self.origin, *self.taps)

    @property
    def bottom(self) -> int:
        """The lowest level that the rail touches."""
        return max(self.origin, *self.taps)

    def meets(self, other: Rail) -> bool:
        """Whether the two touch a common level."""
        return self.top <= other.bottom and other.top <= self.bottom


def rails(report: Report, most: int) -> tuple[Rail, ...]:
    """The rails that fit into ``most`` columns. Edges without a rail are only named in the text."""
    wanted = [
        Rail(source, LEVELS * source + 1, frozenset(LEVELS * target for target in targets))
        for source, targets in _drawn(report).items()
    ]
    placed: list[Rail] = []
    # Long rails first: they get the columns at the left, and fewer lines cross them.
    for rail in sorted(wanted, key=lambda rail: (rail.top - rail.bottom, rail.source)):
        taken = {other.column for other in placed if other.meets(rail)}
        free = next(column for column in range(len(placed) + 1) if column not in taken)
        if free < most:
            placed.append(replace(rail, column=free))
    return tuple(placed)


def track(found: Sequence[Rail], level: int) -> str:
    """The rails' part of one line, up to the cell's mark or to the text below it."""
    here = {rail.column: rail for rail in found if rail.top <= level <= rail.bottom}
    joined = {column for column, rail in here.items() if level == rail.origin or level in rail.taps}
    size = 2 * (1 + max((rail.column for rail in found), default=-1))
    line = "".join(_piece(here, joined, level, position) for position in range(size))
    return line + _tail(level, joined=bool(joined))


def _drawn(report: Report) -> Mapping[int, AbstractSet[int]]:
    """Source → readers, without tagged bundles such as imports, which would need a line to every cell."""
    drawn: dict[int, set[int]] = {}
    for bundle in bundles(report):
        if not bundle.tagged:
            drawn.setdefault(bundle.source, set()).update(bundle.targets)
    return drawn


def _piece(here: Mapping[int, Rail], joined: AbstractSet[int], level: int, position: int) -> str:
    column, between = divmod(position, 2)
    if between or column not in here:
        return "─" if joined and position > 2 * min(joined) else " "
    if column not in joined:
        return "│"
    return _joint(here[column], level, leftmost=column == min(joined))


def _joint(rail: Rail, level: int, *, leftmost: bool) -> str:
    if rail.top < level < rail.bottom:
        return "├" if leftmost else "┼"
    if level == rail.top:
        return "╭" if leftmost else "┬"
    return "╰" if leftmost else "┴"


def _tail(level: int, *, joined: bool) -> str:
    if level % LEVELS == 0:
        return "▶ " if joined else "  "
    return "──╯" if joined else "   "

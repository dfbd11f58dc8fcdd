"""A report as rows and lines: one row a cell in notebook order, one vertical line a variable.

A line begins where a cell binds the name and ends at its last reader. A name that is bound again has another
line. Lines lie in lanes. Two lines share a lane if they do not meet, so there are as many lanes as variables
are alive at once. Imports and settings have no lines, unless they are in doubt.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import accumulate
from typing import Literal
from zlib import crc32

from cellgraph.light_dataclass import dataclass
from cellgraph.model import CellState, Edge, Report
from cellgraph.names import Kind, Name
from cellgraph.render.edge_groups import imported

MarkKind = Literal["bind", "change", "read", "delete", "former"]
"""What a cell does with a variable. ``former``: it made the value once, and does not do so now."""

HUES = 6
"""Number of colours that lines have. The first two are a pair, and so on: not everybody tells those apart."""

MOST_LANES = 60
"""Largest number of lanes of a picture that is as wide as it needs to be."""

_VARIABLE = re.compile(r"(?<!\w)[^\W\d]\w*+(?=$|[.\[])")
_ORDER: Mapping[MarkKind, int] = {"read": 0, "change": 1, "bind": 2, "former": 2, "delete": 3}


@dataclass(frozen=True, slots=True)
class Mark:
    """What the cell in ``row`` does with a variable. ``stale``: what it reads there is in doubt."""

    row: int
    kind: MarkKind
    stale: bool = False


@dataclass(frozen=True, slots=True)
class LineEdge:
    """A value that went from the cell in row ``source`` to that in row ``target``, both on one line."""

    source: int
    target: int
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One variable from the cell that makes it to the last cell that reads it.

    ``marks`` are in the order of their rows. ``lane`` counts from the left, ``hue`` is below ``HUES``.
    """

    name: str
    maker: int
    marks: tuple[Mark, ...]
    flows: tuple[LineEdge, ...]
    lane: int = 0
    hue: int = 0

    @property
    def label(self) -> str:
        """The name as a sentence calls it."""
        return Name(self.name).label

    @property
    def top(self) -> int:
        """The uppermost row that the line touches."""
        return self.marks[0].row

    @property
    def bottom(self) -> int:
        """The lowest row that the line touches."""
        return self.marks[-1].row

    @property
    def stale(self) -> bool:
        """Whether a cell has read the variable along this line and is in doubt for it."""
        return any(flow.stale for flow in self.flows)

    def spans(self) -> tuple[tuple[int, int], ...]:
        """The rows between which a value in doubt goes, as pairs (upper, lower) that do not overlap."""
        return tuple(_merged(sorted(sorted((f.source, f.target)) for f in self.flows if f.stale)))


@dataclass(frozen=True, slots=True)
class NameTag:
    """A name beside a cell, as sentences call it. ``line`` is the index of its line, None without one."""

    name: str
    line: int | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One cell. ``turn`` is its place in the plan, from 1; 0 if it is not in the plan.

    ``makes`` are the names that it binds, changes or deletes, ``reads`` those that it reads, in doubt or not.
    ``folded`` are the names of imports and settings among them, which have no lines.
    """

    state: CellState
    makes: tuple[NameTag, ...] = ()
    reads: tuple[NameTag, ...] = ()
    folded: tuple[str, ...] = ()
    turn: int = 0


@dataclass(frozen=True)
class Lifelines:
    """The whole picture, before anything of it has a size. ``hidden`` counts the lines that are left out."""

    rows: tuple[Row, ...]
    lines: tuple[Line, ...]
    lanes: int
    hidden: int = 0

    @cached_property
    def at(self) -> tuple[tuple[tuple[int, Mark], ...], ...]:
        """For each row the marks in it, each with the index of its line."""
        found: list[list[tuple[int, Mark]]] = [[] for _ in self.rows]
        for index, line in enumerate(self.lines):
            for mark in line.marks:
                found[mark.row].append((index, mark))
        return tuple(map(tuple, found))


def lifelines(report: Report, most: int = MOST_LANES) -> Lifelines:
    """The picture of a report, in at most ``most`` lanes.

    Where more variables are alive at once, lines are left out, the longest first and those in doubt last:
    a line over the whole notebook, of a constant or a function, says least.
    """
    drawing = _Drawing(report)
    every = drawing.lines()
    kept = _fitting(every, most)
    lines, lanes = _in_lanes(kept)
    return Lifelines(tuple(_rows(report, lines, drawing.imports)), lines, lanes, len(every) - len(kept))


def _fitting(lines: Sequence[Line], most: int) -> Sequence[Line]:
    if _busiest(lines) <= most:
        return lines
    wanted = sorted(lines, key=lambda line: (not line.stale, line.bottom - line.top))
    counts = range(len(wanted) + 1)
    return wanted[: bisect_right(counts, most, key=lambda count: _busiest(wanted[:count])) - 1]


def _busiest(lines: Iterable[Line]) -> int:
    """How many of the lines meet in one row, at most."""
    # Within a row, lines begin before lines end.
    steps = sorted(
        (row, -begins, begins) for line in lines for row, begins in ((line.top, 1), (line.bottom, -1))
    )
    return max(accumulate((begins for _, _, begins in steps)), default=0)


@dataclass
class _Drawing:
    """The lines of one report while they are being put together. A line's key: row of its maker, and name."""

    report: Report
    roots: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = {state.cell: row for row, state in enumerate(self.report.cells)}
        self.edges = [edge for edge in self.report.edges if edge.source in self.place]
        self.into: dict[str, list[Edge]] = {}
        for edge in self.edges:
            self.into.setdefault(edge.target, []).append(edge)
        self.bound = _last_binds(self.report.cells)
        self.imports = tuple(map(_folded_names, self.report.cells))

    def lines(self) -> list[Line]:
        """All lines that are to be drawn, without lanes."""
        flows, marks = self._flows(), self._marks()
        for key, found in flows.items():
            own = marks.setdefault(key, {})
            for flow in found:
                _add(own, Mark(flow.target, "read", flow.stale))
        drawn = []
        for key, own in marks.items():
            row, name = key
            if row not in own:
                own[row] = Mark(row, "bind" if Name(name).refers_to_result else "former")
            line = Line(name, row, tuple(sorted(own.values(), key=_by_row)), tuple(flows.get(key, ())))
            if _is_drawn(line, self._is_folded(row, name)):
                drawn.append(line)
        return drawn

    def _flows(self) -> dict[tuple[int, str], list[LineEdge]]:
        found: dict[tuple[int, str], list[LineEdge]] = {}
        for edge in self.edges:
            source, target = self.place[edge.source], self.place[edge.target]
            stale = {self._name(source, label) for label in edge.stale}
            for name in dict.fromkeys(self._name(source, label) for label in edge.names):
                key = self._root(source, name)
                found.setdefault(key, []).append(LineEdge(source, target, name in stale))
        return found

    def _marks(self) -> dict[tuple[int, str], dict[int, Mark]]:
        """For each line the marks of the cells that write, by their rows."""
        found: dict[tuple[int, str], dict[int, Mark]] = {}
        for row, state in enumerate(self.report.cells):
            for name in state.writes:
                kind: MarkKind = (
                    "change" if name in state.changed else "delete" if name in state.removed else "bind"
                )
                _add(found.setdefault(self._root(row, name), {}), Mark(row, kind))
        return found

    def _root(self, row: int, name: str) -> tuple[int, str]:
        """The line on which the cell in ``row`` writes a name: its own, or that of the value it changes."""
        key = (row, name)
        if key not in self.roots:
            self.roots[key] = key  # a cell that changes its own earlier result ends here
            state = self.report.cells[row]
            if name in state.changed or name in state.removed:
                self.roots[key] = self._changed_line(row, name) or key
        return self.roots[key]

    def _changed_line(self, row: int, name: str) -> tuple[int, str] | None:
        edges = self.into.get(self.report.cells[row].cell, ())
        sources = [
            self.place[e.source] for e in edges if self._carries(e, name) and self.place[e.source] != row
        ]
        if sources:  # of several that have to do with it the one that comes last before the change
            above = [source for source in sources if source < row]
            return self._root(max(above or sources), name)
        binds = [at for at in self.bound.get(name, ()) if at < row]
        return (binds[-1], name) if binds else None

    def _carries(self, edge: Edge, name: str) -> bool:
        return any(self._name(self.place[edge.source], label) == name for label in edge.names)

    def _name(self, source: int, label: str) -> str:
        """The name of which ``label`` names a part, as the cell in row ``source`` writes it."""
        if label in self.report.cells[source].writes or Name(label).is_result:
            return label
        found = _VARIABLE.match(label)
        if found is not None and not Name(label).is_file:
            return found[0]
        written = [
            name for name in self.report.cells[source].writes if label.startswith((f"{name}[", f"{name}."))
        ]
        return max(written, key=len, default=label)

    def _is_folded(self, row: int, name: str) -> bool:
        return name in self.imports[row] or Name(name).kind is Kind.SETTING


def _folded_names(state: CellState) -> frozenset[str]:
    """The names that a cell imports."""
    pylab = "%pylab" in state.source
    found = imported(state) if "import" in state.source else frozenset()
    if pylab or "*" in found:  # what comes with a star is not in the text
        found |= {name for name in state.writes if name not in state.source}
    return found


def _last_binds(cells: Sequence[CellState]) -> dict[str, list[int]]:
    """The rows that bind each name, from top to bottom."""
    found: dict[str, list[int]] = {}
    for row, state in enumerate(cells):
        for name in state.writes:
            if name not in state.changed and name not in state.removed:
                found.setdefault(name, []).append(row)
    return found


def _add(marks: dict[int, Mark], new: Mark) -> None:
    """Keep one mark a row: the one that says most. Doubt is never lost."""
    old = marks.get(new.row)
    if old is None:
        marks[new.row] = new
        return
    most = max(old, new, key=lambda mark: _ORDER[mark.kind])
    marks[new.row] = replace(most, stale=old.stale or new.stale)


def _by_row(mark: Mark) -> int:
    return mark.row


def _is_drawn(line: Line, folded: bool) -> bool:
    """Whether a line is drawn: something happens on it after the value was made, or it is in doubt."""
    return line.stale or (len(line.marks) > 1 and not folded)


def _merged(spans: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    held: tuple[int, int] | None = None
    for top, bottom in spans:
        if held is not None and top <= held[1]:
            held = (held[0], max(held[1], bottom))
            continue
        if held is not None:
            yield held
        held = (top, bottom)
    if held is not None:
        yield held


def _in_lanes(lines: Sequence[Line]) -> tuple[tuple[Line, ...], int]:
    """The lines with lanes and colours, from the top, and the number of lanes.

    This is the colouring of an interval graph from left to right, which needs no lane too many. A name stays
    in its lane, and so does its colour, where that is free.
    """
    ends: list[tuple[int, str]] = []
    """For each lane the lowest row that is taken, and by which name."""
    hues: list[int] = []
    homes: dict[str, tuple[int, int]] = {}
    placed = []
    for line in sorted(lines, key=lambda line: (line.top, -line.bottom, line.maker, line.name)):
        free = [lane for lane, (end, name) in enumerate(ends) if end < line.top + (name == line.name)]
        home, hue = homes.get(line.name, (-1, crc32(line.name.encode("utf-8", "surrogatepass")) % HUES))
        lane = home if home in free else free[0] if free else len(ends)
        if lane == len(ends):
            ends.append((0, ""))
            hues.append(-1)
        beside = {
            hues[at] // 2 for at in (lane - 1, lane + 1) if 0 <= at < len(ends) and ends[at][0] >= line.top
        }
        steps = ((hue + step) % HUES for step in range(HUES))
        hue = next((one for one in steps if one // 2 not in beside), hue)
        ends[lane], hues[lane], homes[line.name] = (line.bottom, line.name), hue, (lane, hue)
        placed.append(replace(line, lane=lane, hue=hue))
    return tuple(placed), len(ends)


def _rows(report: Report, lines: Sequence[Line], imports: Sequence[frozenset[str]]) -> Iterator[Row]:
    writing: list[dict[str, NameTag]] = [{} for _ in report.cells]
    reading: list[dict[str, NameTag]] = [{} for _ in report.cells]
    for index, line in enumerate(lines):
        for mark in line.marks:
            if mark.kind not in ("read", "former"):
                stale = line.stale and report.cells[mark.row].state == "stale"
                writing[mark.row][line.name] = NameTag(line.label, index, stale)
        for flow in line.flows:
            stale = flow.stale or (
                line.name in reading[flow.target] and reading[flow.target][line.name].stale
            )
            reading[flow.target][line.name] = NameTag(line.label, index, stale)
    turns = {cell: turn for turn, cell in enumerate(report.plan, 1)}
    for row, state in enumerate(report.cells):
        plain = [
            name for name in state.writes if name not in imports[row] and Name(name).kind is not Kind.SETTING
        ]
        makes = {name: writing[row].get(name, NameTag(Name(name).label)) for name in (*writing[row], *plain)}
        yield Row(
            state,
            tuple(makes[name] for name in dict.fromkeys([*plain, *makes])),
            tuple(sorted(reading[row].values(), key=lambda tag: not tag.stale)),
            tuple(Name(name).label for name in state.writes if name not in makes),
            turns.get(state.cell, 0),
        )

"""Lifelines for a terminal: a row a cell, a column of box-drawing characters a variable.

    ●───    ● [2] df = load()            df
    ○─●─    ● [3] small = df[df.x > 0]   small ← df
    ┃ ○─    ▲ [4] small.plot()           ← small!

No line is wider than the terminal, and every character that a user wrote is shown and never acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from cellgraph.render.alt_text import heading
from cellgraph.render.lifelines.model import Lifelines, Line, Mark, Row, lifelines
from cellgraph.render.text import columns, cut, first_line, shown
from cellgraph.render.text_graph import painted, written
from cellgraph.render.theme import STATE_STYLES, present_states

if TYPE_CHECKING:
    from cellgraph.model import Report
    from cellgraph.render.lifelines.model import MarkKind

Span = tuple[str, str]
"""A piece of a line and its colours, as rich names them; empty for none."""

_MARKS: dict[MarkKind, str] = {"bind": "●", "change": "◆", "read": "○", "delete": "✕", "former": "◌"}
_WORDS: dict[MarkKind, str] = {
    "bind": "made",
    "change": "changed",
    "read": "read",
    "delete": "deleted",
    "former": "made formerly",
}
_HUES = ("blue", "magenta", "cyan", "white", "green", "bright_magenta")
_STALE = STATE_STYLES["stale"].ansi
_ASCII = {
    "●": "@",
    "←": "<",
    "│": "|",
    "┃": "#",
    "┇": ":",
    "─": "-",
    "┼": "+",
    "╂": "+",
    "◆": "%",
    "○": "o",
    "✕": "x",
    "◌": "c",
}
_WIDE = 16
"""Up to this many lanes there is a column between two of them."""

_CODE = (12, 56)
"""Fewest and most columns of a cell's first line."""


def lifelines_text(
    report: Report, width: int = 80, *, color: bool = False, encoding: str | None = None
) -> str:
    """The lifelines in lines of at most ``width`` columns.

    ``encoding`` is what the text must be written in, by default that of ``sys.stdout``; where it has no such
    characters, ASCII takes their place. ``color`` adds ANSI colours.
    """
    most = max(2, width // 3)
    picture = lifelines(report, most)
    gutter = _Gutter(picture, most)
    lines = [[(heading(report), "")], *_body(picture, gutter, width), [], *_legend(report, picture)]
    return "\n".join(_drawn(line, width, encoding, color=color) for line in lines)


def _drawn(spans: Iterable[Span], width: int, encoding: str | None, *, color: bool) -> str:
    """One line. It is written out in its encoding, then cut to ``width`` columns, and coloured last."""
    parts, left, mark = [], width, written("…", encoding, _ASCII)
    for given, style in spans:
        text = written(given, encoding, _ASCII)
        kept = cut(text, left, mark)
        parts.append(painted(kept, style) if color and style and kept.strip() else kept)
        left -= columns(kept)
        if kept != text:
            break
    return "".join(parts).rstrip()


class _Gutter:
    """The columns at the left, at most ``most`` of them."""

    def __init__(self, picture: Lifelines, most: int) -> None:
        self.lanes = picture.lanes
        self.step = 2 if self.lanes <= min(_WIDE, most * 3 // 8) else 1
        self.rows: list[list[tuple[Line, Mark | None]]] = [[] for _ in picture.rows]
        for line in picture.lines:
            marks = {mark.row: mark for mark in line.marks}
            for row in range(line.top, line.bottom + 1):
                self.rows[row].append((line, marks.get(row)))

    def spans(self, row: int) -> Iterator[Span]:
        """The gutter's part of one row, always equally wide."""
        here = {line.lane: (line, mark) for line, mark in self.rows[row]}
        # Where a line ends and another one of the same name begins, the newer one is shown.
        marked = [lane for lane, (_, mark) in here.items() if mark is not None]
        first = min(marked, default=self.lanes)
        for lane in range(self.lanes):
            after = ("─" if lane >= first else " ") * (self.step - 1)
            if lane in here:
                yield from (_character(*here[lane], row, crossed=lane > first), (after, "dim"))
            else:
                yield ("─" if lane > first else " ") + after, "dim"
        if self.lanes:
            yield ("─ " if marked else "  "), "dim"


def _character(line: Line, mark: Mark | None, row: int, *, crossed: bool) -> Span:
    if mark is not None:
        return _MARKS[mark.kind], _STALE if mark.stale else f"bold {_HUES[line.hue]}"
    if any(top <= row <= bottom for top, bottom in line.spans()):
        return "╂" if crossed else "┇" if line.maker > line.top else "┃", _STALE
    return "┼" if crossed else "│", _HUES[line.hue]


def _body(picture: Lifelines, gutter: _Gutter, width: int) -> Iterator[list[Span]]:
    labels = max((columns(shown(row.state.label)) for row in picture.rows), default=0)
    longest = max((columns(first_line(row.state.source)) for row in picture.rows), default=0)
    taken = gutter.lanes * gutter.step + 2 * bool(gutter.lanes) + labels + 3
    code = max(_CODE[0], min(longest, _CODE[1], (width - taken) * 3 // 5))
    for index, row in enumerate(picture.rows):
        style = STATE_STYLES[row.state.state]
        label = shown(row.state.label)
        words = cut(first_line(row.state.source), code)
        yield [
            *gutter.spans(index),
            (f"{style.glyph} ", style.ansi),
            (label + " " * (labels - columns(label) + 1), "bold"),
            (words + " " * (code - columns(words) + 2), "dim" if row.state.state == "deleted" else ""),
            *_names(row),
        ]


def _names(row: Row) -> Iterator[Span]:
    """``model ← df! · scores``: what others read of it, what it reads from them, and what else it makes."""
    made = [(shown(tag.name), "") for tag in row.makes if tag.line is not None]
    read = [(shown(tag.name) + "!" * tag.stale, _STALE if tag.stale else "") for tag in row.reads]
    rest = [(shown(tag.name), "dim") for tag in row.makes if tag.line is None]
    rest += [(shown(name), "dim") for name in row.folded]
    yield from _listed(made)
    if read:
        yield (" ← " if made else "← "), "dim"
    yield from _listed(read)
    if rest:
        yield (" · " if made or read else ""), "dim"
    yield from _listed(rest)


def _listed(names: Sequence[Span]) -> Iterator[Span]:
    for number, (name, style) in enumerate(names):
        if number:
            yield ", ", ""
        yield name, style


def _legend(report: Report, picture: Lifelines) -> Iterator[list[Span]]:
    states = [STATE_STYLES[state] for state in present_states(report)]
    yield [part for style in states for part in ((style.glyph, style.ansi), (f" {style.word}   ", ""))]
    kinds = {mark.kind for line in picture.lines for mark in line.marks}
    marks = [f"{_MARKS[kind]} {_WORDS[kind]}" for kind in _MARKS if kind in kinds]
    marks += ["┃ in doubt"] * any(line.stale for line in picture.lines)
    marks += [f"({picture.hidden} longer ones left out)"] * bool(picture.hidden)
    if marks:
        yield [("lines: " + "   ".join(marks), "dim")]

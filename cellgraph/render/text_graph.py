"""The cell graph for a terminal: cells from top to bottom, rails at their left, words below them.

    ● [2] df = load()
╭───╯ → df
├─▶ ● [3] df.describe()
│     ← df [2]
╰─▶ ▲ [4] model = fit(df)
      ← df! [2] → model
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from cellgraph.render.alt_text import heading
from cellgraph.render.edge_groups import bundles
from cellgraph.render.text import columns, cut, first_line, shown
from cellgraph.render.text_edges import LEVELS, TAIL, rails, track
from cellgraph.render.theme import STATE_STYLES, present_states

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cellgraph.model import Edge, Report
    from cellgraph.render.text_edges import Rail

_TEXT = 38
"""Columns that are kept for text beside the rails."""

_MOST = 20
"""Largest number of rails side by side."""

_STALE = re.compile(r"[^\s,]+!(?=[,\s]|$)")

_ASCII = str.maketrans(
    {"╭": ".", "╰": "`", "├": "+", "┼": "+", "┬": "+", "┴": "+", "│": "|", "─": "-", "╯": "'"}
    | {"▶": ">", "←": "<-", "→": "->", "·": ";", "…": "~"}
    | {style.glyph: style.ascii for style in STATE_STYLES.values()}
)


_NOTHING: Mapping[str, str] = MappingProxyType({})


def graph_text(report: Report, width: int = 80, *, color: bool = False, encoding: str | None = None) -> str:
    """The graph in lines of at most ``width`` columns (at least 60 for lines that are whole).

    ``encoding`` is what the text must be written in, by default that of ``sys.stdout``; where it
    has no such characters, ASCII takes their place. ``color`` adds ANSI colours by state.
    """
    found = rails(report, min(_MOST, max(2, (width - _TEXT) // 2)))
    lines = [heading(report), *_body(report, found, width, color=color), "", _legend(report, color=color)]
    return written("\n".join(cut(line, width) if not color else line for line in lines), encoding)


def _body(report: Report, found: Sequence[Rail], width: int, *, color: bool) -> Iterator[str]:
    leaving = {rail.source for rail in found}
    for index, state in enumerate(report.cells):
        head = f"{track(found, LEVELS * index)}{_coloured(report, index, color=color)} "
        room = width - len(track(found, LEVELS * index)) - TAIL
        yield head + cut(f"{state.label} {first_line(state.source)}", room).rstrip()
        texts = _wrapped(_words(report, index, room - 3), room - 1)
        for row, text in enumerate(texts or [""] * (index in leaving)):
            said = (
                _STALE.sub(lambda name: painted(name[0], STATE_STYLES["stale"].ansi), text) if color else text
            )
            yield f"{track(found, LEVELS * index + min(row + 1, 2))} {said}".rstrip()


def _coloured(report: Report, index: int, *, color: bool) -> str:
    style = STATE_STYLES[report.cells[index].state]
    return painted(style.glyph, style.ansi) if color else style.glyph


def painted(text: str, style: str) -> str:
    """``text`` in ANSI colours; ``style`` is rich's, e.g. ``bold red``."""
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


def _words(report: Report, index: int, width: int) -> list[str]:
    """What the cell reads and writes, as pieces that are not broken: ``← df! [2]``, ``→ model``."""
    state = report.cells[index]
    taken = [_taken(report, edge, width) for edge in report.edges if edge.target == state.cell]
    return _led("←", taken) + _led("→", [cut(shown(name), width) for name in state.writes])


def _taken(report: Report, edge: Edge, width: int) -> str:
    """``df!, cfg [2]``: names in doubt come first, and the cell's label is never cut."""
    names = sorted(edge.names, key=lambda name: name not in edge.stale)
    said = ", ".join(shown(name) + "!" * (name in edge.stale) for name in names)
    label = report.label(edge.source)
    return f"{cut(said, width - columns(label) - 1)} {label}"


def _led(arrow: str, pieces: Sequence[str]) -> list[str]:
    return [f"{arrow if number == 0 else '·'} {piece}" for number, piece in enumerate(pieces)]


def _wrapped(pieces: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for piece in pieces:
        if lines and columns(lines[-1]) + 1 + columns(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return lines


def _legend(report: Report, *, color: bool) -> str:
    states = (STATE_STYLES[state] for state in present_states(report))
    parts = [f"{painted(style.glyph, style.ansi) if color else style.glyph} {style.word}" for style in states]
    parts += ["name! in doubt"] * any(edge.stale for edge in report.edges)
    parts += ["(imports: named, no lines)"] * any(bundle.tagged for bundle in bundles(report))
    return "   ".join(parts)


def written(text: str, encoding: str | None, more: Mapping[str, str] = _NOTHING) -> str:
    """``text`` in ``encoding`` if that has the line characters, else in ASCII.

    ``more`` are further characters with what takes their place in ASCII.
    """
    target = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "╭│▶●…→".encode(target)
    except (UnicodeEncodeError, LookupError):
        return (
            text.translate(_ASCII | str.maketrans(dict(more)))
            .encode("ascii", "backslashreplace")
            .decode("ascii")
        )
    return text.encode(target, "backslashreplace").decode(target)

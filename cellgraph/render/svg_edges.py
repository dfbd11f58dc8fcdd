"""Draws a bundle of edges: a label with the names, a line into it, and an arrow to each reader."""

from __future__ import annotations

import json
from math import hypot
from typing import TYPE_CHECKING

from cellgraph.render.alt_text import words
from cellgraph.render.svg_parts import element, text, tooltip
from cellgraph.render.svg_style import LINE as GREY
from cellgraph.render.svg_style import PAPER
from cellgraph.render.theme import WARN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cellgraph.model import Report
    from cellgraph.render.layout import PlacedBundle, Point

_TIP = 6.5
"""Length of an arrow's head, px."""

_SLIM = 0.42
"""Half an arrow head's width as a share of its length."""

_HOLD = 9
"""Width of the transparent line that reacts to the pointer, px."""


def drawn_wire(report: Report, placed: PlacedBundle) -> str:
    """One bundle with all of its lines; they light up together under a pointer."""
    stale = bool(placed.bundle.stale)
    path = " ".join([_path(placed.into), *(_path(_shortened(points)) for points in placed.out)])
    parts = [
        tooltip(words(report, placed.bundle)),
        element("path", d=path, fill="none", stroke="transparent", stroke_width=_HOLD),
        _line(path, stale=stale),
        *_tips(placed, stale=stale),
        *_label(placed, stale=stale),
    ]
    cells = [report.cells[at].cell for at in (placed.bundle.source, *placed.bundle.targets)]
    ends = {"data-from": cells[0], "data-to": json.dumps(cells[1:])}  # for scripts
    return element("g", *parts, kind="cg-wire cg-stale" if stale else "cg-wire", **ends)


def _line(path: str, *, stale: bool) -> str:
    return element(
        "path",
        kind="cg-line",
        d=path,
        fill="none",
        stroke=WARN if stale else GREY,
        stroke_width=2.2 if stale else 1.3,
        stroke_dasharray="7 3" if stale else None,
    )


def _tips(placed: PlacedBundle, *, stale: bool) -> list[str]:
    path = " ".join(map(_tip, placed.out))
    return [element("path", kind="cg-tip", d=path, fill=WARN if stale else GREY)] if path else []


def _label(placed: PlacedBundle, *, stale: bool) -> tuple[str, ...]:
    box = placed.box
    if not placed.text:  # the name is a node of its own: the line merely goes on
        middle = box.x + box.width / 2
        return (_line(f"M{middle:g} {box.y:g}V{box.y + box.height:g}", stale=stale),)
    pill = element(
        "rect",
        kind="cg-pill",
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        rx=box.height / 2,
        fill=PAPER,
        stroke=WARN if stale else GREY,
        stroke_width=1.6 if stale else 1,
        stroke_dasharray="2 2" if placed.bundle.tagged else None,
    )
    kind, weight = ("cg-hue", 700) if stale else ("cg-ink", None)
    middle, base = box.x + box.width / 2, box.y + 12
    return pill, text(middle, base, placed.text, kind, font_size=10, text_anchor="middle", font_weight=weight)


def _path(points: Sequence[Point]) -> str:
    first, *rest = (f"{x:g} {y:g}" for x, y in points)
    return f"M{first}C{' '.join(rest)}"


def _shortened(points: Sequence[Point]) -> Sequence[Point]:
    """The line without its last px, so that its end does not show beside the arrow's head."""
    (x, y), (dx, dy) = points[-1], _direction(points)
    return (*points[:-1], (round(x - dx * _TIP * 0.7, 1), round(y - dy * _TIP * 0.7, 1)))


def _tip(points: Sequence[Point]) -> str:
    (x, y), (dx, dy) = points[-1], _direction(points)
    back, side = (x - dx * _TIP, y - dy * _TIP), _TIP * _SLIM
    left, right = (back[0] - dy * side, back[1] + dx * side), (back[0] + dy * side, back[1] - dx * side)
    return f"M{x:g} {y:g}L{left[0]:.1f} {left[1]:.1f} {right[0]:.1f} {right[1]:.1f}z"


def _direction(points: Sequence[Point]) -> Point:
    """The unit vector in which the line arrives."""
    x, y = points[-1]
    for before in reversed(points[:-1]):
        length = hypot(x - before[0], y - before[1])
        if length > 0.5:  # rounded points may coincide
            return (x - before[0]) / length, (y - before[1]) / length
    return 0.0, 1.0

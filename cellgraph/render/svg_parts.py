"""Elements of the picture: markup with escaped content, text, marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.markup import escape
from cellgraph.render.svg_style import DIM, INK
from cellgraph.render.theme import STATE_STYLES, WARN

if TYPE_CHECKING:
    from cellgraph.model import State

Attribute = str | float | None

_COLOURS = {"cg-ink": INK, "cg-dim": DIM, "cg-hue": WARN}
"""Colours of the classes of text, for programs that ignore CSS."""


def element(tag: str, *content: str, kind: str = "", **attributes: Attribute) -> str:
    """An element of class ``kind``; ``content`` is markup, attributes are text or numbers.

    ``stroke_width=2`` becomes ``stroke-width="2"``; lengths are rounded to 0.1 px; None is left out.
    """
    given = {"class": kind or None, **attributes}
    pairs = (
        f' {name.replace("_", "-")}="{_value(value)}"' for name, value in given.items() if value is not None
    )
    head = f"<{tag}{''.join(pairs)}"
    return f"{head}>{''.join(content)}</{tag}>" if content else f"{head}/>"


def text(x: float, y: float, content: str, kind: str, **attributes: Attribute) -> str:
    """One line of text; ``kind`` is ``cg-ink``, ``cg-dim`` or ``cg-hue``."""
    return element("text", escape(content), kind=kind, x=x, y=y, fill=_COLOURS[kind], **attributes)


def tooltip(content: str) -> str:
    """A tooltip for the surrounding element."""
    return element("title", escaped_lines(content))


def escaped_lines(content: str) -> str:
    """Several lines, each made safe to show."""
    return "\n".join(map(escape, content.splitlines()))


def mark(state: State, x: float, y: float) -> str:
    """The mark of a state, 12 by 12 px."""
    style = STATE_STYLES[state]
    place = f"translate({x:g} {y:g})"
    return element(
        "path", kind=f"cg-mark cg-{state}", transform=place, fill_rule="evenodd", d=style.mark, fill=style.hue
    )


def doubtful(drawn: str, *, stale: bool) -> str:
    """``drawn`` in the colour of doubt where ``stale``."""
    return element("g", drawn, kind="cg-stale") if stale else drawn


def _value(value: Attribute) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value or 0, 1):g}"

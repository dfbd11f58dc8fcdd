"""Drawing one cell's card: its outline, mark, label, code and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.cell_boxes import CODE_COLUMN, HEADER, LINE, MARK, PADDING
from cellgraph.render.markup import escape
from cellgraph.render.svg_parts import doubtful, element, mark, text, tooltip
from cellgraph.render.svg_style import CARD, tint
from cellgraph.render.svg_style import LINE as GREY
from cellgraph.render.text import columns
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from cellgraph.model import CellState, State
    from cellgraph.render.layout import PlacedCard

_SOURCE_LINES = 25
"""Largest number of lines of source in a tooltip."""

_BASE = 11
"""Distance from the top of a line to its baseline, px."""

_HEADER_BASE = 16
_TINTED = frozenset({"stale", "failed"})


def drawn_card(state: CellState, placed: PlacedCard, address: str) -> str:
    """The card at its place, as a link to ``address``."""
    parts = [tooltip(_tooltip_text(state)), _outline(state.state, placed), mark(state.state, PADDING, 6)]
    parts += [*_header(placed), *_code(placed), *_tags(placed)]
    # A plain `href` throws inside an output of JupyterLab.
    link = f'<a xlink:href="{escape(address)}">{"".join(parts)}</a>'
    place = f"translate({placed.box.x:.1f} {placed.box.y:.1f})"
    # For scripts. The attribute's value is the cell's id, whatever characters that has.
    return element("g", link, kind=f"cg-{state.state}", transform=place, **{"data-cell": state.cell})


def _tooltip_text(state: CellState) -> str:
    lines = state.source.splitlines()
    more = [f"… {len(lines) - _SOURCE_LINES} more lines"] if len(lines) > _SOURCE_LINES else []
    return "\n".join([f"{state.label} {STATE_STYLES[state.state].word}", *lines[:_SOURCE_LINES], *more])


def _outline(state: State, placed: PlacedCard) -> str:
    style, tinted, plain = STATE_STYLES[state], state in _TINTED, state == "good"
    return element(
        "rect",
        kind="cg-card " + ("cg-tinted" if tinted else "cg-box" if plain else "cg-box cg-outlined"),
        width=placed.box.width,
        height=placed.box.height,
        rx=6,
        fill=tint(style.hue, 0.13) if tinted else CARD,
        stroke=GREY if plain else style.hue,
        stroke_width=2 if tinted else 1.2 if plain else 1.6,
        stroke_dasharray=style.dash or None,
    )


def _header(placed: PlacedCard) -> list[str]:
    card, x = placed.card, float(PADDING + MARK)
    parts = [text(x, _HEADER_BASE, card.label, "cg-ink", font_weight=700)]
    if card.writes:
        x += (columns(card.label) + 1) * CODE_COLUMN
        parts.append(text(x, _HEADER_BASE, f"→ {card.writes}", "cg-dim", font_size=10))
    return [*parts, _turn(placed)] if card.turn else parts


def _turn(placed: PlacedCard) -> str:
    """The cell's turn in the plan, in the card's right upper corner."""
    x, words = placed.box.width - PADDING, f"run {placed.card.turn}"
    badge = text(x, _HEADER_BASE, words, "cg-hue", font_size=10, font_weight=700, text_anchor="end")
    return doubtful(badge, stale=True)


def _code(placed: PlacedCard) -> list[str]:
    return [text(PADDING, HEADER + _BASE, placed.card.code, "cg-ink")] if placed.card.code else []


def _tags(placed: PlacedCard) -> list[str]:
    first = HEADER + _BASE + (LINE if placed.card.code else 0)
    return [_tag(tag.text, first + row * LINE, stale=tag.stale) for row, tag in enumerate(placed.card.tags)]


def _tag(words: str, y: float, *, stale: bool) -> str:
    kind = "cg-hue" if stale else "cg-dim"
    return doubtful(text(PADDING, y, words, kind, font_size=10, font_style="italic"), stale=stale)

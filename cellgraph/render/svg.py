"""The cell graph as SVG. ``layout`` computes the positions, ``alt_text`` the description in words."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from cellgraph.render.alt_text import graph_alt, heading
from cellgraph.render.layout import layout
from cellgraph.render.markup import cell_address, escape
from cellgraph.render.svg_boxes import drawn_card
from cellgraph.render.svg_edges import drawn_wire
from cellgraph.render.svg_parts import element, escaped_lines, mark, text
from cellgraph.render.svg_style import MONO, PAPER, SANS, SCOPE, style
from cellgraph.render.text import cut
from cellgraph.render.theme import STATE_STYLES, present_states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cellgraph.model import Report, State
    from cellgraph.render.layout import Picture

__all__ = ["framed", "graph_alt", "graph_html", "graph_svg"]

_MARGIN = 18
_TOP = 58
"""Room above the graph for the heading and the legend."""

_NARROWEST = 380
_HEADING_COLUMN = 7.6
"""Width of an average letter of the heading."""

_SMALLEST = 0.62
"""Smallest scale to which a page may shrink the picture. Type of 11 px is 7 px high then."""


def graph_svg(report: Report, address: Callable[[str], str] = cell_address, words: str | None = None) -> str:
    """The graph as one self-contained ``<svg>`` element, for a page, an output or a file.

    ``address`` says where a click on a cell leads. ``words`` stand above it in place of the report's heading.

    Raises:
        LayoutError: pygraphviz is not installed here.
    """
    picture = layout(report)
    said = heading(report) if words is None else words
    width = max(picture.width, _legend_width(report), _NARROWEST) + 2 * _MARGIN
    height = picture.height + _TOP + _MARGIN
    content = [
        element("title", escape(said)),
        element("desc", escaped_lines(graph_alt(report))),
        f"<style>{style()}</style>",
        element("rect", kind="cg-paper", width=width, height=height, rx=8, fill=PAPER),
        _heading(said, width),
        *_legend(report),
        _graph(report, picture, address, (width - picture.width) / 2),
    ]
    return element("svg", *content, kind=SCOPE, **_root(said, width, height))


def graph_html(report: Report, words: str | None = None) -> str:
    """The graph for a notebook's output, in a frame that scrolls. ``words`` as for ``graph_svg``."""
    return framed(graph_svg(report, words=words), heading(report) if words is None else words)


def framed(svg: str, words: str, kind: str = "", *, image: bool = True, below: str = "") -> str:
    """A picture for a notebook's output, in a frame that scrolls. ``words`` say what it shows.

    It holds the picture twice. In a notebook that is not trusted the front end removes inline SVG and
    style sheets, but keeps images. There the copy as an image is visible, else the inline one.
    Without ``image`` the copy is left out. ``below`` is markup that stands under the picture.
    """
    address = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    still = f'<img class="cellgraph-still" alt="{escape(words)}" src="{address}">' if image else ""
    return (
        f'<div class="cellgraph-graph {kind}"><div style="overflow: auto; max-height: 85vh">'
        f"<style>{_TRUSTED}</style>"
        f'<div class="cellgraph-live" style="display: none">{svg}</div>{still}</div>{below}</div>'
    )


_TRUSTED = ".cellgraph-live{display:block!important}.cellgraph-still{display:none!important}"


def _root(words: str, width: float, height: float) -> dict[str, str]:
    return {
        "xmlns": "http://www.w3.org/2000/svg",
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "role": "img",
        "aria_label": words,
        "viewBox": f"0 0 {width:.0f} {height:.0f}",
        "width": f"{width:.0f}",
        "height": f"{height:.0f}",
        "style": f"min-width:{width * _SMALLEST:.0f}px",
        "font_family": MONO,
        "font_size": "11",
    }


def _heading(said: str, width: float) -> str:
    words = cut(said, int((width - 2 * _MARGIN) / _HEADING_COLUMN))
    return text(_MARGIN, 24, words, "cg-ink", font_family=SANS, font_size=13, font_weight=600)


def _legend(report: Report) -> Iterator[str]:
    x = float(_MARGIN)
    for state in present_states(report):
        yield mark(state, x, 36)
        yield text(x + 17, 46, STATE_STYLES[state].word, "cg-dim", font_family=SANS)
        x += _legend_item(state)


def _legend_item(state: State) -> float:
    return 38 + len(STATE_STYLES[state].word) * 6.4


def _legend_width(report: Report) -> float:
    return sum(map(_legend_item, present_states(report)))


def _graph(report: Report, picture: Picture, address: Callable[[str], str], left: float) -> str:
    """All lines and cards. Lines are drawn first, those in doubt last of them, so that cards cover them."""
    wires = sorted(picture.bundles, key=lambda placed: bool(placed.bundle.stale))
    states = [report.cells[placed.card.index] for placed in picture.cards]
    return element(
        "g",
        *(drawn_wire(report, placed) for placed in wires),
        *(
            drawn_card(state, placed, address(state.cell))
            for state, placed in zip(states, picture.cards, strict=True)
        ),
        transform=f"translate({left:.1f} {_TOP})",
    )

"""Lifelines as SVG: for an output, a page or a file, without a script. All lengths are in px."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cellgraph.light_dataclass import dataclass
from cellgraph.render.alt_text import graph_alt, heading
from cellgraph.render.lifelines.model import Lifelines, Line, Mark, MarkKind, NameTag, Row, lifelines
from cellgraph.render.lifelines.style import HUE_COLOURS, css, hue_class
from cellgraph.render.lifelines.words import line_words
from cellgraph.render.markup import cell_address, escape
from cellgraph.render.svg_parts import Attribute, element, escaped_lines, mark, text, tooltip
from cellgraph.render.svg_style import CARD, DIM, MONO, PAPER, SANS, SCOPE, style, tint
from cellgraph.render.svg_style import LINE as GREY
from cellgraph.render.text import columns, cut, first_line, shown
from cellgraph.render.theme import STATE_STYLES, WARN, present_states

if TYPE_CHECKING:
    from cellgraph.model import Report

ROW = 24
"""Height of a row."""

_COLUMN = 7.23
"""Width of a character of 12 px type."""
_SMALL = 6.62
"""Width of a character of 11 px type."""
_MARGIN, _TOP, _FOOT = 16, 62, 12
_LANES = 300
"""Width that lanes may take before they come closer to each other."""
_PITCH = (7.0, 15.0)
_CODE = (18, 42)
"""Fewest and most columns of a cell's first line."""
_NAMES = (150.0, 430.0)
"""Narrowest and widest room for a cell's names."""
_NARROWEST = 520
_TITLE_LINES = 20
"""Lines of a cell's text in its tooltip; a quarter of them in a notebook of more than a hundred cells."""
_TITLE_COLUMNS = 160
_DESCRIBED = 200
"""Largest number of cells that the picture describes in words."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the columns of the picture are. ``code`` is in characters."""

    pitch: float
    mark: float
    label: float
    text: float
    code: int
    names: float
    width: float
    height: float

    def x(self, lane: int) -> float:
        return _MARGIN + self.pitch * (lane + 0.5)

    @property
    def size(self) -> float:
        """Radius of a dot."""
        return min(4.4, self.pitch * 0.36)


def lifelines_svg(report: Report, address: Callable[[str], str] = cell_address) -> str:
    """The lifelines of a report as one self-contained ``<svg>`` element.

    ``address`` says where a click on a cell leads.
    """
    picture = lifelines(report)
    frame = _frame(report, picture)
    described = graph_alt(report) if len(report.cells) <= _DESCRIBED else heading(report)
    content = [
        element("title", escape(heading(report))),
        element("desc", escaped_lines(described)),
        f"<style>{style()}{css(f'.{SCOPE}')}</style>",
        element("rect", kind="cg-paper", width=frame.width, height=frame.height, rx=8, fill=PAPER),
        _heading(report, frame),
        *_legend(report, picture),
        element("g", *_content(picture, frame, address), transform=f"translate(0 {_TOP})"),
    ]
    return element("svg", *content, kind=f"{SCOPE} cg-lifelines", **_root(report, frame))


def _root(report: Report, frame: _Frame) -> dict[str, str]:
    return {
        "xmlns": "http://www.w3.org/2000/svg",
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "role": "img",
        "aria_label": heading(report),
        "viewBox": f"0 0 {frame.width:.0f} {frame.height:.0f}",
        "width": f"{frame.width:.0f}",
        "height": f"{frame.height:.0f}",
        "style": f"min-width:{frame.width * 0.7:.0f}px",
        "font_family": MONO,
        "font_size": "12",
    }


def _frame(report: Report, picture: Lifelines) -> _Frame:
    pitch = min(max(_LANES / max(picture.lanes, 1), _PITCH[0]), _PITCH[1])
    mark_at = _MARGIN + pitch * picture.lanes + (12 if picture.lanes else 0)
    label_at = mark_at + 18
    labels = max((columns(state.label) for state in report.cells), default=0)
    text_at = label_at + (labels + 1) * _COLUMN
    lines = [columns(first_line(state.source)) for state in report.cells]
    code = min(max([*lines, _CODE[0]]), _CODE[1])
    names_at = text_at + (code + 2) * _COLUMN
    needed = max((sum(map(_width, _pieces(row))) for row in picture.rows), default=0)
    names = min(max(needed, _NAMES[0]), _NAMES[1])
    width = max(names_at + names + _MARGIN, _NARROWEST)
    height = _TOP + ROW * len(picture.rows) + _FOOT
    return _Frame(pitch, mark_at, label_at, text_at, code, names_at, width, height)


def _heading(report: Report, frame: _Frame) -> str:
    words = cut(heading(report), int((frame.width - 2 * _MARGIN) / 7.6))
    return text(_MARGIN, 24, words, "cg-ink", font_family=SANS, font_size=13, font_weight=600)


def _legend(report: Report, picture: Lifelines) -> Iterator[str]:
    """The states that occur, then the marks that occur."""
    x = float(_MARGIN)
    for state in present_states(report):
        yield mark(state, x, 34)
        yield text(x + 17, 44, STATE_STYLES[state].word, "cg-dim", font_family=SANS, font_size=11)
        x += 34 + len(STATE_STYLES[state].word) * 6.2
    found = {one.kind for line in picture.lines for one in line.marks}
    x += 8
    for kind, word in _MARK_WORDS.items():
        if kind in found:
            yield element("g", _mark(Mark(0, kind), x + 5, 40, 4.2), kind="cg-key")
            yield text(x + 14, 44, word, "cg-dim", font_family=SANS, font_size=11)
            x += 30 + len(word) * 6.2
    if picture.hidden:
        words = f"({picture.hidden} long lines are left out)"
        yield text(x, 44, words, "cg-dim", font_family=SANS, font_size=11)


_MARK_WORDS = {
    "bind": "made",
    "change": "changed",
    "read": "read",
    "delete": "deleted",
    "former": "made formerly",
}


def _content(picture: Lifelines, frame: _Frame, address: Callable[[str], str]) -> Iterator[str]:
    yield from (_row(picture, index, frame, address) for index in range(len(picture.rows)))
    # Lines in doubt are drawn last, so that no other covers them.
    lines = sorted(picture.lines, key=lambda line: line.stale)
    yield element("g", *(_line(picture, line, frame) for line in lines), kind="cg-lives")


def _row(picture: Lifelines, index: int, frame: _Frame, address: Callable[[str], str]) -> str:
    row, y = picture.rows[index], ROW * index
    state = row.state
    parts = [
        tooltip(_row_title(picture, row)),
        _back(row, frame),
        *_tick(picture, index, frame),
        _state_mark(row, frame),
        text(frame.label, 16, shown(state.label), "cg-hue" if _is_hot(row) else "cg-dim", font_weight=700),
        *_code(row, frame),
        *_names(picture, row, frame),
    ]
    target = escape(address(state.cell))
    # A plain `href` throws inside an output of JupyterLab.
    link = f'<a xlink:href="{target}">{"".join(parts)}</a>'
    return element("g", link, kind=f"cg-row cg-{state.state}", transform=f"translate(0 {y})")


def _state_mark(row: Row, frame: _Frame) -> str:
    """The mark of a cell's state. A cell with a note alone has a small one: its result holds."""
    if row.state.state not in ("noted", "foreign"):
        return mark(row.state.state, frame.mark, 6)
    place = f"translate({frame.mark + 2.6:.1f} 8.6) scale(.57)"
    return element("g", mark(row.state.state, 0, 0), transform=place)


def _is_hot(row: Row) -> bool:
    return row.state.state in ("stale", "failed")


def _back(row: Row, frame: _Frame) -> str:
    """What is behind a row's text: a box around cells in doubt and failed cells, else a faint line."""
    hot, left = _is_hot(row), frame.mark - 6
    return element(
        "rect",
        kind=f"cg-back{' cg-tinted' if hot else ''}",
        x=left,
        y=1.5,
        width=frame.width - left - 8,
        height=ROW - 3,
        rx=5,
        fill=tint(STATE_STYLES[row.state.state].hue, 0.13) if hot else CARD,
        fill_opacity=None if hot else 0,
        stroke=STATE_STYLES[row.state.state].hue if hot else None,
    )


def _tick(picture: Lifelines, index: int, frame: _Frame) -> Iterator[str]:
    """A thin line from the row's leftmost mark to its text."""
    lanes = [picture.lines[line].lane for line, _ in picture.at[index]]
    if lanes:
        left = frame.x(min(lanes))
        yield element(
            "path", kind="cg-tick", d=f"M{left:g} 12H{frame.mark - 6:g}", stroke=GREY, stroke_opacity=0.4
        )


def _code(row: Row, frame: _Frame) -> Iterator[str]:
    code = cut(first_line(row.state.source), frame.code)
    if code:
        kind = "cg-dim" if row.state.state in ("deleted", "unrun") else "cg-ink"
        struck = "line-through" if row.state.state == "deleted" else None
        yield text(frame.text, 16, code, kind, text_decoration=struck)


Piece = tuple[str, NameTag | None, bool]
"""A text beside a cell: what it says, the name that it stands for, and whether the cell makes that."""


def _pieces(row: Row) -> list[Piece]:
    """First the names that have lines, then those that nobody else reads, for they may be cut off."""
    tags = [(cut(shown(tag.name), 24), tag) for tag in row.makes]
    makes: list[Piece] = [(words, tag, True) for words, tag in tags if tag.line is not None]
    reads: list[Piece] = [(cut(shown(tag.name), 24), tag, False) for tag in row.reads]
    unread: list[Piece] = [(words, None, True) for words, tag in tags if tag.line is None]
    folded: list[Piece] = [(cut(shown(name), 24), None, True) for name in row.folded]
    return [*makes, *([("←", None, False)] if reads else []), *reads, *unread, *folded]


def _width(piece: Piece) -> float:
    words, tag, _ = piece
    return columns(words) * _SMALL + (17 if tag is not None else 9)


def _names(picture: Lifelines, row: Row, frame: _Frame) -> Iterator[str]:
    pieces, x, end = _pieces(row), frame.names, frame.width - _MARGIN
    for number, piece in enumerate(pieces):
        left = len(pieces) - number - 1
        if x + _width(piece) > end - (26 if left else 0):
            yield text(x, 16, f"+{left + 1}", "cg-dim", font_size=11)
            return
        yield _piece(picture, piece, x)
        x += _width(piece)


def _piece(picture: Lifelines, piece: Piece, x: float) -> str:
    words, tag, made = piece
    if tag is None or tag.line is None:
        return text(x + 2, 16, words, "cg-dim", font_size=11)
    hue = picture.lines[tag.line].hue
    colour = WARN if tag.stale else HUE_COLOURS[hue]
    box = element(
        "rect",
        x=x,
        y=4,
        width=_width(piece) - 5,
        height=16,
        rx=8,
        fill=colour if made else "none",
        stroke=colour,
    )
    words = element("text", escape(words), x=x + 6, y=16, font_size=11, fill=CARD if made else colour)
    return element("g", box, words, kind=f"{'cg-made' if made else 'cg-taken'} {_hue(hue, stale=tag.stale)}")


def _line(picture: Lifelines, line: Line, frame: _Frame) -> str:
    x, size = frame.x(line.lane), frame.size
    top, bottom = line.top * ROW + 12, line.bottom * ROW + 12
    upward = " cg-up" if line.maker > line.top else ""
    parts = [tooltip(line_words(picture, line))]
    if bottom > top:
        path = f"M{x:g} {top}V{bottom}"
        parts += [
            element("path", kind="cg-hold", d=path, stroke="transparent", stroke_width=frame.pitch),
            element("path", kind=f"cg-life{upward}", d=path, stroke=HUE_COLOURS[line.hue], stroke_width=1.8),
        ]
    for upper, lower in line.spans():
        path = f"M{x:g} {upper * ROW + 12}V{lower * ROW + 12}"
        dash = "5 3" if upward else None
        parts.append(
            element("path", kind="cg-doubt", d=path, stroke=WARN, stroke_width=3.4, stroke_dasharray=dash)
        )
    parts += [_mark(one, x, one.row * ROW + 12, size, line.hue) for one in line.marks]
    return element("g", *parts, kind=f"cg-line-of {hue_class(line.hue)}")


def _hue(hue: int, *, stale: bool) -> str:
    return "cg-hot" if stale else hue_class(hue)


def _mark(one: Mark, x: float, y: float, size: float, hue: int | None = None) -> str:
    """A mark on a line; without a ``hue`` in grey, for the legend."""
    colour = WARN if one.stale else DIM if hue is None else HUE_COLOURS[hue]
    path, kind, attributes = _shape(one.kind, x, y, size, colour)
    return element("path", kind=f"{kind} cg-hot" if one.stale else kind, d=path, **attributes)


def _shape(
    kind: MarkKind, x: float, y: float, size: float, colour: str
) -> tuple[str, str, dict[str, Attribute]]:
    """A mark's path, its class and its attributes for programs that ignore CSS."""
    if kind == "delete":
        reach = size * 0.9
        cross = f"l{2 * reach:g} {2 * reach:g}m0 {-2 * reach:g}l{-2 * reach:g} {2 * reach:g}"
        return f"M{x - reach:g} {y - reach:g}{cross}", "cg-cross", {"stroke": colour, "stroke_width": 2.2}
    if kind == "change":
        reach = size * 1.3
        diamond = f"l{reach:g} {reach:g}l{-reach:g} {reach:g}l{-reach:g} {-reach:g}z"
        return f"M{x:g} {y - reach:g}{diamond}", "cg-full", {"fill": colour}
    if kind == "bind":
        return _circle(x, y, size + 0.4), "cg-full", {"fill": colour}
    ring: dict[str, Attribute] = {"fill": PAPER, "stroke": colour, "stroke_width": 1.7}
    if kind == "former":
        ring["stroke_dasharray"] = "2 1.6"
    return _circle(x, y, size * (0.82 if kind == "read" else 1)), "cg-open", ring


def _circle(x: float, y: float, radius: float) -> str:
    half = f"a{radius:g} {radius:g} 0 1 0"
    return f"M{x - radius:g} {y:g}{half} {2 * radius:g} 0{half} {-2 * radius:g} 0z"


def _row_title(picture: Lifelines, row: Row) -> str:
    state = row.state
    most = _TITLE_LINES if len(picture.rows) <= 100 else _TITLE_LINES // 4
    lines = [cut(line[:_TITLE_COLUMNS], _TITLE_COLUMNS) for line in state.source.splitlines()]
    more = [f"… {len(lines) - most} more lines"] if len(lines) > most else []
    return "\n".join([f"{state.label} {STATE_STYLES[state.state].word}", *lines[:most], *more])

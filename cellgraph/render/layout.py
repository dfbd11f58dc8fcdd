"""Computes the positions of cells, labels and lines with Graphviz ``dot``.

``dot`` is given sizes and numbers only, never a word that a user wrote, so no name can mean
anything to it, and no font is measured: the same report has the same layout on every machine.

The notebook's order is kept: data that flows down the notebook is drawn downwards, and data that
flows against it (a cell that read what a later cell wrote) is drawn upwards.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from cellgraph.light_dataclass import dataclass
from cellgraph.render.cell_boxes import SMALL_COLUMN, Card, cards
from cellgraph.render.edge_groups import Bundle, bundles
from cellgraph.render.text import columns, counted, cut, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cellgraph.model import Report

Point = tuple[float, float]

_INCH = 72
"""Points in an inch. ``dot`` takes sizes in inches and answers in points; a point is a px here."""

_LABEL_HEIGHT = 17
_LABEL_COLUMNS = 34

_GRAPH = "splines=spline,ranksep=0.28,nodesep=0.22,nslimit=2,nslimit1=2,mclimit=0.5"
"""Spacing in inches. The limits hold 300 cells within the second and cost a few more crossings."""


class LayoutError(RuntimeError):
    """The graph cannot be laid out here. The message says what to install."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its left upper corner and its size in px, ``y`` downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PlacedCard:
    """A cell's card and its position."""

    card: Card
    box: Box


@dataclass(frozen=True, slots=True)
class PlacedBundle:
    """A bundle with positions: its label's text and box, the line into it and the lines to its readers.

    A line is a Bézier spline of 1 + 3n points in the direction of the data. A tagged bundle has
    no lines to its readers.
    """

    bundle: Bundle
    text: str
    box: Box
    into: tuple[Point, ...]
    out: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole layout, in px."""

    width: float
    height: float
    cards: tuple[PlacedCard, ...]
    bundles: tuple[PlacedBundle, ...]


@dataclass(frozen=True, slots=True)
class _Label:
    """A label before it is placed; ``drawn`` are the readers that get a line."""

    bundle: Bundle
    text: str
    drawn: tuple[int, ...]

    @property
    def width(self) -> float:
        return columns(self.text) * SMALL_COLUMN + 14


def layout(report: Report) -> Picture:
    """The report's graph with a place for everything.

    Raises:
        LayoutError: pygraphviz is not installed here.
    """
    gathered = bundles(report)
    placed, labels = cards(report, gathered), _labels(report, gathered)
    if not placed:
        return Picture(0, 0, (), ())
    return _picture(_laid_out(_dot_input(placed, labels)), placed, labels)


def _labels(report: Report, gathered: Sequence[Bundle]) -> tuple[_Label, ...]:
    drawn = [one for one in gathered if not one.tagged]
    return (
        *(_Label(one, _names(one), one.targets) for one in drawn),
        *(_Label(one, _tagged_text(report, one), ()) for one in _tagged(gathered)),
    )


def _tagged(gathered: Sequence[Bundle]) -> Iterator[Bundle]:
    """For each cell one bundle of all its tagged names, and another of those in doubt."""
    tagged = [one for one in gathered if one.tagged]
    for source, doubted in dict.fromkeys((one.source, bool(one.stale)) for one in tagged):
        own = [one for one in tagged if (one.source, bool(one.stale)) == (source, doubted)]
        names = tuple(dict.fromkeys(name for one in own for name in one.names))
        readers = tuple(sorted({target for one in own for target in one.targets}))
        stale = frozenset(name for one in own for name in one.stale)
        yield Bundle(source, readers, names, stale, tagged=True)


def _tagged_text(report: Report, bundle: Bundle) -> str:
    readers = bundle.targets
    to = report.cells[readers[0]].label if len(readers) == 1 else counted(len(readers), "cell")
    return f"{_names(bundle)} to {to}"


def _names(bundle: Bundle) -> str:
    """The names as a label; where only some of them are in doubt, those carry a mark."""
    mixed = 0 < len(bundle.stale) < len(bundle.names)
    names = [f"{name}!" if mixed and name in bundle.stale else name for name in bundle.names]
    return cut(merged(names), _LABEL_COLUMNS)


def _dot_input(placed: Sequence[Card], labels: Sequence[_Label]) -> str:
    """The graph in the DOT language: nodes ``c0`` … for cells, ``l0`` … for labels."""
    nodes = [_node(f"c{card.index}", card.width, card.height) for card in placed]
    nodes += [_node(f"l{index}", label.width, _LABEL_HEIGHT) for index, label in enumerate(labels)]
    lines = [line for index, label in enumerate(labels) for line in _lines(index, label)]
    order = [f"c{index - 1} -> c{index} [style=invis,weight=0]" for index in _unconstrained(placed, labels)]
    head = [f"graph [{_GRAPH}]", 'node [shape=box,fixedsize=true,label=""]', "edge [dir=none]"]
    return "digraph {\n" + "\n".join([*head, *nodes, *lines, *order]) + "\n}"


def _node(name: str, width: float, height: float) -> str:
    return f"{name} [width={width / _INCH:.4f},height={height / _INCH:.4f}]"


def _lines(index: int, label: _Label) -> Iterator[str]:
    """Lines of one label. For data that flows upwards all of them are handed over reversed."""
    arrow = "{1} -> {0}" if label.bundle.upward else "{0} -> {1}"
    numbers = count()
    into = arrow.format(f"c{label.bundle.source}", f"l{index}")
    yield f'{into} [weight=4,comment="{index} {next(numbers)}"]'
    for target in label.drawn:
        yield f'{arrow.format(f"l{index}", f"c{target}")} [comment="{index} {next(numbers)}"]'


def _unconstrained(placed: Sequence[Card], labels: Sequence[_Label]) -> Iterator[int]:
    """Cells that no line from above holds in place. They would all be placed in the first row."""
    held = {target for label in labels if not label.bundle.upward for target in label.drawn}
    held |= {label.bundle.source for label in labels if label.bundle.upward}
    return (card.index for card in placed[1:] if card.index not in held)


def _laid_out(dot: str) -> dict[str, Any]:
    try:
        from pygraphviz import AGraph
    except ImportError as error:
        raise LayoutError(
            "the layers need Graphviz: pip install 'cellgraph[layers]' "
            "(where pygraphviz has no wheel for this platform, install Graphviz and its headers first)"
        ) from error
    answer: dict[str, Any] = json.loads(AGraph(string=dot).draw(format="json0", prog="dot"))
    return answer


def _picture(answer: Mapping[str, Any], placed: Sequence[Card], labels: Sequence[_Label]) -> Picture:
    _, _, width, height = map(float, answer["bb"].split(","))
    centres = {node["name"]: _points(node["pos"], height)[0] for node in answer["objects"]}
    drawn = (edge for edge in answer.get("edges", ()) if "comment" in edge)
    lines = {edge["comment"]: _points(edge["pos"], height) for edge in drawn}
    if centres["c0"][0] > width / 2:  # reading starts at the left
        centres = {name: _mirrored((point,), width)[0] for name, point in centres.items()}
        lines = {number: _mirrored(points, width) for number, points in lines.items()}
    return Picture(
        width,
        height,
        tuple(PlacedCard(card, _box(centres[f"c{card.index}"], card.width, card.height)) for card in placed),
        tuple(_placed(index, label, centres, lines) for index, label in enumerate(labels)),
    )


def _placed(
    index: int, label: _Label, centres: Mapping[str, Point], lines: Mapping[str, tuple[Point, ...]]
) -> PlacedBundle:
    step = -1 if label.bundle.upward else 1
    into, *out = (lines[f"{index} {number}"][::step] for number in range(1 + len(label.drawn)))
    box = _box(centres[f"l{index}"], label.width, _LABEL_HEIGHT)
    return PlacedBundle(label.bundle, label.text, box, into, tuple(out))


def _points(text: str, height: float) -> tuple[Point, ...]:
    """``x,y x,y …`` as points whose ``y`` grows downwards."""
    pairs = (pair.split(",") for pair in text.split())
    return tuple((round(float(x), 1), round(height - float(y), 1)) for x, y in pairs)


def _mirrored(points: Sequence[Point], width: float) -> tuple[Point, ...]:
    return tuple((round(width - x, 1), y) for x, y in points)


def _box(centre: Point, width: float, height: float) -> Box:
    return Box(centre[0] - width / 2, centre[1] - height / 2, width, height)

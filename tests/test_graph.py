"""The picture of the graph: everything has its place, and says what the report says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from cellgraph.model import Edge, Report
from cellgraph.render.edge_groups import bundles
from cellgraph.render.layout import Box, LayoutError, Picture, Point, layout
from cellgraph.render.svg import graph_alt, graph_svg
from cellgraph.render.text import isolated, shown
from cellgraph.render.theme import STATE_STYLES
from tests.made_reports import HOSTILE, STATES, cell, hostile, notebook, reports
from tests.pictures.notebooks import session

SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> str:
    return "\n".join(
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")
    )


def _centres(picture: Picture) -> list[float]:
    return [placed.box.y + placed.box.height / 2 for placed in picture.cards]


def _overlap(one: Box, other: Box) -> bool:
    """Whether the two share any area."""
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("size", [1, 5, 30, 60, 300])
def test_nothing_overlaps(size: int) -> None:
    """No two cards share any area, nor two labels, nor a card and a label."""
    picture = layout(notebook(size))
    boxes = [placed.box for placed in (*picture.cards, *picture.bundles)]
    assert len(picture.cards) == size
    assert not [pair for pair in combinations(boxes, 2) if _overlap(*pair)]


@settings(max_examples=40)
@given(reports())
def test_nothing_overlaps_in_any_graph(report: Report) -> None:
    """The same for upward edges, own output and deleted cells; and everything lies within the picture."""
    picture = layout(report)
    boxes = [placed.box for placed in (*picture.cards, *picture.bundles)]
    assert not [pair for pair in combinations(boxes, 2) if _overlap(*pair)]
    assert all(box.x >= -1 and box.x + box.width <= picture.width + 1 for box in boxes)
    assert all(box.y >= -1 and box.y + box.height <= picture.height + 1 for box in boxes)


@settings(max_examples=40)
@given(reports())
def test_every_edge_is_drawn_or_tagged(report: Report) -> None:
    """Each edge's names reach its reader by a line that ends at its card, or by a tag on it."""
    picture = layout(report)
    reached = {
        (placed.bundle.source, target, frozenset(placed.bundle.names))
        for placed in picture.bundles
        for target in placed.bundle.targets
        if not placed.bundle.tagged
    }
    tagged = {
        (bundle.source, target) for bundle in bundles(report) if bundle.tagged for target in bundle.targets
    }
    for edge in report.edges:
        source, target = int(edge.source[1:]), int(edge.target[1:])
        assert (source, target, frozenset(edge.names)) in reached or (source, target) in tagged


def _curve(points: Sequence[Point]) -> Iterator[Point]:
    """Points along a Bézier spline, twelve for each of its pieces."""
    for start in range(0, len(points) - 1, 3):
        one, two, three, four = points[start : start + 4]
        for step in range(13):
            t, s = step / 12, 1 - step / 12
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            x, y = (
                sum(
                    weight * point[axis]
                    for weight, point in zip(weights, (one, two, three, four), strict=True)
                )
                for axis in (0, 1)
            )
            yield x, y


def _is_inside(point: Point, box: Box) -> bool:
    return box.x + 2 < point[0] < box.x + box.width - 2 and box.y + 2 < point[1] < box.y + box.height - 2


@pytest.mark.parametrize("size", [20, *(pytest.param(size, marks=pytest.mark.slow) for size in (60, 80))])
@pytest.mark.parametrize("make", [notebook, lambda size: session(size)[1]], ids=["any", "real"])
def test_no_line_passes_behind_a_box(size: int, make: Callable[[int], Report]) -> None:
    """A line meets the cards and labels at its two ends and no other."""
    picture = layout(make(size))
    cards = [placed.box for placed in picture.cards]
    boxes = [*cards, *(placed.box for placed in picture.bundles)]
    for placed in picture.bundles:
        ends = [(placed.into, cards[placed.bundle.source])]
        ends += [(out, cards[to]) for out, to in zip(placed.out, placed.bundle.targets, strict=False)]
        for points, card in ends:
            others = [box for box in boxes if box not in (card, placed.box)]
            assert not [box for box in others if any(_is_inside(point, box) for point in _curve(points))]


def test_lines_lead_from_label_to_reader() -> None:
    """A line into a label begins at its writer's card, and a line out of it ends at its reader's."""
    picture = layout(notebook(30))
    cards = [placed.box for placed in picture.cards]
    for placed in picture.bundles:
        writer = cards[placed.bundle.source]
        assert writer.y - 2 <= placed.into[0][1] <= writer.y + writer.height + 2
        for target, points in zip(placed.bundle.targets, placed.out, strict=False):
            reader = cards[target]
            assert reader.x - 2 <= points[-1][0] <= reader.x + reader.width + 2
            assert reader.y - 2 <= points[-1][1] <= reader.y + reader.height + 2


def test_the_notebook_runs_downwards_and_out_of_order_data_upwards() -> None:
    """A reader stands below its writer, save one that read what a later cell wrote: it stands above."""
    report = Report(tuple(map(cell, range(4))), (Edge("c0", "c1", ("a",)), Edge("c3", "c1", ("b",))))
    heights = _centres(layout(report))
    assert heights[0] < heights[1] < heights[3]


def test_unconnected_cells_follow_the_notebook() -> None:
    """Cells without any data between them stand one below the other, not in one wide row."""
    heights = _centres(layout(Report(tuple(map(cell, range(6))))))
    assert heights == sorted(heights)
    assert len(set(heights)) == 6


def test_the_same_report_has_the_same_picture() -> None:
    """Nothing in the picture depends on chance or on the machine's fonts."""
    assert graph_svg(notebook(40)) == graph_svg(notebook(40))


def test_imports_that_all_cells_read_are_tags() -> None:
    """Instead of a line from the import cell to everything, each reader's card says what it took."""
    cells = (cell(0, source="import numpy as np"), *map(cell, range(1, 9)))
    report = Report(cells, tuple(Edge("c0", f"c{index}", ("np",)) for index in range(1, 9)))
    picture = layout(report)
    assert [placed.text for placed in picture.bundles] == ["np to 8 cells"]
    assert all(placed.card.tags[0].text == "np from [1]" for placed in picture.cards[1:])


def test_doubtful_imports_keep_their_lines() -> None:
    """What is in doubt is never put aside as an ordinary import."""
    cells = (cell(0, source="import settings"), *map(cell, range(1, 9)))
    stale = frozenset({"settings"})
    edges = tuple(Edge("c0", f"c{index}", ("settings",), stale) for index in range(1, 9))
    (bundle,) = bundles(Report(cells, edges))
    assert not bundle.tagged


def test_names_in_doubt_are_told_apart_from_their_companions() -> None:
    """A label marks the names in doubt where it holds others too, and puts them first."""
    edge = Edge("c0", "c1", ("a", "b", "c", "df"), frozenset({"df"}))
    (placed,) = layout(Report((cell(0), cell(1)), (edge,))).bundles
    assert placed.text == "df!, a +2"


def test_far_readers_are_tags() -> None:
    """No eye follows a line over a hundred cells: the reader says where the name came from."""
    report = Report(tuple(map(cell, range(100))), (Edge("c0", "c99", ("df",)), Edge("c0", "c1", ("df",))))
    picture = layout(report)
    assert [placed.text for placed in picture.bundles] == ["df", "df to [100]"]
    assert picture.cards[99].card.tags[0].text == "df from [1]"


def test_a_dense_graph_is_thinned() -> None:
    """Where each cell reads from all others the picture keeps to a number of lines that can be laid out."""
    cells = tuple(map(cell, range(60)))
    edges = tuple(Edge(f"c{one}", f"c{two}", (f"n{one}",)) for one, two in combinations(range(60), 2))
    picture = layout(Report(cells, edges))
    assert sum(len(placed.out) for placed in picture.bundles) <= 700


def test_a_missing_layout_engine_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pygraphviz has no wheel, the error says what to install."""
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(LayoutError, match=r"pip install 'cellgraph\[layers\]'"):
        layout(notebook(2))


def test_an_empty_report_is_an_empty_picture() -> None:
    """Before any cell has run there is a graph too: one without cells."""
    assert "0 cells" in graph_svg(Report(()))
    assert graph_alt(Report(())).endswith("0 cells, none in doubt")


def test_hostile_names_are_shown_literally() -> None:
    """The SVG is well-formed, has only our own elements, and shows each name as text."""
    svg = graph_svg(hostile())
    kinds = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "text", "g", "path", "a"}
    words = _texts(svg)
    assert [name for name in HOSTILE if isolated(shown(name))[:16] not in words] == []


def test_the_picture_has_a_text_alternative() -> None:
    """``role``, ``aria-label``, title and description say what the picture shows."""
    root = ElementTree.fromstring(graph_svg(notebook(12)))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc") == graph_alt(notebook(12))


def test_the_alternative_holds_every_edge() -> None:
    """Read aloud, the graph has each cell with its state and each edge with its names."""
    report = Report(
        (cell(0, writes=("df",)), cell(1, "stale")), (Edge("c0", "c1", ("df",), frozenset({"df"})),)
    )
    assert graph_alt(report).splitlines() == [
        "Cell graph: 1 of 2 cells in doubt",
        "[1] holds: pass → df",
        "[2] in doubt: pass",
        "    df (in doubt) from [1]",
    ]


def test_each_state_has_its_own_colour_or_outline_mark_and_word() -> None:
    """No two states differ by colour alone, and the legend lists exactly those that occur."""
    assert (
        len({look.mark for look in STATE_STYLES.values()})
        == len({look.word for look in STATE_STYLES.values()})
        == 7
    )
    assert (
        len({look.glyph for look in STATE_STYLES.values()})
        == len({look.ascii for look in STATE_STYLES.values()})
        == 7
    )
    words = _texts(graph_svg(Report((cell(0), cell(1, "failed"))))).splitlines()
    assert [state for state in STATES if STATE_STYLES[state].word in words] == ["good", "failed"]


def test_every_selector_is_scoped() -> None:
    """A style in a notebook's output applies to the whole page, so each rule names our own class."""
    style = ElementTree.fromstring(graph_svg(notebook(3))).findtext(f"{SVG}style") or ""
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"@(media|supports) [^{]+\{", "", style))
    assert selectors
    assert all(".cellgraph-svg" in selector for selector in selectors)


def test_the_picture_asks_for_nothing() -> None:
    """No address but the XML namespaces: no font, no script, no image."""
    addresses = set(re.findall(r"https?://[^\"' <)]+", graph_svg(notebook(5))))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in graph_svg(notebook(5))
    assert "url(" not in graph_svg(notebook(5))


def test_cells_link_to_themselves_in_the_notebook() -> None:
    """A click on a card leads to its cell; the id is quoted, whatever it holds."""
    svg = graph_svg(Report((cell(0), cell(1))))
    assert 'xlink:href="#cell-id=c0"' in svg
    assert " href=" not in svg  # it throws inside an output of JupyterLab

"""The graph and the table of cells in a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from cellgraph.model import Edge, Report
from cellgraph.render.edge_groups import bundles
from cellgraph.render.terminal import graph_text, status_html, status_text
from cellgraph.render.text import columns, shown
from tests.made_reports import HOSTILE, cell, hostile, notebook, reports

DOWN, UP, RIGHT, LEFT = (1, 0), (-1, 0), (0, 1), (0, -1)
CELL = re.compile(r"[ │─├┼┬┴╭╰▶]*[●▲◆✗−○] \[")

TURNS = {
    "│": {UP: [UP], DOWN: [DOWN]},
    "├": {UP: [UP, RIGHT], DOWN: [DOWN, RIGHT], LEFT: [UP, DOWN]},
    "┼": {UP: [UP, RIGHT], DOWN: [DOWN, RIGHT]},
    "┬": {UP: [RIGHT]},
    "┴": {DOWN: [RIGHT]},
    "╭": {UP: [RIGHT], LEFT: [DOWN]},
    "╰": {DOWN: [RIGHT], LEFT: [UP]},
}
"""Where a line goes on, by the way in which it came. Rightwards it always leads to the arrow."""


def _followed(text: str) -> set[tuple[int, int]]:
    """The edges that an eye finds: from each corner under a mark along the lines to every arrow."""
    grid = text.split("\n")
    cells = {
        row: number for number, row in enumerate(row for row, line in enumerate(grid) if CELL.match(line))
    }
    corners = [(row, line.index("╯")) for row, line in enumerate(grid) if "╯" in line]
    return {(cells[row - 1], cells[end]) for row, column in corners for end in _arrows(grid, row, column)}


def _arrows(grid: list[str], row: int, column: int) -> set[int]:
    """The rows of all arrows that the line from one corner reaches."""
    found, todo = set[int](), [(row, column, LEFT)]
    while todo:
        row, column, way = todo.pop()
        row, column = row + way[0], column + way[1]
        piece = grid[row][column]
        if piece == "▶":
            found.add(row)
        elif way == RIGHT or (way == LEFT and piece in "─│"):
            todo.append((row, column, way))
        else:
            todo += [(row, column, turn) for turn in TURNS[piece][way]]
    return found


def _drawn(report: Report) -> set[tuple[int, int]]:
    return {
        (bundle.source, target)
        for bundle in bundles(report)
        if not bundle.tagged
        for target in bundle.targets
    }


@given(reports())
def test_every_edge_can_be_followed(report: Report) -> None:
    """Following the lines from each writer leads to exactly its readers, in any graph."""
    assert _followed(graph_text(report, 100, encoding="utf-8")) == _drawn(report)


@pytest.mark.parametrize("size", [1, 5, 30, 60])
def test_every_edge_can_be_followed_in_a_notebook(size: int) -> None:
    """The same for notebooks like real ones, wide enough for all of their rails."""
    report = notebook(size)
    assert _followed(graph_text(report, 120, encoding="utf-8")) == _drawn(report)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_where_rails_find_no_room_words_remain(width: int) -> None:
    """At 300 cells no line is too wide, each followed rail is right, and each edge is said in words."""
    report = notebook(300)
    text = graph_text(report, width, encoding="utf-8")
    assert max(map(columns, text.splitlines())) <= width
    assert _followed(text) <= _drawn(report)
    assert all(f"{report.label(edge.source)}" in text for edge in report.edges)


def test_the_picture_of_a_small_graph() -> None:
    """Rails leave below a cell, branch to its readers, and the words say the same."""
    cells = (cell(0, writes=("df",)), cell(1), cell(2, "stale", writes=("m",)))
    edges = (Edge("c0", "c1", ("df",)), Edge("c0", "c2", ("df",), frozenset({"df"})))
    assert graph_text(Report(cells, edges, plan=("c2",)), 60, encoding="utf-8").splitlines() == [
        "1 of 3 cells in doubt · run [3]",
        "    ● [1] pass",
        "╭───╯ → df",
        "├─▶ ● [2] pass",
        "│     ← df [1]",
        "╰─▶ ▲ [3] pass",
        "      ← df! [1] → m",
        "",
        "● holds   ▲ in doubt   name! in doubt",
    ]


def test_ascii_where_the_encoding_has_no_lines() -> None:
    """A terminal that cannot show the lines gets ASCII, and nothing that it cannot write."""
    for report in (notebook(12), hostile()):
        graph_text(report, 80, encoding="ascii").encode("ascii")
        graph_text(report, 80, encoding="latin-1").encode("latin-1")


def test_colour_changes_no_character() -> None:
    """ANSI colours are put around the same text."""
    plain, coloured = (graph_text(notebook(20), 90, color=color, encoding="utf-8") for color in (False, True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_no_source_can_move_the_cursor() -> None:
    """Escape sequences of users are spelt out, in the graph and in the table."""
    for text in (graph_text(hostile(), 80, encoding="utf-8"), status_text(hostile(), 100)):
        assert not [
            character for character in text if not character.isprintable() and character not in "\n\u200d"
        ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_its_width(width: int) -> None:
    """No line of the table is wider than the terminal."""
    assert max(map(columns, status_text(notebook(60), width).splitlines())) <= width


def test_the_table_shows_labels_states_and_findings() -> None:
    """Brackets are text, not markup of the library that draws the table."""
    report = notebook(30)
    text = status_text(report, 120)
    assert all(one.label in text for one in report.cells)
    assert text.count("CG101") == len(report.findings) > 0
    assert "worked out from the source" in status_text(replace(report, conservative=True), 120)


def test_the_html_table_escapes_and_links() -> None:
    """Every hostile name is text, every label a link to its cell."""
    html = status_html(hostile())
    assert "<img" not in html
    assert "<script" not in html
    assert html.count('<a href="#cell-id=') >= 2 * len(HOSTILE)
    assert shown(HOSTILE[0]).replace("<", "&lt;").replace(">", "&gt;") in html

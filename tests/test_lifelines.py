"""Lifelines: a row for each cell, a line for each variable, and the same in every form."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.model import CellState, Edge, Report
from cellgraph.render.lifelines.html import lifelines_html
from cellgraph.render.lifelines.model import Line, lifelines
from cellgraph.render.lifelines.svg import lifelines_svg
from cellgraph.render.lifelines.text import lifelines_text
from cellgraph.render.lifelines.words import line_words
from cellgraph.render.text import columns, isolated, shown
from cellgraph.session import Tracker
from tests.made_reports import HOSTILE, STATES, cell, hostile, notebook, reports
from tests.pictures.notebooks import session

SVG = "{http://www.w3.org/2000/svg}"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Case:
    """What was run, as (cell, text), and the lines that are drawn: ``name: marks`` by row from 0."""

    claim: str
    cells: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]


CASES = (
    Case(
        "a line goes from the maker to the last reader",
        (("a", "x = 1"), ("b", "x"), ("c", "1"), ("d", "x")),
        ("x: bind0 read1 read3",),
    ),
    Case("a name that nobody reads has no line", (("a", "x = 1"), ("b", "y = 2")), ()),
    Case(
        "a name that is bound again has a new line",
        (("a", "x = 1"), ("b", "x"), ("c", "x = 2"), ("d", "x")),
        ("x: bind0 read1", "x: bind2 read3"),
    ),
    Case(
        "a name that is made from its old value ends and begins there",
        (("a", "x = [1]"), ("b", "x = x + [2]"), ("c", "x")),
        ("x: bind0 read1", "x: bind1 read2"),
    ),
    Case(
        "a change in place goes on with the line",
        (("a", "x = [1]"), ("b", "x.append(2)"), ("c", "x")),
        ("x: bind0 change1 read2",),
    ),
    Case(
        "a change through another name goes on with both lines",
        (("a", "x = [1]"), ("b", "y = x"), ("c", "y.append(2)"), ("d", "x")),
        ("x: bind0 read1 change2 read3", "y: bind1 change2"),
    ),
    Case(
        "a deletion ends the line", (("a", "x = 1"), ("b", "x"), ("c", "del x")), ("x: bind0 read1 delete2",)
    ),
    Case("imports are folded", (("a", "import math"), ("b", "math.pi"), ("c", "math.e")), ()),
    Case("a function has a line", (("a", "def f():\n    return 1"), ("b", "f()")), ("f: bind0 read1",)),
    Case("a part is its variable", (("a", "d = {'k': 1}"), ("b", "d['k']")), ("d: bind0 read1",)),
    Case(
        "a displayed result that is read again has a line",
        (("a", "1 + 1"), ("b", "_ + 1")),
        ("_: bind0 read1",),
    ),
    Case(
        "doubt lies on the reader",
        (("a", "x = 1"), ("b", "y = x"), ("c", "y"), ("a", "x = 2")),
        ("x: bind0 read1!", "y: bind1 read2!"),
    ),
    Case(
        "a cell that read its own result is in doubt by itself",
        (("a", "x = 0"), ("b", "x = x + 1"), ("b", "x = x + 1")),
        ("x: bind1!",),
    ),
    Case(
        "a line goes upwards to a cell that read what stands below",
        (("a", "1"), ("b", "y = 2"), ("a", "y")),
        ("y: read0! bind1",),
    ),
    Case(
        "a setting has a line only while it is in doubt",
        (
            ("a", "import decimal\ndecimal.getcontext().prec = 5"),
            ("b", "decimal.Decimal(1) / 3"),
            ("a", "import decimal\ndecimal.getcontext().prec = 9"),
        ),
        ("setting:decimal.context: change0 read1!",),
    ),
    Case(
        "what an edited cell made once is said to be so",
        (("a", "x = 1"), ("b", "x"), ("a", "z = 1")),
        ("x: former0 read1!",),
    ),
)


def drawn(report: Report) -> tuple[str, ...]:
    """The lines of a report in the spelling of the cases."""
    return tuple(
        f"{line.name}: {' '.join(f'{m.kind}{m.row}{chr(33) * m.stale}' for m in line.marks)}"
        for line in lifelines(report).lines
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_lines_say_what_happened(case: Case, shell: InteractiveShell, tracker: Tracker) -> None:
    """Each session is drawn with these lines and no others."""
    for name, text in case.cells:
        shell.run_cell(text, store_history=True, cell_id=name)
    tracker.set_cell_order(list(dict.fromkeys(name for name, _ in case.cells)))
    assert drawn(tracker.report()) == case.lines


def test_an_import_in_doubt_has_a_line() -> None:
    """What is in doubt is never folded."""
    edge = Edge("c0", "c1", ("settings",), frozenset({"settings"}))
    cells = (cell(0, source="import settings", writes=("settings",)), cell(1, "stale"))
    assert drawn(Report(cells, (edge,))) == ("settings: bind0 read1!",)


def _alive(lines: Sequence[Line], row: int) -> int:
    """How many variables are alive in a row. Two lines of one name that meet there count once."""
    return len({line.name for line in lines if line.top <= row <= line.bottom})


@settings(max_examples=60)
@given(reports())
def test_lines_share_a_lane_only_where_they_do_not_meet(report: Report) -> None:
    """Two lines of one lane do not touch a common row, save where the one goes on in the other."""
    picture = lifelines(report)
    for one, two in combinations(picture.lines, 2):
        if one.lane == two.lane:
            meeting = min(one.bottom, two.bottom) - max(one.top, two.top)
            assert meeting < 0 or (meeting == 0 and one.name == two.name)
        together = min(one.bottom, two.bottom) > max(one.top, two.top)
        if abs(one.lane - two.lane) == 1 and together:
            assert one.hue // 2 != two.hue // 2
    assert [len(row) for row in picture.at] == [
        sum(mark.row == row for line in picture.lines for mark in line.marks)
        for row in range(len(report.cells))
    ]


def test_the_width_is_the_number_of_variables_alive_at_once() -> None:
    """A notebook of a thousand cells whose names are used again is no wider than its busiest place."""
    picture = lifelines(session(1_000)[1])
    assert picture.lanes <= 2 + max(_alive(picture.lines, row) for row in range(1_000))


def test_of_too_many_lines_the_longest_are_left_out() -> None:
    """Five hundred constants would make the picture as wide as a wall; those in doubt stay."""
    names = tuple(f"x{number}" for number in range(500))
    last = cell(3, "stale", source="use()")
    cells = (cell(0, writes=names), cell(1, writes=("y",)), cell(2), last)
    edges = (Edge("c0", "c3", names, frozenset({"x7"})), Edge("c1", "c2", ("y",)))
    picture = lifelines(Report(cells, edges), 10)
    assert picture.lanes == 10
    assert picture.hidden == 491
    assert {"x7", "y"} <= {line.name for line in picture.lines}
    assert "(441 long lines are left out)" in _texts(lifelines_svg(Report(cells, edges)))


def test_text_that_was_pasted_in_by_the_million_is_cut() -> None:
    """Neither the row nor its tooltip holds it."""
    began = time.process_time()
    svg = lifelines_svg(Report((cell(0, source="x = '" + "a" * 5_000_000 + "'\n" + "b" * 5_000_000),)))
    assert len(svg) < 20_000
    assert time.process_time() - began < 2


def test_more_cells_below_move_nothing_above() -> None:
    """Lines that end above keep their lanes and colours when cells are added below."""
    few, many = lifelines(session(60, again=0)[1]), lifelines(session(80, again=0)[1])
    ended = {(line.name, line.maker, line.lane, line.hue) for line in few.lines if line.bottom < 40}
    assert len(ended) > 10
    assert ended <= {(line.name, line.maker, line.lane, line.hue) for line in many.lines}


def test_a_line_is_told_in_words() -> None:
    """Cells are called by the number beside them, and the maker by its first words too."""
    report = Report(
        (
            cell(0, source="x = [1]", writes=("x",)),
            CellState("c1", "[2]", "good", "x += [2]", writes=("x",), changed=("x",)),
            cell(2, "stale"),
        ),
        (Edge("c0", "c1", ("x",)), Edge("c1", "c2", ("x",), frozenset({"x"}))),
    )
    picture = lifelines(report)
    assert line_words(picture, picture.lines[0]) == (
        "x: made by [1] x = [1]; changed by [2]; read by [3]; in doubt at [3]"
    )


SHAPES = [Report(()), notebook(12), notebook(150), hostile(), session(40, again=3)[1]]
NAMED = pytest.mark.parametrize("report", SHAPES, ids=["empty", "notebook", "large", "hostile", "session"])


@pytest.mark.slow
@NAMED
@pytest.mark.parametrize("width", [20, 41, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp437"])
def test_text_is_never_wider_than_the_terminal(report: Report, width: int, encoding: str) -> None:
    """In any encoding, with colours or without; and no sequence of a user's passes."""
    for color in (False, True):
        text = lifelines_text(report, width, color=color, encoding=encoding)
        plain = _ANSI.sub("", text)
        assert "\x1b" not in plain
        assert max(map(columns, plain.splitlines())) <= width
        assert text.encode(encoding)
    assert [line.rstrip() for line in plain.splitlines()] == lifelines_text(
        report, width, encoding=encoding
    ).splitlines()


def test_the_text_is_a_row_a_cell() -> None:
    """A whole picture, as a person sees it."""
    report = Report(
        (
            cell(0, source="import pandas as pd", writes=("pd",)),
            cell(1, source="df = load()", writes=("df",)),
            cell(2, source="small = df[:9]", writes=("small",)),
            cell(3, "stale", source="small.plot()"),
            cell(4, source="del df", writes=("df",)),
        ),
        (Edge("c1", "c2", ("df",)), Edge("c2", "c3", ("small",), frozenset({"small"}))),
        plan=("c3",),
    )
    assert lifelines_text(report, 60, encoding="utf-8").splitlines()[:6] == [
        "1 of 5 cells in doubt · run [4]",
        "      ● [1] import pandas as pd  pd",
        "●──── ● [2] df = load()          df",
        "○─●── ● [3] small = df[:9]       small ← df",
        "  ○── ▲ [4] small.plot()         ← small!",
        "      ● [5] del df               df",
    ]


def _texts(svg: str) -> str:
    return "\n".join("".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_hostile_names_are_shown_literally() -> None:
    """The SVG is well-formed, has only our own elements, and shows each name as text."""
    svg = lifelines_svg(hostile())
    kinds = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "text", "g", "path", "a"}
    words = _texts(svg)
    assert [name for name in HOSTILE if isolated(shown(name))[:14] not in words] == []
    html = lifelines_html(hostile())
    assert "<script" not in html
    assert "<img src=x" not in html


def test_the_picture_needs_no_script_and_no_network() -> None:
    """It follows the theme by its style sheet alone, whose rules all stay inside the picture."""
    svg = lifelines_svg(notebook(12))
    assert "<script" not in svg
    assert set(re.findall(r"https?://[^\"' <)]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    style = ElementTree.fromstring(svg).findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme:dark" in style
    assert "--jp-layout-color" in style
    for selector in re.findall(r"([^{}]+)\{(?![^}]*\{)", style):
        assert ".cellgraph-svg" in selector or selector.startswith("@"), selector


def test_the_picture_is_told_in_words_too() -> None:
    """A title, a description, a tooltip for each line, and a table underneath."""
    report = notebook(12)
    root = ElementTree.fromstring(lifelines_svg(report))
    assert root.get("aria-label") == root.findtext(f"{SVG}title")
    assert "Cell graph:" in (root.findtext(f"{SVG}desc") or "")
    html = lifelines_html(report)
    assert html.count("<tr>") == 13
    titles = [one.text or "" for one in root.iter(f"{SVG}title")]
    assert sum("made by" in title for title in titles) == len(lifelines(report).lines)


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_in_the_legend(state: str) -> None:
    """Its mark and its word, whatever the state is."""
    from cellgraph.render.theme import STATE_STYLES

    report = Report((cell(0), cell(1, state)))  # type: ignore[arg-type]
    assert STATE_STYLES[state].word in _texts(lifelines_svg(report))  # type: ignore[index]


def test_a_large_notebook_is_drawn_in_time_and_without_the_layout_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand cells are worked out in far less than a second, and nothing compiled is asked for."""
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    _, report = session(1_000)
    began = time.process_time()
    svg = lifelines_svg(report)
    assert time.process_time() - began < 3  # 0.2 s on a quiet machine
    assert svg.count('<g class="cg-row') == 1_000


@settings(max_examples=40)
@given(reports(), st.integers(1, 100))
def test_any_report_has_a_picture(report: Report, width: int) -> None:
    """Upward data, own results, deleted cells: nothing is too odd to be drawn."""
    ElementTree.fromstring(lifelines_svg(report))
    assert max(map(columns, lifelines_text(report, width, encoding="utf-8").splitlines())) <= width

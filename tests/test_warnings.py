"""What is said after a cell, and before one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cellgraph.model import Finding, Report
from cellgraph.render.warnings import before_html, before_text, warnings_html, warnings_text
from cellgraph.rules import RULES, meaning
from tests.made_reports import HOSTILE, cell, hostile, warning

DOUBTED = Report(
    (cell(0), cell(1, "stale"), cell(2, "stale")), findings=(warning(1), warning(2)), plan=("c1", "c2")
)
CLEAN = Report((cell(0), cell(1), cell(2)))
NOTE = Finding("CG202", "note", "c0", "df", "c2", "df, which [1] read, was deleted by [3]")


class Seen(HTMLParser):
    """What a reader of some HTML meets: its text, its tags, where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.links, self.depth = "", set[str](), list[str](), 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.depth += tag not in {"br", "meta"}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_is_said_about_nothing() -> None:
    """No findings, no words."""
    assert warnings_text(CLEAN, ()) == warnings_html(CLEAN, ()) == before_text(()) == before_html(()) == ""


def test_text_has_a_heading_with_the_plan_and_a_line_a_finding() -> None:
    """A terminal shows how many cells are in doubt, what to run, and each reason with its code."""
    assert warnings_text(DOUBTED, DOUBTED.findings).splitlines() == [
        "cellgraph: 2 cells in doubt · run [2], [3]",
        "  [2] used df from [1] · run [2]  (CG101)",
        "  [3] used df from [1] · run [3]  (CG101)",
    ]


def test_the_heading_counts_cells_told_before() -> None:
    """Where only some of the doubt is new, the heading says how much there is and how much is new."""
    assert warnings_text(DOUBTED, DOUBTED.findings[1:]).startswith(
        "cellgraph: 2 cells in doubt (1 new) · run"
    )


SEVERAL: tuple[tuple[str, list[tuple[int, str, str]], list[str]], ...] = (
    ("a name each", [(1, "CG101", "x"), (1, "CG101", "y")], ["[2] used x (CG101; also y)"]),
    ("a part beside the whole", [(1, "CG101", 'df["a"]'), (1, "CG101", "df")], ["[2] used df (CG101)"]),
    ("parts alone", [(1, "CG101", "m.a"), (1, "CG101", "m.b")], ["[2] used m.a (CG101; also m.b)"]),
    (
        "a name that begins alike",
        [(1, "CG101", "df"), (1, "CG101", "df2")],
        ["[2] used df (CG101; also df2)"],
    ),
    ("the nearer cause first", [(1, "CG102", "x"), (1, "CG101", "y")], ["[2] used y (CG101; also x)"]),
    ("no name", [(1, "CG109", ""), (1, "CG101", "y")], ["[2] used  (CG109; also y)"]),
    (
        "many names",
        [(1, "CG101", name) for name in "abcdef"],
        ["[2] used a (CG101; also b, c, d and 2 more)"],
    ),
    (
        "cells in doubt through others",
        [(1, "CG101", "x"), (2, "CG102", "y"), (3, "CG102", "z"), (3, "CG102", "y")],
        ["[2] used x (CG101)", "[3], [4] use what cells in doubt make (CG102)"],
    ),
    ("one of them", [(1, "CG101", "x"), (2, "CG102", "y")], ["[2] used x (CG101)", "[3] used y (CG102)"]),
    ("no others", [(1, "CG102", "x"), (2, "CG102", "y")], ["[2] used x (CG102)", "[3] used y (CG102)"]),
    (
        "a cause of its own as well",
        [(1, "CG101", "x"), (2, "CG102", "y"), (2, "CG103", "z"), (3, "CG102", "y")],
        ["[2] used x (CG101)", "[3] used z (CG103; also y)", "[4] used y (CG102)"],
    ),
)


@pytest.mark.parametrize(("findings", "lines"), [row[1:] for row in SEVERAL], ids=[row[0] for row in SEVERAL])
def test_a_cell_has_one_line(findings: list[tuple[int, str, str]], lines: list[str]) -> None:
    """Its first reason, then the other names; and cells that only follow from others share a line."""
    new = [
        Finding(code, "warning", f"c{at}", name, "c0", f"[{at + 1}] used {name}")
        for at, code, name in findings
    ]
    report = Report(tuple(cell(index, "stale") for index in range(4)), findings=tuple(new))
    text = warnings_text(report, new)
    assert [line.strip().replace("  (", " (") for line in text.splitlines()[1:]] == lines
    seen = Seen(warnings_html(report, new))
    assert all(line.rpartition(" (")[0] in seen.text for line in lines)


def test_both_forms_say_the_same() -> None:
    """The HTML's text holds every message, code and heading of the plain text."""
    seen = Seen(warnings_html(DOUBTED, DOUBTED.findings, (), (NOTE,)))
    for line in warnings_text(DOUBTED, DOUBTED.findings, (), (NOTE,)).splitlines():
        assert line.strip().removesuffix("  (CG101)") in seen.text
    assert seen.depth == 0


def test_labels_in_messages_are_links_to_their_cells() -> None:
    """``[2]`` leads to its cell; ``items[2]`` and labels that no cell has are plain text."""
    finding = replace(warning(1), message="[2] used items[2] and [3] from [9]")
    seen = Seen(warnings_html(DOUBTED, (finding,)))
    assert seen.links == ["#cell-id=c1", "#cell-id=c2", "#cell-id=c1", "#cell-id=c2"]  # the plan comes first
    assert "items[2] and [3] from [9]" in seen.text


def test_a_deleted_cell_is_no_link() -> None:
    """Nothing to go to, nothing to click on."""
    report = Report((cell(0, "deleted"), cell(1, "stale")))
    assert Seen(warnings_html(report, (warning(1),))).links == ["#cell-id=c1"] * 3


def test_more_than_three_findings_fold() -> None:
    """Three findings are open, the others wait in one ``<details>``."""
    report = Report(tuple(cell(index, "stale") for index in range(6)))
    findings = tuple(map(warning, range(6)))
    assert "details" not in Seen(warnings_html(report, findings[:3])).tags
    opened, _, folded = warnings_html(report, findings).partition("<summary>3 more</summary>")
    assert [opened.count("<li>"), folded.count("<li>")] == [3, 3]


def test_a_log_is_not_flooded() -> None:
    """Beyond ten findings the text refers to the table of all of them."""
    report = Report(tuple(cell(index, "stale") for index in range(40)))
    lines = warnings_text(report, tuple(map(warning, range(40)))).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "  … and 30 more: %cellgraph status"


def test_what_holds_again_is_one_quiet_line() -> None:
    """Cells that are free of doubt again share a line; those still in doubt or gone are not named."""
    resolved = (warning(0), warning(1), warning(2))
    report = Report((cell(0), cell(1, "stale"), cell(2, "deleted")), findings=(warning(1),))
    assert warnings_text(report, (), resolved) == "cellgraph: [1] holds again"
    assert warnings_text(CLEAN, (), resolved) == "cellgraph: [1], [2], [3] hold again"


def test_notes_share_one_line() -> None:
    """Two notes are told, more are counted."""
    assert warnings_text(CLEAN, (), (), (NOTE,)) == f"cellgraph note: {NOTE.message}"
    assert warnings_text(CLEAN, (), (), (NOTE,) * 4).endswith("; and 2 more: %cellgraph status")


def test_before_a_cell_one_line_a_message() -> None:
    """Each message is a line of its own, in both forms."""
    assert (
        before_text(["df was deleted by [5]", "x too"])
        == "cellgraph: df was deleted by [5]\ncellgraph: x too"
    )
    assert Seen(before_html(["df < x"])).text == "cellgraph: df < x"


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_stay_text(name: str) -> None:
    """Whatever a name holds, the HTML has only our own tags."""
    report = hostile()
    html = warnings_html(report, [replace(warning(0), message=f"[1] used {name}")]) + before_html([name])
    assert Seen(html).tags <= {"div", "b", "a", "ul", "li", "abbr"}


def test_no_style_element_and_no_script() -> None:
    """Styles are inline: a ``<style>`` would apply to the whole notebook."""
    tags = Seen(warnings_html(hostile(), hostile().findings)).tags
    assert not tags & {"style", "script", "img"}


def test_every_code_of_the_design_has_a_meaning() -> None:
    """A tooltip for each of CG101 to CG108 and CG201 to CG204."""
    expected = {f"CG10{number}" for number in range(1, 9)} | {f"CG20{number}" for number in range(1, 5)}
    assert expected <= set(RULES)
    assert all(map(meaning, expected))


@pytest.mark.slow
def test_warnings_load_no_heavy_library() -> None:
    """This module is imported with the extension, so neither rich nor networkx nor pygraphviz comes along."""
    program = (
        "import sys, cellgraph.render.warnings; "
        "print(sorted({'rich', 'networkx', 'pygraphviz', 'nbformat'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"

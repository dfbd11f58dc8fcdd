"""The graph and the findings in the languages of other programs."""

from __future__ import annotations

import json
import re

import pygraphviz
import pytest

from cellgraph.model import Report
from cellgraph.render.dot import graph_dot
from cellgraph.render.json_ import report_json
from cellgraph.render.mermaid import graph_mermaid
from tests.made_reports import hostile, notebook


@pytest.mark.parametrize(
    "report", [Report(()), notebook(30), hostile()], ids=["empty", "notebook", "hostile"]
)
def test_graphviz_reads_the_dot_form(report: Report) -> None:
    """All cells and all edges arrive, whatever their names hold."""
    graph = pygraphviz.AGraph(string=graph_dot(report))
    assert len(graph.nodes()) == len(report.cells)
    assert len(graph.edges()) == len(report.edges)


@pytest.mark.parametrize("report", [notebook(30), hostile()], ids=["notebook", "hostile"])
def test_mermaid_labels_hold_no_syntax(report: Report) -> None:
    """Between quotes there are letters, digits, spaces and code points only; each edge is a line."""
    text = graph_mermaid(report)
    labels = re.findall(r'"([^"\n]*)"', text)
    assert len(labels) == len(report.cells) + len(report.edges)
    assert all(re.fullmatch(r"[●▲◆✗−○ ]*(\w| |#\d+;|<br>)*", label) for label in labels)


def test_json_holds_the_whole_report() -> None:
    """Every field of the report is there, and the schema has a number."""
    report = notebook(12)
    data = json.loads(report_json(report))
    assert data["schema"] == 1
    assert [one["cell"] for one in data["cells"]] == [one.cell for one in report.cells]
    assert [tuple(one["names"]) for one in data["edges"]] == [one.names for one in report.edges]
    assert {one["code"] for one in data["findings"]} == {one.code for one in report.findings}
    assert data["plan"] == list(report.plan)


def test_json_can_be_written_in_any_encoding() -> None:
    """Even half a surrogate pair survives."""
    text = report_json(hostile())
    assert json.loads(text.encode("ascii"))["cells"][0]["writes"] == list(hostile().cells[0].writes)

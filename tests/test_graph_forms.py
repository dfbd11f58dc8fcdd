"""The graph in every form that it can be written in, whole or in part."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import networkx as nx
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph.analyse.subgraph import focused
from cellgraph.model import Edge, Report
from cellgraph.record.ledger import Ledger
from cellgraph.render.formats import FORMATS, RenderInput, UnknownFormatError, format_of
from cellgraph.render.graphml import graph_graphml, graph_node_link
from cellgraph.render.svg import graph_svg
from cellgraph.render.variable_nodes import by_name
from cellgraph.session import Tracker
from tests.made_reports import cell, hostile, notebook

LINKS = "edges" if "edges" in signature(nx.node_link_graph).parameters else "link"
"""What networkx calls the key of the edges: its older releases have another word."""

CHAIN = Report(
    tuple(cell(at) for at in range(5)), tuple(Edge(f"c{at}", f"c{at + 1}", ("x",)) for at in range(4))
)
"""Five cells, each of which reads what the one above makes."""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("names", [False, True], ids=["cells", "names"])
@pytest.mark.parametrize(
    "report", [Report(()), notebook(12), hostile()], ids=["empty", "notebook", "hostile"]
)
def test_every_form_takes_every_report(name: str, names: bool, report: Report) -> None:
    """No graph, and no name in it, is too odd to be written."""
    if name == "png":
        pytest.importorskip("resvg_py", reason="pixels need resvg")
    made = FORMATS[name].make(RenderInput(report, Ledger(), names=names))
    assert made
    if name in ("svg", "html", "mermaid"):
        assert "<script>alert" not in made
        assert "<img src=x" not in made


def test_other_programs_read_the_graph_back() -> None:
    """GraphML and node-link JSON hold each cell with its text, and each edge with its names."""
    report = notebook(20)
    for graph in (
        nx.read_graphml(io.BytesIO(graph_graphml(report).encode())),
        nx.node_link_graph(json.loads(graph_node_link(report)), **{LINKS: "edges"}),
    ):
        assert set(graph.nodes) == {state.cell for state in report.cells}
        assert {(e.source, e.target) for e in report.edges} == set(graph.edges)
        assert graph.nodes["c0"]["source"] == report.cells[0].source
        assert all(data["names"] for _, _, data in graph.edges(data=True))


def test_a_name_in_the_picture_stands_between_its_maker_and_its_readers() -> None:
    """With names as nodes each path from cell to cell leads through the name, and doubt stays on it."""
    report = Report(
        (cell(0), cell(1, "stale"), cell(2)),
        (Edge("c0", "c1", ("a", "b"), frozenset({"a"})), Edge("c0", "c2", ("b",))),
    )
    shown = by_name(report)
    assert [state.label for state in shown.cells] == ["[1]", "a", "b", "[2]", "[3]"]
    assert {(e.source, e.target) for e in shown.edges} == {
        *(("c0", "c0:a"), ("c0", "c0:b"), ("c0:a", "c1"), ("c0:b", "c1"), ("c0:b", "c2"))
    }
    assert {state.label for state in shown.cells if state.state == "stale"} == {"[2]", "a"}
    assert graph_svg(shown).count("cg-stale") >= 2


@dataclass(frozen=True)
class Case:
    """Around which cell of CHAIN, how far, and what is left."""

    cell: str
    depth: int | None
    left: tuple[str, ...]


@pytest.mark.parametrize(
    "case",
    [
        Case("c2", 0, ("c2",)),
        Case("c2", 1, ("c1", "c2", "c3")),
        Case("c2", None, ("c0", "c1", "c2", "c3", "c4")),
        Case("c0", 2, ("c0", "c1", "c2")),
        Case("c4", 9, ("c0", "c1", "c2", "c3", "c4")),
    ],
    ids=lambda case: f"{case.cell} depth {case.depth}",
)
def test_a_focus_leaves_what_is_near(case: Case) -> None:
    """Cells at most so many edges away, in both directions, and the edges among them."""
    left = focused(CHAIN, [case.cell], case.depth)
    assert tuple(state.cell for state in left.cells) == case.left
    assert len(left.edges) == len(case.left) - 1


@pytest.mark.parametrize(
    ("name", "path", "found"),
    [
        *((name, None, name) for name in FORMATS),
        *((None, path, name) for path, name in {"a.svg": "svg", "a.mmd": "mermaid", "a.gv": "dot"}.items()),
        ("mermaid", "a.svg", "mermaid"),
    ],
)
def test_a_form_is_found_by_its_name_or_by_the_file(name: str | None, path: str | None, found: str) -> None:
    """A name counts more than a suffix."""
    assert format_of(name, path) is FORMATS[found]


def test_an_unknown_form_gets_the_nearest() -> None:
    """A slip of the pen is put right, anything else gets the list."""
    with pytest.raises(UnknownFormatError, match="did you mean png"):
        format_of("pgn", None)
    with pytest.raises(UnknownFormatError, match="there are svg, png"):
        format_of(None, "graph.xyz123")


LINES = (
    ("--format mermaid", "flowchart TD"),
    ("graph --format dot --focus y --depth 0", "digraph cellgraph"),
    ("--format json --vars", '"nodes"'),
    ("--format gif", "did you mean|there are"),
    ("--focus nobody", "no recorded cell makes"),
    ("--depth", "usage: %cellgraph graph"),
    ("-o /no/such/folder/graph.svg", "No such file"),
    ("-o graph.unknown", "there is no format 'unknown'"),
)


@pytest.mark.parametrize(("line", "says"), LINES, ids=[line for line, _ in LINES])
def test_the_magic_takes_the_options(line: str, says: str, shell: InteractiveShell, tracker: Tracker) -> None:
    """``%cellgraph`` with options alone draws the graph so; a wrong one gets a line that helps."""
    for text in ("x = 1", "y = x + 1"):
        shell.run_cell(text, store_history=True)
    with capture_output() as shown:
        shell.run_line_magic("cellgraph", line)
    assert any(one in shown.stdout for one in says.split("|")), shown.stdout


@pytest.mark.parametrize("suffix", ["svg", "html", "mmd", "dot", "graphml", "json", "txt"])
def test_the_magic_writes_files(
    suffix: str, shell: InteractiveShell, tracker: Tracker, tmp_path: Path
) -> None:
    """The suffix says in which form; the page holds the graph after each run."""
    for text in ("x = 1", "y = x + 1"):
        shell.run_cell(text, store_history=True)
    path = tmp_path / f"graph.{suffix}"
    with capture_output() as shown:
        shell.run_line_magic("cellgraph", f"-o {path}")
    assert str(path) in shown.stdout
    written = path.read_text(encoding="utf-8")
    assert "x" in written
    if suffix == "html":
        assert '"frames": [{' in written

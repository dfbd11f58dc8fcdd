"""The cell graph in the DOT language, for Graphviz and whatever else reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.text import cut, first_line, merged, shown
from cellgraph.render.theme import STATE_STYLES, WARN

if TYPE_CHECKING:
    from cellgraph.model import CellState, Edge, Report

_CODE = 40


def graph_dot(report: Report) -> str:
    """A digraph whose nodes are named by the cells' ids."""
    known = {state.cell for state in report.cells}
    lines = [
        '    node [shape=box, style=rounded, fontname="monospace"]',
        '    edge [fontname="monospace", fontsize=10]',
        *map(_node, report.cells),
        *(_edge(edge) for edge in report.edges if edge.source in known and edge.target in known),
    ]
    return "\n".join(["digraph cellgraph {", *lines, "}"])


def _node(state: CellState) -> str:
    style = STATE_STYLES[state.state]
    label = f"{style.glyph} {state.label}\n{cut(first_line(state.source), _CODE)}".rstrip()
    outline = "rounded,dashed" if style.dash else "rounded"
    return f'    {_quoted(state.cell)} [label={_quoted(label)}, color="{style.hue}", style="{outline}"]'


def _edge(edge: Edge) -> str:
    stale = f', color="{WARN}", fontcolor="{WARN}", penwidth=2, style=dashed' if edge.stale else ""
    return (
        f"    {_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(merged(edge.names))}{stale}]"
    )


def _quoted(text: str) -> str:
    r"""``text`` as a quoted string, its line breaks as ``\n``.

    A backslash is doubled, for DOT's own escapes (``\N``, ``\G``) would be replaced in a label.
    """
    lines = (shown(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'

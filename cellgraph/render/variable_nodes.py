"""The graph with the names as nodes of their own: cell → name → cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cellgraph.model import CellState, Edge

if TYPE_CHECKING:
    from cellgraph.model import Report, State


def by_name(report: Report) -> Report:
    """The report with a node for each name that other cells read, between its maker and its readers.

    A name that two cells make has two nodes, because the values differ. The edges have no names.
    """
    made: dict[tuple[str, str], set[str]] = {}
    doubtful: set[tuple[str, str]] = set()
    for edge in report.edges:
        for name in edge.names:
            made.setdefault((edge.source, name), set()).add(edge.target)
            if name in edge.stale:
                doubtful.add((edge.source, name))
    nodes = {key: _node(key, "stale" if key in doubtful else "good") for key in made}
    into = [Edge(key[0], node.cell, (), _mark(key, doubtful)) for key, node in nodes.items()]
    out = [
        Edge(nodes[key].cell, target, (), _mark(key, doubtful))
        for key, targets in made.items()
        for target in sorted(targets)
    ]
    return replace(report, cells=(*_woven(report, nodes),), edges=(*into, *out))


def _woven(report: Report, nodes: dict[tuple[str, str], CellState]) -> list[CellState]:
    """The cells in their order, each followed by the nodes of its names."""
    woven: list[CellState] = []
    for state in report.cells:
        woven.append(state)
        woven += [node for (source, _), node in nodes.items() if source == state.cell]
    return woven


def _node(key: tuple[str, str], state: State) -> CellState:
    source, name = key
    return CellState(f"{source}:{name}", name, state, "")


def _mark(key: tuple[str, str], doubtful: set[tuple[str, str]]) -> frozenset[str]:
    """The ``stale`` field of an edge. It makes the edge of a name in doubt be drawn as such."""
    return frozenset({key[1]}) if key in doubtful else frozenset()

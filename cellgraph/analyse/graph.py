"""The ledger as networkx graphs: of runs, and of cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cellgraph.model import Edge, Order, Run
from cellgraph.record.ledger import Ledger

if TYPE_CHECKING:
    import networkx as nx


def run_graph(ledger: Ledger) -> nx.MultiDiGraph[int]:
    """Runs as nodes (by number), an edge from the writer to the reader for each name.

    Edges always go forward in time, so the graph has no cycle. Node attributes: ``cell``,
    ``count``, ``outcome``, ``source``; edge key: the name; edge attribute ``path``.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for run in ledger.runs:
        graph.add_node(run.number, cell=run.cell, count=run.count, outcome=run.outcome, source=run.source)
        for read in run.reads:
            origin = ledger.origin(run, read)
            if origin is not None:
                graph.add_edge(origin.number, run.number, key=read.label, name=read.name, path=read.path)
    return graph


def cell_edges(ledger: Ledger, order: Order, stale: Iterable[tuple[str, str]] = ()) -> tuple[Edge, ...]:
    """Data between cells, as their latest runs read it. ``stale``: (reader, label) in doubt.

    A cell that read its own earlier result has an edge to itself.
    """
    doubtful = set(stale)
    names: dict[tuple[str, str], list[str]] = {}
    shown = {*order.cells, *order.deleted}
    for cell in (*order.cells, *sorted(order.deleted)):
        run = ledger.latest(cell)
        for source, label in _inputs(ledger, run) if run is not None else ():
            if source in shown:
                names.setdefault((source, cell), []).append(label)
    return tuple(
        Edge(source, target, tuple(found), frozenset(n for n in found if (target, n) in doubtful))
        for (source, target), found in names.items()
    )


def _inputs(ledger: Ledger, run: Run) -> Iterator[tuple[str, str]]:
    for read in run.reads:
        origin = ledger.origin(run, read)
        if origin is not None:
            yield origin.cell, read.label


def reachable(edges: Iterable[Edge], start: str, forward: bool) -> frozenset[str]:
    """All cells that ``start`` reaches along the edges, or that reach it. Without ``start``."""
    following: dict[str, list[str]] = {}
    for edge in edges:
        here, there = (edge.source, edge.target) if forward else (edge.target, edge.source)
        following.setdefault(here, []).append(there)
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for cell in following.get(waiting.pop(), ()):
            if cell not in found and cell != start:
                found.add(cell)
                waiting.append(cell)
    return frozenset(found)

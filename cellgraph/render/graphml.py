"""The cell graph for other programs: GraphML (yEd, Gephi, Cytoscape), and node-link JSON (networkx, D3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cellgraph.render.text import shown

if TYPE_CHECKING:
    import networkx as nx

    from cellgraph.model import Report


def graph_graphml(report: Report) -> str:
    """The graph as GraphML. Cells have ``label``, ``state`` and ``source``, edges ``names`` and ``stale``."""
    import networkx as nx

    return "\n".join(nx.generate_graphml(_graph(report), named_key_ids=True)) + "\n"


def graph_node_link(report: Report) -> str:
    """The same as JSON in networkx's node-link form.

    ``nx.node_link_graph(data, edges="edges")`` reads it back.
    """
    graph = _graph(report)
    nodes = [{"id": node, **attributes} for node, attributes in graph.nodes(data=True)]
    edges = [{"source": a, "target": b, **attributes} for a, b, attributes in graph.edges(data=True)]
    return json.dumps(
        {"directed": True, "multigraph": False, "graph": {}, "nodes": nodes, "edges": edges}, indent=2
    )


def _graph(report: Report) -> nx.DiGraph[str]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    known = {state.cell for state in report.cells}
    for state in report.cells:
        source = "\n".join(map(shown, state.source.splitlines()))
        graph.add_node(shown(state.cell), label=shown(state.label), state=state.state, source=source)
    for edge in report.edges:
        if edge.source in known and edge.target in known:
            names = ", ".join(map(shown, edge.names))
            stale = ", ".join(sorted(map(shown, edge.stale)))
            graph.add_edge(shown(edge.source), shown(edge.target), names=names, stale=stale)
    return graph

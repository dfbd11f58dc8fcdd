"""The cell graph as text, for readers who do not see the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.analyse.messages.common import listed
from cellgraph.render.text import counted, cut, first_line, shown
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from cellgraph.model import CellState, Edge, Report
    from cellgraph.render.edge_groups import Bundle

_CODE = 60


def heading(report: Report) -> str:
    """The graph in one line: how many cells there are, how many failed or are in doubt, and what to run."""
    doubted = sum(state.state == "stale" for state in report.cells)
    failed = sum(state.outcome != "ok" and state.state != "deleted" for state in report.cells)
    total = counted(len(report.cells), "cell")
    if failed:
        text = f"{counted(failed, 'cell')} failed, {doubted or 'none'} in doubt, of {total}"
    else:
        text = f"{doubted} of {total} in doubt" if doubted else f"{total}, none in doubt"
    text += f", {len(report.undetermined)} not deterministic" if report.undetermined else ""
    return shown(f"{text} · run {listed(report.plan, report.label)}" if report.plan else text)


def graph_alt(report: Report) -> str:
    """The whole graph as text: a line for each cell, and below it what it reads from which cell."""
    lines = [f"Cell graph: {heading(report)}"]
    into: dict[str, list[Edge]] = {}
    for edge in report.edges:
        into.setdefault(edge.target, []).append(edge)
    for state in report.cells:
        chance = " (not deterministic)" if state.cell in report.undetermined else ""
        lines.append(_cell(state) + chance)
        lines += [_edge(report, edge) for edge in into.get(state.cell, ())]
    return "\n".join(lines)


def words(report: Report, bundle: Bundle) -> str:
    """A bundle in words: ``df, cfg from [2] to [4], [6] (in doubt: df)``."""
    labels = [state.label for state in report.cells]
    readers = ", ".join(labels[target] for target in bundle.targets)
    doubted = f" (in doubt: {', '.join(sorted(bundle.stale))})" if bundle.stale else ""
    return f"{', '.join(bundle.names)} from {labels[bundle.source]} to {readers}{doubted}"


def _cell(state: CellState) -> str:
    code = cut(first_line(state.source), _CODE)
    writes = f" → {', '.join(map(shown, state.writes))}" if state.writes else ""
    return f"{state.label} {STATE_STYLES[state.state].word}: {code}{writes}".rstrip(": ")


def _edge(report: Report, edge: Edge) -> str:
    names = ", ".join(f"{shown(name)}{' (in doubt)' if name in edge.stale else ''}" for name in edge.names)
    return f"    {names} from {report.label(edge.source)}"

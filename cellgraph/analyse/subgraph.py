"""A part of the graph: the neighbourhood of some cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cellgraph.model import Report


def focused(report: Report, cells: Iterable[str], depth: int | None = None) -> Report:
    """Only the cells that feed ``cells`` or are fed by them, at most ``depth`` edges away.

    Without ``depth`` at any distance. Findings and plan are those of the cells that are left.
    """
    wanted = frozenset(cells)
    near = (
        wanted
        | _reached(report, wanted, depth, forward=True)
        | _reached(report, wanted, depth, forward=False)
    )
    return replace(
        report,
        cells=tuple(state for state in report.cells if state.cell in near),
        edges=tuple(edge for edge in report.edges if edge.source in near and edge.target in near),
        findings=tuple(finding for finding in report.findings if finding.cell in near),
        plan=tuple(cell for cell in report.plan if cell in near),
    )


def _reached(report: Report, start: frozenset[str], depth: int | None, forward: bool) -> frozenset[str]:
    ends = [(e.source, e.target) if forward else (e.target, e.source) for e in report.edges]
    found, front = set(start), set(start)
    steps = depth if depth is not None else len(report.cells)
    for _ in range(steps):
        front = {there for here, there in ends if here in front} - found
        if not front:
            break
        found |= front
    return frozenset(found)

"""One frozen report of a session, for any renderer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cellgraph.analyse.determinism import draws
from cellgraph.analyse.findings import Analysis
from cellgraph.analyse.graph import cell_edges
from cellgraph.analyse.messages import draw_message, labels
from cellgraph.model import CellState, Finding, Nondeterminism, Report, Run, State


def make_report(analysis: Analysis, findings: Sequence[Finding], unrun: Iterable[str] = ()) -> Report:
    """Put cells, edges, findings and the plan together."""
    order = analysis.replayed.order
    stale = [(f.cell, f.name) for f in findings if f.severity == "warning"]
    states = _states(findings)
    cells = [cell for cell in order.cells if analysis.ledger.latest(cell) is not None]
    gone = sorted(cell for cell in order.deleted if analysis.ledger.latest(cell) is not None)
    edges = cell_edges(analysis.ledger, order, stale)
    used = {edge.source for edge in edges}
    shown = [*cells, *(cell for cell in gone if cell in used)]
    return Report(
        cells=tuple(_cell(analysis, cell, states) for cell in shown),
        edges=tuple(edge for edge in edges if edge.target in set(shown)),
        findings=tuple(findings),
        plan=analysis.stale(),
        conservative=any(run.conservative for run in analysis.ledger.runs[-1:]),
        chances=tuple(chances(analysis)),
        unrun=tuple(unrun),
    )


def chances(analysis: Analysis) -> Iterator[Nondeterminism]:
    """The cells whose results are left to chance, in notebook order."""
    order, label = analysis.replayed.order, labels(analysis.ledger)
    for draw in draws(analysis.ledger, order):
        yield Nondeterminism(draw.kind, draw.cell, draw_message(draw, order, label))


def _states(findings: Sequence[Finding]) -> dict[str, State]:
    states: dict[str, State] = {}
    for finding in findings:
        state: State = "stale" if finding.severity == "warning" else "noted"
        if states.get(finding.cell) != "stale":
            states[finding.cell] = state
    return states


def _cell(analysis: Analysis, cell: str, states: dict[str, State]) -> CellState:
    run = analysis.ledger.latest(cell)
    assert run is not None  # only cells that ran are shown
    return CellState(
        cell=cell,
        label=run.label,
        state=_state(run, cell in analysis.replayed.order.deleted, states.get(cell)),
        source=run.source,
        runs=len(analysis.ledger.runs_of(cell)),
        duration=run.duration,
        outcome=run.outcome,
        reads=tuple(dict.fromkeys(read.label for read in run.reads if read.digest is not None)),
        writes=tuple(dict.fromkeys(write.name for write in run.writes if not write.name.is_result)),
    )


def _state(run: Run, deleted: bool, found: State | None) -> State:
    if deleted:
        return "deleted"
    if found == "stale":
        return "stale"
    if run.outcome != "ok":
        return "failed"
    return found or "good"

"""One frozen report of a session, for any renderer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cellgraph import rules
from cellgraph.analyse.determinism import draws
from cellgraph.analyse.findings import Analysis
from cellgraph.analyse.messages import draw_message
from cellgraph.analyse.predicted_outcome import is_told_by_text, text_outcome
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import (
    CellState,
    Edge,
    Finding,
    Nondeterminism,
    Order,
    Report,
    Run,
    State,
    WriteKind,
    related,
)
from cellgraph.names import Name
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
    for run in ledger.history.nodes():
        count = run.execution_count
        graph.add_node(run.number, cell=run.cell, count=count, outcome=run.outcome, source=run.source)
        for name, path, maker in run.inputs:
            graph.add_edge(maker, run.number, key=name + path, name=Name(name), path=path)
    return graph


def cell_edges(ledger: Ledger, order: Order, stale: Iterable[tuple[str, str]] = ()) -> tuple[Edge, ...]:
    """Data between cells, as their latest runs read it. ``stale``: (reader, label) in doubt.

    A cell that read its own earlier result has an edge to itself.
    """
    doubtful: dict[str, set[str]] = {}
    for cell, label in stale:
        doubtful.setdefault(cell, set()).add(label)
    names: dict[tuple[str, str], list[str]] = {}
    shown = {*order.cells, *order.deleted}
    kept = _INPUTS.setdefault(ledger, {})
    for cell in (*order.cells, *sorted(order.deleted)):
        run = ledger.latest(cell)
        for source, label in _known_inputs(ledger, run, kept) if run is not None else ():
            if source in shown:
                names.setdefault((source, cell), []).append(label)
    return tuple(
        Edge(source, target, tuple(found), _in_doubt(found, doubtful.get(target, ())))
        for (source, target), found in names.items()
    )


def _in_doubt(labels: Iterable[str], doubtful: Collection[str]) -> frozenset[str]:
    """The labels that a stale read is about: a part of what was read, or the whole of it."""
    if not doubtful:
        return frozenset()
    return frozenset(
        label
        for label in labels
        if label in doubtful or (not Name(label).is_file and any(related(label, one) for one in doubtful))
    )


Inputs = tuple[tuple[str, str], ...]
"""The cells that made what a run read, each with the label of that."""
_INPUTS: WeakKeyDictionary[Ledger, dict[str, tuple[Run, int, Inputs]]] = WeakKeyDictionary()
"""Those of the latest run of each cell, and how often runs had been added to by then."""


def _known_inputs(ledger: Ledger, run: Run, kept: dict[str, tuple[Run, int, Inputs]]) -> Inputs:
    """The inputs of a run, which are looked up once: most cells have not run since the last report."""
    known = kept.get(run.cell)
    if known is None or known[0] is not run or known[1] != ledger.amended:
        known = kept[run.cell] = (run, ledger.amended, tuple(_inputs(ledger, run)))
    return known[2]


def _inputs(ledger: Ledger, run: Run) -> Iterator[tuple[str, str]]:
    for read in run.reads:
        origin = ledger.origin(run, read)
        if origin is not None:
            yield origin.cell, read.label
            yield from ((behind.cell, read.label) for behind in _behind(ledger, origin, read.name))


def _behind(ledger: Ledger, run: Run, name: str) -> Iterator[Run]:
    """The runs that made what a run changed through an alias, under a name that it did not read."""
    while any(w.name == name and w.kind == "mutate" for w in run.writes):
        if any(read.name == name for read in run.reads):
            return  # an edge of its own leads there
        made = next(ledger.writers(name, run.number), None)
        if made is None:
            return
        yield made
        run = made


def reachable(edges: Iterable[Edge], start: str, forward: bool) -> frozenset[str]:
    """All cells that ``start`` reaches along the edges, or that reach it. ``start`` is left out."""
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


def make_report(analysis: Analysis, findings: Sequence[Finding], unrun: Iterable[str] = ()) -> Report:
    """Put cells, edges, findings and the plan together."""
    order = analysis.replayed.order
    broken = rules.CONTRACT_RULES  # about what a cell makes, and not about what it reads
    stale = [(f.cell, f.name) for f in findings if f.severity == "warning" and f.code not in broken]
    states = _states(findings)
    known = {*states, *analysis.stale()}
    cells = [cell for cell in order.cells if analysis.ledger.latest(cell) is not None or cell in known]
    gone = sorted(cell for cell in order.deleted if analysis.ledger.latest(cell) is not None)
    edges = cell_edges(analysis.ledger, order, stale)
    used = {edge.source for edge in edges}
    shown = [*cells, *(cell for cell in gone if cell in used)]
    kept = _KNOWN.setdefault(analysis.ledger, {})
    return Report(
        cells=tuple(_cell(analysis, cell, states, kept) for cell in shown),
        edges=tuple(edge for edge in edges if edge.target in set(shown)),
        findings=tuple(findings),
        plan=analysis.stale(),
        conservative=any(run.conservative for run in analysis.ledger.runs[-1:]),
        chances=tuple(chances(analysis)),
        unrun=tuple(unrun),
        unsure=tuple(_unclear_texts(analysis)),
    )


class StandingCell(NamedTuple):
    """A cell as a message names it. ``state``: ``stale``, ``deleted`` or, for any other, ``good``."""

    cell: str
    label: str
    state: State


@dataclass(frozen=True)
class Standing:
    """How the notebook stands, as far as a message after a cell says it.

    A report has more, and takes the longer the more cells there are: too long after each cell.
    """

    analysis: Analysis
    findings: tuple[Finding, ...] = ()

    @cached_property
    def cells(self) -> tuple[StandingCell, ...]:
        """The cells that have run or are in doubt, in notebook order, and then those that were deleted."""
        order, doubted, plan = self.analysis.replayed.order, self.analysis.cells_in_doubt(), set(self.plan)
        found: list[StandingCell] = []
        for cell in (*order.cells, *sorted(order.deleted)):
            run = self.analysis.ledger.latest(cell)
            if run is None and cell not in doubted and cell not in plan:
                continue
            state: State = "stale" if cell in doubted else "good"
            label = self.analysis.places.get(cell, run.label if run is not None else "[ ]")
            found.append(StandingCell(cell, label, "deleted" if cell in order.deleted else state))
        return tuple(found)

    @cached_property
    def plan(self) -> tuple[str, ...]:
        """The cells to run, in order."""
        return self.analysis.stale()

    def label(self, cell: str) -> str:
        """The short label of a cell, or its id where it has neither run nor is in doubt."""
        return self._labels.get(cell, cell)

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {state.cell: state.label for state in self.cells}


def _unclear_texts(analysis: Analysis) -> Iterator[str]:
    """Texts that never ran, stand above a cell that ran, and may change names that they do not show."""
    order = analysis.replayed.order
    if not order.texts:
        return
    ran = [place for place, cell in enumerate(order.cells) if analysis.ledger.latest(cell) is not None]
    for cell in order.cells[: ran[-1]] if ran else ():
        text = order.texts.get(cell)
        if text is not None and analysis.ledger.latest(cell) is None and not is_told_by_text(text):
            yield text


def chances(analysis: Analysis) -> Iterator[Nondeterminism]:
    """The cells with nondeterministic results, in notebook order."""
    order, label = analysis.replayed.order, analysis.label
    for draw in draws(analysis.ledger, order):
        yield Nondeterminism(draw.kind, draw.cell, draw_message(draw, order, label))


def _states(findings: Sequence[Finding]) -> dict[str, State]:
    """The state of each cell that has a finding: of several the gravest."""
    states: dict[str, State] = {}
    for finding in findings:
        state: State = "foreign" if finding.code == rules.FOREIGN.code else "noted"
        state = "stale" if finding.severity == "warning" else state
        known = states.setdefault(finding.cell, state)
        states[finding.cell] = min(known, state, key=_GRAVEST.index)
    return states


_GRAVEST: tuple[State, ...] = ("stale", "noted", "foreign")


def _cell(
    analysis: Analysis, cell: str, states: dict[str, State], kept: dict[str, tuple[Run, CellState]]
) -> CellState:
    run = analysis.ledger.latest(cell)
    if run is None:  # it never ran, and cells that did depend on it
        text = analysis.replayed.order.texts.get(cell, "")
        outcome = text_outcome(text)
        return CellState(
            cell,
            analysis.places.get(cell, "[ ]"),
            "unrun",
            text,
            reads=tuple(sorted(outcome.loads)),
            writes=tuple(sorted(outcome.written)),
        )
    label = analysis.places.get(cell, run.label)
    state = _state(run, cell in analysis.replayed.order.deleted, states.get(cell))
    times = analysis.ledger.times(cell)
    known = kept.get(cell)
    if known is None or known[0] is not run:
        known = kept[cell] = (run, _shown(run, label, state, times))
    elif (known[1].label, known[1].state, known[1].runs) != (label, state, times):
        known = kept[cell] = (run, replace(known[1], label=label, state=state, runs=times))
    return known[1]


_KNOWN: WeakKeyDictionary[Ledger, dict[str, tuple[Run, CellState]]] = WeakKeyDictionary()
"""How the latest run of each cell was shown last: most cells are shown as they were."""


def _shown(run: Run, label: str, state: State, times: int) -> CellState:
    return CellState(
        cell=run.cell,
        label=label,
        state=state,
        source=run.source,
        runs=times,
        duration=run.duration,
        outcome=run.outcome,
        reads=tuple(dict.fromkeys(read.label for read in run.reads if read.digest is not None)),
        writes=_written(run),
        changed=_written(run, "mutate"),
        removed=_written(run, "delete"),
    )


def _written(run: Run, kind: WriteKind | None = None) -> tuple[str, ...]:
    """The names that a run wrote, all of them or those of one kind, without displayed results."""
    names = (write.name for write in run.writes if kind in (None, write.kind) and not write.name.is_result)
    return tuple(dict.fromkeys(names))


def _state(run: Run, deleted: bool, found: State | None) -> State:
    if deleted:
        return "deleted"
    if found == "stale":
        return "stale"
    if run.outcome != "ok":
        return "failed"
    return found or "good"

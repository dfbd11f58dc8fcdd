"""What cellgraph says about a session, held against a real Restart & Run All.

The session runs twice: with cellgraph, and without it in a namespace that notes reads. Its notebook
as it stands at the end then runs in a fresh shell. A cell whose text, result or error differs from
that fresh run must carry a warning. A warning is a false alarm only where nothing differs: not what
the cell shows, not what it read, not what it wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from IPython.core.interactiveshell import InteractiveShell

from cellgraph.model import Finding, Run
from tests.oracle.kernel import Files, Kernel, Outcome, Trace, kernel
from tests.oracle.parts import changes, same_parts, same_read
from tests.oracle.session import Session, final, steps

VerdictKind = Literal["quiet", "caught", "justified", "missed", "false alarm"]


class Tracker(Protocol):
    """What the judge needs of a tracker; a test may put another in its place."""

    @property
    def runs(self) -> Sequence[Run]: ...

    def findings(self) -> list[Finding]: ...

    def set_cell_order(self, ids: Sequence[str]) -> object: ...


Load = Callable[[InteractiveShell], Tracker]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What cellgraph had to say at the end, and each cell's latest outcome under it."""

    outcomes: dict[str, Outcome]
    findings: tuple[Finding, ...]
    runs: tuple[Run, ...]

    @property
    def flagged(self) -> frozenset[str]:
        """The cells with a warning."""
        return frozenset(finding.cell for finding in self.findings if finding.severity == "warning")


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """One cell: its latest run in the session, and its run in the fresh namespace (None if deleted)."""

    cell: str
    flagged: bool
    live: Trace
    fresh: Trace | None
    perturbed: bool = False
    """Whether the cell showed something else with cellgraph than without it."""

    @property
    def inconsistent(self) -> bool:
        """Whether the user sees something else than Restart & Run All would show."""
        return self.fresh is not None and self.live.outcome != self.fresh.outcome

    @property
    def doubtful(self) -> bool:
        """Whether the cell read or wrote another value than in the fresh run."""
        if self.fresh is None:
            return False
        live, fresh = self.live, self.fresh
        reads = live.reads & (live.before.keys() | fresh.before.keys())
        if not all(same_read(name, live.source, live.before, fresh.before) for name in reads):
            return True
        return any(not self._same_write(name, fresh) for name in live.written.keys() | fresh.written.keys())

    def _same_write(self, name: str, fresh: Trace) -> bool:
        """Whether the parts of a name that the cell changed, here or there, are the same afterwards."""
        changed = {path for trace in (self.live, fresh) for path in changes(*trace.around(name))}
        return same_parts(self.live.around(name)[1], fresh.around(name)[1], changed)

    @property
    def symptom(self) -> tuple[str, ...]:
        """What must stay for a smaller session to show the same fault."""
        errors = [trace.outcome.error.split(":")[0] for trace in (self.live, self.fresh) if trace]
        return (self.kind, self.cell, *errors)

    @property
    def kind(self) -> VerdictKind:
        """How cellgraph did on this cell."""
        if self.inconsistent:
            return "caught" if self.flagged else "missed"
        if self.flagged:
            return "justified" if self.doubtful else "false alarm"
        return "quiet"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A whole session: a verdict a cell of the final notebook, or of a deleted cell that is flagged."""

    session: Session
    cells: tuple[CellVerdict, ...]
    evidence: Evidence

    def count(self, *kinds: VerdictKind) -> int:
        """How many cells have one of these verdicts."""
        return sum(cell.kind in kinds for cell in self.cells)

    @property
    def perturbed(self) -> tuple[str, ...]:
        """The cells that cellgraph changed what they show."""
        return tuple(cell.cell for cell in self.cells if cell.perturbed)


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over many sessions."""

    cells: int = 0
    caught: int = 0
    missed: int = 0
    justified: int = 0
    false_alarms: int = 0
    perturbed: int = 0

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> Score:
        """The sum of the verdicts' counts."""
        return cls(
            cells=sum(len(verdict.cells) for verdict in verdicts),
            caught=sum(verdict.count("caught") for verdict in verdicts),
            missed=sum(verdict.count("missed") for verdict in verdicts),
            justified=sum(verdict.count("justified") for verdict in verdicts),
            false_alarms=sum(verdict.count("false alarm") for verdict in verdicts),
            perturbed=sum(len(verdict.perturbed) for verdict in verdicts),
        )

    @property
    def inconsistent(self) -> int:
        """Cells that show something else than Restart & Run All."""
        return self.caught + self.missed

    @property
    def flagged(self) -> int:
        """Cells with a warning."""
        return self.caught + self.justified + self.false_alarms

    @property
    def recall(self) -> float:
        """The share of inconsistent cells that are flagged; 1 where there are none."""
        return self.caught / self.inconsistent if self.inconsistent else 1.0

    @property
    def precision(self) -> float:
        """The share of flagged cells that are no false alarm; 1 where there are none."""
        return 1 - self.false_alarms / self.flagged if self.flagged else 1.0


def load_cellgraph(shell: InteractiveShell) -> Tracker:
    """cellgraph itself, told to print nothing."""
    import cellgraph

    tracker: Any = cellgraph.load(shell)
    tracker.config.warn = False
    return tracker  # type: ignore[no-any-return]  # the protocol is structural


@contextmanager
def tracked(load: Load = load_cellgraph) -> Iterator[tuple[Kernel, Tracker]]:
    """A fresh shell with a tracker in it, which is taken out again at the end."""
    with kernel(looking=False) as live:
        tracker = load(live.shell)
        try:
            yield live, tracker
        finally:
            if load is load_cellgraph:
                import cellgraph

                cellgraph.unload(live.shell)


def judge(session: Session, load: Load = load_cellgraph) -> Verdict:
    """Run a session and hold what the tracker says against Restart & Run All."""
    evidence = observe(session, load)
    live, files = replay_with_files(session)
    fresh = restart_and_run_all(session, files)
    cells = [cell for cell in live if cell in fresh or cell in evidence.flagged]
    return Verdict(session, tuple(_verdict(cell, evidence, live, fresh) for cell in cells), evidence)


def _verdict(cell: str, evidence: Evidence, live: dict[str, Trace], fresh: dict[str, Trace]) -> CellVerdict:
    perturbed = evidence.outcomes[cell] != live[cell].outcome
    return CellVerdict(cell, cell in evidence.flagged, live[cell], fresh.get(cell), perturbed)


def observe(session: Session, load: Load = load_cellgraph) -> Evidence:
    """Run a session under a tracker, which is told the order of the cells as a front end would."""
    with tracked(load) as (live, tracker):
        for step in steps(session):
            tracker.set_cell_order(step.order)
            if step.cell is not None:
                live.run(step.cell, step.source)
        outcomes = {cell: trace.outcome for cell, trace in live.latest.items()}
        return Evidence(outcomes, tuple(tracker.findings()), tuple(tracker.runs))


def replay(session: Session) -> dict[str, Trace]:
    """Run a session without a tracker: each cell's latest run, and what it read."""
    return replay_with_files(session)[0]


def replay_with_files(session: Session) -> tuple[dict[str, Trace], Files]:
    """The same, and the files that are there at the end: Restart & Run All finds them."""
    with kernel(watched=True) as plain:
        for step in steps(session):
            if step.cell is not None:
                plain.run(step.cell, step.source)
        return plain.latest, plain.files()


def restart_and_run_all(session: Session, files: Files | None = None) -> dict[str, Trace]:
    """Run the notebook as it stands at the end from top to bottom in a fresh shell, through errors.

    ``files`` are what the session has left in the directory.
    """
    with kernel(watched=True, files=files) as fresh:
        for cell, source in final(session):
            fresh.run(cell, source)
        return fresh.latest

"""Verdicts of sessions in processes of their own, counted by kind, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.oracle.in_processes import Fault, ProcessVerdict
from tests.oracle.report import describe_session
from tests.oracle.session import final

COLUMNS = (
    "kind",
    "sessions",
    "due",
    "recall",
    "flagged",
    "precision",
    "no cell fails",
    "dirty",
    "false clean",
    "done",
    "restart",
    "by hand",
    "unfinished",
    "wrong",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over the sessions of a kind. The counts of remedies are of dirty sessions."""

    sessions: int
    due: int
    missed: int
    flagged: int
    alarms: int
    flagged_without_failures: int
    alarms_without_failures: int
    dirty: int
    false_clean: int
    remedies: dict[str, int]

    @classmethod
    def of(cls, verdicts: Sequence[ProcessVerdict]) -> Figures:
        """The sum of the verdicts' counts."""
        sound = [verdict for verdict in verdicts if not verdict.failing]
        remedies = [verdict.remedy for verdict in verdicts]
        return cls(
            sessions=len(verdicts),
            due=sum(len(verdict.due) for verdict in verdicts),
            missed=sum(len(verdict.missed) for verdict in verdicts),
            flagged=sum(len(verdict.flagged) for verdict in verdicts),
            alarms=sum(len(verdict.alarms) for verdict in verdicts),
            flagged_without_failures=sum(len(verdict.flagged) for verdict in sound),
            alarms_without_failures=sum(len(verdict.alarms) for verdict in sound),
            dirty=sum(bool(verdict.due) for verdict in verdicts),
            false_clean=sum(verdict.false_clean for verdict in verdicts),
            remedies={
                each: remedies.count(each) for each in ("done", "restart", "by hand", "unfinished", "wrong")
            },
        )

    @property
    def recall(self) -> float:
        """The share of cells that a restart changes that are told."""
        return 1 - _share(self.missed, self.due)

    @property
    def precision(self) -> float:
        """The share of warned cells for which there is a reason."""
        return 1 - _share(self.alarms, self.flagged)

    @property
    def sound_precision(self) -> float:
        """The same in sessions in which no cell fails."""
        return 1 - _share(self.alarms_without_failures, self.flagged_without_failures)

    @property
    def remedied(self) -> float:
        """The share of dirty sessions whose remedy leaves no cell that differs and is held to be good."""
        return 1 - _share(self.remedies["wrong"] + self.remedies["unfinished"], self.dirty)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def table(verdicts: Sequence[ProcessVerdict]) -> str:
    """The figures of each kind and of all, as a Markdown table."""
    kinds = dict.fromkeys(verdict.kind for verdict in verdicts)
    rows = {kind: Figures.of([v for v in verdicts if v.kind == kind]) for kind in kinds}
    return "\n".join(
        [
            _cells(COLUMNS),
            "|---" * len(COLUMNS) + "|",
            *(_row(*row) for row in {**rows, "all": Figures.of(verdicts)}.items()),
        ]
    )


def _row(kind: str, figures: Figures) -> str:
    cells = (
        kind,
        figures.sessions,
        figures.due,
        f"{figures.recall:.3f}",
        figures.flagged,
        f"{figures.precision:.3f}",
        f"{figures.sound_precision:.3f}",
        figures.dirty,
        figures.false_clean,
        *figures.remedies.values(),
    )
    return _cells(cells)


def _cells(cells: Iterable[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def describe(verdict: ProcessVerdict, fault: Fault, cell: str) -> str:
    """One fault with everything that it takes to see why."""
    return "\n".join(_lines(verdict, fault, cell))


def _lines(verdict: ProcessVerdict, fault: Fault, cell: str) -> Iterator[str]:
    end, after = verdict.played.end, verdict.played.remedied
    yield f"{fault.upper()}: {cell or 'the session'} ({verdict.kind})"
    yield from describe_session(verdict.session)
    yield "order at the end: " + " ".join(name for name, _ in final(verdict.session))
    yield from (f"  {name}: {text}" for name, text in verdict.differences.items())
    yield from (f"  {said.code} {said.cell}: {said.message}" for said in end.said)
    yield f"  stale: {' '.join(end.stale) or '-'} · check: {end.check.partition(chr(10))[0]}"
    if after is not None:
        yield from (f"  after the remedy {said.code} {said.cell}: {said.message}" for said in after.said)
        yield f"  after the remedy: {' '.join(verdict.left_over) or '-'} differ and are not told"
    yield from (f"  {failure}" for failure in verdict.played.failures)

"""Verdicts in words: what was run, what cellgraph recorded, what it said, and what is true."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from cellgraph.model import Digest, Finding, Run
from tests.oracle.judge import CellVerdict, Score, Verdict
from tests.oracle.kernel import Outcome
from tests.oracle.session import Session, final


def summary(score: Score) -> str:
    """A score in three lines."""
    return (
        f"cells {score.cells}, inconsistent {score.inconsistent}, flagged {score.flagged}\n"
        f"caught {score.caught}, missed {score.missed}, justified {score.justified}, "
        f"false alarms {score.false_alarms}, perturbed {score.perturbed}\n"
        f"recall {score.recall:.4f}, precision {score.precision:.4f}"
    )


def describe(verdict: Verdict, cell: CellVerdict) -> str:
    """One cell's verdict with everything that it takes to see why."""
    return "\n".join(_lines(verdict, cell))


def _lines(verdict: Verdict, cell: CellVerdict) -> Iterator[str]:
    yield f"{cell.kind.upper()}: {cell.cell}"
    yield from describe_session(verdict.session)
    yield "order at the end: " + " ".join(name for name, _ in final(verdict.session))
    yield "recorded:"
    yield from (f"  {_run(run)}" for run in verdict.evidence.runs)
    yield "findings:"
    yield from (f"  {describe_finding(finding)}" for finding in verdict.evidence.findings)
    yield f"in the session:  {_outcome(cell.live.outcome)}"
    yield f"in a fresh run:  {_outcome(cell.fresh.outcome) if cell.fresh else 'deleted'}"


def describe_session(session: Session) -> Iterator[str]:
    """The actions and the texts."""
    for action in session:
        place = f" at {action.place}" if action.kind in ("insert", "add", "move", "restore") else ""
        place += f" after {action.lines} lines" if action.lines else ""
        yield f"  {action.kind} {action.cell}{place}"
        if action.source:
            yield indent(action.source, "      | ")


def _run(run: Run) -> str:
    reads = ", ".join(f"{read.label}={_digest(read.digest)}" for read in run.reads)
    writes = ", ".join(
        f"{write.kind} {write.name}{''.join(write.paths)}={_digest(write.digest)}<{_sources(write.sources)}"
        for write in run.writes
    )
    return f"run {run.number} {run.cell} {run.outcome} · reads {reads or '-'} · writes {writes or '-'}"


def _sources(sources: tuple[str, ...] | None) -> str:
    return "?" if sources is None else "+".join(sources)


def _digest(digest: Digest | None) -> str:
    if digest is None:
        return "absent"
    return digest.preview or f"{digest.value[:6]}{'' if digest.quality == 'exact' else '~' + digest.quality}"


def describe_finding(finding: Finding) -> str:
    """A finding with all its fields but the remedy."""
    about = f"{finding.cell} name={finding.name} cause={finding.cause}"
    return f"{finding.code} {finding.severity} {about}: {finding.message}"


def _outcome(outcome: Outcome) -> str:
    return f"stdout {outcome.stdout!r} result {outcome.result!r} error {outcome.error!r}"

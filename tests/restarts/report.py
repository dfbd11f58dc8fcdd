"""Verdicts as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.restarts.judge import Verdict

COLUMNS = (
    "sessions",
    "wrong",
    "due",
    "told",
    "recall",
    "alarms",
    "dirty",
    "false clean",
    "done",
    "by hand",
    "remedy wrong",
)


def figures(verdicts: Sequence[Verdict]) -> dict[str, float | int | str]:
    """Recall, false "clean", false alarms and remedies of these sessions."""
    due, missed = _sum(len(v.due) for v in verdicts), _sum(len(v.missed) for v in verdicts)
    dirty = [v for v in verdicts if v.due]
    remedies = [v.remedy for v in dirty]
    return {
        "sessions": len(verdicts),
        "wrong": _sum(bool(v.wrong) for v in verdicts),
        "due": due,
        "told": due - missed,
        "recall": round((due - missed) / due, 3) if due else 1.0,
        "dirty": len(dirty),
        "false clean": _sum(v.false_clean for v in verdicts),
        "alarms": _sum(len(v.alarms) for v in verdicts),
        "done": remedies.count("done"),
        "by hand": remedies.count("by hand") + remedies.count("restart"),
        "remedy wrong": remedies.count("wrong"),
    }


def by_kind(verdicts: Sequence[Verdict]) -> dict[str, dict[str, float | int | str]]:
    """The figures of each kind, and of all."""
    kinds = dict.fromkeys(v.session.kind for v in verdicts)
    rows = {kind: figures([v for v in verdicts if v.session.kind == kind]) for kind in kinds}
    return {**rows, "all": figures(verdicts)}


def table(verdicts: Sequence[Verdict]) -> str:
    """The figures as a table."""
    rows = by_kind(verdicts)
    width = max(map(len, rows))
    return "\n".join(
        [_row("".ljust(width), dict(zip(COLUMNS, COLUMNS, strict=True)))]
        + [_row(kind.ljust(width), row) for kind, row in rows.items()]
    )


def _row(head: str, cells: Mapping[str, object]) -> str:
    return "  ".join([head, *(f"{cells[name]!s:>{max(len(name), 6)}}" for name in COLUMNS)])


def describe(verdict: Verdict) -> str:
    """One session: what was done, what differs, what was said."""
    session, end = verdict.session, verdict.played.end
    lines = [f"--- {session.name} ({session.kind})", *map(_step, session.steps)]
    lines += [f"    {complaint}" for complaint in (*verdict.wrong, *verdict.mistaken)]
    lines += [f"      {cell}: {text}" for cell, text in verdict.differences.items()]
    lines += [f"      {said.code} {said.cell}: {said.message}" for said in end.said]
    lines += [f"      stale: {' '.join(end.stale) or '-'} · check: {end.check.partition(chr(10))[0]}"]
    return "\n".join(lines)


def _step(step: Any) -> str:
    words = [step.kind, step.cell, *step.cells]
    words += [f"above {step.above}"] if step.above else []
    words += [f"below {step.below}"] if step.below else []
    words += [f"after {step.after}"] if step.after else []
    text = f": {step.text!r}" if step.text is not None else ""
    return f"    {' '.join(filter(None, words))}{text}"


def as_data(verdict: Verdict) -> dict[str, object]:
    """One session for a JSON file."""
    end = verdict.played.end
    return {
        "name": verdict.session.name,
        "kind": verdict.session.kind,
        "wrong": verdict.wrong,
        "mistaken": verdict.mistaken,
        "due": verdict.due,
        "missed": verdict.missed,
        "alarms": verdict.alarms,
        "false_clean": verdict.false_clean,
        "remedy": verdict.remedy,
        "rounds": verdict.played.rounds,
        "remedy_clean": verdict.remedy_clean,
        "differences": dict(verdict.differences),
        "said": [f"{said.code} {said.cell}: {said.message}" for said in end.said],
        "stale": end.stale,
        "check": end.check,
    }


def _sum(counts: Iterable[int | bool]) -> int:
    return sum(map(int, counts))

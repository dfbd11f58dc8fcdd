"""Why a name or a cell is in the state it is in: the chain of runs behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from cellgraph.code.source import first_line
from cellgraph.model import Finding, Nondeterminism, Run, Write
from cellgraph.record.ledger import Ledger

_DEPTH = 12
"""Steps of a chain that are told. Longer chains end with a line that says so."""


class Explanation(NamedTuple):
    """Lines for a person, the chain's first cause last, and the findings that bear on it."""

    subject: str
    lines: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.subject, *(f"  {line}" for line in self.lines)])


_SHARING = 4
"""Runs of one cell that a line names."""
_WIDTH = 60
"""Characters of a cell's first line that are shown."""


def explain_name(ledger: Ledger, name: str, present: bool, findings: Sequence[Finding]) -> Explanation:
    """The history of a name: who wrote it and from what, and who read it."""
    lines = list(_history(ledger, name))
    if not lines:
        lines = [
            "no recorded run wrote it" if present else "there is no such name, and no recorded run wrote it"
        ]
    last = ledger.writer(name)
    if last is not None:
        lines += _chain(ledger, last[0])
    readers = [ledger.latest(cell) for cell in ledger.readers(name)]
    used = ", ".join(run.label for run in readers if run is not None)
    if used:
        lines.append(f"read by {used}")
    about = tuple(f for f in findings if f.name.split("[")[0] == name)
    return Explanation(name, (*lines, *(f"{f.code} {f.message}" for f in about)), about)


def explain_cell(
    ledger: Ledger, cell: str, findings: Sequence[Finding], chances: Sequence[Nondeterminism] = ()
) -> Explanation:
    """The inputs of a cell's latest run, where each came from, and what is wrong with them."""
    run = ledger.latest(cell)
    if run is None:
        return Explanation(cell, ("it has not been run",))
    about = tuple(f for f in findings if f.cell == cell)
    lines = [f"{f.code} {f.message}" for f in about] or ["nothing is in doubt: it read what is there"]
    lines += [chance.message for chance in chances if chance.cell == cell]
    lines += _chain(ledger, run)
    return Explanation(f"{run.label} {_line_of(run)}".rstrip(), tuple(lines), about)


def _history(ledger: Ledger, name: str) -> Iterator[str]:
    """A line for each run that wrote it; runs of one cell in a row share a line, with what came last."""
    runs = [*ledger.writers(name, len(ledger) + 1)][::-1] or ledger.runs
    written = [(run, write) for run in runs for write in run.writes if write.name == name]
    for (_, kind), group in groupby(written, key=lambda pair: (pair[0].cell, pair[1].kind)):
        pairs = list(group)
        labels = list(dict.fromkeys(run.label for run, _ in pairs))
        if len(labels) > _SHARING:
            labels = [*labels[: _SHARING - 1], f"… {labels[-1]}"]
        yield f"{', '.join(labels)} {_WORDS[kind]} it{_what(pairs[-1][1])}"


_WORDS = {"bind": "made", "mutate": "changed", "delete": "deleted"}


def _what(write: Write) -> str:
    if write.digest is None:
        return ""
    parts = [write.digest.type, write.digest.size or write.digest.preview]
    shown = " ".join(part for part in parts if part)
    return f" ({shown})" if shown else ""


def _chain(ledger: Ledger, run: Run) -> list[str]:
    lines: list[str] = []
    seen = {run.number}
    waiting = [run]
    while waiting:
        current = waiting.pop(0)
        for read in current.reads:
            origin = ledger.origin(current, read)
            if read.digest is None or origin is None:
                continue
            used = f"{current.label} used {read.label} from {origin.label}: {_line_of(origin)}"
            lines.append(used.rstrip(": "))
            if len(lines) >= _DEPTH:
                return [*lines, "… and what is behind that"]
            if origin.number not in seen:
                seen.add(origin.number)
                waiting.append(origin)
    return lines


def _line_of(run: Run) -> str:
    line = first_line(run.source)
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"

"""Why a name or a cell is in the state it is in: the chain of runs behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from cellgraph.analyse.messages.common import Label, listed
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Finding, Nondeterminism, Run, Write
from cellgraph.names import Name
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


def explain_name(
    ledger: Ledger,
    label: Label,
    name: str,
    present: bool,
    findings: Sequence[Finding],
    *,
    whole: bool = False,
) -> Explanation:
    """The history of a name: who wrote it and from what, and who read it."""
    asked, name = name, _as_recorded(ledger, name)
    lines = list(_history(ledger, label, name))
    if not lines:
        lines = [
            "no recorded run wrote it" if present else "there is no such name, and no recorded run wrote it"
        ]
    last = ledger.writer(name)
    if last is not None:
        lines += _chain(ledger, label, last[0], None if whole else _DEPTH)
    used = listed(list(ledger.readers(name)), label)
    if used:
        lines.append(f"read by {used}")
    about = tuple(f for f in findings if f.name.split("[")[0] == name)
    return Explanation(asked, (*lines, *(f"{f.code} {f.message}" for f in about)), about)


def _as_recorded(ledger: Ledger, name: str) -> str:
    """A name as the ledger has it. ``helpers.RATE`` may be a global of a module that a cell has changed."""
    others = (Name.of_module_global(name), Name.of_patch(name))
    return next((each for each in (name, *others) if ledger.writer(each) is not None), name)


def explain_cell(
    ledger: Ledger,
    label: Label,
    cell: str,
    findings: Sequence[Finding],
    chances: Sequence[Nondeterminism] = (),
    *,
    whole: bool = False,
) -> Explanation:
    """The inputs of a cell's latest run, where each came from, and what is wrong with them."""
    run = ledger.latest(cell)
    if run is None:
        return Explanation(cell, ("it has not been run",))
    about = tuple(f for f in findings if f.cell == cell)
    lines = [f"{f.code} {f.message}" for f in about] or ["nothing is in doubt: it read what is there"]
    lines += [chance.message for chance in chances if chance.cell == cell]
    lines += _chain(ledger, label, run, None if whole else _DEPTH)
    return Explanation(label.named(cell), tuple(lines), about)


def _history(ledger: Ledger, label: Label, name: str) -> Iterator[str]:
    """A line for each cell that wrote it; runs of one cell in a row share a line, with what came last."""
    runs = [*ledger.writers(name, len(ledger) + 1)][::-1] or ledger.runs
    written = [(run, write) for run in runs for write in run.writes if write.name == name]
    for (_, kind), group in groupby(written, key=lambda pair: (pair[0].cell, pair[1].kind)):
        pairs = list(group)
        run, write = pairs[-1]
        times = f" {len(pairs)} times" if len(pairs) > 1 else ""
        yield f"{label.of(run)} {_WORDS[kind]} it{times}{_what(write)}"


_WORDS = {"bind": "made", "mutate": "changed", "delete": "deleted"}


def _what(write: Write) -> str:
    if write.digest is None:
        return ""
    parts = [write.digest.type, write.digest.size or write.digest.preview]
    shown = " ".join(part for part in parts if part)
    return f" ({shown})" if shown else ""


def _chain(ledger: Ledger, label: Label, run: Run, most: int | None) -> list[str]:
    """What the run read and from which runs, then the same for these, up to ``most`` steps."""
    lines: list[str] = []
    seen = {run.number}
    waiting = [run]
    while waiting:
        current = waiting.pop(0)
        for read in current.reads:
            origin = ledger.origin(current, read)
            if read.digest is None or origin is None:
                continue
            whose = label.of(origin)
            lines.append(f"{label.of(current)} uses {read.words} of {whose}")
            if len(lines) == most:
                return [*lines, "… and what is behind that"]
            if origin.number not in seen:
                seen.add(origin.number)
                waiting.append(origin)
    return lines

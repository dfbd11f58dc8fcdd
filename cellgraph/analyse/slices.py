"""Which cells a name or a cell depends on, and which depend on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from cellgraph.analyse.report import reachable
from cellgraph.analyse.statement_slicer import sliced_runs, spelt
from cellgraph.model import CellState, Report, Run, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


def makers(report: Report, name: str) -> tuple[str, ...]:
    """Cells that write a name, in notebook order."""
    return tuple(cell.cell for cell in report.cells if base_name(name) in cell.writes)


def readers(report: Report, name: str) -> tuple[str, ...]:
    """Cells that read a name, or a part that overlaps the given part, in notebook order."""
    base = base_name(name)
    return tuple(c.cell for c in report.cells if any(_touches(read, base, name) for read in c.reads))


def upstream(report: Report, cells: Iterable[str]) -> tuple[CellState, ...]:
    """The cells that ``cells`` depend on, at any distance, and ``cells`` themselves; in notebook order.

    Run from top to bottom they make ``cells`` again: a backward slice.
    """
    wanted = set(cells)
    for cell in tuple(wanted):
        wanted |= reachable(report.edges, cell, forward=False)
    return tuple(state for state in report.cells if state.cell in wanted)


def downstream(report: Report, cells: Iterable[str]) -> tuple[CellState, ...]:
    """The cells that depend on ``cells``, at any distance, and ``cells`` themselves; in notebook order."""
    wanted = set(cells)
    for cell in tuple(wanted):
        wanted |= reachable(report.edges, cell, forward=True)
    return tuple(state for state in report.cells if state.cell in wanted)


def _touches(read: str, base: str, name: str) -> bool:
    return base_name(read) == base and related(read[len(base) :], name[len(base) :])


def slice_code(ledger: Ledger, subject: Iterable[str], name: str | None) -> list[tuple[Run, str]]:
    """The code that made a value, run by run in the order in which it ran.

    It is the text of the runs that made the value, as a cell may have been edited and run again since. For a
    name only the statements that it needs are given; for cells their latest runs are given whole.
    """
    latest = [run for run in map(ledger.latest, subject) if run is not None]
    made = ledger.writer(base_name(name)) if name is not None else None
    last = [made[0]] if made is not None else latest
    runs = _behind(ledger, last)
    return sliced_runs(runs, () if name is None else (base_name(name),), last if name is None else ())


def _behind(ledger: Ledger, last: Iterable[Run]) -> list[Run]:
    """The runs that ``runs`` depend on, oldest first: by reads, and by influences that no read shows."""
    found: dict[int, Run] = {}
    waiting = list(last)
    while waiting:
        run = waiting.pop()
        if run.number not in found:
            found[run.number] = run
            waiting += (origin for read in run.reads if (origin := ledger.origin(run, read)) is not None)
            waiting += _hidden(ledger, run)
    return [found[number] for number in sorted(found)]


def _hidden(ledger: Ledger, run: Run) -> Iterator[Run]:
    """What a run depends on without reading it: seeds and draws, and changes through an alias."""
    for use in run.random:
        for before in ledger.history.runs(range(run.number - 1, 0, -1)) if use.how != "seeded" else ():
            moved = [other.how for other in before.random if other.library == use.library]
            if moved:
                yield before
            if "seeded" in moved:
                break
    changed: set[str] = {write.name for write in run.writes if write.kind == "mutate"}
    for name in (changed | spelt(run)) - {read.name for read in run.reads}:
        yield from islice(ledger.writers(name, run.number), 1)


def base_name(label: str) -> str:
    """The name in a label of a part: ``df`` for ``df["a"].b``."""
    return label if Name(label).is_file else re.split(r"[\[.]", label, maxsplit=1)[0]

"""Which cells a name or a cell depends on, and which depend on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from cellgraph.analyse.cell_units import Unit, deferred_names
from cellgraph.analyse.report import reachable
from cellgraph.analyse.slice_script import Context, script
from cellgraph.analyse.statement_slicer import key_strings, lean_slice, wants_picture
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


def slice_units(
    ledger: Ledger, subject: Iterable[str], name: str | None
) -> list[tuple[Run, tuple[Unit, ...]]]:
    """The statements that made a value, run by run in the order in which they ran.

    They are those of the runs that made it: a cell may have been edited and run again since. With a name
    only the statements that it needs are given; without one the latest runs of ``subject`` cells are whole.
    The texts of the runs that are returned are plain Python.
    """
    runs, last = _runs_of(ledger, subject, name)
    return lean_slice(runs, () if name is None else (base_name(name),), last if name is None else ())


def slice_script(ledger: Ledger, subject: Iterable[str], name: str | None, context: Context) -> str:
    """The same as a script that runs by itself. Runs that refer to results by number stay as they are."""
    runs, _ = _runs_of(ledger, subject, name)
    if any(read.name.refers_to_result for run in runs for read in run.reads):
        return "\n\n".join(f"# {run.label}\n{run.source.rstrip()}" for run in runs)
    wanted = frozenset() if name is None else frozenset({base_name(name)})
    texts = {run.number: run.source for run in runs}
    return script(slice_units(ledger, subject, name), texts, context, wanted)


def _runs_of(ledger: Ledger, subject: Iterable[str], name: str | None) -> tuple[list[Run], list[Run]]:
    """All runs behind a name, or behind the latest runs of cells; and the last of them."""
    latest = [run for run in map(ledger.latest, subject) if run is not None]
    made = ledger.writer(base_name(name)) if name is not None else None
    last = [made[0]] if made is not None else latest
    every = [run for run in ledger.runs if last and run.number <= max(one.number for one in last)]
    if name is not None and wants_picture(every, (base_name(name),)):
        return every, last  # the picture that is being made is read by name nowhere
    return _behind(ledger, last), last


def _behind(ledger: Ledger, last: Iterable[Run]) -> list[Run]:
    """The runs that ``runs`` depend on, oldest first: by reads, and by influences that no read shows."""
    found: dict[int, Run] = {}
    waiting = list(last)
    end = max((run.number for run in waiting), default=0)
    while waiting:
        run = waiting.pop()
        if run.number not in found:
            found[run.number] = run
            waiting += (origin for read in run.reads if (origin := ledger.origin(run, read)) is not None)
            waiting += _hidden(ledger, run)
            waiting += _for_functions(ledger, run, end)
    return [found[number] for number in sorted(found)]


def _for_functions(ledger: Ledger, run: Run, end: int) -> Iterator[Run]:
    """The runs that bound what functions of a run's text read: compiled code reads it unseen."""
    seen = {read.name for read in run.reads}
    for name in deferred_names(run.source) - seen:
        before = list(islice(ledger.writers(name, run.number), 1))
        yield from before or islice(ledger.writers(name, end + 1), 1)


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
    for name in (changed | key_strings(run)) - {read.name for read in run.reads}:
        yield from islice(ledger.writers(name, run.number), 1)


def base_name(label: str) -> str:
    """The name in a label of a part: ``df`` for ``df["a"].b``."""
    return label if Name(label).is_file else re.split(r"[\[.]", label, maxsplit=1)[0]

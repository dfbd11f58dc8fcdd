"""The replay after a cell ran again, where nobody else has to do with what is different now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellgraph.analyse.replay import EnvironmentEntry, Replay, StaleRead, check_read
from cellgraph.model import Run, Write
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


def repeat(before: Replay, ledger: Ledger, run: Run, previous: Run) -> Replay | None:
    """The same as ``replay`` after ``run`` took the place of ``previous``, at the cost of that cell.

    None where the cells below have to be walked again: where the cell is in doubt, where another one
    reads or writes what it makes otherwise now, or where another one is in doubt because of it (the
    reason may be another now, though the doubt stays). ``before`` is brought up to date, not copied.
    """
    inputs = before.inputs.get(run.cell)
    if inputs is None or run.cell in before.doubts or any(read.name not in inputs for read in run.reads):
        return None
    if any(_involves(run.cell, stale) for reads in before.doubts.values() for stale in reads):
        return None
    if any(check_read(ledger, before, run, read, inputs[read.name]) for read in run.reads):
        return None
    old, new = _effects(previous), _effects(run)
    result = Name.of_cell(run.cell)
    if (result in old) != (result in new):
        return None  # one result more or less: ``_`` of every cell below is another one's
    changed = [name for name in {**old, **new} if not _same(old.get(name), new.get(name))]
    if any(_concerns_others(ledger, run.cell, old.get(name), new.get(name)) for name in changed):
        return None
    before.inputs[run.cell] = {read.name: inputs[read.name] for read in run.reads}
    for name in changed:
        _put(before.environment, run.cell, name, new.get(name))
    return before


def _involves(cell: str, stale: StaleRead) -> bool:
    """Whether the cell made what was read, or makes what would be there instead."""
    slot = stale.slot
    instead = (slot.cell, slot.base, *(maker for _, maker in slot.makers)) if slot is not None else ()
    return cell in instead or cell == stale.cause or (stale.origin is not None and cell == stale.origin.cell)


def _effects(run: Run) -> Mapping[Name, Write]:
    return {write.name.across_runs(run.cell): write for write in run.writes}


def _same(old: Write | None, new: Write | None) -> bool:
    if old is None or new is None:
        return old is new
    return (old.kind, old.digest) == (new.kind, new.digest)


def _concerns_others(ledger: Ledger, cell: str, old: Write | None, new: Write | None) -> bool:
    """Whether a name that was written otherwise matters to any other cell."""
    for write in (old, new):
        if write is None:
            continue
        if write.kind != "bind" or any(
            other != cell for name in _seen_as(write) for other in ledger.users(name)
        ):
            return True
    return False


def _seen_as(write: Write) -> Iterator[str]:
    yield write.name
    if write.name.is_result:
        yield from ("_", "__", "___")


def _put(environment: dict[str, EnvironmentEntry], cell: str, name: Name, write: Write | None) -> None:
    if write is None:
        environment.pop(name, None)
    elif name.is_result:
        recent = [key for key in ("_", "__", "___") if key in environment and environment[key].cell == cell]
        environment.update(dict.fromkeys((name, *recent), EnvironmentEntry(cell, write.digest)))
    else:
        environment[name] = EnvironmentEntry(cell, write.digest)

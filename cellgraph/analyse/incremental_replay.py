"""The replay after a change: taken over from the last one as far as it can be.

The walk is imported with the first run that needs one: most cells do what they did in a restart as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cellgraph.analyse.environment import CACHE, EnvironmentEntry, Replay, StaleRead, uses_variables
from cellgraph.analyse.file_replay import is_log
from cellgraph.analyse.setting_replay import READ_UNSEEN, patched_builtins, unread_keys
from cellgraph.analyse.unchanged_cells import NotedEnvironment
from cellgraph.model import Digest, Order, Run, Write
from cellgraph.names import COUNTED_CALLS, KIND_MARK, LISTED_NAMES, Name
from cellgraph.record.ledger import Ledger, same_value, shift_results


def renewed(
    before: Replay, ledger: Ledger, order: Order, disk: Mapping[str, Digest | None], new: Sequence[Run]
) -> Replay:
    """The same as ``replay(ledger, order, disk)``, from the replay before the runs that are ``new``.

    Nothing is replayed where no run is new and the order is the same object. After one run the cells
    whose outcome it cannot change are taken over. ``before`` is used up.
    """
    found: Replay | None = None
    if disk is before.disk or all(disk.get(name) == digest for name, digest in before.disk.items()):
        if disk is not before.disk:  # more files, and none that is different
            before = replace(before, disk=disk)
        if not new and order is before.order:
            return before
        found = _after_run(before, ledger, order, new[0]) if len(new) == 1 else None
    if found is not None:
        return found
    from cellgraph.analyse.replay import replay

    return replay(ledger, order, disk, before.steps)


def _after_run(before: Replay, ledger: Ledger, order: Order, run: Run) -> Replay | None:
    """The replay with one run more, None where more than its cell has to be replayed."""
    if [read for read in run.reads if KIND_MARK in read.name and is_log(read.name)]:
        return None  # whether a log counts depends on who reads it
    if _only_adds(before.order, order, run.cell):
        return extended(before, ledger, order, run)
    if order is not before.order:
        return None
    if run.cell not in before.inputs:
        return _extended_to(run, before, ledger)
    if ledger.users(LISTED_NAMES) or ledger.users(COUNTED_CALLS):
        return None  # a name that nobody reads may join what a cell lists, and a run what it counts
    return repeat(before, ledger, run, ledger.runs_of(run.cell)[-2])


def _only_adds(before: Order, after: Order, cell: str) -> bool:
    """Whether the order is the one before with ``cell`` below it."""
    return (
        after.cells[-1:] == (cell,)
        and after.cells[:-1] == before.cells
        and _is_plain(before)
        and _is_plain(after)
    )


def _extended_to(run: Run, before: Replay, ledger: Ledger) -> Replay | None:
    """The replay with a cell that the order had already; None where one below it has run before it."""
    order, cell = before.order, run.cell
    if cell not in order.cells or not _is_plain(order):
        return None
    place = order.cells.index(cell)
    if any(other in before.inputs for other in order.cells[place:]):
        return None
    above = replace(order, cells=order.cells[:place])
    return extended(replace(before, order=above), ledger, order, run)


def extended(before: Replay, ledger: Ledger, order: Order, run: Run) -> Replay:
    """The replay with a cell below those that it has. Further cells below it have not run."""
    if _only_binds(ledger, run) and (found := _bound_again(before, ledger, order, run)) is not None:
        return found
    from cellgraph.analyse.replay import extend

    return extend(before, ledger, order)


def _bound_again(before: Replay, ledger: Ledger, order: Order, run: Run) -> Replay | None:
    """The same for a run that only binds variables, and finds what it read: it binds the same again.

    None where it is to be walked. Most cells need no walk.
    """
    environment = before.environment or NotedEnvironment()
    unsure = order.texts or order.effects or order.edited or _reaches_beyond_reads(ledger, environment)
    if unsure or [read for read in run.untouched if read.name in environment]:
        return None
    inputs: dict[str, EnvironmentEntry | None] = {read.name: environment.get(read.name) for read in run.reads}
    if not _finds_again(run, inputs):
        return None
    before.inputs[run.cell] = inputs
    for write in run.writes:
        environment[write.name.across_runs(run.cell)] = made = EnvironmentEntry(run.cell, write.digest)
        if write.name.is_result:
            shift_results(environment, made)
    return Replay(order, before.stale_reads, before.inputs, environment, before.disk, before.steps)


def _finds_again(run: Run, inputs: Mapping[str, EnvironmentEntry | None]) -> bool:
    """Whether a run has read what a restart has there for certain. ``inputs``: what that is, by name."""
    for read in run.reads:
        slot = inputs[read.name]
        if not same_value(read, slot.digest if slot is not None else None):
            return False
        if slot is not None and (slot.doubtful(read) or not slot.cell):
            return False
    return True


def _only_binds(ledger: Ledger, run: Run) -> bool:
    """Whether a run has taken and bound variables and done nothing else: its digests tell all of it.

    They do not tell of objects that were made anew, or that other names hold, and of what was imported
    before.
    """
    if not uses_variables(run) or ledger.older(run):
        return False
    if "import" in run.source and ledger.times(run.cell) > 1:
        return False
    if [read for read in run.reads if read.digest is not None and read.digest.quality == "opaque"]:
        return False
    return not [write for write in run.writes if write.kind != "bind" or write.shares]


def _reaches_beyond_reads(ledger: Ledger, environment: Mapping[str, EnvironmentEntry]) -> bool:
    """Whether what cells have done to libraries, caches, builtins or registries may reach other runs."""
    if ledger.patches or CACHE in environment:
        return True
    return ledger.has_settings and not environment.keys().isdisjoint(READ_UNSEEN)


def _is_plain(order: Order) -> bool:
    """Whether no cell is deleted or edited: then a new run changes the reasons of none above it."""
    return not order.deleted and not order.edited


def repeat(before: Replay, ledger: Ledger, run: Run, previous: Run) -> Replay | None:
    """The same as ``replay`` after ``run`` took the place of ``previous``, at the cost of that cell.

    None where the cells below have to be walked again: where the cell is in doubt, where another one
    reads or writes what it makes otherwise now, or where another one is in doubt because of it (the
    reason may be another now, though the doubt stays). ``before`` is brought up to date, not copied.
    """
    inputs = before.inputs.get(run.cell)
    if inputs is None or not _is_plain_repetition(before, run, previous) or not _reads(run) <= inputs.keys():
        return None
    # A setting is at its default that a cell has set: whether one above is for the walk to say.
    touched = any(read.name in before.environment for read in run.untouched)
    if ledger.has_settings and not touched:
        touched = any((*unread_keys(run, before.environment), *patched_builtins(run, before.environment)))
    if touched or any(_involves(run.cell, stale) for reads in before.stale_reads.values() for stale in reads):
        return None
    older = ledger.sharing_names and _uses_older(ledger, run, previous)
    if older or not _is_up_to_date(ledger, before.order, run, inputs):
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


def _is_up_to_date(
    ledger: Ledger, order: Order, run: Run, inputs: Mapping[str, EnvironmentEntry | None]
) -> bool:
    """Whether a run has read nothing but what a restart would have. ``inputs``: what that has, by name."""
    if _only_binds(ledger, run) and _finds_again(run, inputs):
        return True
    from cellgraph.analyse.read_checks import ReadChecker
    from cellgraph.analyse.repeatable import changed_unseen

    if changed_unseen(ledger, run):
        return False
    checker = ReadChecker(ledger, order)
    return all(checker.check(run, read, inputs[read.name]) is None for read in run.reads)


def _uses_older(ledger: Ledger, run: Run, previous: Run) -> bool:
    """Whether either run has to do with objects that were made anew, or with what other names hold."""
    from cellgraph.analyse.sharing import changes_what_others_hold

    return bool(
        ledger.used_older(run)
        or ledger.changed_older(run)
        or ledger.changed_older(previous)
        or changes_what_others_hold(ledger, run)
        or _shares_otherwise(previous, run)
    )


def _is_plain_repetition(before: Replay, run: Run, previous: Run) -> bool:
    """Whether nothing is to be said of either run itself."""
    plain = run.outcome == "ok" and run.in_place and not previous.is_unfinished
    return plain and run.cell not in before.stale_reads


def _reads(run: Run) -> set[str]:
    return {read.name for read in run.reads}


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
    same = (old.kind, old.digest, old.paths) == (new.kind, new.digest, new.paths)
    return same and _held(old) == _held(new)


def _shares_otherwise(previous: Run, run: Run) -> bool:
    """Whether what a run made holds objects of other runs than before."""
    old, new = ({share.run for write in one.writes for share in write.shares} for one in (previous, run))
    return old != new


def _held(write: Write) -> frozenset[tuple[str, str, str]]:
    """What a value has in common with others, whichever run made that."""
    return frozenset((share.name, share.path, share.inside) for share in write.shares)


def _concerns_others(ledger: Ledger, cell: str, old: Write | None, new: Write | None) -> bool:
    """Whether a name that was written otherwise matters to any other cell."""
    written = [write for write in (old, new) if write is not None]
    if [write for write in written if write.kind != "bind"]:
        return True
    for name in {write.name for write in written}:
        for seen_as in (name, "_", "__", "___") if name.is_result else (name,):
            if not ledger.users(seen_as) <= {cell}:
                return True
    return False


def _put(environment: dict[str, EnvironmentEntry], cell: str, name: Name, write: Write | None) -> None:
    if write is None:
        environment.pop(name, None)
    elif name.is_result:
        recent = [key for key in ("_", "__", "___") if key in environment and environment[key].cell == cell]
        environment.update(dict.fromkeys((name, *recent), EnvironmentEntry(cell, write.digest)))
    else:
        environment[name] = EnvironmentEntry(cell, write.digest)

"""The two ways to see a cell's accesses, behind one interface."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from cellgraph.code.bytecode import DELETE, LOAD, MAYBE, accesses
from cellgraph.code.instructions import nested
from cellgraph.code.part_paths import PARAMETERS
from cellgraph.code.source import Source, compiled, script_tree
from cellgraph.code.sql_statements import Effect
from cellgraph.code.statements import Block, steps
from cellgraph.light_dataclass import dataclass
from cellgraph.model import containing
from cellgraph.trace.access_recorder import Accesses, CodePlace, Position, with_column_as_item
from cellgraph.trace.background import Beside
from cellgraph.trace.files.file_observer import FileObserver
from cellgraph.trace.interrupts import RaisedInAMoment
from cellgraph.trace.monitoring import Monitor, MonitorUnavailable

if TYPE_CHECKING:
    from cellgraph.trace.static_backend import StaticAccesses

Places = dict[str, set[tuple[str, bool]]]


def places(tree: ast.Module | None, namespace: Mapping[str, object] = MappingProxyType({})) -> Places:
    """For each name the parts that are used: (path, whether something is only stored there).

    ``namespace`` tells of what is a pandas frame, whose columns are attributes too.
    Empty if the cell does not compile: then every read is one of the whole value.
    """
    code = compiled(tree) if tree is not None else None
    found: Places = {}
    filled: set[tuple[str, str]] = set()
    for inner in nested(code) if code is not None else ():
        for access in accesses(inner).values():
            if access.kind == DELETE:
                found.setdefault(access.name, set()).add(("", True))
            for path in (access.path, *access.also) if access.kind in (LOAD, MAYBE) else ():
                item = with_column_as_item(path, namespace.get(access.name)) if filled else path
                own = {(access.name, part) for part in (item, *containing(item))}
                if not access.store_only and not own.isdisjoint(filled):
                    continue
                found.setdefault(access.name, set()).add((path, access.store_only))
                if access.store_only and path and inner is code:
                    filled.add((access.name, path))
    return found


Sites = frozenset[tuple[str, bool]]
"""The places at which a name was loaded: (path, whether only to store something there)."""
_WHOLE: Sites = frozenset({("", False)})


@dataclass(frozen=True, slots=True)
class Touched:
    """Names that a run read from outside, bound and deleted.

    ``stored`` gives for each name how many of ``reads`` came before it was bound. ``maybe_stored`` may or may
    not have been bound: the values have to tell. ``places`` are the positions in the cell's text at which
    functions loaded a name of ``deferred``, as far as they were seen. ``formulas`` are words of formulas in
    functions and variables: names of columns, or of variables. ``spelled`` are names that code spells to look
    them up in a namespace, and may bind there. ``asked_system``: the operating system was asked for random
    numbers, as it is by a generator without a seed. ``functions`` are those of the notebook that ran, and
    ``on_databases`` is what these may have done to a database. ``caught_interrupt``: code of the notebook met
    a KeyboardInterrupt. If the run ended well, it caught that.
    """

    reads: dict[str, Sites] = field(default_factory=dict)
    deferred: frozenset[str] = frozenset()
    results: frozenset[tuple[str, str]] = frozenset()
    stored: dict[str, int] = field(default_factory=dict)
    maybe_stored: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    conservative: bool = False
    places: Mapping[str, frozenset[Position | None]] = field(default_factory=dict)
    formulas: frozenset[str] = frozenset()
    spelled: frozenset[str] = frozenset()
    asked_system: bool = False
    functions: tuple[CodePlace, ...] = ()
    caught_interrupt: bool = False
    on_databases: Effect = ""


def observed(accesses: Accesses, pushed: frozenset[str] = frozenset()) -> Touched:
    """From the accesses that the monitor saw, and from strings that make a library look a name up.

    ``pushed`` are names that the cell's text spells to bind them, and not to look them up.
    """
    spelled = accesses.key_strings() - pushed
    for name in sorted(spelled):
        accesses.look_up(name)
    formulas = accesses.formula_names()
    # Copies first, each made in one step: a thread may still be adding to them.
    reads, deferred = dict(accesses.reads), dict(accesses.deferred)
    return Touched(
        reads={name: frozenset(sites) for name, sites in reads.items()},
        deferred=frozenset(deferred),
        results=frozenset(accesses.results),
        stored=dict(accesses.stored),
        maybe_stored=frozenset(accesses.unclear - accesses.stored.keys()),
        deleted=frozenset(accesses.deleted),
        conservative=bool(accesses.unclear),
        places={name: frozenset(places) for name, places in deferred.items()},
        formulas=formulas,
        spelled=spelled,
        asked_system=accesses.asked_system,
        functions=tuple(accesses.functions),
        caught_interrupt=accesses.caught_interrupt,
        on_databases=accesses.effect_on_databases(),
    )


def _scripts_inside(source: Source) -> Iterator[Block]:
    """The statements of scripts that ``%run -i`` runs in the user's namespace."""
    for path in source.scripts if "-i" in source.text.split() else ():
        tree = script_tree(path)
        if tree is not None:
            yield steps(tree)


def surmised(found: StaticAccesses, places: Places) -> Touched:
    """From the text alone. A function that reads a name is taken to read the whole value."""
    own = {name: frozenset(sites) for name, sites in places.items() if name not in found.deferred}
    for name, sites in own.items():  # nobody saw which function of that name was called
        own[name] = frozenset(("" if path == PARAMETERS else path, stored) for path, stored in sites)
    return Touched(
        reads={name: own.get(name, _WHOLE) for name in found.reads},
        deferred=frozenset(found.deferred),
        results=frozenset(found.results),
        stored={name: found.stores[name] for name in found.bound},
        maybe_stored=frozenset(found.stores) - found.bound,
        deleted=frozenset(found.deletes),
        conservative=True,
    )


class TracingBackend(Protocol):
    """Sees one run at a time: ``begin`` before it, ``end`` after it."""

    conservative: bool

    def begin(
        self, before: Mapping[str, int], source: Source, block: Block, rebound: frozenset[str] = frozenset()
    ) -> None:
        """A run is about to start; ``before`` holds the id of each name's value.

        ``rebound`` are names that it binds without an instruction, before it reads them.
        """

    def watch(self, target: FileObserver | None) -> None:
        """From now on the files that are opened are reported to ``target``, where they can be seen."""

    def end(self, failed_at: int | None) -> Touched:
        """The run is over; ``failed_at`` is the line of the cell that raised, where one did."""

    def beside(self) -> Mapping[int, Beside]:
        """What code beside the cells has accessed since this was last asked, by the run whose doing it is.

        The run is 0 where it is not known.
        """

    def is_inside(self) -> bool:
        """Whether a cell that starts now is started by a task or a thread of the open run."""

    def recorded(self, number: int) -> None:
        """The run that has just ended stands in the ledger under this number."""

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the cell that is about to go on."""

    def drop_interrupt(self) -> None:
        """The cell has ended: an interrupt that has not reached it yet reaches nothing else."""

    def close(self) -> None:
        """Remove all hooks."""


def open_backend(namespace: dict[str, Any]) -> TracingBackend:
    """One that observes instructions where Python can (3.12 and later), else one that reads the text."""
    try:
        return MonitoringBackend(namespace)
    except MonitorUnavailable:
        return StaticBackend(namespace)


class MonitoringBackend:
    """Sees instructions as they are executed (Python 3.12 and later)."""

    conservative = False

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._monitor = monitor = Monitor(namespace)
        self._accesses: Accesses | None = None
        self._pushed: frozenset[str] = frozenset()
        # Each is asked once or twice a cell: the monitor's own methods, without a call that passes it on.
        self.watch, self.beside, self.is_inside = monitor.watch, monitor.beside, monitor.is_inside
        self.recorded, self.close = monitor.recorded, monitor.close
        self.interrupt, self.drop_interrupt = monitor.interrupt, monitor.drop_interrupt

    def begin(
        self, before: Mapping[str, int], source: Source, block: Block, rebound: frozenset[str] = frozenset()
    ) -> None:
        """Record the accesses of instructions from here on."""
        self._accesses, self._pushed = Accesses(self._namespace, before, rebound), source.pushed
        self._monitor.begin(self._accesses)

    def end(self, failed_at: int | None) -> Touched:
        """Stop, and return what was recorded."""
        self._monitor.end()
        seen, self._accesses = self._accesses, None
        return observed(seen, self._pushed) if seen is not None else Touched()


class StaticBackend:
    """Works from the text: what the cell may touch (Python 3.11)."""

    conservative = True

    def __init__(self, namespace: dict[str, Any]) -> None:
        from cellgraph.trace.static_backend import inferred  # not needed where instructions are seen

        self._inferred = inferred
        self._namespace = namespace
        self._block: Block = ()
        self._own: Mapping[str, int] = {}
        self._places: Places = {}
        self._found: StaticAccesses | None = None
        self._rebound: frozenset[str] = frozenset()
        self._interrupt: RaisedInAMoment | None = None

    def begin(
        self, before: Mapping[str, int], source: Source, block: Block, rebound: frozenset[str] = frozenset()
    ) -> None:
        """Work out what the cell may touch, before it changes anything."""
        self._block, self._own, self._rebound = block, before, rebound
        self._places = places(source.tree, self._namespace)
        self._found = self._inferred(block, self._namespace, own=before)
        for script in _scripts_inside(source):
            self._found.reads |= self._inferred(script, self._namespace, own=before).reads

    def watch(self, target: FileObserver | None) -> None:
        """Does nothing: no opened file is seen here. The text names some."""

    def end(self, failed_at: int | None) -> Touched:
        """Return what was worked out, up to the line that raised."""
        found, block = self._found, self._block
        self._found, self._block = None, ()
        if failed_at is not None:
            found = self._inferred(block, self._namespace, failed_at, self._own)
        if found is not None:
            found.reads = {name: None for name in found.reads if name not in self._rebound}
        return surmised(found, self._places) if found is not None else Touched()

    def beside(self) -> Mapping[int, Beside]:
        """Nothing: no instruction is seen."""
        return {}

    def is_inside(self) -> bool:
        """That is not known."""
        return False

    def recorded(self, number: int) -> None:
        """Does nothing."""

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt once the main thread has had time to go on with the cell."""
        if self._interrupt is None or not self._interrupt.is_due:  # only one can be dropped
            self._interrupt = RaisedInAMoment()

    def drop_interrupt(self) -> None:
        """The cell has ended: one that has not reached it yet reaches nothing else."""
        if self._interrupt is not None:
            self._interrupt.cancel()
            self._interrupt = None

    def close(self) -> None:
        """Let go of the text."""
        self._found, self._block = None, ()

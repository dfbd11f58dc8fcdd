"""A run in progress, the namespace around it, and what its text tells of its names."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from sys import modules
from types import CodeType, FunctionType
from typing import Any

from cellgraph.code.fitted_models import fitted_in_loops
from cellgraph.code.in_place import augmented
from cellgraph.code.model_modes import Modes, model_modes
from cellgraph.code.source import Source
from cellgraph.code.sql_statements import METHODS
from cellgraph.code.statements import Block, changed_names, every_step, repeated_names, steps
from cellgraph.digest.class_reflection import made_by_user
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Read, Write
from cellgraph.patterns import Pattern
from cellgraph.record.background_writes import BackgroundWrites
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.ledger import Ledger
from cellgraph.record.setting_records import without_settings
from cellgraph.record.unseen_binds import UnseenBinds
from cellgraph.trace.background import Beside
from cellgraph.trace.files.file_accesses import Observation
from cellgraph.trace.namespace import bound_since, gone_since
from cellgraph.trace.rng_state import Snapshot
from cellgraph.trace.tracing_backend import Sites, Touched

_ASKING = Pattern(rf"\.(?:{'|'.join(sorted(METHODS))}|to_sql|create_all|drop_all|commit|flush)\(")


class Pending(NamedTuple):
    """A run in progress.

    ``info`` is IPython's object for it, by which runs are told apart (None: tracking began midway).
    ``before`` are the ids of the values by name. ``displayed`` are the numbers of the last three results.
    ``started`` is POSIX time, ``clock`` the start by ``perf_counter``. ``rebound``: see ``UnseenBinds``.
    ``only_binds``: the text can do nothing but bind names to numbers and texts.
    """

    info: object
    cell: str | None
    source: Source
    block: Block
    before: Mapping[str, int]
    displayed: tuple[int, ...]
    started: float
    clock: float
    random: Snapshot
    files: Observation | None = None
    rebound: frozenset[str] = frozenset()
    only_binds: bool = False


@dataclass(frozen=True, slots=True)
class Unobserved:
    """A run of which only this is known: cellgraph failed, was interrupted, or recorded another one."""

    cell: str | None
    text: str
    count: int | None
    started: float


class RunChanges(NamedTuple):
    """The result: what the run read and wrote, and what it bound without an instruction."""

    reads: tuple[Read, ...]
    writes: tuple[Write, ...]
    unseen: frozenset[str]


@dataclass(frozen=True)
class RunContext:
    """The namespace around one run: ids before and after, and what accessed it.

    ``carried`` are names that an identical earlier run of the cell bound without an instruction that shows it
    (``from m import *``, ``%run``): bound to the same object again, they look unchanged. ``evidence`` are
    names that the source says are changed in place, ``repeats`` those among them whose change leaves the same
    when it is made again. ``number`` is the number of the run. ``beside`` are names
    that code of another run has accessed meanwhile, as in a thread. ``fitted`` are names of collections
    whose models the text fits one by one. ``after_lookup`` are names that the text may bind after it has
    looked up another one in ``globals()``. ``augmented`` are names that the text binds by ``+=`` and the like
    alone, and whose values can be changed in place: bound to the object that they held, they were. ``modes``
    tells which models the text uses in the mode that they are in, and of which it sets the mode.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    touched: Touched
    carried: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    repeats: frozenset[str] = frozenset()
    source: Source = Source("", None)
    number: int = 0
    beside: frozenset[str] = frozenset()
    fitted: frozenset[str] = frozenset()
    after_lookup: frozenset[str] = frozenset()
    augmented: frozenset[str] = frozenset()
    modes: Modes = Modes()

    @property
    def asks_databases(self) -> bool:
        """Whether the run has to do with a database, which an object may hold that cannot be looked into."""
        return bool(self.touched.on_databases) or _ASKING.search(self.source.text) is not None

    @property
    def code(self) -> str:
        """What the cell says."""
        return self.source.text

    @property
    def of_others(self) -> frozenset[str]:
        """Names whose change is another run's doing, as far as this one's own code tells."""
        if not self.beside:
            return frozenset()
        touched = self.touched
        stored = {name for name, sites in touched.reads.items() if any(only for _, only in sites)}
        own = {*touched.stored, *touched.deleted, *touched.maybe_stored, *touched.deferred, *stored}
        return self.beside - own - self.evidence - self.carried

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names with a new binding, seen by an instruction or by the identity of the value."""
        stored = {name for name in self.touched.stored.keys() | self.carried if name in self.after}
        found = frozenset(stored | bound_since(self.before, self.after)) - self.of_others
        return found - self.kept if self.augmented else found

    @property
    def kept(self) -> frozenset[str]:
        """Names that an augmented assignment left at the object that they held."""
        before, after = self.before, self.after
        return frozenset(
            name for name in self.augmented if name in before and before[name] == after.get(name)
        )

    @property
    def changed_in_text(self) -> frozenset[str]:
        """Names of which the text says that their values are changed in place."""
        return self.evidence | self.kept if self.augmented else self.evidence

    @property
    def used_in_mode(self) -> frozenset[str]:
        """Models that were there before the run, and that it used in the mode that they were in."""
        return self.modes.used & self.before.keys() if self.modes.used else self.modes.used

    @cached_property
    def gone(self) -> frozenset[str]:
        """Names that existed before the run and no longer do."""
        return frozenset(gone_since(self.before, self.after)) - self.of_others


class RunContexts:
    """Makes the context of each run of a session."""

    def __init__(
        self,
        namespace: Mapping[str, Any],
        ledger: Ledger,
        store: DigestStore,
        unseen: UnseenBinds,
        background: BackgroundWrites,
    ) -> None:
        self._namespace = namespace
        self._ledger = ledger
        self._store = store
        self._unseen = unseen
        self._background = background

    def of(
        self,
        pending: Pending,
        cell: str,
        touched: Touched,
        deferred: frozenset[str],
        after: Mapping[str, int],
        others: Mapping[int, Beside],
    ) -> RunContext:
        """The namespace around a run, and what accessed it.

        Nothing tells when it read the names ``deferred``. ``others`` is what code beside it has accessed.
        """
        source = pending.source
        text_tells = not pending.only_binds or bool(self._unseen.last)
        found = frozenset[str]()
        if self._unseen.last:
            kept = frozenset(n for n in after if pending.before.get(n) == after[n])
            found = self._unseen.found_there(cell, source, touched, kept)
            for name in found:
                touched.reads.setdefault(name, frozenset({("", False)}))
        return RunContext(
            before=pending.before,
            after=after,
            touched=self._without_place(touched, deferred | found, source.key_strings),
            source=source,
            number=len(self._ledger) + 1,
            beside=self._background.meanwhile(others) if others else frozenset(),
            **(self._told_by_text(pending, cell, touched, found) if text_tells else {}),
        )

    def _told_by_text(
        self, pending: Pending, cell: str, touched: Touched, found: frozenset[str]
    ) -> dict[str, Any]:
        """What a text tells of the names that its run binds, changes or looks up: see ``RunContext``.

        The run has ``found`` some that an earlier one had bound, and has left them as they are.
        """
        source, block = pending.source, pending.block
        databases = self._databases(touched) if touched.on_databases else frozenset[str]()
        repeats = databases if touched.on_databases == "repeats" else frozenset[str]()
        return {
            "carried": self._unseen.carried(cell, source, touched.conservative) - found,
            "evidence": changed_names(block) | databases,
            "augmented": changeable(augmented(source.tree, source.text), self._store),
            "repeats": repeated_names(block) | repeats,
            "fitted": fitted_in_loops(source.tree) | self._fitted_in_pipelines(source),
            "after_lookup": _bound_after_lookup(source) if source.key_strings else frozenset(),
            **({"modes": model_modes(source.tree, self._code)} if "torch" in modules else {}),
        }

    def _databases(self, touched: Touched) -> frozenset[str]:
        """The variables of a run through which its functions may have changed a database.

        These cannot be looked into: a connection, an object that holds one, a module with its own database.
        """
        return frozenset(name for name, sites in touched.reads.items() if self._is_database(name, sites))

    def _is_database(self, name: str, sites: Sites) -> bool:
        digest = self._store.digest(name)
        if digest is None or digest.quality != "opaque" or digest.type in _CODE:
            return False
        if issubclass(type(self._namespace.get(name)), type):
            return False
        return digest.type != "module" or any(path[1:] in METHODS for path, _ in sites)

    def _fitted_in_pipelines(self, source: Source) -> frozenset[str]:
        """The estimators that the run fitted as steps of a library's pipelines."""
        if "sklearn" not in modules or "ipeline(" not in source.text:
            return frozenset()
        from cellgraph.code.fitted_models import PIPELINES, fitted_in_pipelines

        makers = [self._namespace.get(name) for name in PIPELINES]
        own = any(type(maker) is FunctionType and maker.__globals__ is self._namespace for maker in makers)
        own = own or any(type(maker) is type and made_by_user(maker) for maker in makers)
        return frozenset() if own else fitted_in_pipelines(source.tree)

    def _code(self, name: str) -> CodeType | None:
        """The code of a function of the notebook, behind decorators that keep it; None for any other name."""
        value = self._namespace.get(name)
        while type(value) is FunctionType and value.__globals__ is not self._namespace:
            value = value.__dict__.get("__wrapped__")
        return value.__code__ if type(value) is FunctionType else None

    def _without_place(self, touched: Touched, names: frozenset[str], spelled: frozenset[str]) -> Touched:
        """What a run accessed, where nothing tells when it read these ``names``. Settings are kept apart.

        ``spelled`` are names that its text looks up in a namespace: nothing tells when it does that, either.
        """
        stores = any(store_only for sites in touched.reads.values() for _, store_only in sites)
        reads = without_settings(touched.reads, self._namespace) if stores else touched.reads
        if reads is touched.reads and names <= touched.deferred and not spelled:
            return touched
        return replace(
            touched,
            deferred=touched.deferred | names | spelled,
            reads=dict(reads),
            spelled=touched.spelled | spelled,
        )


_CODE = frozenset({"function", "type", "builtin_function_or_method", "method"})
"""Types of values that hold code, and no database."""


def changeable(names: frozenset[str], store: DigestStore) -> frozenset[str]:
    """Those of these names whose value can be changed in place.

    A number that is made anew may lie where the former one lay: the same address tells nothing of it.
    """
    found = ((name, store.get(name)) for name in names)
    return frozenset(name for name, known in found if known is None or known.look.mutable)


def _bound_after_lookup(source: Source) -> frozenset[str]:
    """Names that a text may bind in the statement that first looks a name up by its text, or below it."""
    nodes = source.tree.body if source.tree is not None else []
    strings = source.key_strings
    asks = (
        at
        for at, node in enumerate(nodes)
        if any(isinstance(part, ast.Constant) and part.value in strings for part in ast.walk(node))
    )
    rest = steps(ast.Module(nodes[next(asks, 0) :], []))
    return frozenset().union(*(step.binds for step in every_step(rest)))


# The cache belongs to the process. It keeps texts and syntax trees, and nothing of a session.


@lru_cache(maxsize=128)
def block_of(source: Source) -> Block:
    """The statements of a cell. Empty if its text is no Python."""
    return steps(source.tree) if source.tree is not None else ()

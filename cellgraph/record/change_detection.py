"""Turn what a cell accessed, and the values after it, into reads and writes."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from cellgraph.code.dataflow import Flow, Functions, Origins, Seen, Values, part_flows, stores
from cellgraph.code.model_modes import MODE
from cellgraph.code.statements import Block, Statement, bound_names, every_step
from cellgraph.digest.class_reflection import made_by_user
from cellgraph.digest.code_origin import globals_of
from cellgraph.digest.log_targets import logged_to
from cellgraph.digest.protocol import ITERATOR
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Share, Write, covers, related
from cellgraph.names import PENDING_RESULT, Name, is_result_variable, variable
from cellgraph.record.digest_store import DigestEntry, DigestStore
from cellgraph.record.path_changes import (
    built_on,
    certain_part,
    changed_paths,
    explained,
    fits_anew,
    paths_read,
    paths_written,
)
from cellgraph.record.run_context import RunChanges, RunContext
from cellgraph.record.stores import stored_into
from cellgraph.structure import ITERATING
from cellgraph.trace.tracing_backend import Sites, Touched

if TYPE_CHECKING:
    from cellgraph.record.looking_statements import LookingStatements

PathSources = tuple[tuple[str, tuple[str, ...]], ...]


def detect_changes(
    context: RunContext, store: DigestStore, block: Block, results: Iterable[Read], result: Digest | None
) -> RunChanges:
    """Digest everything that the run may have changed, and return its reads and writes.

    ``results`` are the reads of other cells' results. ``result`` is the digest of this cell's own result,
    which is written under the name ``RESULT``: the caller knows its number in ``Out``. ``store`` is open.
    """
    touched, gone = context.touched, context.gone
    anew = _bound_at_same_address(context, store) if touched.maybe_stored or touched.spelled else {}
    bound = context.bound | anew.keys()
    reads = _places_of_reads(context, store, bound)
    old = {name: store.digest(name) for name in {*reads, *bound, *gone}} | anew
    reads |= {n: reads[n] | {(MODE, True)} for n in context.modes.sets & reads.keys() if _has_mode(old[n])}
    changed = _with_logged(
        _look_again(context, store, bound, reads.keys() & context.after.keys()), reads, old, store
    )
    _take_as_they_are(reads.keys() & context.after.keys() - bound, old, store)
    for name in gone:
        store.forget(name)
    reads = _opened(reads, old, {*bound, *gone}, changed, context, store)
    origins = _origins(block, context, store, bound, changed)
    stored = (
        stored_into(reads, old, store, context.after.keys() - bound)
        if any(sites != _WHOLE for sites in reads.values())
        else []  # to use a value as it is stores nothing into it
    )
    changed = {**{name: before for name, before, _ in reversed(stored)}, **changed}
    elsewhere = {name: sites for name, _, sites in stored}
    ways = _ways_to_store(reads, old, {*bound, *gone}, store)
    kept = (*_reads(reads, old, changed, {*bound, *gone}, store, context), *ways.values(), *results)
    sources = _Sources(origins, frozenset(read.name for read in kept))
    places = _places(context, kept)
    shares = store.shares(context.number, _in_order(touched, bound), sorted(changed))
    writes = [_binding(n, store.digest(n), sources, places.get(n), shares.get(n, ())) for n in sorted(bound)]
    writes += [
        replace(
            _mutation(n, before, store.digest(n), sources, reads.get(n) or elsewhere.get(n, frozenset())),
            shares=shares.get(n, ()),
        )
        for n, before in sorted(changed.items())
    ]
    writes += [Write(variable(n), "delete", (), None, sources.of(n)) for n in sorted(gone)]
    if result is not None:
        writes.append(Write(PENDING_RESULT, "bind", (), result, sources.of(PENDING_RESULT)))
    return RunChanges(kept, _by_ways(writes, ways), bound - touched.stored.keys() - touched.maybe_stored)


def _take_as_they_are(names: Iterable[str], old: dict[str, Digest | None], store: DigestStore) -> None:
    """Names that were never digested before this run are taken as they are now."""
    for name in names:
        if old[name] is None:
            old[name] = store.digest(name)


def _ways_to_store(
    reads: Mapping[str, Sites], old: Mapping[str, Digest | None], written: set[str], store: DigestStore
) -> Mapping[str, Read]:
    """What decides how instances of the notebook's classes take what was stored into them, by their names."""
    stored = [
        name
        for name, sites in reads.items()
        if (digest := old.get(name)) is not None
        and digest.users_class
        and any(store_only and path for path, store_only in sites)
    ]
    if not stored:
        return {}
    from cellgraph.record.stores import ways_to_store  # few cells store into instances

    return ways_to_store(stored, written, store)


def _by_ways(writes: list[Write], ways: Mapping[str, Read]) -> tuple[Write, ...]:
    """The writes; a store into an instance comes from what decides how its class takes it, too."""
    if not ways:
        return tuple(writes)
    from cellgraph.record.stores import by_way

    return tuple([by_way(write, ways.get(write.name)) for write in writes])


def _with_logged(
    changed: dict[str, Digest], reads: dict[str, Sites], old: dict[str, Digest | None], store: DigestStore
) -> dict[str, Digest]:
    """The changed names. Those into which the run has logged are added to ``reads``, and to ``old``.

    A message goes behind what is there.
    """
    others = changed.keys() - reads.keys()
    logs = logged_to(map(store.value, reads)) if others else frozenset[int]()
    for name in others if logs else ():
        if not logs.isdisjoint(store.mutable({name})):
            reads[name], old[name] = _WHOLE, changed[name]
    return changed


def _has_mode(digest: Digest | None) -> bool:
    return digest is not None and any(path == MODE for path, _ in digest.parts)


def _places_of_reads(context: RunContext, store: DigestStore, bound: frozenset[str]) -> dict[str, Sites]:
    """The places at which each name was read. A collection of models that are fitted one by one has one."""
    found = context.touched.reads.items()
    reads = {name: sites for name, sites in found if _is_read(name, context, bound)}
    fitted = context.fitted & reads.keys()
    return reads | {name: _FITTED for name in fitted if fits_anew(_FITTED, store.digest(name))}


def _opened(
    reads: dict[str, Sites],
    old: Mapping[str, Digest | None],
    written: set[str],
    changed: Mapping[str, Digest],
    context: RunContext,
    store: DigestStore,
) -> dict[str, Sites]:
    """The accesses to names, with those behind methods in place of calls, as far as it is known which."""
    if not any(_may_be_opened(sites, old[name]) for name, sites in reads.items()):
        return reads
    from cellgraph.record.opened_accesses import opened  # most cells use values as they are

    return reads | opened(reads, old, written, changed, context, store)


def _may_be_opened(sites: Sites, before: Digest | None) -> bool:
    """Whether the text may tell more of an access than the instructions do: a method, a part, a frame."""
    return sites != _WHOLE or (before is not None and before.type == "DataFrame")


def _bound_at_same_address(context: RunContext, store: DigestStore) -> dict[str, Digest | None]:
    """Names that the run may have bound, and whose value cannot change and is another; with its old digest.

    A number that is made anew may lie where the former one lay. Most stores are seen: only names that a text
    may bind, on Python 3.11, and those that it spells for a namespace are in question.
    """
    found: dict[str, Digest | None] = {}
    for name in (context.touched.maybe_stored | context.touched.spelled) - context.of_others:
        if name not in context.after:
            continue
        known = store.get(name)
        if known is None or known.look.mutable or context.before.get(name) != context.after[name]:
            continue
        if not store.look(name, bound=True).digest.agrees(known.digest):
            found[name] = known.digest
    return found


def _in_order(touched: Touched, bound: frozenset[str]) -> list[str]:
    """The names that the run bound: first those that were seen to be bound, in that order."""
    seen = [name for name in touched.stored if name in bound]
    return [*seen, *sorted(bound.difference(seen))]


def _is_read(name: str, context: RunContext, bound: frozenset[str]) -> bool:
    """Whether a name that was accessed was read.

    Not if only the text is known: the run may then have bound the name before it used it.
    """
    return not context.touched.conservative or name in context.before or name not in bound


def _places(context: RunContext, reads: Iterable[Read]) -> Mapping[str, int | None]:
    """For each stored name, how many of the reads came before it was bound.

    None where that is not known: nothing tells when a name was looked up by its text.
    """
    rank = {name: place for place, name in enumerate(context.touched.reads)}
    ranks = [rank.get(read.name, len(rank)) for read in reads]
    return {
        name: None if name in context.after_lookup else len([place for place in ranks if place < count])
        for name, count in context.touched.stored.items()
    }


def _look_again(
    context: RunContext, store: DigestStore, bound: frozenset[str], read: set[str]
) -> dict[str, Digest]:
    """Digest the names that were bound or read, and those that share an object with one of them.

    What the run may have logged something into is looked at as well.
    Returns the names whose value changed in place, with the digest from before.
    """
    near = read | bound
    replaced = _only_replaced(context, read)
    objects = store.mutable(near - replaced)
    left = store.mutable({*context.gone, *replaced})
    weak = _that_lose(store, left, near) if left else []
    for name in sorted(bound):
        store.look(name, bound=True)
    changed: dict[str, Digest] = {}
    before = {name for name in read if store.get(name) is not None}
    in_text = context.changed_in_text
    hidden = _changed_unseen(in_text.intersection(read - bound), store) if in_text else frozenset()
    for name in sorted(read - bound):
        _compare(name, context, hidden, store, changed)
    objects |= store.mutable(near) | logged_to(map(store.value, read))
    if objects:
        objects -= store.closed(name for name in read - bound if name in before and name not in changed)
        weak = [*store.sharing(objects, apart_from=near), *weak]
    for name in dict.fromkeys(weak):
        if name in context.after:
            _compare(name, context, hidden, store, changed)
    if not changed:
        return changed
    return {name: former for name, former in changed.items() if name not in context.of_others}


_WEAK = frozenset({"WeakValueDictionary", "WeakKeyDictionary", "WeakSet", "ReferenceType", "weakref"})


def _that_lose(store: DigestStore, objects: frozenset[int], near: set[str]) -> list[str]:
    """Names of weak references to objects that other names held: what goes with these is lost to them."""
    others = store.sharing(objects, apart_from=near)
    return [name for name in others if (held := store.digest(name)) is not None and held.type in _WEAK]


def _only_replaced(context: RunContext, read: set[str]) -> frozenset[str]:
    """Names that were seen to be bound before anything was done with their former value."""
    return frozenset() if context.touched.conservative else frozenset(context.touched.stored.keys() - read)


def _changed_unseen(names: Iterable[str], store: DigestStore) -> frozenset[int]:
    """Ids of objects that these names hold, whose digest cannot show that they are changed.

    Every other value that reaches one of them counts as changed too.
    """
    known = (store.get(name) for name in names)
    large = [seen for seen in known if seen and _is_large(seen.look.digest)]
    return frozenset(seen.identity for seen in large).union(*(seen.opaque for seen in large))


def _is_large(digest: Digest) -> bool:
    """Whether it is sampled when time is short, or was sampled before."""
    return digest.quality != "exact" or bool(digest.sample)


def _compare(
    name: str, context: RunContext, hidden: frozenset[int], store: DigestStore, changed: dict[str, Digest]
) -> None:
    known = store.get(name)
    if known is None:
        store.look(name, bound=False)
        return
    if not known.look.mutable and known.look.digest.quality == "exact":
        return  # the same object, and immutable
    before, now = known.digest, store.look(name, bound=False)
    may_change = name in context.changed_in_text or not hidden.isdisjoint(now.look.mutable)
    may_change = may_change or _is_consumed(name, context, now)
    if may_change and _is_large(now.look.digest) and not _is_same(known.look.digest, now.look.digest):
        now = store.mark(name, context.source.shape, name in context.repeats, inside=context.asks_databases)
    if _differs(before, now.digest):
        changed[name] = before


def _is_consumed(name: str, context: RunContext, now: DigestEntry) -> bool:
    """Whether the run took elements from an iterator that does not tell how far it has come."""
    digest = now.look.digest
    if digest.quality != "opaque":
        return False
    from cellgraph.code.in_place import consumes, surely_consumes, takes_some  # few values are such

    if digest.size == ITERATOR or digest.type == "Cursor":
        return consumes(context.code, name)
    taken = takes_some if digest.type == "DuckDBPyRelation" else surely_consumes
    return taken(context.code, name)


def _is_same(before: Digest, now: Digest) -> bool:
    """Whether the value is certainly unchanged."""
    return before.quality == now.quality == "exact" and now.agrees(before)


def _differs(before: Digest, now: Digest) -> bool:
    """Whether the value differs, or a part that its digest leaves out (the training mode of a module)."""
    return not now.agrees(before) or (now.value == before.value and bool(changed_paths(before, now)))


_CALLED = frozenset({"type", "ABCMeta", "module", "builtin_function_or_method", "method"})
"""Types of values that are called all the time and hardly ever changed by that."""


def _changeable(store: DigestStore, name: str, bound: frozenset[str], changed: Mapping[str, Digest]) -> bool:
    """Whether the run can have changed the name's value in place."""
    if name in changed:
        return True
    known = store.get(name)
    if known is None:
        return False  # a builtin: ``print`` carries nothing from one statement to the next
    kind = known.look.digest.type
    if kind in _CALLED or (kind == "function" and len(known.look.mutable) <= 2):
        return False  # it holds itself and its attributes: no default, no closure that a call could change
    return name in bound and (bool(known.look.mutable) or known.look.digest.quality == "opaque")


def _origins(
    block: Block,
    context: RunContext,
    store: DigestStore,
    bound: frozenset[str],
    changed: Mapping[str, Digest],
) -> Mapping[str, Flow]:
    """The names that each written name, and each of its parts, was computed from."""
    stored: dict[str, set[str]] = {}
    for name, path in stores(block):
        stored.setdefault(name, set()).add(certain_part(path, store.digest(name)))

    def changeable(name: str, path: str) -> bool:
        if name not in changed:
            return _changeable(store, name, bound, changed)
        now = store.digest(name)
        if now is None or explained(changed[name], now, stored.get(name, ())):
            return now is None  # its own statements have done it all, and no call
        parts = changed_paths(changed[name], now) if path else ()
        return not parts or any(related(path, part) for part in parts)

    held = [name for name in {*bound, *changed} if _changeable(store, name, bound, changed)]
    common = store.common(held, {*changed, *context.evidence}) if len(held) > 1 else {}
    aliases = _aliases(common, context.after)
    seen = Seen(context.touched.places, store.remembers) if context.source.plain else None
    found = part_flows(
        block,
        context.touched.deferred | _unnamed(block, context.touched),
        Values(
            changeable,
            lambda n, p: _part_used(n, p, store),
            aliases,
            _Looking(block, context, store, changed),
        ),
        Functions(store.reaches, seen, bound - bound_names(block)),
    )
    return _alias_origins(found, aliases) if aliases else _shared_origins(found, common)


class _Looking:
    """Whether a statement leaves a name's value as it is, for a run in which that is asked."""

    def __init__(self, *run: Any) -> None:
        self._run = run
        self._statements: LookingStatements | None = None

    def __call__(self, step: Statement, name: str) -> bool:
        if self._statements is None:
            from cellgraph.record.looking_statements import LookingStatements  # few runs ask

            self._statements = LookingStatements(*self._run)
        return self._statements.leaves(step, name)


def _unnamed(block: Block, touched: Touched) -> frozenset[str]:
    """The variables that a run read by no statement and no function: a text that it executed names them."""
    left = frozenset(filter(str.isidentifier, touched.reads)) - touched.deferred
    if not left:
        return left
    return left.difference(*(s.loads | s.evidence | s.deletes | s.binds for s in every_step(block)))


def _part_used(name: str, path: str, store: DigestStore) -> str:
    """The part of a name's value that a path of the code leads to.

    Empty if that is the whole value. A function of a module uses whatever is in the module.
    """
    digest = store.digest(name)
    found = certain_part(path, digest)
    if found and digest is not None and digest.type == "module":
        module = store.value(name)
        held = globals_of(module).get(found.removeprefix(".")) if type(module) is ModuleType else None
        return "" if type(held) is FunctionType else found
    return found


_MANY = 100
"""Names that share objects, from which on a change inside the cell is not followed from one to the others."""


def _aliases(common: Mapping[str, frozenset[int]], after: Mapping[str, int]) -> dict[str, dict[str, bool]]:
    """For each name the others that share an object with it, and whether that is its value itself."""
    held = {name: keys for name, keys in common.items() if keys}
    if len(held) >= _MANY:  # each is compared with each
        return {}
    return {
        name: {
            other: after.get(name) == after.get(other)
            for other, others in held.items()
            if other != name and not keys.isdisjoint(others)
        }
        for name, keys in held.items()
    }


def _alias_origins(origins: Mapping[str, Flow], aliases: Mapping[str, Iterable[str]]) -> Mapping[str, Flow]:
    """The origins of one name are those of all names that share an object with it."""
    joined = dict(origins)
    for name, others in aliases.items():
        if found := [origins[each].whole for each in (name, *others) if each in origins]:
            joined[name] = Flow(frozenset().union(*found))
    return joined


def _shared_origins(origins: Mapping[str, Flow], common: Mapping[str, frozenset[int]]) -> Mapping[str, Flow]:
    """As ``_alias_origins``, by the objects: for so many names that not each is compared with each."""
    if not common:
        return origins
    into: dict[int, set[str]] = {}
    for name, keys in common.items():
        for key in keys if name in origins else ():
            into.setdefault(key, set()).update(origins[name].whole)
    joined = dict(origins)
    alike: dict[frozenset[int], Flow] = {}
    for name, keys in common.items():
        if known := frozenset(keys & into.keys()):
            if known not in alike:
                alike[known] = Flow(frozenset().union(*map(into.__getitem__, known)))
            joined[name] = alike[known]
    return joined


_WHOLE: Sites = frozenset({("", False)})
_FITTED: Sites = frozenset({(".fit", False)})
_DELETED: Sites = frozenset({("", True)})
_TOLD_BY_COLUMNS = (".columns", ".index")
"""Parts of a frame that tell which others it has."""


class _Sources(NamedTuple):
    origins: Mapping[str, Flow]
    read: frozenset[str]

    def of(self, name: str) -> tuple[str, ...] | None:
        found = self.origins.get(name)
        return self._names(found.whole) if found is not None else None

    def of_parts(self, name: str, digest: Digest | None, paths: Iterable[str] = ()) -> PathSources:
        """The sources of the parts of ``name``: of ``paths``, or of all those that were set by themselves.

        None where they are those of the whole.
        """
        found = self.origins.get(name)
        if found is None or not found.parts or digest is None or ".index" in paths:
            return ()
        whole = self.of(name)
        if not whole:
            return ()
        if not paths and not _has_others(found, digest):
            return ()  # the first store may have determined the other parts
        wanted = paths or (
            "",
            *found.parts,
            *(path for path in _TOLD_BY_COLUMNS if path in dict(digest.parts)),
        )
        told = tuple((path, self._names(_at(found, path))) for path in wanted)
        if any(names is None for _, names in told):
            return ()
        return tuple((path, names or ()) for path, names in told) if any(n != whole for _, n in told) else ()

    def _names(self, found: Origins) -> tuple[str, ...] | None:
        if any(map(is_result_variable, found - self.read)):
            return None  # a result (``_``) is read under the name of the cell that displayed it
        return tuple(sorted(found & self.read))


def _at(flow: Flow, path: str) -> Origins:
    if not path:
        return flow.rest
    return flow.at(path) if any(covers(part, path) for part in flow.parts) else flow.whole


def _has_others(flow: Flow, digest: Digest) -> bool:
    """Whether a frame has a column that was not set by itself. Other values need none."""
    columns = [path for path, _ in digest.parts if path.startswith("[")]
    return digest.type != "DataFrame" or any(path not in flow.parts for path in columns)


def _binding(
    name: str, digest: Digest | None, sources: _Sources, before: int | None, shares: tuple[Share, ...]
) -> Write:
    """The write of a name that was bound; ``before``: after how many reads."""
    whole, parts = sources.of(name), sources.of_parts(name, digest)
    return Write(
        variable(name), "bind", (), digest, whole, reads_before=before, path_sources=parts, shares=shares
    )


def _mutation(name: str, before: Digest, after: Digest | None, sources: _Sources, sites: Sites) -> Write:
    paths = paths_written(before, after, sites) if after is not None else ()
    whole, parts = sources.of(name), sources.of_parts(name, after, paths) if paths else ()
    if after is not None and whole is not None and (kept := built_on(sites, before, after)):
        whole = _with(whole, name)
        parts = tuple((path, _with(found, name) if path in kept else found) for path, found in parts)
    return Write(variable(name), "mutate", paths, after, whole, before, path_sources=parts)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(sorted({*names, name}))


_BUILTINS = {name: vars(builtins)[name] for name in ITERATING | {"len"}}
"""The functions that look at the structure of a value, before any cell has put others in their place."""


def _reads(
    reads: Mapping[str, Sites],
    old: Mapping[str, Digest | None],
    changed: Mapping[str, Digest],
    written: set[str],
    store: DigestStore,
    context: RunContext,
) -> Iterable[Read]:
    in_mode, deferred = context.used_in_mode, context.touched.deferred

    def is_builtin(function: str) -> bool:
        own = old.get(function) is None and function not in written
        return own and vars(builtins).get(function) is _BUILTINS[function]

    for name, sites in reads.items():
        digest = old.get(name)
        if name in in_mode and digest is not None and _has_mode(digest):
            yield Read(variable(name), MODE, digest.part(MODE))  # the digest of the whole leaves it out
        if sites == _DELETED and name in written:
            yield Read(variable(name), "", digest, store_only=digest is not None)
            continue
        if digest is None or sites == _WHOLE:  # most reads
            yield Read(variable(name), "", digest)
            continue
        after = store.digest(name) if name in changed else None
        known = name not in written or fits_anew(sites, digest)
        told = name not in deferred and not made_by_user(type(store.value(name)))
        places = paths_read(sites, digest, after, is_builtin if told else None) if known else None
        yield from _reads_of_parts(variable(name), digest, sites, places)


def _reads_of_parts(name: Name, digest: Digest, sites: Sites, places: list[str] | None) -> Iterator[Read]:
    """The reads of a value's parts at ``places``; None stands for the whole value."""
    if places is None:
        yield Read(name, "", digest)
        return
    for path in places:
        yield Read(name, path, digest.part(path))
    if stored := sorted([path for path, store_only in sites if store_only]):
        yield Read(name, "", digest, store_only=True, places=tuple(stored))

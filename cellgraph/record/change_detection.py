"""After a cell: from what was touched and what the values are now, to reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import compress
from operator import ne
from typing import NamedTuple

from cellgraph.code.dataflow import Origins, flows
from cellgraph.code.statements import Block
from cellgraph.model import Digest, Read, Write
from cellgraph.names import PENDING_RESULT, Name, is_result_variable
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.path_changes import changed_portions, portions_read, portions_written
from cellgraph.trace.observed_accesses import Sites, Touched


class RunContext(NamedTuple):
    """The namespace around one run: identities before and after, and what touched it.

    ``carried`` are names that an identical earlier run of the cell bound without an instruction
    that shows it (``from m import *``, ``%run``): bound to the same object again, they look as if
    nothing had happened. ``evidence`` are names that the source says are changed in place.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    touched: Touched
    carried: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    code: str = ""

    @property
    def bound(self) -> frozenset[str]:
        """Names with a new binding, seen by an instruction or by the identity of the value."""
        stored = {name for name in self.touched.stored.keys() | self.carried if name in self.after}
        if self.before is self.after:
            return frozenset(stored)
        before = map(self.before.get, self.after)
        moved = compress(self.after, map(ne, self.after.values(), before))
        return frozenset(stored.union(moved))

    @property
    def gone(self) -> frozenset[str]:
        """Names that were there before the run and are not any more."""
        return frozenset() if self.before is self.after else frozenset(self.before.keys() - self.after.keys())


class RunChanges(NamedTuple):
    """The outcome: what the run read and wrote, and what it bound without an instruction."""

    reads: tuple[Read, ...]
    writes: tuple[Write, ...]
    unseen: frozenset[str]


def settle(
    scene: RunContext, book: DigestStore, block: Block, results: Iterable[Read], result: Digest | None
) -> RunChanges:
    """Look at everything that the run may have changed and tell what it did.

    ``results`` are the reads of other cells' results, ``result`` the digest of this cell's own.
    The book has to be open. Writes carry no name of ``Out``: the caller knows the count.
    """
    touched, bound, gone = scene.touched, scene.bound, scene.gone
    reads = {name: sites for name, sites in touched.reads.items() if _is_read(name, scene, bound)}
    old = {name: book.digest(name) for name in {*reads, *bound, *gone}}
    changed = _look_again(scene, book, bound, {name for name in reads if name in scene.after})
    for name in reads:
        if name in scene.after and old[name] is None and name not in bound:
            old[name] = book.digest(name)  # never looked at before this run: taken as it is now
    for name in gone:
        book.forget(name)
    origins = flows(
        block, touched.deferred, lambda name: _changeable(book, name, bound, changed), book.reaches
    )
    held = [name for name in {*bound, *changed} if _changeable(book, name, bound, changed)]
    origins = _shared_origins(origins, book, held)
    for name in _stored_into(reads, bound, book):
        if (before := old[name]) is not None:
            changed.setdefault(name, before)
    kept = tuple(_reads(reads, old, changed, {*bound, *gone}, book)) + tuple(results)
    sources = _Sources(origins, frozenset(read.name for read in kept))
    places = _places(touched, kept)
    writes = [
        Write(Name(n), "bind", (), book.digest(n), sources.of(n), reads_before=places.get(n))
        for n in sorted(bound)
    ]
    writes += [
        _mutation(n, before, book.digest(n), sources, reads.get(n, frozenset()))
        for n, before in sorted(changed.items())
    ]
    writes += [Write(Name(n), "delete", (), None, sources.of(n)) for n in sorted(gone)]
    if result is not None:
        writes.append(Write(PENDING_RESULT, "bind", (), result, sources.of(PENDING_RESULT)))
    unseen = bound - touched.stored.keys() - touched.maybe_stored
    return RunChanges(kept, tuple(writes), unseen)


def _is_read(name: str, scene: RunContext, bound: frozenset[str]) -> bool:
    """Not where only the text is known, and the run may have bound the name before it used it."""
    return name in scene.before or name not in bound or not scene.touched.conservative


def _places(touched: Touched, reads: Iterable[Read]) -> Mapping[str, int]:
    """For each stored name, how many of the reads came before it was bound."""
    rank = {name: place for place, name in enumerate(touched.reads)}
    ranks = [rank.get(read.name, len(rank)) for read in reads]
    return {name: sum(place < count for place in ranks) for name, count in touched.stored.items()}


def _look_again(
    scene: RunContext, book: DigestStore, bound: frozenset[str], read: set[str]
) -> dict[str, Digest]:
    """Look at what was bound or read, and at what shares with it; give what changed in place."""
    near = read | bound
    objects = book.mutable(near - _only_replaced(scene, read))
    for name in bound:
        book.look(name, bound=True)
    changed: dict[str, Digest] = {}
    before = {name for name in read if book.get(name) is not None}
    hidden = _changed_unseen(scene, book, read - bound)
    for name in sorted(read - bound):
        _compare(name, scene, hidden, book, changed)
    objects |= book.mutable(near)
    objects -= book.closed(name for name in read - bound if name in before and name not in changed)
    for name in book.sharing(objects, apart_from=near):
        if name in scene.after:
            _compare(name, scene, hidden, book, changed)
    return changed


def _only_replaced(scene: RunContext, read: set[str]) -> frozenset[str]:
    """Names that were seen to be bound before anything was done with what they held."""
    return frozenset() if scene.touched.conservative else frozenset(scene.touched.stored.keys() - read)


def _changed_unseen(scene: RunContext, book: DigestStore, read: Iterable[str]) -> frozenset[int]:
    """Objects that the source says are changed, where no digest can show it: also for what holds them."""
    known = (book.get(name) for name in scene.evidence.intersection(read))
    return frozenset(seen.identity for seen in known if seen and seen.look.digest.quality != "exact")


def _compare(
    name: str, scene: RunContext, hidden: frozenset[int], book: DigestStore, changed: dict[str, Digest]
) -> None:
    known = book.get(name)
    if known is None:
        book.look(name, bound=False)
        return
    if not known.look.mutable and known.look.digest.quality == "exact":
        return  # the same object, and nothing in it can change
    before, now = known.digest, book.look(name, bound=False)
    told = name in scene.evidence or not hidden.isdisjoint(now.look.mutable)
    if told and now.look.digest.quality != "exact":
        now = book.mark(name, scene.code)
    if _differs(before, now.digest):
        changed[name] = before


def _differs(before: Digest, now: Digest) -> bool:
    """Whether the value differs, or a part that is none of the value: whether a module is in training."""
    return not now.agrees(before) or (now.value == before.value and bool(changed_portions(before, now)))


_CALLED = frozenset({"type", "ABCMeta", "module", "builtin_function_or_method", "method"})
"""Types of values that are called all the time and hardly ever changed by that."""


def _changeable(book: DigestStore, name: str, bound: frozenset[str], changed: Mapping[str, Digest]) -> bool:
    """Whether the run can have changed the name's value in place."""
    if name in changed:
        return True
    known = book.get(name)
    if known is None:
        return False  # a builtin: ``print`` carries nothing from one statement to the next
    kind = known.look.digest.type
    if kind in _CALLED or (kind == "function" and len(known.look.mutable) <= 2):
        return False  # it holds itself and its attributes: no default, no closure that a call could change
    return name in bound and (bool(known.look.mutable) or known.look.digest.quality == "opaque")


def _shared_origins(
    origins: Mapping[str, Origins], book: DigestStore, written: list[str]
) -> Mapping[str, Origins]:
    """What flows into one name flows into all that share an object with it."""
    groups = book.groups(written)
    joined = dict(origins)
    for name, group in groups.items():
        known = [origins[other] for other in group if other in origins]
        if known:
            joined[name] = known[0].union(*known[1:])
    return joined


class _Sources(NamedTuple):
    origins: Mapping[str, Origins]
    read: frozenset[str]

    def of(self, name: str) -> tuple[str, ...] | None:
        found = self.origins.get(name)
        if found is None or any(is_result_variable(origin) and origin not in self.read for origin in found):
            return None  # a result (``_``) is read under the name of the cell that displayed it
        return tuple(sorted(found & self.read))


def _mutation(name: str, before: Digest, after: Digest | None, sources: _Sources, sites: Sites) -> Write:
    paths = portions_written(before, after, sites) if after is not None else ()
    return Write(Name(name), "mutate", paths, after, sources.of(name), before)


def _stored_into(reads: Mapping[str, Sites], bound: frozenset[str], book: DigestStore) -> Iterable[str]:
    """Names that the run stored into: written, even where the same was put there again."""
    for name, sites in reads.items():
        known = book.get(name)
        if name not in bound and known is not None and any(store_only for _, store_only in sites):
            yield name


def _reads(
    reads: Mapping[str, Sites],
    old: Mapping[str, Digest | None],
    changed: Mapping[str, Digest],
    written: set[str],
    book: DigestStore,
) -> Iterable[Read]:
    for name, sites in reads.items():
        digest = old.get(name)
        after = book.digest(name) if name in changed else None
        known = digest is not None and name not in written
        places = portions_read(sites, digest, after) if digest is not None and known else None
        if digest is None or places is None:
            yield Read(Name(name), "", digest)
            continue
        for path in places:
            yield Read(Name(name), path, digest.part(path))
        if any(store_only for _, store_only in sites):
            yield Read(Name(name), "", digest, store_only=True)

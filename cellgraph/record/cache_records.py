"""Results that a run took out of caches, as reads of what was read when the cache was filled.

``y = f(3)`` that finds its result in the cache of ``f`` reads ``f`` alone. Yet the result depends on the
globals that the body of ``f`` read when the result was computed, with the values that they had then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from types import ModuleType
from typing import Any

from cellgraph.code.part_paths import attribute_path
from cellgraph.digest.class_reflection import short_name
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest, Read
from cellgraph.names import COUNTED_CALLS, Name
from cellgraph.patterns import Pattern
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.setting_records import Settings
from cellgraph.trace.caches import Cache, caches, owner
from cellgraph.trace.call_graph import codes, reached
from cellgraph.trace.tracing_backend import Touched
from cellgraph.trace.worker_calls import handed_over, pools, started, unseen_reads

_Key = tuple[int, str]
_NO_CACHES = SCALAR_IDS | {id(ModuleType)}
"""Types of values that neither store results nor run anything, by id."""
_MOST_VALUES = 8
"""Values of one name with which a cache was filled. Beyond these it is in doubt in any case."""


_CLEARING = ".cache_clear"
"""How a cache is emptied: filled anew by the same run, it may hold as many results as before."""
_COUNTING = ".cache_info"
"""How a cache is asked how often it was."""
_READING = Pattern(r"^open$|^read_|load|^imread$|^glob$|^listdir$|^iterdir$|^exists$|^stat$|from(txt|file)$")
"""What functions that read files are called."""


@dataclass(slots=True)
class _Results:
    """What a run had of caches.

    ``kept``: by a name that was read when a result was computed, that of the cache. ``taken``: what was
    behind results that came out of caches, by the name that was read and that of the cache. ``outside``: the
    same for files and settings.
    """

    kept: dict[str, str] = field(default_factory=dict)
    taken: dict[tuple[str, str], tuple[Digest | None, ...]] = field(default_factory=dict)
    outside: list[Read] = field(default_factory=list)


@dataclass(slots=True)
class _Filled:
    """A cache at the end of the last run that used it, and what was read when it was filled."""

    kept: int = 0
    found: int = 0
    reads: dict[str, tuple[Digest | None, ...]] = field(default_factory=dict)
    """By name every value that it was filled with: which result a run took is not known."""
    outside: list[Read] = field(default_factory=list)
    """The same for files and settings."""

    def empty(self) -> None:
        """The cache was emptied."""
        self.kept, self.found = 0, 0
        self.reads.clear()
        self.outside.clear()

    def fill(self, globals_read: Iterable[Read], outside: Iterable[Read]) -> None:
        """A run has stored results, for which it read these."""
        for read in globals_read:
            self.add(read.name, read.digest)
        known = (read for read in outside if read not in self.outside)
        self.outside += islice(known, max(0, _MOST_VALUES - len(self.outside)))

    def add(self, name: str, digest: Digest | None) -> None:
        """Add what a name held when a result was computed."""
        known = self.reads.setdefault(name, ())
        if digest not in known and len(known) < _MOST_VALUES:
            self.reads[name] = (*known, digest)


class CacheRecords:
    """The caches that runs have used. It keeps ids and digests, and no value."""

    def __init__(self, namespace: dict[str, Any], settings: Settings) -> None:
        self._namespace = namespace
        self._settings = settings
        self._filled: dict[str, dict[_Key, _Filled]] = {}
        self._pools: dict[str, tuple[int, Mapping[str, Digest]]] = {}
        self.known: Sequence[Collection[str]] = (self._filled.keys(), self._pools.keys())
        """The names whose values are caches, or pools of workers."""

    def with_unseen(self, touched: Touched, text: str, before: Mapping[str, int]) -> Touched:
        """What a run accessed, with the reads of functions of which no instruction was seen."""
        if not self._concerns(touched):
            return touched
        unseen = (self._compiled(touched) | unseen_reads(text, touched, self._namespace)) & before.keys()
        if not unseen:
            return touched
        whole = frozenset({("", False)})
        reads = touched.reads | dict.fromkeys(sorted(unseen), whole)
        return replace(touched, reads=reads, deferred=touched.deferred | unseen)

    def _concerns(self, touched: Touched) -> bool:
        """Whether a run had to do with any value that may be a cache, a function or a pool of workers."""
        held = map(self._namespace.get, (*touched.reads, *touched.stored))
        return not all(id(type(value)) in _NO_CACHES for value in held)

    def _compiled(self, touched: Touched) -> frozenset[str]:
        """The globals that compiled functions froze while the run used them."""
        found: set[str] = set()
        for name in {**touched.reads, **touched.stored}:
            for cache in self._caches(name):
                if cache.unseen and cache.kept > self._of(name, cache).kept:
                    found |= reached(cache.body, self._namespace)[0]
        return frozenset(found - touched.stored.keys() - touched.reads.keys())

    def added(self, reads: tuple[Read, ...], touched: Touched, store: DigestStore) -> tuple[Read, ...]:
        """The reads of a run, with those behind the results that it took out of caches."""
        self._forget(touched.stored)
        if not self._concerns(touched):
            return reads
        results = _Results()
        self._use_pools(touched, store, results)
        for name in (*touched.reads, *touched.stored):
            for cache in self._caches(name):
                self._use(name, cache, reads, touched, store, results)
        kept, taken = results.kept, results.taken
        if not kept and not taken and not results.outside:
            return reads
        marked = tuple(replace(r, cached=kept[r.name]) if r.name in kept else r for r in reads)
        there = {(read.name, read.path, read.digest) for read in reads}
        outside = (r for r in results.outside if (r.name, r.path, r.digest) not in there)
        own: dict[str, Digest | None] = {read.name: read.digest for read in reads if not read.path}
        more = (
            Read(Name(name), "", digest, cached=cache)
            for (name, cache), digests in taken.items()
            for digest in digests
            if name not in own or own[name] != digest
        )
        return (*marked, *more, *outside)

    def _use(
        self,
        name: str,
        cache: Cache,
        reads: Iterable[Read],
        touched: Touched,
        store: DigestStore,
        results: _Results,
    ) -> None:
        filled = self._of(name, cache)
        cleared = any(path.startswith(_CLEARING) for path, _ in touched.reads.get(name, ()))
        if cleared or cache.kept < filled.kept or (cache.found or 0) < filled.found:
            filled.empty()
        if any(path.startswith(_COUNTING) for path, _ in touched.reads.get(name, ())):
            results.outside.append(Read(COUNTED_CALLS, name))
        holder = self._holder(name)
        if self._is_taken(name, cache, filled, touched):
            results.taken |= {(other, holder): digests for other, digests in filled.reads.items()}
            results.outside += filled.outside
        if cache.kept > filled.kept:
            loads = reached(cache.body, self._namespace)[0]
            globals_read = [read for read in reads if read.name in loads and not read.path]
            outside = self._from_outside(name, cache, reads)
            own = () if name in touched.stored else _attributes_behind(cache, name, reads)
            behind = [replace(read, cached=holder) for read in (*outside, *own)]
            filled.fill(globals_read, behind)
            results.outside += behind[len(outside) :]
            results.kept |= {read.name: holder for read in (*globals_read, *outside)}
            for other in loads & touched.stored.keys():
                filled.add(other, store.digest(other))
        filled.kept, filled.found = cache.kept, cache.found or 0

    def _from_outside(self, name: str, cache: Cache, reads: Iterable[Read]) -> list[Read]:
        """The reads of files and settings that a run owes to the function behind a cache."""
        found = [read for read in reads if read.name.is_setting or read.name.is_file]
        if not found:
            return []
        words = frozenset(word for code in codes(cache.body, self._namespace) for word in code.co_names)
        settings = self._settings.read_by(name, words)
        files = any(map(_READING.search, words))
        return [read for read in found if (files if read.name.is_file else read.name in settings)]

    def _is_taken(self, name: str, cache: Cache, filled: _Filled, touched: Touched) -> bool:
        """Whether the run took a result out of the cache that an earlier run had stored."""
        if cache.attribute:
            paths = (path for path, _ in touched.reads.get(name, ()))
            return filled.kept > 0 and any(path.startswith(f".{cache.attribute}") for path in paths)
        if cache.found is not None:
            return cache.found > filled.found
        return filled.kept > 0 and cache.kept == filled.kept

    def _caches(self, name: str) -> Iterable[Cache]:
        return list(caches(self._namespace[name])) if name in self._namespace else ()

    def _holder(self, name: str) -> str:
        """The name that the cache belongs to: the class, if a class has it."""
        cls = owner(self._namespace[name])
        if cls is None:
            return name
        mine: Mapping[str, Any] = self._namespace
        own = short_name(cls)
        return own if mine.get(own) is cls else name

    def _of(self, name: str, cache: Cache) -> _Filled:
        key = (cache.identity, cache.attribute)
        known = self._filled.setdefault(name, {})
        if key not in known:
            others = (found[key] for found in self._filled.values() if key in found)
            known[key] = next(others, None) or _Filled()
        return known[key]

    def _use_pools(
        self,
        touched: Touched,
        store: DigestStore,
        results: _Results,
    ) -> None:
        """Workers keep the globals of the moment at which they were started."""
        for name in pools(touched, self._namespace):
            used = handed_over(touched, self._namespace)
            results.kept |= dict.fromkeys(used, name)
            then = self._pools.get(name)
            if then is not None and then[0] == id(self._namespace[name]):
                ours = ((other, then[1][other]) for other in used if other in then[1])
                older = {(other, name): (digest,) for other, digest in ours if digest != store.digest(other)}
                results.taken |= older
            elif started(self._namespace[name]):
                self._pools[name] = (id(self._namespace[name]), store.digests())

    def _forget(self, bound: Iterable[str]) -> None:
        """These names are bound anew, so what was known of their caches no longer holds."""
        for name in bound:
            self._filled.pop(name, None)
            self._pools.pop(name, None)


def _attributes_behind(cache: Cache, name: str, reads: Iterable[Read]) -> list[Read]:
    """The attributes that the function behind a ``cached_property`` names, as a run found them."""
    held = next((read.digest for read in reads if read.name == name and not read.path), None)
    if held is None or not cache.attribute:
        return []
    words = getattr(getattr(cache.body, "__code__", None), "co_names", ())
    parts = {path: held.part(path) for path in map(attribute_path, words)}
    return [Read(Name(name), path, part) for path, part in parts.items() if part is not None]

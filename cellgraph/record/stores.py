"""Stores into what variables hold: under their own names, through others of the same object, into attributes.

What is stored may be what was there already. It counts as written all the same: a restart may have
something else there by then. What becomes of a store into an instance of a class of the notebook's depends
on the class: it may have slots, a ``__setattr__``, or a property of that name; or it is frozen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from cellgraph.digest.class_reflection import short_name
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Write, containing
from cellgraph.names import variable
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.path_changes import fits_anew
from cellgraph.structure import STORES
from cellgraph.trace.tracing_backend import Sites


class StoredInto(NamedTuple):
    """A name that a run stored into or fitted, with its digest from before, and the places of the stores."""

    name: str
    before: Digest
    sites: Sites


def stored_into(
    reads: Mapping[str, Sites], old: Mapping[str, Digest | None], store: DigestStore, kept: Collection[str]
) -> list[StoredInto]:
    """The names among ``reads`` that the run stored into, and the other names of the objects it stored into.

    ``old``: the digests from before the run. ``kept``: the names that the run did not bind and that are there
    after it; no others are told. The store is open.
    """
    found: list[StoredInto] = []
    for name, sites in reads.items():
        before = old[name]
        if before is None or name not in kept or store.get(name) is None:
            continue
        stored = {path for path, only in sites if only}
        if stored or fits_anew(sites, before):
            found.append(StoredInto(name, before, sites))
        if stored and store.shares_any(name):
            found += [one for one in _under_other_names(name, stored, store) if one.name in kept]
    return found


def _under_other_names(name: str, stored: set[str], store: DigestStore) -> Iterator[StoredInto]:
    """The other names that hold an object into which something was stored through ``name``."""
    objects = {path: key for key, path in store.places(name).items()}
    into: dict[str, set[tuple[str, bool]]] = {}
    for path in stored:
        holder = next(iter(containing(path)), "")
        key = objects.get(holder)
        for other in store.sharing(frozenset({key}), apart_from={name}) if key is not None else ():
            place = store.places(other).get(key) if key is not None else None
            into.setdefault(other, set()).update(
                {(place + path[len(holder) :], True)} if place is not None else ()
            )
    for other in store.sharing(_memory(name, store), apart_from={name, *into}):
        into[other] = set()  # a view of an array: nothing tells which part of the other one it is
    for other, sites in into.items():
        if (digest := store.digest(other)) is not None:
            yield StoredInto(other, digest, frozenset(sites))


def _memory(name: str, store: DigestStore) -> frozenset[int]:
    """The ids of the objects that an array takes its elements from. Empty for any other value."""
    known = store.get(name)
    is_array = known is not None and known.look.digest.type == "ndarray"
    return known.look.mutable if known is not None and is_array else frozenset()


def ways_to_store(instances: Iterable[str], written: set[str], store: DigestStore) -> Mapping[str, Read]:
    """What decides how these instances take attributes, by their names, where their class has a name too.

    ``written`` are the names that the run bound or deleted: a class that it made itself is no read.
    """
    found: dict[str, Read] = {}
    for name in instances:
        cls = type(store.value(name))
        called = short_name(cls)
        known = store.digest(called) if called not in written and store.value(called) is cls else None
        if known is not None and any(path == STORES for path, _ in known.parts):
            found[name] = Read(variable(called), STORES, known.part(STORES))
    return found


def by_way(write: Write, way: Read | None) -> Write:
    """A store into an instance: it comes from what decides how the class takes it, too."""
    if way is None or write.sources is None:
        return write
    by_path = tuple((path, tuple(sorted({*names, way.name}))) for path, names in write.path_sources)
    return replace(write, sources=tuple(sorted({*write.sources, way.name})), path_sources=by_path)

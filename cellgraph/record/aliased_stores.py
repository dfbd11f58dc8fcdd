"""Names that a run stored into: by itself, and through another name that holds the same object.

What is stored may be what was there already. It counts as written all the same: a restart may have something
else there by then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, containing
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.path_changes import fits_anew
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

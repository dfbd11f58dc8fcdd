"""Stores into attributes of instances of the notebook's classes: what becomes of one depends on the class.

It may have slots, a ``__setattr__``, or a property of that name; or it is frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cellgraph.digest.class_reflection import short_name
from cellgraph.model import Read, Write
from cellgraph.names import variable
from cellgraph.record.digest_store import DigestStore
from cellgraph.structure import STORES


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

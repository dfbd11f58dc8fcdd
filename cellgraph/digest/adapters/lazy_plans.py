"""Lazy plans and handles of what lies elsewhere: who they are, never what they would give.

dask names what it builds by a hash of how it is built, so its names tell plans apart. What tells no
such name, or reaches a file or a server, is opaque: OPAQUE_ROOTS in ``objects`` lists its libraries.
"""

from __future__ import annotations

import re
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def _by_name(value: Any, name: object, walk: Walk) -> bytes:
    """By the name of a plan; one that was drawn at random tells nothing."""
    if type(name) is not str or _RANDOM.search(name):
        return walk.mark_opaque(value)
    return name.encode()


def _attribute(value: Any, name: str) -> Any:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value).get(name) if getter is not None else None


def _slot(value: Any, name: str) -> Any:
    for slot, getter in class_reflection.slots(type(value), object):
        if slot == name:
            return getter(value)
    return None


@digests("dask.Array", whole=True, mutable=True)
def _array(value: Any, walk: Walk) -> bytes:
    return _by_name(value, _slot(value, "_Array__name"), walk)


@digests("dask.Bag", whole=True, mutable=True)
def _bag(value: Any, walk: Walk) -> bytes:
    return _by_name(value, _attribute(value, "name"), walk)


@digests("dask.Item", whole=True, mutable=True)
def _item(value: Any, walk: Walk) -> bytes:
    return _by_name(value, _attribute(value, "key"), walk)


@digests("dask.Delayed", whole=True, mutable=True)
def _delayed(value: Any, walk: Walk) -> bytes:
    return _by_name(value, _slot(value, "_key"), walk)


@digests("dask.DataFrame", "dask.Series", "dask.Index", "dask.Scalar", whole=True, mutable=True)
def _collection(value: Any, walk: Walk) -> bytes:
    """By the name of the expression. It has been worked out when the expression was made."""
    expression = _attribute(value, "_expr")
    name = _attribute(expression, "_name") if expression is not None else None
    return _by_name(value, name, walk)


@digests(
    "zarr.LocalStore",
    "zarr.FsspecStore",
    "zarr.ObjectStore",
    "zarr.ZipStore",
    "zarr.LoggingStore",
    "zarr.GpuMemoryStore",
)
def _store(value: Any, walk: Walk) -> bytes:
    """Files: nothing is read of them."""
    return walk.mark_opaque(value)


@digests("zarr.MemoryStore", private="_store_dict _is_open")
def _in_memory(value: Any, walk: Walk) -> bytes:
    """What it keeps by name: chunks are written side by side, in whatever order they are ready."""
    held = _attribute(value, "_store_dict")
    if type(held) is not dict or any(type(name) is not str for name in held):
        return walk.visit(held)
    walk.note(held)
    return walk.visit_made(dict(sorted(held.items())))


@digests("sqlalchemy.Row", whole=True)
def _row(value: Any, walk: Walk) -> bytes:
    """A result that has been fetched is plain data."""
    return walk.visit(tuple(value._data)) + walk.visit_own([str(key) for key in value._parent._keys])

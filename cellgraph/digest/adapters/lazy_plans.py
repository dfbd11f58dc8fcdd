"""Lazy plans and handles of remote objects, by their identity. Nothing is computed.

dask names what it builds by a hash of the graph, so equal names mean equal plans. An object without such a
name, or one that reaches a file or a server, is opaque: OPAQUE_ROOTS in ``cellgraph/digest/instances.py``
lists their libraries.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_identity
from cellgraph.digest.protocol import Content, Walk
from cellgraph.digest.registry import digests

_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def _by_name(name_of: Callable[[Any], object]) -> Content:
    """By the name of the plan. A name that was drawn at random makes it opaque."""

    def content(value: Any, walk: Walk) -> bytes:
        name = name_of(value)
        if type(name) is not str or _RANDOM.search(name):
            return walk.mark_opaque(value)
        return name.encode()

    return content


def _attribute(value: Any, name: str) -> Any:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value).get(name) if getter is not None else None


def _slot(value: Any, name: str) -> Any:
    for slot, getter in class_reflection.slots(type(value), object):
        if slot == name:
            return getter(value)
    return None


digests("dask.Array", mutable=True, whole=True)(_by_name(lambda value: _slot(value, "_Array__name")))


digests("dask.Bag", mutable=True, whole=True)(_by_name(lambda value: _attribute(value, "name")))


digests("dask.Item", mutable=True, whole=True)(_by_name(lambda value: _attribute(value, "key")))


digests("dask.Delayed", mutable=True, whole=True)(_by_name(lambda value: _slot(value, "_key")))


def _expression_name(value: Any) -> object:
    """The name of a collection's expression, which was computed when the expression was made."""
    expression = _attribute(value, "_expr")
    return _attribute(expression, "_name") if expression is not None else None


digests("dask.DataFrame", "dask.Series", "dask.Index", "dask.Scalar", mutable=True, whole=True)(
    _by_name(_expression_name)
)


# Handles of files: no content is read.
digests(
    "zarr.LocalStore",
    "zarr.FsspecStore",
    "zarr.ObjectStore",
    "zarr.ZipStore",
    "zarr.LoggingStore",
    "zarr.GpuMemoryStore",
)(by_identity)


@digests("zarr.MemoryStore", private="_store_dict _is_open")
def _in_memory(value: Any, walk: Walk) -> bytes:
    """The chunks by their keys. Their order is that in which they were finished, and is left out."""
    held = _attribute(value, "_store_dict")
    if type(held) is not dict or any(type(name) is not str for name in held):
        return walk.visit(held)
    walk.note(held)
    return walk.visit_temporary(dict(sorted(held.items())))


@digests("sqlalchemy.MetaData", mutable=True)
def _metadata(value: Any, walk: Walk) -> bytes:
    """It is opaque. The names of its tables tell that one was added."""
    tables = _attribute(value, "tables")
    names = (
        sorted(name for name in dict.keys(tables) if type(name) is str) if isinstance(tables, dict) else []
    )
    return walk.mark_opaque(value) + walk.visit_untracked(names)


@digests("sqlalchemy.Row", whole=True)
def _row(value: Any, walk: Walk) -> bytes:
    """A fetched result is plain data."""
    return walk.visit(tuple(value._data)) + walk.visit_untracked([str(key) for key in value._parent._keys])

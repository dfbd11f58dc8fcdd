"""Lazy plans and handles of what lies elsewhere: who they are, never what they would give.

dask names what it builds by a hash of how it is built, so its names tell plans apart. What tells no
such name, or reaches a file or a server, is opaque: OPAQUE_ROOTS in ``objects`` lists its libraries.
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
    """By the name of a plan; one that was drawn at random tells nothing."""

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
    """The name of a collection's expression. It has been worked out when the expression was made."""
    expression = _attribute(value, "_expr")
    return _attribute(expression, "_name") if expression is not None else None


digests("dask.DataFrame", "dask.Series", "dask.Index", "dask.Scalar", mutable=True, whole=True)(
    _by_name(_expression_name)
)


# Files: nothing is read of them.
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
    """What it keeps by name: chunks are written side by side, in whatever order they are ready."""
    held = _attribute(value, "_store_dict")
    if type(held) is not dict or any(type(name) is not str for name in held):
        return walk.visit(held)
    walk.note(held)
    return walk.visit_temporary(dict(sorted(held.items())))


@digests("sqlalchemy.Row", whole=True)
def _row(value: Any, walk: Walk) -> bytes:
    """A result that has been fetched is plain data."""
    return walk.visit(tuple(value._data)) + walk.visit_untracked([str(key) for key in value._parent._keys])

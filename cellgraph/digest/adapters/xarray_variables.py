"""xarray variables by value if they are in memory, else by plan or identity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.part_paths import item_path
from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_identity
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests, ignore_cache_fields
from cellgraph.digest.value_parts import MAX_PARTS

ignore_cache_fields("xarray", "_cache _close")


@digests("xarray.Variable", "xarray.IndexVariable", mutable=True, private="_dims _data _attrs _encoding")
def _variable(value: Any, walk: Walk) -> bytes:
    """Dimensions, data and attributes. Empty attributes count as absent, because a read creates them."""
    state = _held(value)
    described = [state.get("_attrs") or None, state.get("_encoding") or None]
    return walk.sequence([state["_dims"], state["_data"], *described])


@digests("xarray.DataArrayGroupBy", "xarray.DatasetGroupBy", mutable=True)
def _groups(value: Any, walk: Walk) -> bytes:
    """The grouped object, the key, and which group each element belongs to.

    The rest is computed from these.
    """
    state = _held(value)
    groups = tuple(grouper.group for grouper in state["groupers"])
    return walk.sequence([state["_original_obj"], groups, state["encoded"].codes])


def _dataset_size(value: Any) -> str:
    sizes = ", ".join(f"{name}: {size}" for name, size in (_held(value)["_dims"] or {}).items())
    return f"dimensions ({sizes})"


def _held(value: Any) -> dict[str, Any]:
    found = {}
    for name, getter in class_reflection.slots(type(value), object):
        try:
            found[name] = getter(value)
        except AttributeError:
            continue
    return found


def _dataset_parts(value: Any, walk: Walk) -> Iterable[tuple[str, bytes]]:
    """One part for each variable with its coordinates, one for the coordinates, one for the attributes."""
    state = _held(value)
    variables = state["_variables"]
    if len(variables) > MAX_PARTS or any(type(name) is not str for name in variables):
        return ()
    labels = _coordinates(state, walk)
    told = [
        (item_path(name), xxh3_128_digest(labels + walk.visit(variable)))
        for name, variable in variables.items()
    ]
    return [*told, (".coords", labels), (".attrs", walk.visit(state["_attrs"] or None))]


@digests("xarray.Dataset", mutable=True, size=_dataset_size, parts=_dataset_parts)
def _dataset(value: Any, walk: Walk) -> bytes:
    state = _held(value)
    return (
        walk.visit(state["_variables"])
        + walk.visit(state["_coord_names"])
        + _coordinates(state, walk)
        + walk.visit(state["_attrs"] or None)
    )


def _coordinates(state: dict[str, Any], walk: Walk) -> bytes:
    variables = state["_variables"]
    names = sorted((name for name in state["_coord_names"] if name in variables), key=str)
    indexes = [state["_indexes"].get(name) for name in names]
    held = [variables[name] for name in names]
    return walk.visit_temporary(names) + walk.visit_temporary(held) + walk.visit_temporary(indexes)


# What is not loaded is left so. The user's use may load it, which is no change.
digests(
    "xarray.MemoryCachedArray",
    "xarray.CopyOnWriteArray",
    "xarray.LazilyIndexedArray",
    "xarray.LazilyVectorizedIndexedArray",
)(by_identity)

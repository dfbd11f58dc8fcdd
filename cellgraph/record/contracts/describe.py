"""A value → its ``Description``, within a time. Nothing of the value is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.class_reflection import mro, short_name, state_of
from cellgraph.record.contracts import columns
from cellgraph.record.contracts.columns import Rows, label_of, objects
from cellgraph.record.contracts.facts import Description, Part

MOST_PARTS = 500
"""Columns, or entries of a dict, that are looked at one by one."""
_PLAIN = (bool, int, float, str, type(None), bytes, complex)


def describe(value: object, budget_s: float) -> Description:
    """What a value is. After ``budget_s`` seconds columns are sampled. It may raise what a library raises."""
    until = perf_counter() + budget_s
    for base in mro(type(value)):
        read = _READERS.get(_known_name(base))
        if read is not None:
            return read(value, until)
    return Description(_full_name(type(value)))


def _known_name(cls: type) -> str:
    """A class by the package at the top and its own name, as the readers are listed."""
    root = class_reflection.module_root(cls)
    return f"{root}.{short_name(cls)}"


def _full_name(cls: type) -> str:
    root = class_reflection.module_root(cls)
    return short_name(cls) if root in ("builtins", "__main__", "") else f"{root}.{short_name(cls)}"


def _pandas_frame(value: Any, until: float) -> Description:
    manager = state_of(value)["_mgr"]
    names, index = manager.axes
    shape = (len(index), len(names))
    if len(names) > MOST_PARTS:
        return Description(_full_name(type(value)), shape)
    rows, found = Rows(until, len(names)), dict[int, Part]()
    labels = [label_of(name) for name in names.tolist()]
    plain = columns.numpy().ndarray
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist()
        two_sided = type(block.values) is plain and block.values.ndim == 2
        for row, place in enumerate(places):
            values = block.values[row] if two_sided else block.values
            found[place] = columns.pandas_values(labels[place], values, rows)
    return Description(_full_name(type(value)), shape, tuple(found[place] for place in sorted(found)))


def _pandas_series(value: Any, until: float) -> Description:
    state = state_of(value)
    values = state["_mgr"].blocks[0].values
    part = columns.pandas_values("", values, Rows(until))
    return Description(_full_name(type(value)), (len(state["_mgr"].axes[0]),), (part,))


def _pandas_index(value: Any, until: float) -> Description:
    data = state_of(value).get("_data")
    part = columns.pandas_values("", data, Rows(until)) if data is not None else Part("", "")
    return Description(_full_name(type(value)), (len(value),), (part,))


def _polars_frame(value: Any, until: float) -> Description:
    frame = _inner(value, "_df")
    held = frame.get_columns()
    shape = frame.shape()
    if len(held) > MOST_PARTS:
        return Description(_full_name(type(value)), shape)
    rows = Rows(until, len(held))
    return Description(
        _full_name(type(value)), shape, tuple(columns.polars_series(one, rows) for one in held)
    )


def _polars_series(value: Any, until: float) -> Description:
    series = _inner(value, "_s")
    part = columns.polars_series(series, Rows(until))
    return Description(_full_name(type(value)), (series.len(),), (_unlabelled(part),))


def _unlabelled(part: Part) -> Part:
    return replace(part, label="")


def _inner(value: Any, name: str) -> Any:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value)[name] if getter is not None else None


def _array(value: Any, until: float) -> Description:
    shape = tuple(columns.numpy().ndarray.shape.__get__(value))
    return Description(_full_name(type(value)), shape, (columns.array("", value, Rows(until)),))


def _tensor(value: Any, until: float) -> Description:
    """Shape and dtype alone: to read elements could ask a device, or a mode of the user's."""
    torch = sys.modules["torch"]
    with torch._C.DisableTorchFunction():  # noqa: SLF001 - a mode of the user's must not notice
        read = torch._C.TensorBase  # noqa: SLF001 - as above
        shape = tuple(map(int, read.shape.__get__(value)))
        dtype = str(read.dtype.__get__(value))
    return Description(_full_name(type(value)), shape, (Part("", dtype),))


def _dict(value: Any, until: float) -> Description:
    entries = list(dict.items(value))[: MOST_PARTS + 1]
    if len(entries) > MOST_PARTS:
        return Description(_full_name(type(value)), (dict.__len__(value),))
    rows = Rows(until, len(entries))
    parts = tuple(_entry(label_of(key), held, rows) for key, held in entries)
    return Description(_full_name(type(value)), (dict.__len__(value),), parts)


def _entry(label: Any, held: object, rows: Rows) -> Part:
    """One entry of a dict: a scalar, a list of scalars, or a value of which only the type is told."""
    if type(held) in _PLAIN:
        return _scalar_part(label, held)
    if type(held) is list or type(held) is tuple:
        return objects(label, _full_name(type(held)), held, rows)
    return Part(label, _full_name(type(held)))


def _scalar_part(label: Any, held: Any) -> Part:
    part = objects(label, _full_name(type(held)), [held], Rows(0.0))
    return replace(part, repeated=None, kinds=())


def _sequence(value: Any, until: float) -> Description:
    base = list if issubclass(type(value), list) else tuple
    held: Sequence[Any] = base.__getitem__(value, slice(None))
    return Description(_full_name(type(value)), (len(held),), (objects("", "", held, Rows(until)),))


def _set(value: Any, until: float) -> Description:
    base = set if issubclass(type(value), set) else frozenset
    held = list(base.__iter__(value))
    part = objects("", "", held, Rows(until))
    return Description(_full_name(type(value)), (len(held),), (part,))


def _scalar(value: Any, until: float) -> Description:
    return Description(_full_name(type(value)), (), (_scalar_part("", value),))


def _numpy_scalar(value: Any, until: float) -> Description:
    held = columns.numpy().generic.__array__(value)
    part = columns.array("", held.reshape(1), Rows(until))
    return Description(_full_name(type(value)), (), (replace(part, repeated=None),))


_READERS: Mapping[str, Callable[[Any, float], Description]] = MappingProxyType(
    {
        "pandas.DataFrame": _pandas_frame,
        "pandas.Series": _pandas_series,
        "pandas.Index": _pandas_index,
        "polars.DataFrame": _polars_frame,
        "polars.Series": _polars_series,
        "numpy.ndarray": _array,
        "numpy.generic": _numpy_scalar,
        "torch.Tensor": _tensor,
        "builtins.dict": _dict,
        "builtins.list": _sequence,
        "builtins.tuple": _sequence,
        "builtins.set": _set,
        "builtins.frozenset": _set,
        **{f"builtins.{kind.__name__}": _scalar for kind in _PLAIN},
    }
)

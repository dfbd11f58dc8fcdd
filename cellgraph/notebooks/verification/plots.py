"""Plots that are JSON (vega, plotly, bokeh) and other JSON outputs: compared value by value."""

from __future__ import annotations

import array
import base64
import binascii
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cellgraph.notebooks.verification.text import Place, compare_texts, near
from cellgraph.notebooks.verification.verdicts import Change
from cellgraph.notebooks.verification.volatile import without_ids

_MOST_CHANGES = 20
_DRAWN = frozenset({"uid", "root_id", "docid", "elementid", "render_items", "plot_id"})
"""Keys whose values are drawn anew for each plot."""
_CODES = {
    "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f",
    "f8": "d",
}  # fmt: skip
"""plotly's names of number types → those of the module ``array``."""


def compare_json(saved: Any, fresh: Any, place: Place) -> Iterator[Change]:
    """The changes between two JSON values. Places are paths: ``data[0].y[3]``."""
    for number, change in enumerate(_compare(saved, fresh, "", place)):
        if number == _MOST_CHANGES:
            return
        yield change


def _compare(saved: Any, fresh: Any, path: str, place: Place) -> Iterator[Change]:
    if saved == fresh and type(saved) is type(fresh):
        return
    saved, fresh = _unpacked(saved), _unpacked(fresh)
    if isinstance(saved, Mapping) and isinstance(fresh, Mapping):
        yield from _compare_objects(saved, fresh, path, place)
    elif isinstance(saved, list) and isinstance(fresh, list):
        yield from _compare_lists(saved, fresh, path, place)
    else:
        yield from _compare_leaves(saved, fresh, path, place)


def _compare_objects(
    saved: Mapping[str, Any], fresh: Mapping[str, Any], path: str, place: Place
) -> Iterator[Change]:
    for key in dict.fromkeys([*saved, *fresh]):
        inner = f"{path}.{key}" if path else str(key)
        if key in _DRAWN and key in saved and key in fresh:
            if saved[key] != fresh[key]:
                yield place.volatile(inner, "identifier of a plot", "", "")
        elif key not in saved or key not in fresh:
            yield place.change(inner, "plot", _text_of(saved.get(key)), _text_of(fresh.get(key)))
        else:
            yield from _compare(saved[key], fresh[key], inner, place)


def _compare_lists(saved: list[Any], fresh: list[Any], path: str, place: Place) -> Iterator[Change]:
    if len(saved) != len(fresh):
        yield place.change(path, "plot", f"{len(saved)} items", f"{len(fresh)} items")
        return
    for number, (one, other) in enumerate(zip(saved, fresh, strict=True)):
        yield from _compare(one, other, f"{path}[{number}]", place)


def _compare_leaves(saved: Any, fresh: Any, path: str, place: Place) -> Iterator[Change]:
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (saved, fresh)]
    if all(numbers):
        whole = isinstance(saved, int) and isinstance(fresh, int)
        if not whole and near(float(saved), float(fresh), place.tolerance):
            if saved != fresh:
                yield place.volatile(path, "number within the tolerance", str(saved), str(fresh))
        elif saved != fresh:
            yield place.change(path, "number", str(saved), str(fresh))
    elif isinstance(saved, str) and isinstance(fresh, str):
        prefix = ", ".join(filter(None, (place.prefix, path)))
        yield from compare_texts(without_ids(saved), without_ids(fresh), replace(place, prefix=prefix))
    else:
        yield place.change(path, "plot", _text_of(saved), _text_of(fresh))


def _unpacked(value: Any) -> Any:
    """A list of numbers that plotly has packed as base64, as a list."""
    if not isinstance(value, Mapping) or "bdata" not in value or value.get("dtype") not in _CODES:
        return value
    try:
        numbers = array.array(_CODES[value["dtype"]], base64.b64decode(value["bdata"]))
    except (binascii.Error, ValueError, TypeError):
        return value
    if sys.byteorder == "big":
        numbers.byteswap()
    return [*numbers.tolist(), {"shape": value["shape"]}] if "shape" in value else numbers.tolist()


def _text_of(value: Any) -> str:
    return "" if value is None else str(value)

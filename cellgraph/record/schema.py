"""Whether a record holds what its fields say: worked out from the annotations of ``cellgraph.model``.

A file may say anything. What is of another type than the model says would fail later, and elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Check = Callable[[Any], str | None]
"""Gives the place inside a value that is wrong (empty: all of it), None where nothing is."""

LARGEST = 2**256
"""Whole numbers from here on count nothing that a session could have."""


def wrong_field(record: Any) -> str | None:
    """The first field of a record, or of one inside it, that is not of its type: ``reads[0].digest``."""
    kind: Any = type(record)
    return _of_record(kind)(record)


@cache
def field_checks(kind: type) -> Mapping[str, Check]:
    """The check of each field of a kind of record, in their order."""
    hints = get_type_hints(kind)
    return {field.name: _of_type(hints[field.name]) for field in fields(kind)}


@cache
def _of_record(kind: type) -> Check:
    checks = field_checks(kind)

    def check(value: Any) -> str | None:
        if type(value) is not kind:
            return ""
        for name, inner in checks.items():
            if (place := inner(getattr(value, name))) is not None:
                return f"{name}.{place}" if place[:1] not in ("", "[") else name + place
        return None

    return check


@cache
def _of_type(hint: Any) -> Check:
    origin, given = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        return _of_any(tuple(map(_of_type, given)))
    if origin is tuple:
        return _of_tuple(given)
    if origin is Literal:
        return lambda value: None if type(value) is str and value in given else ""
    if is_dataclass(hint):
        return _of_record(hint)  # type: ignore[arg-type]
    return _of_plain(hint)


def _of_any(checks: tuple[Check, ...]) -> Check:
    def check(value: Any) -> str | None:
        places = [inner(value) for inner in checks]
        return None if None in places else max(filter(None, places), default="")

    return check


def _of_tuple(given: tuple[Any, ...]) -> Check:
    endless = given[-1] is Ellipsis
    inner = [_of_type(hint) for hint in given if hint is not Ellipsis]

    def check(value: Any) -> str | None:
        if type(value) is not tuple or not (endless or len(value) == len(inner)):
            return ""
        for place, part in enumerate(value):
            if (wrong := inner[0 if endless else place](part)) is not None:
                return f"[{place}]" + (f".{wrong}" if wrong[:1] not in ("", "[") else wrong)
        return None

    return check


def _of_plain(kind: type) -> Check:
    if kind is float:
        return lambda value: None if type(value) in (int, float) and _is_number(value) else ""
    if kind is int:
        return lambda value: None if type(value) is int and abs(value) < LARGEST else ""
    return lambda value: None if type(value) is kind or kind is type(None) is type(value) else ""


def _is_number(value: float) -> bool:
    return abs(value) < LARGEST if type(value) is int else math.isfinite(value)

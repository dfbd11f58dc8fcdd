"""A value in words for reports: its type, its extent and, for a number, itself."""

from __future__ import annotations

from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import ResolvedHandler
from cellgraph.digest.registry import nearest

_SHOWN = frozenset(map(id, (type(None), bool, int, float, complex)))
_SIZED = frozenset(map(id, (str, bytes)))
MAX_PREVIEW = 32
_MAX_BITS = 100
_NO_NUMBERS = frozenset({"ndarray", "void", "str_", "bytes_", "memmap"})


def type_name(value: object) -> str:
    """The name of a value's type."""
    return class_reflection.short_name(type(value))


def size_words(value: Any, kind: ResolvedHandler) -> str:
    """Its extent: ``length 5`` or ``shape (1000, 12)``; empty where it has none. ``kind``: its type's."""
    if id(type(value)) in _SIZED:
        return f"length {len(value)}"
    if kind.size is not None:
        return kind.size(value)
    handler = nearest(type(value))[1]
    return handler.size(value) if handler is not None and handler.size is not None else ""


def preview(value: Any) -> str:
    """The value itself for numbers, booleans and None. Text is never shown: it may be a secret."""
    plain = _as_scalar(value)
    if id(type(plain)) not in _SHOWN or (type(plain) is int and plain.bit_length() > _MAX_BITS):
        return ""
    if plain is None and value is not None:
        return ""
    return repr(plain)[:MAX_PREVIEW]


def _as_scalar(value: Any) -> Any:
    """The Python number behind a numpy scalar."""
    cls = type(value)
    if class_reflection.module_name(cls) != "numpy" or class_reflection.short_name(cls) in _NO_NUMBERS:
        return value
    return value.item() if "generic" in map(class_reflection.short_name, class_reflection.mro(cls)) else value

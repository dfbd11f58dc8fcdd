"""Expressions that give the same text whatever the display options of libraries are: ``f"{x:.2f}"``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_SCALAR_CALLS = frozenset("len int float bool id hash ord isinstance issubclass hasattr callable".split())
"""Functions of Python's own that give a number."""
_TEXT_CALLS = frozenset({"str", "repr", "format"})
"""Those that give a text. Whether it depends on an option is a question of its own."""
_SCALAR_ATTRIBUTES = frozenset("shape size ndim empty dtype __name__ __qualname__ __version__".split())

_Parts = tuple[ast.expr, ...] | None
"""The parts of an expression that must be plain so that it is; None for one that never is."""


def are_plain(nodes: Iterable[ast.expr], is_scalar: Callable[[ast.Name], bool]) -> bool:
    """Whether each expression gives a number, or a text that no display option changes.

    ``is_scalar`` tells whether a variable holds a number or a text where it stands.
    """
    return all(_is_plain(node, is_scalar) for node in nodes)


def _is_plain(node: ast.expr, is_scalar: Callable[[ast.Name], bool]) -> bool:
    if isinstance(node, ast.Name):
        return is_scalar(node)
    find = _PARTS.get(type(node))
    parts = find(node) if find is not None else None
    return parts is not None and are_plain(parts, is_scalar)


def _of_formatted(node: ast.FormattedValue) -> _Parts:
    """Nothing where a format is given: tables and arrays have no text by one, and Python raises."""
    spec = node.format_spec
    has_format = node.conversion == -1 and isinstance(spec, ast.JoinedStr) and bool(spec.values)
    return () if has_format else (node.value,)


def _of_call(node: ast.Call) -> _Parts:
    match node.func:
        case ast.Name(id=name):
            return () if name in _SCALAR_CALLS or name in _TEXT_CALLS else None
        case ast.Attribute(value=ast.Constant(value=str()) | ast.JoinedStr() as text):
            return (text,)
    return None


_PARTS: Mapping[type[ast.expr], Callable[[Any], _Parts]] = {
    ast.Constant: lambda _: (),
    ast.JoinedStr: lambda node: tuple(node.values),
    ast.FormattedValue: _of_formatted,
    ast.BoolOp: lambda node: tuple(node.values),
    ast.Tuple: lambda node: tuple(node.elts),
    ast.BinOp: lambda node: (node.left, node.right),
    ast.UnaryOp: lambda node: (node.operand,),
    ast.Compare: lambda node: (node.left, *node.comparators),
    ast.Subscript: lambda node: (node.value,) if isinstance(node.value, ast.Attribute) else None,
    ast.Attribute: lambda node: () if node.attr in _SCALAR_ATTRIBUTES else None,
    ast.Call: _of_call,
}

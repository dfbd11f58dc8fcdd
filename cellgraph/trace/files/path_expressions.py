"""The path that an expression gives, without running it: of constants, variables, their fields and items."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from cellgraph.code.expression_names import last_word
from cellgraph.digest.class_reflection import member, state_of
from cellgraph.digest.class_reflection import namespace as class_members
from cellgraph.digest.code_origin import globals_of
from cellgraph.trace.files.paths import as_path

_JOINS = frozenset({"Path", "PurePath", "join", "joinpath", "PosixPath"})
_NAMESPACE_FIELDS = class_members(SimpleNamespace)["__dict__"].__get__
_MOST_ITEMS = 1000
"""Items of a dict among which a path is looked for."""


def path_of(node: ast.expr, namespace: Mapping[str, Any]) -> str | None:
    """The path that an expression gives, without running it. None if that is not known."""
    resolver = _RESOLVERS.get(type(node))
    return resolver(node, namespace) if resolver is not None else None


def _constant(node: ast.Constant, _: Mapping[str, Any]) -> str | None:
    return node.value if isinstance(node.value, str) else None


def _variable(node: ast.expr, namespace: Mapping[str, Any]) -> str | None:
    value = _value(node, namespace)
    return str(value) if type(value) is int else as_path(value)


def _attribute(node: ast.Attribute, namespace: Mapping[str, Any]) -> str | None:
    """A field that holds a path, or the part of a path that has this name (``path.parent``)."""
    part = _PARTS.get(node.attr)
    whole = path_of(node.value, namespace) if part is not None else None
    return part(whole) if part is not None and whole is not None else _variable(node, namespace)


_PARTS: Mapping[str, Callable[[str], str]] = {
    "parent": lambda path: os.path.dirname(path) or ".",
    "name": os.path.basename,
    "stem": lambda path: os.path.splitext(os.path.basename(path))[0],
}
"""Properties of ``pathlib.Path``."""


def _value(node: ast.expr, namespace: Mapping[str, Any]) -> object:
    """What a variable holds, a field of it, or an item of it. None if that is not known."""
    if isinstance(node, ast.Name):
        return namespace.get(node.id)
    if isinstance(node, ast.Attribute):
        return _field(_value(node.value, namespace), node.attr)
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else _value(node.slice, namespace)
        return _item(_value(node.value, namespace), key)
    return None


def _field(holder: object, name: str) -> object:
    """An attribute of a module, a class or an instance, as far as it is stored and not computed."""
    kind = type(holder)
    if kind is ModuleType:
        return globals_of(holder).get(name)  # type: ignore[arg-type]
    if kind is type:
        return member(holder, name)  # type: ignore[arg-type]
    state = _NAMESPACE_FIELDS(holder) if kind is SimpleNamespace else state_of(holder)
    return state[name] if name in state else member(kind, name)


def _item(holder: object, key: object) -> object:
    """An item of a dict, a list or a tuple. Keys of the user's own types are not compared."""
    kind, of_key = type(holder), type(key)  # by identity: to compare types may run code of a metaclass
    if kind is dict and (of_key is str or of_key is int):
        items: Iterable[tuple[object, object]] = islice(dict.items(holder), _MOST_ITEMS)  # type: ignore[arg-type]
        return next((value for held, value in items if type(held) is of_key and held == key), None)
    if (kind is list or kind is tuple) and type(key) is int:
        items = cast("Sequence[Any]", holder)
        return items[key] if -len(items) <= key < len(items) else None
    return None


def _joined(node: ast.JoinedStr, namespace: Mapping[str, Any]) -> str | None:
    plain = [
        part.value if isinstance(part, ast.FormattedValue) and part.format_spec is None else part
        for part in node.values
    ]
    return _all([path_of(part, namespace) for part in plain], "".join)


def _operation(node: ast.BinOp, namespace: Mapping[str, Any]) -> str | None:
    sides = [path_of(node.left, namespace), path_of(node.right, namespace)]
    if isinstance(node.op, ast.Div):
        return _all(sides, lambda parts: os.path.join(*parts))
    return _all(sides, "".join) if isinstance(node.op, ast.Add) else None


def _join_call(node: ast.Call, namespace: Mapping[str, Any]) -> str | None:
    name = last_word(node.func)
    if name in ("str", "fspath") and len(node.args) == 1:
        return path_of(node.args[0], namespace)
    if not node.args and name in ("cwd", "getcwd", "Path"):
        return "."
    if name in _REPLACED and len(node.args) == 1 and isinstance(node.func, ast.Attribute):
        return _all([path_of(node.func.value, namespace), path_of(node.args[0], namespace)], _REPLACED[name])
    if name not in _JOINS or not node.args:
        return None
    receiver = [node.func.value] if name == "joinpath" and isinstance(node.func, ast.Attribute) else []
    return _all([path_of(part, namespace) for part in (*receiver, *node.args)], lambda p: os.path.join(*p))


_REPLACED: Mapping[str, Callable[[list[str]], str]] = {
    "with_suffix": lambda parts: os.path.splitext(parts[0])[0] + parts[1],
    "with_name": lambda parts: os.path.join(os.path.dirname(parts[0]), parts[1]),
}
"""Methods of ``pathlib.Path`` that give another path."""


def _all(parts: list[str | None], join: Callable[[list[str]], str]) -> str | None:
    known = [part for part in parts if part is not None]
    return join(known) if known and len(known) == len(parts) else None


_RESOLVERS: Mapping[type, Callable[[Any, Mapping[str, Any]], str | None]] = {
    ast.Constant: _constant,
    ast.Name: _variable,
    ast.Attribute: _attribute,
    ast.Subscript: _variable,
    ast.JoinedStr: _joined,
    ast.BinOp: _operation,
    ast.Call: _join_call,
}

"""Stores into single parts of a variable, where the text spells their keys: ``scores["a"] = 1``.

Calls store as well: ``d.update(a=x)``, ``setattr(v, "a", x)`` and the like.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from cellgraph.code.expression_names import function_name, is_name, mentions
from cellgraph.code.fast_ast import every_node
from cellgraph.code.part_paths import attribute_path, item_path
from cellgraph.code.source import body_apart_from_magics
from cellgraph.code.statement_names import MUTATING_METHODS
from cellgraph.light_namedtuple import NamedTuple


@lru_cache(maxsize=256)
def stored_paths(text: str, name: str) -> frozenset[str] | None:
    """The paths under which a text stores into a variable: ``scores["a"] = 1``, ``scores.update(b=2)``.

    None where it does anything else with the variable, or does it in a branch. What the functions do that it
    calls is not looked at.
    """
    found: set[str] = set()
    for node in body_apart_from_magics(text):
        if mentions(node, name):
            paths = _stored_by(node, name)
            if not paths:
                return None
            found |= paths
    return frozenset(found) or None


@lru_cache(maxsize=256)
def columns_stored(text: str, name: str) -> frozenset[str] | None:
    """The paths under which a text stores into a frame what it makes of its columns; None if it does more.

    ``df["total"] = df["price"] * df["count"]``
    """
    nodes = [node for node in body_apart_from_magics(text) if mentions(node, name)]
    found = [_column_stored(node, name) for node in nodes]
    return frozenset(filter(None, found)) if found and None not in found else None


def _column_stored(node: ast.stmt, name: str) -> str | None:
    match node:
        case ast.Assign(targets=[ast.Subscript(value=held, slice=ast.Constant(value=str(key)))], value=value):
            parts = [*ast.walk(value)]
            uses = sum(isinstance(part, ast.Name) and part.id == name for part in parts)
            alone = uses == sum(_is_item(part, name) for part in parts)
            known = bool(uses) or isinstance(value, ast.Constant)  # anything else may be of another length
            if is_name(held, name) and known and alone and not any(map(_may_change_columns, parts)):
                return item_path(key)
    return None


def _may_change_columns(node: ast.AST) -> bool:
    """Whether it is a call that may change a column, or do so with what it is given."""
    if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
        return True
    if isinstance(node, ast.keyword):
        return node.arg in (None, "inplace", "out")
    return isinstance(node, ast.Attribute) and node.attr in MUTATING_METHODS


def _is_item(node: ast.AST, name: str) -> bool:
    """Whether it is ``df["price"]``."""
    match node:
        case ast.Subscript(value=held, slice=ast.Constant(value=str())):
            return is_name(held, name)
    return False


def _stored_by(node: ast.stmt, name: str) -> set[str]:
    """The paths under which a statement stores, if it does nothing else with the variable."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=held, slice=ast.Constant(value=str() | int() as key))]):
            path, values = item_path(key), [node.value]
        case ast.Assign(targets=[ast.Attribute(value=held, attr=attribute)]):
            path, values = attribute_path(attribute), [node.value]
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=held, attr="update")) as call):
            path, values = "", [*call.args, *(word.value for word in call.keywords)]
        case _:
            return set()
    if not is_name(held, name) or any(mentions(value, name) for value in values):
        return set()
    return {path} if path else {store.path for store in call_stores(call)}


@lru_cache(maxsize=256)
def updated_paths(text: str, name: str) -> frozenset[str] | None:
    """The paths that the calls of a variable's ``update`` store into; None if one does not tell them all."""
    found: set[str] = set()
    nodes = [node for statement in body_apart_from_magics(text) for node in every_node(statement)]
    uses = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "update"]
    calls = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
    for use in (use for use in uses if is_name(use.value, name)):
        paths = {store.path for store in call_stores(calls[id(use)])} if id(use) in calls else set()
        if not paths:
            return None
        found |= paths
    return frozenset(found) or None


How = Literal["sets", "updates", "fills", "inserts"]
"""``sets``: whatever was there is replaced. ``updates``: so it is in a dict, and a ``Counter`` adds to it.
``fills``: nothing happens where it is there. ``inserts``: it fails where it is there."""


class CallStore(NamedTuple):
    """One part that a call stores into: ``path`` of the variable ``name``, and the value that it gets."""

    name: str
    path: str
    value: ast.expr
    how: How


def call_stores(call: ast.Call) -> Iterator[CallStore]:
    """The parts that a call stores into; none if the text does not tell them all."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update")):
            yield from _each(name, _updated(call), "updates")
        case ast.Call(func=ast.Attribute(value=space, attr="update")) if name := _attributes_of(space):
            given = _updated(call)
            yield from _each(name, [(_as_attribute(path), value) for path, value in given], "sets")
        case ast.Call(
            func=ast.Name(id="setattr"), args=[ast.Name(id=name), ast.Constant(value=str(key)), value]
        ):
            yield CallStore(name, attribute_path(key), value, "sets")
        case (
            ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="__setitem__"),
                args=[ast.Constant(value=str(key)), value],
            )
            | ast.Call(
                func=ast.Attribute(value=ast.Name(id="operator"), attr="setitem") | ast.Name(id="setitem"),
                args=[ast.Name(id=name), ast.Constant(value=str(key)), value],
            )
        ):
            yield CallStore(name, item_path(key), value, "sets")
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="insert"),
            args=[_, ast.Constant(value=str(key)), value],
            keywords=[],
        ):
            yield CallStore(name, item_path(key), value, "inserts")
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"),
            args=[ast.Constant(value=str(key)), value],
        ):
            yield CallStore(name, item_path(key), value, "fills")


def _each(name: str, members: Iterable[tuple[str, ast.expr]], how: How) -> Iterator[CallStore]:
    for path, value in members:
        yield CallStore(name, path, value, how)


def _attributes_of(space: ast.expr) -> str:
    """The variable whose attributes a dict holds: ``x`` for ``vars(x)`` and ``x.__dict__``; or nothing."""
    match space:
        case ast.Call(args=[ast.Name(id=name)], keywords=[]) if function_name(space) == "vars":
            return name
        case ast.Attribute(value=ast.Name(id=name), attr="__dict__"):
            return name
    return ""


def _as_attribute(path: str) -> str:
    """The path of an attribute from that of an item: ``.a`` for ``["a"]``."""
    return attribute_path(path[2:-2]) if path.startswith('["') else path


def _updated(call: ast.Call) -> list[tuple[str, ast.expr]]:
    """What a call of ``update`` is given by its keys; nothing if some of it has no key in the text."""
    told = [(item_path(word.arg or ""), word.value) for word in call.keywords]
    if not call.args and all(word.arg for word in call.keywords):
        return told
    if len(call.args) != 1 or told or isinstance(call.args[0], ast.List):
        return []  # a list of pairs: its places are no keys
    return spelt_members(call.args[0]) or []


def spelt_members(value: ast.expr) -> list[tuple[str, ast.expr]] | None:
    """The parts of a value that is written out: a dict, a list, ``dict(a=1)``, ``SimpleNamespace(a=1)``."""
    match value:
        case ast.Dict(keys=keys, values=values) if keys and all(map(_is_key, keys)):
            return [(item_path(k.value), v) for k, v in zip(keys, values, strict=True)]  # type: ignore[union-attr]
        case ast.List(elts=values) if values and not any(isinstance(v, ast.Starred) for v in values):
            return [(item_path(place), held) for place, held in enumerate(values)]
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words) if words and all(
            w.arg for w in words
        ):
            return [(item_path(word.arg or ""), word.value) for word in words]
        case ast.Call(func=ast.Name(id="SimpleNamespace"), args=[], keywords=words) if words and all(
            word.arg for word in words
        ):
            return [(attribute_path(word.arg or ""), word.value) for word in words]
    return None


def _is_key(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (str, int)

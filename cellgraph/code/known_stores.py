"""Under which paths a text stores into a variable, where it spells them all: ``scores["a"] = 1``."""

from __future__ import annotations

import ast
from functools import lru_cache

from cellgraph.code.call_stores import call_stores
from cellgraph.code.expression_names import is_name, mentions
from cellgraph.code.fast_ast import every_node
from cellgraph.code.part_paths import attribute_path, item_path
from cellgraph.code.source import body_apart_from_magics


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

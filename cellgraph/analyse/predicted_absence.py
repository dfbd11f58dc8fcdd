"""Whether a cell fails where a name that it read is not there: told by its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from cellgraph.code.parsing import body_apart_from_magics

_CATCHING = frozenset({"NameError", "Exception", "BaseException"})


@lru_cache(maxsize=256)
def fails_without(source: str, name: str) -> bool:
    """Whether the text takes ``name`` where nothing catches the NameError, and does not ask for it first.

    False where that is not sure: a function may take it, or code in a string.
    """
    statements = body_apart_from_magics(source)
    nodes = (node for statement in statements for node in ast.walk(statement))
    if any(isinstance(node, ast.Constant) and node.value == name for node in nodes):
        return False  # ``if "x" in globals()``
    return any(_takes(node, name) for statement in statements for node in _uncaught(statement))


def _takes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store)


def _uncaught(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes under ``node`` from which a NameError gets out."""
    yield node
    for child in ast.iter_child_nodes(node):
        if child not in _protected(node):
            yield from _uncaught(child)


def _protected(node: ast.AST) -> list[ast.stmt]:
    if isinstance(node, ast.Try) and any(map(_catches, node.handlers)):
        return node.body
    if isinstance(node, ast.With | ast.AsyncWith) and any("suppress" in ast.dump(i) for i in node.items):
        return node.body
    return []


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _CATCHING for node in ast.walk(handler.type))

"""Whether a cell fails where a name that it read is not there: told by its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from cellgraph.code.source import parse

_CATCHING = frozenset({"NameError", "Exception", "BaseException"})
_NO_PYTHON = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


@lru_cache(maxsize=256)
def fails_without(source: str, name: str) -> bool:
    """Whether the text takes ``name`` where nothing catches the NameError, and does not ask for it first.

    False where that is not sure: a function may take it, or code in a string.
    """
    tree = parse(source).tree or parse(_NO_PYTHON.sub("", source)).tree
    if tree is None:
        return False
    if any(isinstance(node, ast.Constant) and node.value == name for node in ast.walk(tree)):
        return False  # ``if "x" in globals()``
    return any(_takes(node, name) for node in _uncaught(tree))


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

"""Helpers of the notebook's that change libraries for others: ``add_method(pd.Series, "twice", f)``.

The helper's text does not say which attribute it sets, or of what. The text that calls the helper names both,
so each of its names is paired with each of its words. Which of the pairs are true the library tells.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cellgraph.code.expression_names import function_name
from cellgraph.code.fast_ast import every_node
from cellgraph.digest import class_reflection
from cellgraph.patterns import Pattern

_SETS = Pattern(r"\bsetattr\b|\w\.\w+\s*=(?!=)")
_MOST_PAIRS = 2_000
"""Pairs of an owner and a name that are given for one text."""
_LOOKING_UP = frozenset({"getattr", "hasattr", "attrgetter"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

Pair = tuple[ast.expr, str]
"""What may stand for a library's module or class, and the name of an attribute."""


class HelperStores:
    """The helpers that cells have defined. It keeps names and parts of syntax trees."""

    def __init__(self) -> None:
        self._helpers: dict[str, list[ast.AST]] = {}

    def learn(self, text: str, tree: ast.Module) -> None:
        """Take in the helpers that a text defines which has run."""
        if not self._helpers and ("def " not in text or _SETS.search(text) is None):
            return
        for node in tree.body:
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                self._helpers.pop(node.name, None)
                nodes = list(every_node(node))
                if any(map(_sets_unnamed, nodes)) or not self._helpers.keys().isdisjoint(_names(nodes)):
                    self._helpers[node.name] = nodes

    def pairs(self, text: str, tree: ast.Module, namespace: Mapping[str, Any]) -> Iterator[Pair]:
        """What a text that calls helpers may set. It is empty for a text that only defines some."""
        nodes, helpers = self._executed(text, tree, namespace)
        if not helpers and not any(map(_is_dynamic, nodes)):
            return
        owners, words = _owners([*nodes, *helpers]), _words(nodes, helpers)
        count = max(1, _MOST_PAIRS // max(1, len(owners)))
        for owner in owners:
            for word in words[:count]:
                yield owner, word

    def spells_only(self, text: str, tree: ast.Module, namespace: Mapping[str, Any]) -> bool:
        """Whether the texts in a text that calls helpers name what is set, and nothing that is looked up."""
        nodes, helpers = self._executed(text, tree, namespace)
        calls = [function_name(node) for node in (*nodes, *helpers) if isinstance(node, ast.Call)]
        return (bool(helpers) or "setattr" in calls) and _LOOKING_UP.isdisjoint(calls)

    def _executed(
        self, text: str, tree: ast.Module, namespace: Mapping[str, Any]
    ) -> tuple[list[ast.AST], list[ast.AST]]:
        """The nodes that a text executes, and those of the helpers behind it. None if it can set nothing."""
        if not self._helpers and "setattr" not in text:
            return [], []
        nodes = _executed(tree)
        return nodes, [part for name in self._called(nodes, namespace) for part in self._helpers[name]]

    def _called(self, nodes: Iterable[ast.AST], namespace: Mapping[str, Any]) -> list[str]:
        """The helpers that are named, or whose instances are."""
        found: dict[str, None] = {}
        for name in _names(nodes):
            for helper in (name, class_reflection.short_name(type(namespace.get(name)))):
                if helper in self._helpers:
                    found[helper] = None
        return list(found)


def _executed(tree: ast.Module) -> list[ast.AST]:
    """The nodes of all statements but plain definitions: what stands in these does not run by itself."""
    return [part for node in tree.body if not _defines_only(node) for part in every_node(node)]


def _defines_only(node: ast.stmt) -> bool:
    """Whether a statement runs nothing of what stands in it."""
    return isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not node.decorator_list


def _sets_unnamed(node: ast.AST) -> bool:
    """Whether code sets an attribute of something that it is given."""
    if not isinstance(node, _FUNCTIONS):
        return _is_dynamic(node)
    given = {arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    given -= {"self"}
    stores = (part for part in every_node(node) if isinstance(part, ast.Attribute))
    return any(
        isinstance(part.ctx, ast.Store) and isinstance(part.value, ast.Name) and part.value.id in given
        for part in stores
    )


def _is_dynamic(node: ast.AST) -> bool:
    """Whether it is a ``setattr`` that does not spell what it sets, or of what."""
    if not (isinstance(node, ast.Call) and function_name(node) == "setattr" and len(node.args) == 3):
        return False
    owner = node.args[0]
    return not (isinstance(owner, ast.Name) and owner.id == "self")


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    return (node.id for node in nodes if isinstance(node, ast.Name))


def _owners(nodes: Iterable[ast.AST]) -> list[ast.expr]:
    """The names and dotted names in code, each once."""
    found: dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            found.setdefault(ast.unparse(node), node)
    return list(found.values())


def _words(nodes: Iterable[ast.AST], helpers: Iterable[ast.AST]) -> list[str]:
    """What may be the name of an attribute: texts, keywords, names that are stored.

    What functions are called counts where the code asks for it by ``f.__name__``.
    """
    found: dict[str, None] = {}
    every = (*nodes, *helpers)
    by_name = any(isinstance(node, ast.Attribute) and node.attr == "__name__" for node in every)
    for node in every:
        match node:
            case ast.Constant(value=str(word)) if word.isidentifier():
                found[word] = None
            case ast.keyword(arg=str(word)):
                found[word] = None
            case ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word) if by_name:
                found[word] = None
            case ast.Attribute(attr=word, ctx=ast.Store()):
                found[word] = None
    return list(found)

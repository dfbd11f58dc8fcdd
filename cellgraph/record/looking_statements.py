"""Statements of a run that only look at values: ``print((df.price > LIMIT).sum())``.

A statement that calls something may change what it is given. Where the text shows that it calls nothing but
what leaves tables, arrays, plain containers and estimators as they are, ``LIMIT`` does not flow into ``df``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType

from cellgraph.code.display_only import (
    NOTHING_KNOWN,
    PURE_MODULES,
    KnownNames,
    calls_quietly,
    pure_functions,
    shows_only,
)
from cellgraph.code.expression_names import names_in
from cellgraph.code.part_paths import PARAMETERS
from cellgraph.code.source import body
from cellgraph.code.statements import Block, Statement, every_step
from cellgraph.digest.class_reflection import has_member, made_by_user
from cellgraph.digest.code_origin import globals_of, is_users
from cellgraph.model import Digest
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.run_context import RunContext
from cellgraph.trace.settings.called_code import definition

_LOOKED_AT = frozenset(
    {"DataFrame", "Series", "ndarray", "Index", "list", "dict", "set", "tuple", "LazyFrame"}
)
"""Types of values that are not used up by being looked at."""
_MOST_ELEMENTS = 100
"""Elements of a container of which it is asked whether they are objects of the user's."""
_SEQUENCES = frozenset(map(id, (list, tuple, set)))
_LEVELS = 2
_DEPTH = 3
"""So many functions of the user's that call each other are looked into."""


class LookingStatements:
    """Tells which names a statement of one run leaves as they are although it calls something."""

    def __init__(
        self, block: Block, context: RunContext, store: DigestStore, changed: Mapping[str, Digest]
    ) -> None:
        self._block, self._store, self._changed = block, store, changed
        self._text = context.code if context.source.plain else ""
        self._nodes: dict[tuple[int, int], ast.stmt] | None = None
        self._quiet: dict[tuple[int, int], bool] = {}

    def leaves(self, step: Statement, name: str) -> bool:
        """Whether a statement leaves the value of a name as it is."""
        if not self._text or not self._is_looked_at(name) or not self._only_looks(step):
            return False
        return name not in self._changed or any(
            name in other.evidence | other.may_mutate and not self._only_looks(other)
            for other in every_step(self._block)
        )

    def _is_looked_at(self, name: str) -> bool:
        digest = self._store.digest(name)
        if digest is None:
            return False
        if digest.type not in _LOOKED_AT:
            return any(path == PARAMETERS for path, _ in digest.parts)
        value = self._store.value(name)
        return not made_by_user(type(value)) and not any(map(_may_change, _elements(value)))

    def _only_looks(self, step: Statement) -> bool:
        known = self._quiet.get(step.start)
        if known is None:
            node = self._by_place().get(step.start)
            known = self._quiet[step.start] = node is not None and self._is_quiet(node)
        return known

    def _is_quiet(self, node: ast.stmt) -> bool:
        known = self._known(node, _DEPTH)
        return calls_quietly(node, known) or shows_only(node, known)

    def _by_place(self) -> Mapping[tuple[int, int], ast.stmt]:
        if self._nodes is None:
            nodes = (node for top in body(self._text) for node in ast.walk(top) if isinstance(node, ast.stmt))
            self._nodes = {(node.lineno, node.col_offset): node for node in nodes}
        return self._nodes

    def _known(self, node: ast.AST, depth: int) -> KnownNames:
        """What is known of the names in a piece of syntax, by the values that they have now."""
        own: set[str] = set()
        pure: set[str] = set()
        for name in names_in(node):
            value = self._store.value(name)
            if type(value) is ModuleType:
                pure |= {name} if globals_of(value).get("__name__") in PURE_MODULES else set()
            elif _is_users(value):
                works_out = type(value) is FunctionType and depth and self._works_out(value, depth - 1)
                (pure if works_out else own).add(name)
        return KnownNames(own=frozenset(own), pure=frozenset(pure)) if own or pure else NOTHING_KNOWN

    def _works_out(self, function: FunctionType, depth: int) -> bool:
        """Whether a function of the notebook changes nothing that it is given, as its text says."""
        code = function.__code__
        if function.__globals__.get("__name__") != "__main__" or function.__closure__:
            return False
        found = definition(code.co_filename, code.co_firstlineno, code.co_name)
        if not isinstance(found, ast.FunctionDef):
            return False
        return code.co_name in pure_functions([found], self._known(found, depth))


def _elements(value: object, levels: int = _LEVELS) -> Iterator[object]:
    """What a container holds, and what the containers in it hold."""
    kind = type(value)
    held: list[object] = []
    if kind is dict:
        held = [*value.values()]  # type: ignore[attr-defined]
    elif id(kind) in _SEQUENCES:  # by identity: to compare types may run code of a metaclass
        held = [*value]  # type: ignore[misc]
    for element in held[:_MOST_ELEMENTS]:
        yield element
        if levels:
            yield from _elements(element, levels - 1)


def _may_change(value: object) -> bool:
    """Whether an element may be another one once it has been looked at: the user's, or an iterator."""
    return _is_users(value) or has_member(type(value), "__next__")


def _is_users(value: object) -> bool:
    """Whether a value is a function or a class of the user's, or an object of such a class."""
    if type(value) is FunctionType:
        return is_users(value.__globals__)
    return made_by_user(value if type(value) is type else type(value))

"""Conditions of a text whose outcome in a restart is known, as they compare plain values that are known.

What stands below a check that fails (``assert n > 0``, ``if n < 0: raise ValueError``) is not made, and in a
branch that a restart does not take nothing is done.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.code.expression_names import names_in
from cellgraph.code.source import body_apart_from_magics
from cellgraph.code.statements import block_of, bound_names
from cellgraph.digest import Digester
from cellgraph.model import Digest
from cellgraph.names import Name
from cellgraph.trace.settings.branches import Branches

_SCALARS = frozenset({"int", "float", "bool", "str", "NoneType"})
_LOOK_S = 0.01
"""Seconds that looking at a value may take."""


def failing_check(text: str, environment: Mapping[str, EnvironmentEntry]) -> int | None:
    """The line of the first check at the top level that certainly fails. None if none does."""
    nodes = body_apart_from_magics(text)
    conditions = _Conditions(nodes, environment)
    failing = (line for line, test, is_met in _checks(nodes) if conditions.is_otherwise(test, is_met))
    return next(failing, None)


def without_branches_not_taken(
    text: str, environment: Mapping[str, EnvironmentEntry]
) -> tuple[ast.stmt, ...]:
    """The statements of a text, without branches at the top level that a restart does not take."""
    nodes = body_apart_from_magics(text)
    conditions = _Conditions(nodes, environment)
    return tuple(map(conditions.without_branch, nodes))


class _Conditions:
    """Tells conditions by what names hold in a restart. The text binds none of these names itself."""

    def __init__(self, nodes: tuple[ast.stmt, ...], environment: Mapping[str, EnvironmentEntry]) -> None:
        self._tree = ast.Module([*nodes], [])
        self._own = bound_names(block_of(nodes))
        self._environment = environment

    def is_otherwise(self, test: ast.expr, is_met: bool) -> bool:
        """Whether a condition certainly has the other outcome than ``is_met``."""
        names = names_in(test)
        if not self._own.isdisjoint(names):
            return False
        values = {name: _value(self._environment.get(Name(name)), test) for name in names}
        known = all(value is not _UNKNOWN for value in values.values())
        return known and Branches(self._tree, values, None).is_cut_off([(test, is_met)])

    def without_branch(self, node: ast.stmt) -> ast.stmt:
        """A statement, or one that does less: an ``if`` without the branch that is certainly not taken."""
        match node:
            case ast.If(test=test) if self.is_otherwise(test, is_met=True):
                return ast.copy_location(ast.If(test, [ast.Pass()], node.orelse), node)
            case ast.If(test=test) if node.orelse and self.is_otherwise(test, is_met=False):
                return ast.copy_location(ast.If(test, node.body, []), node)
            case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[count])):
                if self.is_otherwise(ast.Compare(count, [ast.Gt()], [ast.Constant(0)]), is_met=True):
                    return ast.copy_location(ast.Pass(), node)
        return node


def _checks(nodes: tuple[ast.stmt, ...]) -> Iterator[tuple[int, ast.expr, bool]]:
    """The line and the condition of each check, and whether it has to hold."""
    for node in nodes:
        match node:
            case ast.Assert(test=test):
                yield node.lineno, test, True
            case ast.If(test=test, body=[*_, ast.Raise()]):
                yield node.lineno, test, False


_UNKNOWN = object()


_ANY_OTHER = "\0"
"""Stands for a text that is none of those with which it is compared."""


def _value(there: EnvironmentEntry | None, test: ast.expr) -> object:
    """The number or text that a name has in a restart, as far as the test asks for it."""
    digest: Digest | None = there.digest if there is not None and not there.doubt else None
    if digest is None or digest.quality != "exact" or digest.type not in _SCALARS:
        return _UNKNOWN
    if digest.type == "str":
        return _text(digest, test)
    try:
        value: object = ast.literal_eval(digest.preview)
    except (ValueError, SyntaxError):
        return _UNKNOWN
    return value if _is_value_of(digest, value) else _UNKNOWN


def _text(digest: Digest, test: ast.expr) -> object:
    """The text, which is known by its digest alone: one of those that the test asks for, or another."""
    parts = list(ast.walk(test))
    if not all(isinstance(part, ast.Eq | ast.NotEq) for part in parts if isinstance(part, ast.cmpop)):
        return _UNKNOWN
    asked = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return next((text for text in ("", *asked) if _is_value_of(digest, text)), _ANY_OTHER)


def _is_value_of(digest: Digest, value: object) -> bool:
    return Digester(_LOOK_S).look(value).digest.value == digest.value

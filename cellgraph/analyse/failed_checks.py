"""Checks of a text that certainly fail with other inputs: ``assert n > 0``, ``if n < 0: raise ValueError``.

What stands below such a check is not made. A check counts where it compares plain values that are known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.code.expression_names import names_in
from cellgraph.code.source import body_apart_from_magics
from cellgraph.code.statements import block_of, bound_names
from cellgraph.digest.digester import Digester
from cellgraph.model import Digest
from cellgraph.names import Name
from cellgraph.trace.settings.branches import Branches

_SCALARS = frozenset({"int", "float", "bool", "str", "NoneType"})
_LOOK_S = 0.01
"""Seconds that looking at a value may take."""


def failing_check(text: str, environment: Mapping[str, EnvironmentEntry]) -> int | None:
    """The line of the first check at the top level that certainly fails. None if none does."""
    nodes = body_apart_from_magics(text)
    own = bound_names(block_of(nodes))
    tree = ast.Module([*nodes], [])
    for line, test, is_met in _checks(nodes):
        known = {name: environment.get(Name(name)) for name in names_in(test)}
        given = ((name, _value(there, test)) for name, there in known.items())
        values = {name: value for name, value in given if value is not _UNKNOWN}
        usable = values.keys() == known.keys() and own.isdisjoint(known)
        if usable and Branches(tree, values, None).is_cut_off([(test, is_met)]):
            return line
    return None


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

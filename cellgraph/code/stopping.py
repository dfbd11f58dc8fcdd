"""Statements behind which a text does not go on."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_ENDING = frozenset({("sys", "exit"), ("os", "_exit"), ("os", "abort")})


def leaves(node: ast.AST) -> bool:
    """Whether a statement ends the process: ``sys.exit()``, ``exit()``."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    match call.func:
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return (module, name) in _ENDING
        case ast.Name(id=name):
            return name in ("exit", "quit")
    return False


def reached(statements: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """The statements of a text up to the first that certainly stops it: ``raise``, ``assert False``."""
    end = next((place for place, node in enumerate(statements, 1) if _stops(node)), len(statements))
    return statements[:end]


def _stops(node: ast.stmt) -> bool:
    match node:
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.Expr(value=ast.Call(func=ast.Name())):
            return False  # after its ``exit()`` IPython goes on with the cell
    return isinstance(node, ast.Raise) or leaves(node)

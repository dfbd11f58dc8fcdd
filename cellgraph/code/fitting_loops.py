"""Loops that fit each of several models: ``for name, model in models.items(): model.fit(X, y)``.

What the models were fitted to before makes no difference to such a cell.
"""

from __future__ import annotations

import ast

from cellgraph.code.expression_names import is_name, mentions
from cellgraph.code.part_paths import FITTING

_VIEWS = frozenset({"items", "values"})
_STRAIGHT = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.With)
_LATER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)
"""Expressions of which a part may not be evaluated, or not at this moment."""


def fitted_in_loops(tree: ast.Module | None) -> frozenset[str]:
    """The names of collections whose models a cell fits, each one, before it does anything else with them."""
    body = tree.body if tree is not None else []
    loops = ((at, loop) for at, loop in enumerate(body) if isinstance(loop, ast.For))
    found = ((at, loop, _collection(loop.iter)) for at, loop in loops)
    return frozenset(
        name
        for at, loop, name in found
        if name is not None
        and fits_each_of(loop, name)
        and not any(mentions(above, name) for above in body[:at])
    )


def _collection(node: ast.expr) -> str | None:
    """The name of what is gone over: ``models``, ``models.items()`` or ``models.values()``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
        node = node.func.value
    return node.id if isinstance(node, ast.Name) else None


def fits_each_of(loop: ast.For, collection: str) -> bool:
    """Whether each model is fitted, and that is the first thing done with it."""
    target = loop.target.elts[-1] if isinstance(loop.target, ast.Tuple) else loop.target
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    if not isinstance(target, ast.Name) or any(isinstance(node, ast.Continue | ast.Break) for node in inside):
        return False
    if any(mentions(statement, collection) for statement in loop.body):
        return False
    for statement in loop.body:
        if mentions(statement, target.id):
            return fits_first(statement, target.id)
    return False


def fits_first(statement: ast.stmt, name: str) -> bool:
    """Whether a statement that mentions a model certainly fits it, before it does anything else with it."""
    uses = [node for node in ast.walk(statement) if is_name(node, name)]
    first = min(uses, key=lambda node: (node.lineno, node.col_offset))
    return isinstance(statement, _STRAIGHT) and _is_fitted(statement, first)


def _is_fitted(statement: ast.stmt, model: ast.Name) -> bool:
    """Whether a statement certainly calls a method that fits the model that is named there."""
    if any(isinstance(node, _LATER) and model in ast.walk(node) for node in ast.walk(statement)):
        return False
    methods = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(
        isinstance(method, ast.Attribute) and method.value is model and f".{method.attr}" in FITTING
        for method in methods
    )

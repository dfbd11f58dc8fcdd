"""Models that a text fits: in a loop over them, or as the steps of a pipeline.

``for name, model in models.items(): model.fit(X, y)`` fits each. A pipeline fits its steps themselves, not
copies: ``Pipeline([("pre", pre), ("clf", clf)]).fit(X, y)``. What they were fitted to before makes no
difference to such a cell.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from cellgraph.code.expression_names import callee_word, is_name, last_word, mentions, names_in
from cellgraph.code.fast_ast import every_node
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


PIPELINES = frozenset({"Pipeline", "make_pipeline"})
"""What makes a pipeline, in scikit-learn and in imbalanced-learn."""


def fitted_in_pipelines(tree: ast.Module | None) -> frozenset[str]:
    """The names that a cell makes steps of pipelines, which it fits before anything else uses them."""
    body = tree.body if tree is not None else []
    found: set[str] = set()
    for at, statement in enumerate(body):
        for pipeline in _pipelines(statement):
            names = {step.id for step in _steps(pipeline)} - found
            fresh = {name for name in names if not any(_is_used(above, name) for above in body[:at])}
            found |= _fitted(body, at, pipeline, fresh)
    return frozenset(found)


def _fitted(body: Sequence[ast.stmt], at: int, pipeline: ast.Call, names: Collection[str]) -> set[str]:
    """Those of the steps' names that nothing else uses until the pipeline is fitted."""
    end = _fitted_at(body, at, pipeline) if names else None
    if end is None:
        return set()
    seen = names_in(body[end]) if end > at else set[str]()
    between = body[at : max(end, at + 1)]
    return {name for name in names if name not in seen and not any(_is_used(one, name) for one in between)}


def _fitted_at(body: Sequence[ast.stmt], at: int, pipeline: ast.Call) -> int | None:
    """The number of the statement that fits a pipeline, before anything else is done with it."""
    if any(_is_fit_of(node, pipeline) for node in every_node(body[at])):
        return at
    match body[at]:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            end = next((place for place in range(at + 1, len(body)) if mentions(body[place], name)), None)
            return end if end is not None and _fits(body[end], name, pipeline, value) else None
    return None


def _fits(statement: ast.stmt, name: str, pipeline: ast.Call, value: ast.expr) -> bool:
    """Whether a statement fits the pipeline that ``name`` holds, alone or among others."""
    if value is pipeline:
        return fits_first(statement, name)
    is_among = any(element is pipeline for element in _elements(value))
    return is_among and isinstance(statement, ast.For) and fits_each_of(statement, name)


def _is_fit_of(node: ast.AST, pipeline: ast.Call) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=method)):
            return value is pipeline and f".{method}" in FITTING
    return False


def _elements(node: ast.expr) -> list[ast.expr]:
    """The values of a dict, a list or a tuple that is written out; of pairs both parts."""
    if isinstance(node, ast.Dict):
        return node.values
    held = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [part for each in held for part in ([each, *each.elts] if isinstance(each, ast.Tuple) else [each])]


def _pipelines(statement: ast.stmt) -> Iterator[ast.Call]:
    """The pipelines that a statement certainly makes when it runs."""
    if isinstance(statement, ast.Expr | ast.Assign):
        calls = (node for node in every_node(statement) if isinstance(node, ast.Call))
        yield from (call for call in calls if last_word(call.func) in PIPELINES)


def _steps(pipeline: ast.Call) -> Iterator[ast.Name]:
    """The steps that are given as names."""
    if callee_word(pipeline) == "make_pipeline":
        given: list[ast.expr] = pipeline.args
    else:
        first = [*pipeline.args[:1], *(word.value for word in pipeline.keywords if word.arg == "steps")]
        pairs = [pair for held in first if isinstance(held, ast.List) for pair in held.elts]
        given = [pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple) and len(pair.elts) == 2]
    yield from (step for step in given if isinstance(step, ast.Name))


def _is_used(statement: ast.stmt, name: str) -> bool:
    """Whether a statement mentions a name elsewhere than as a step of a pipeline."""
    steps = {id(step) for pipeline in _pipelines(statement) for step in _steps(pipeline)}
    return any(is_name(node, name) and id(node) not in steps for node in every_node(statement))

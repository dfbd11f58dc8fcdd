"""Steps of pipelines that a text fits: ``Pipeline([("pre", pre), ("clf", clf)]).fit(X, y)``.

A pipeline fits its steps themselves, not copies. What they were fitted to before makes no difference to such
a cell.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from cellgraph.code.expression_names import callee_word, is_name, last_word, mentions, names_in
from cellgraph.code.fast_ast import every_node
from cellgraph.code.fitting_loops import fits_each_of, fits_first
from cellgraph.code.part_paths import FITTING

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

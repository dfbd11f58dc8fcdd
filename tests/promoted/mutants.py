"""Mutants of a module: one operator, constant, column, comparison or order changed at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


@dataclass(frozen=True)
class Mutant:
    """A changed module. ``what`` says what was changed, with the line."""

    what: str
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """Every mutant of the functions and settings of a module, but for annotations and docstrings."""
    tree = ast.parse(text)
    places = [node for node in ast.walk(tree) if not _is_idle(node, tree)]
    for number, node in enumerate(places):
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            twin = [one for one in ast.walk(changed) if not _is_idle(one, changed)][number]
            change(twin)
            made = ast.unparse(ast.fix_missing_locations(changed))
            if made != ast.unparse(tree):
                yield Mutant(f"line {getattr(node, 'lineno', 0)}: {what}", made)


def _is_idle(node: ast.AST, tree: ast.Module) -> bool:
    """Whether it is a docstring, or stands in an annotation: to change it changes nothing."""
    idle = _IDLE.get(id(tree))
    if idle is None:
        _IDLE.clear()
        idle = _IDLE[id(tree)] = frozenset(map(id, _idle(tree)))
    return id(node) in idle


_IDLE: dict[int, frozenset[int]] = {}


def _idle(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        held: list[ast.expr | None] = []
        if isinstance(node, ast.AnnAssign):
            held.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            held += [node.returns, *(one.annotation for one in node.args.args)]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            held.append(node.value)
        for part in held:
            if part is not None:
                yield from ast.walk(part)


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[..., None]]]:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        new = _OPERATORS[type(node.op)]
        yield f"{type(node.op).__name__} became {new.__name__}", lambda twin: setattr(twin, "op", new())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        other = _COMPARISONS[type(node.ops[0])]
        yield (
            f"{type(node.ops[0]).__name__} became {other.__name__}",
            lambda twin: setattr(twin, "ops", [other()]),
        )
    if isinstance(node, ast.Constant):
        yield from _of_constant(node.value)
    if isinstance(node, ast.Call) and len(node.args) == 2:
        yield "the arguments changed places", lambda twin: setattr(twin, "args", twin.args[::-1])
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield "the results changed places", lambda twin: setattr(twin.value, "elts", twin.value.elts[::-1])
    if isinstance(node, ast.BoolOp):
        swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"became {swapped.__name__}", lambda twin: setattr(twin, "op", swapped())
    if isinstance(node, ast.FunctionDef) and node.name != "main":
        yield from _of_statements(node)


def _of_constant(value: object) -> Iterator[tuple[str, Callable[..., None]]]:
    if type(value) is bool:
        yield f"{value} became {not value}", lambda twin: setattr(twin, "value", not value)
    elif type(value) in (int, float):
        yield f"{value} became {value + 1}", lambda twin: setattr(twin, "value", value + 1)  # type: ignore[operator]
    elif type(value) is str and value:
        yield f"{value!r} became another text", lambda twin: setattr(twin, "value", f"{value}_")


def _of_statements(node: ast.FunctionDef) -> Iterator[tuple[str, Callable[..., None]]]:
    """A statement left out, and two that change places."""
    for place in range(len(node.body) - 1):
        if isinstance(node.body[place], ast.Expr) and place == 0:
            continue  # the docstring

        def drop(twin: ast.FunctionDef, place: int = place) -> None:
            del twin.body[place]

        def swap(twin: ast.FunctionDef, place: int = place) -> None:
            twin.body[place : place + 2] = twin.body[place : place + 2][::-1]

        yield f"statement {place} of {node.name} was left out", drop
        if place < len(node.body) - 2:
            yield f"statements {place} and {place + 1} of {node.name} changed places", swap

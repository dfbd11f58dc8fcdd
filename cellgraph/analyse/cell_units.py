"""The statements of a cell as a slice takes them: each whole, with what it reads, binds and may change."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body
from cellgraph.code.statements import Block, block_of, every_step
from cellgraph.light_dataclass import dataclass

QUIET_CALLS = frozenset(
    "print display len repr str type id isinstance help sorted sum min max any all round abs format".split()
)
"""Builtins that change nothing they are given."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement at the top level of a cell, with the lines that it takes (from 0, end excluded)."""

    start: int
    end: int
    loads: frozenset[str]
    """Names that it reads from outside: not those that it has bound by then, as a loop its variable."""
    binds: frozenset[str]
    sure: frozenset[str]
    """Names that it binds whatever happens, without a look at what they held."""
    evidence: frozenset[str]
    later: frozenset[str]
    """Names that functions made in it read when they are called."""
    closure_binds: frozenset[str]
    calls: bool
    acts: bool
    """It calls something that may change what it is given."""
    asks: bool
    """It is an expression by itself, of methods that are not known to change what they belong to."""
    imports: bool = False
    nodes: tuple[ast.stmt, ...] = ()
    own_later: frozenset[str] = frozenset()
    """Those of ``later`` that it has bound before it makes the functions."""


def imports_all(node: ast.AST) -> bool:
    """Whether a statement is ``from m import *``."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


@lru_cache(maxsize=256)  # a slice is made for each name that a text binds
def units_of(source: str, *, stars: bool = False) -> tuple[Unit, ...]:
    """The statements of a cell; none where they are not plain Python."""
    statements = body(source)
    if not stars and any(imports_all(part) for node in statements for part in ast.walk(node)):
        return ()
    rows: list[list[ast.stmt]] = []
    for node in statements:
        if rows and _first(node) < (rows[-1][-1].end_lineno or 0):
            rows[-1].append(node)  # they share a line: they are kept together
        else:
            rows.append([node])
    return tuple(unit_of(nodes) for nodes in rows)


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", ())
    lines = [node.lineno, *(int(each.lineno) for each in decorators)]
    return min(lines) - 1


def unit_of(nodes: Sequence[ast.stmt]) -> Unit:
    """Statements that are kept together, as one unit."""
    block = block_of(nodes)
    every = tuple(every_step(block))

    def all_of(field: str) -> frozenset[str]:
        return frozenset[str]().union(*(getattr(step, field) for step in every))

    later = all_of("closure_loads")
    loads, bound = _exposed(block, "loads", frozenset())
    return Unit(
        start=_first(nodes[0]),
        end=nodes[-1].end_lineno or nodes[-1].lineno,
        loads=loads,
        binds=all_of("binds"),
        sure=bound - loads,
        evidence=all_of("evidence"),
        later=later,
        closure_binds=all_of("closure_binds"),
        calls=any(step.calls for step in every),
        acts=any(step.calls for step in every) and not _only_looks(nodes),
        asks=all(map(_only_asks, nodes)) and not all_of("evidence"),
        imports=any(isinstance(p, ast.Import | ast.ImportFrom) for n in nodes for p in ast.walk(n)),
        nodes=tuple(nodes),
        own_later=later - _exposed(block, "closure_loads", frozenset())[0],
    )


def _exposed(block: Block, field: str, bound: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The names in a field of statements that are not surely bound by then, and what is bound at the end."""
    found: frozenset[str] = frozenset()
    for step in block:
        own = step.binds if field == "closure_loads" else frozenset()  # it calls itself when it is bound
        found |= getattr(step, field) - bound - own
        before = bound
        bound = (bound | step.binds) - step.deletes
        if step.branches:
            inner = before if step.kind == "try" else bound
            ends = [_exposed(branch, field, inner) for branch in step.branches]
            found = found.union(*(names for names, _ in ends))
            bound = before if step.kind == "loop" else frozenset.intersection(*(end for _, end in ends))
    return found, bound


def deferred_names(source: str) -> frozenset[str]:
    """The names that functions defined in a text read when they are called."""
    units = units_of(plain_python(source).text or "", stars=True)
    return frozenset[str]().union(*(unit.later for unit in units))


def _only_looks(nodes: Sequence[ast.stmt]) -> bool:
    """Whether all calls in the statements are of builtins that change nothing."""
    calls = [part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Call)]
    others = (ast.Await, ast.Yield, ast.comprehension, ast.Starred, ast.For, ast.With)
    if any(isinstance(part, others) for node in nodes for part in ast.walk(node)):
        return False
    return bool(calls) and all(isinstance(c.func, ast.Name) and c.func.id in QUIET_CALLS for c in calls)


def _only_asks(node: ast.stmt) -> bool:
    """Whether a statement is an expression that calls only methods of names, with plain arguments."""
    if not isinstance(node, ast.Expr):
        return False
    parts = list(ast.walk(node))
    if any(isinstance(part, _ACTS) for part in parts):
        return False
    calls = [part.func for part in parts if isinstance(part, ast.Call)]
    return bool(calls) and all(map(_is_question, calls))


def _is_question(function: ast.expr) -> bool:
    """Whether it is a builtin that only looks, or a method not known to store (``isetitem`` does)."""
    if isinstance(function, ast.Attribute):
        return not function.attr.startswith(("_", "set", "iset"))
    return isinstance(function, ast.Name) and function.id in QUIET_CALLS


_ACTS = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred, ast.comprehension)

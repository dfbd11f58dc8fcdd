"""The static ledger of a saved notebook.

What each cell reads, makes and changes, by its text, in any order of the cells.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cellgraph.code.expression_names import last_word, names_in, root_name
from cellgraph.code.fast_ast import bound_name
from cellgraph.code.ipython_syntax import PLACEHOLDER
from cellgraph.code.name_walk import KERNEL_NAMES
from cellgraph.code.statements import Block, every_step, steps
from cellgraph.notebooks.checks.document import CodeCell, Document

_GROWING = frozenset(
    "append appendleft extend extendleft insert pop popleft popitem remove rotate reverse".split()
)
_PLAIN = frozenset(
    "copy list tuple dict set sorted str int float bool array asarray abs DataFrame Series".split()
)
"""Calls that give the same again when they are given their own result."""


@dataclass(frozen=True)
class CellFlow:
    """One cell. ``reads`` come from outside it, ``made`` are bound by it, ``changed`` in place.

    ``consumes`` are names that it makes
    of their own former value, so that a second run gives something else. ``imports`` are made by an import
    and by nothing else.
    """

    cell: CodeCell
    reads: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    consumes: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sources:
    """Where a cell gets a name: the cell that made it last, and those that changed it in place since."""

    maker: int
    changers: tuple[int, ...] = ()


@dataclass(frozen=True)
class NotebookFlow:
    """All cells of a notebook, by number."""

    cells: Mapping[int, CellFlow] = field(default_factory=dict)

    def sources(self, order: Sequence[int]) -> dict[int, dict[str, Sources]]:
        """For each cell, where each of its reads comes from if the cells run in this order."""
        made: dict[str, Sources] = {}
        found: dict[int, dict[str, Sources]] = {}
        for number in order:
            flow = self.cells[number]
            found[number] = {name: made[name] for name in flow.reads if name in made}
            for name in flow.deleted:
                made.pop(name, None)
            for name in flow.changed - flow.made:
                if name in made:
                    made[name] = Sources(made[name].maker, (*made[name].changers, number))
            for name in flow.made:
                made[name] = Sources(number)
        return found

    def downstream(self, number: int) -> set[int]:
        """The cells that get anything from a cell, itself with them, from top to bottom."""
        reached = {number}
        sources = self.sources(sorted(self.cells))
        for other in sorted(self.cells):
            if any(
                reached.intersection((source.maker, *source.changers)) for source in sources[other].values()
            ):
                reached.add(other)
        return reached


def flow_of(document: Document) -> NotebookFlow:
    """The static ledger of a notebook."""
    functions: dict[str, frozenset[str]] = {}
    return NotebookFlow({cell.number: _cell_flow(cell, functions) for cell in document.cells})


def _cell_flow(cell: CodeCell, functions: dict[str, frozenset[str]]) -> CellFlow:
    tree = cell.read.tree
    if tree is None:
        return CellFlow(cell)
    block = steps(tree)
    reads: set[str] = set()
    made: set[str] = set()
    changed: set[str] = set()
    deleted: set[str] = set()
    for step in every_step(block):
        reads |= step.loads - made
        if step.calls:
            reads |= _called(step.loads, functions) - made
        made |= step.binds
        changed |= step.evidence
        deleted |= step.deletes
    _learn(block, functions)
    outside = frozenset(reads) - KERNEL_NAMES - {PLACEHOLDER}
    kept = frozenset(made) - deleted
    # An import, or a definition, makes the same again however often it runs.
    starts = _import_starts(tree)
    others = frozenset[str]().union(*(step.binds for step in every_step(block) if step.start not in starts))
    imports = _imported(tree) - others
    again = consumed(tree) & outside
    return CellFlow(cell, outside, kept, frozenset(changed), frozenset(deleted), again, imports)


def _called(loads: Iterable[str], functions: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The names that functions of the notebook read when they are called, those that they call with them."""
    found: set[str] = set()
    waiting = [name for name in loads if name in functions]
    seen = set(waiting)
    while waiting:
        inner = functions[waiting.pop()]
        found |= inner
        new = {name for name in inner if name in functions} - seen
        seen |= new
        waiting += new
    return frozenset(found)


def _learn(block: Block, functions: dict[str, frozenset[str]]) -> None:
    for step in every_step(block):
        for name in step.binds:
            functions.pop(name, None)
            if step.closure_loads:
                functions[name] = step.closure_loads


def _import_nodes(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in _own_statements(tree.body) if isinstance(node, ast.Import | ast.ImportFrom)]


def _import_starts(tree: ast.Module) -> set[tuple[int, int]]:
    return {(node.lineno, node.col_offset) for node in _import_nodes(tree)}


def _imported(tree: ast.Module) -> frozenset[str]:
    names = (alias for node in _import_nodes(tree) for alias in node.names)
    return frozenset(bound_name(alias) for alias in names)


def consumed(tree: ast.Module) -> frozenset[str]:
    """Names that a second run would start from as the first run left them.

    ``x = x + 1``, ``n += 1``, ``items.append(1)``.
    """
    found: set[str] = set()
    bound: set[str] = set()
    for node in _own_statements(tree.body):
        found |= _consumed_by(node) - bound
        if isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(found)


def _own_statements(body: Sequence[ast.stmt]) -> Iterable[ast.stmt]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        if any(inner):
            for part in inner:
                yield from _own_statements(part)
        else:
            yield node


def _consumed_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.AugAssign(target=target):
            root = root_name(target)
            return {root} if root else set()
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not _gives_itself(value):
            return {name} & names_in(value)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=holder, attr=method), keywords=keywords)):
            inplace = any(
                keyword.arg == "inplace" and getattr(keyword.value, "value", True) for keyword in keywords
            )
            root = root_name(holder)
            return {root} if root and (method in _GROWING or inplace) else set()
    return set()


def _gives_itself(value: ast.expr) -> bool:
    """``list(x)``, ``x.copy()``: a second run changes nothing."""
    if not isinstance(value, ast.Call):
        return isinstance(value, ast.Name)
    return last_word(value.func) in _PLAIN

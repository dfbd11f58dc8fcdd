"""Predicts which runs certainly fail in Restart & Run All, and what they make before they do."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from cellgraph.analyse.common_prefix import PLAIN, SCALARS
from cellgraph.code.expression_names import is_name, mentions
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import body, body_apart_from_magics
from cellgraph.code.statements import Block, Statement, block_of, bound_names, every_step
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Read, Run, Write

_CATCHING = frozenset({"NameError", "Exception", "BaseException"})
_CODE = frozenset({"function", "builtin_function_or_method", "type"})


@lru_cache(maxsize=256)
def fails_without(source: str, name: str) -> bool:
    """Whether the text certainly raises a NameError if ``name`` is missing.

    False if that is not certain: a function may look it up, code in a string may, or a test may guard it.
    """
    statements = body_apart_from_magics(source)
    nodes = (node for statement in statements for node in ast.walk(statement))
    if any(isinstance(node, ast.Constant) and node.value == name for node in nodes):
        return False  # ``if "x" in globals()``
    if makes_if_missing(source, name):
        return False
    return any(_takes(node, name) for statement in statements for node in _uncaught(statement))


def makes_if_missing(source: str, name: str) -> bool:
    """Whether the text makes ``name`` and asks whether it is there: ``try: x``, ``"x" in globals()``."""
    statements = body_apart_from_magics(source)
    if name not in bound_names(block_of(statements)):
        return False
    return any(_asks_for(node, name) for statement in statements for node in ast.walk(statement))


def _asks_for(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Constant):
        return bool(node.value == name)
    inside = (part for statement in _protected(node) for part in ast.walk(statement))
    return any(_takes(part, name) for part in inside)


def _takes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.AugAssign):
        return is_name(node.target, name)
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store)


def _uncaught(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes under ``node`` whose NameError nothing catches."""
    yield node
    for child in ast.iter_child_nodes(node):
        if child not in _protected(node):
            yield from _uncaught(child)


def _protected(node: ast.AST) -> list[ast.stmt]:
    if isinstance(node, ast.Try) and any(map(_catches, node.handlers)):
        return node.body
    if isinstance(node, ast.With | ast.AsyncWith) and any("suppress" in syntax_text(i) for i in node.items):
        return node.body
    return []


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _CATCHING for node in ast.walk(handler.type))


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a run would fail: at its read number ``place``, in the statement with this ``index``.

    ``partial`` tells that the statement may have done something before it fails.
    """

    run: Run
    place: int
    block: Block
    index: int
    partial: bool

    def reached(self, write: Write) -> bool | None:
        """Whether the run would still make all of a write. False: none of it. None: not known."""
        if write.name.refers_to_result:
            return False  # shown at the very end
        if write.reads_before is not None and write.reads_before > self.place:
            # What it would leave then is what a statement above binds, and that was not seen.
            return None if self._may_be_in(self.block[: self.index], write.name) else False
        above = write.reads_before is not None or self._may_be_in(self.block[: self.index], write.name)
        scalar = write.digest is not None and self._changes_by_binding_only(write.name, write.digest.type)
        rest = self.block[self.index :]
        below = _may_be_bound(rest, write.name) if scalar else self._may_be_in(rest, write.name)
        above = above or (
            write.reads_before is None and self.partial and self._may_be_in(self._here, write.name)
        )
        if above and not below and (scalar or self._plain(self.run.reads[self.place + 1 :])):
            return True
        if below and not above and self._plain(self.run.reads[: self.place]):
            return False
        return None

    def _changes_by_binding_only(self, name: str, type_: str) -> bool:
        """Whether no use changes the value. What cells put into a module or a class has names of its own."""
        if type_ in _CODE:
            return name in _plain_code(self.run.source)
        return type_ in SCALARS or type_ == "module"

    def cuts_off(self, write: Write) -> bool:
        """Whether the failing statement or a later one may change the name."""
        return self._may_be_in(self.block[self.index :], write.name)

    @property
    def _here(self) -> Block:
        return self.block[self.index : self.index + 1]

    def _may_be_in(self, block: Block, name: str) -> bool:
        return any(_may_change(step, name) for step in every_step(block))

    @staticmethod
    def _plain(reads: Sequence[Read]) -> bool:
        """Whether no function or object was used that may change values unseen by the cell's text."""
        return all(read.digest is None or read.digest.type in PLAIN for read in reads)


def failure(run: Run, place: int) -> Failure | None:
    """Predict where the run fails if its read number ``place`` finds no value.

    None if the error may be caught, or if the name may not be looked up in the cell's own text.
    """
    name = run.reads[place].name
    if hasattr(builtins, name) or run.conservative:
        return None
    block = _block(run.source)
    found = [index for index, step in enumerate(block) if name in _loads((step,))]
    if not found or any(name in _loads(step.branches[0]) for step in every_step(block) if step.kind == "try"):
        return None
    if any(name in step.binds for step in every_step(block[: found[0]])):
        return None  # it was looked up before that, by a string
    return Failure(run, place, block, found[0], _acts_before(run.source, block[found[0]], name))


def _loads(block: Block) -> Collection[str]:
    return frozenset().union(*(step.loads for step in every_step(block)))


def _may_be_bound(block: Block, name: str) -> bool:
    """Whether statements may bind or delete a name: a number cannot be changed in place."""
    return any(
        name in names
        for step in every_step(block)
        for names in (step.binds, step.deletes, step.closure_binds)
    )


def _may_change(step: Statement, name: str) -> bool:
    changed = (
        step.may_mutate,
        step.binds,
        step.deletes,
        step.evidence,
        step.closure_binds,
        step.closure_loads,
    )
    return any(name in names for names in changed)


def _acts_before(source: str, step: Statement, name: str) -> bool:
    """Whether a statement may do something before it looks ``name`` up.

    It does not if every call in it needs the name and nothing in it repeats.
    """
    found = [node for node in body(source) if node.lineno == step.line]
    if len(found) != 1 or not isinstance(found[0], ast.Assign | ast.AugAssign | ast.Expr):
        return True
    inner = list(ast.walk(found[0]))
    if any(isinstance(node, ast.comprehension | ast.NamedExpr | ast.Await | ast.Yield) for node in inner):
        return True
    calls = [node for node in inner if isinstance(node, ast.Call)]
    return not all(mentions(call, name) for call in calls)


@lru_cache(maxsize=64)
def _plain_code(source: str) -> frozenset[str]:
    """Names that a text binds by an import or a plain ``def``, and in which it stores no attributes.

    A decorator may make something else of a function, and a default value may be changed by a call.
    """
    found: set[str] = set()
    for statement in body(source):
        if isinstance(statement, ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.FunctionDef) and not _made_with(statement):
            found.add(statement.name)
    nodes = (node for statement in body(source) for node in ast.walk(statement))
    return frozenset(found).difference(
        node.value.id
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _is_stored(node)
    )


def _made_with(function: ast.FunctionDef) -> list[ast.expr]:
    """The decorators of a function, and those of its default values that are no constants."""
    defaults = [*function.args.defaults, *(given for given in function.args.kw_defaults if given)]
    return [*function.decorator_list, *(one for one in defaults if not isinstance(one, ast.Constant))]


def _is_stored(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)


@lru_cache(maxsize=64)
def _block(source: str) -> Block:
    return block_of(body(source))

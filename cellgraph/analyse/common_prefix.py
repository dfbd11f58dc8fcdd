"""What two texts of a cell have in common at their start: it makes the same of the same."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

from cellgraph.code.expression_names import is_name
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import body
from cellgraph.code.statements import Block, block_of, every_step
from cellgraph.model import Read, Run, Write

SCALARS = frozenset("int float bool str bytes complex NoneType".split())
"""Types of values that nothing can change in place."""

PLAIN = SCALARS | set("list dict tuple set frozenset range module ndarray DataFrame Series".split())
"""Types of values that run no code of the user's when something is done with them."""


_SHOWING = frozenset("print display len repr str type id isinstance round abs format".split())
_SHOWN = tuple(
    getattr(ast, kind)
    for kind in "Name Constant Attribute Subscript JoinedStr FormattedValue BinOp UnaryOp Compare BoolOp"
    " Tuple List Dict Slice Call keyword operator unaryop cmpop boolop expr_context".split()
)


class CommonPrefix:
    """A run and an earlier one of the same cell with another text: the part that they share.

    ``may_fail``: the run may raise in a restart, be it in what it only shows.
    """

    def __init__(self, run: Run, earlier: Run, may_fail: bool = False) -> None:
        self._start, *self._rests = _parted(run.source, earlier.source)
        self._runs = (run, earlier)
        both_end = not may_fail and run.outcome == earlier.outcome == "ok"
        both_end = both_end and _written(run) <= _written(earlier)
        self._shows_otherwise = both_end and do_the_same(run.source, earlier.source)
        """Whether the two texts differ at the most in what they print."""

    def reads(self) -> Iterable[Read]:
        """What the shared part may have read in the earlier run."""
        run = self._runs[1]
        if self._shows_otherwise:
            return run.reads
        taken = _names(self._start)
        plain = all(_is_plain(read) for read in run.reads if read.name in taken)
        return [read for read in run.reads if read.name in taken or not plain]

    def made(self) -> Iterable[Write]:
        """What the earlier run wrote in the shared part, and neither run changed afterwards."""
        return [write for write in self._runs[1].writes if self._is_made_first(write)]

    def _is_made_first(self, write: Write) -> bool:
        if self._start and not any(self._rests):
            return True  # only a comment or the layout differs
        if self._shows_otherwise:
            return not write.name.refers_to_result
        if not self._start or write.name.refers_to_result or write.name not in _changed(self._start):
            return False
        if write.digest is not None and write.digest.type in SCALARS:
            return not any(write.name in _changed(rest) for rest in self._rests)
        written = {one.name for run in self._runs for one in run.writes}
        # Through an alias, or by a function, the rest may change what it does not name.
        return all(
            write.name not in _changed(rest) and written.isdisjoint(_changed(rest, bound=False))
            for rest in self._rests
        )


@lru_cache(maxsize=512)
def keeps_uses(older: str, newer: str, name: str) -> bool:
    """Whether every statement of an older text that uses a name stands in the newer one as well."""
    present = {syntax_text(node) for node in body(newer)}
    uses = [node for node in body(older) if any(is_name(part, name) for part in ast.walk(node))]
    return bool(uses) and all(syntax_text(node) in present for node in uses)


def do_the_same(one: str, other: str) -> bool:
    """Whether two texts differ at the most in statements that only print or show something."""
    return _acting(one) == _acting(other) != ()


@lru_cache(maxsize=512)
def _acting(source: str) -> tuple[str, ...]:
    return tuple(syntax_text(node) for node in body(source) if not _only_shows(node))


def _only_shows(node: ast.stmt) -> bool:
    """Whether a statement consumes no iterator, writes no file, and calls nothing of the user's."""
    if not isinstance(node, ast.Expr):
        return False
    parts = list(ast.walk(node.value))
    calls = (part.func for part in parts if isinstance(part, ast.Call))
    files = any(isinstance(part, ast.keyword) and part.arg in ("file", None) for part in parts)
    plain = not files and all(isinstance(part, _SHOWN) for part in parts)
    return plain and all(isinstance(call, ast.Name) and call.id in _SHOWING for call in calls)


def _written(run: Run) -> set[str]:
    return {write.name for write in run.writes if not write.name.refers_to_result}


def _is_plain(read: Read) -> bool:
    return read.digest is None or read.digest.type in PLAIN


def _names(block: Block) -> frozenset[str]:
    return frozenset().union(*(step.loads | step.closure_loads | step.deletes for step in every_step(block)))


def _changed(block: Block, bound: bool = True) -> frozenset[str]:
    """Names that the statements may change: in place, or (``bound``) by binding them too."""
    found: set[str] = set()
    for step in every_step(block):
        found |= step.may_mutate | step.evidence | step.closure_loads | step.closure_binds
        if bound:
            found |= step.binds | step.deletes
    return frozenset(found)


@lru_cache(maxsize=128)
def _parted(one: str, other: str) -> tuple[Block, Block, Block]:
    """The statements that two texts start with, and the rest of either."""
    ours, theirs = _statements(one), _statements(other)
    same = takewhile(lambda pair: pair[0][0] == pair[1][0], zip(ours, theirs, strict=False))
    shared = sum(1 for _ in same)
    return _block(ours[:shared]), _block(ours[shared:]), _block(theirs[shared:])


def _block(statements: list[tuple[str, ast.stmt]]) -> Block:
    return block_of([node for _, node in statements])


@lru_cache(maxsize=64)
def _statements(source: str) -> list[tuple[str, ast.stmt]]:
    """The statements with what tells them apart, not where they stand; none for IPython's own syntax."""
    return [(syntax_text(node), node) for node in body(source)]

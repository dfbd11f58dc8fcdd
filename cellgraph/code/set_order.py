"""Whether a text goes by the order of a set, or by a hash: of texts both are others in each process.

Python hashes texts with a seed that it draws when it starts, unless ``PYTHONHASHSEED`` sets one. So
``list(set(words))`` is in another order after a restart, and ``sorted(set(words))`` is not.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Collection, Iterator
from functools import lru_cache

from cellgraph.code.expression_names import last_word
from cellgraph.code.source import body_apart_from_magics
from cellgraph.patterns import Pattern

_SETS = frozenset({"set", "frozenset"})
_HINT = Pattern(r"set\(|hash\(|\{")
_UNORDERED = frozenset(
    "sorted len sum min max set frozenset any all Counter unique nunique isin update".split()
)
"""Functions and methods whose result does not tell in which order they were given something."""
_ORDERED = frozenset(
    "list tuple enumerate iter map zip filter join fromkeys extend array asarray fromiter Series DataFrame"
    " Index Categorical deque print str repr format dumps choice choices sample shuffle islice chain product"
    " permutations combinations cycle from_iterable concat writelines LongTensor tensor".split()
)
"""Those whose result does."""
_NUMBERS = frozenset({"len", "int", "float", "round", "abs", "ord", "range", "bool"})
_ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow)
_IS_SEEDED = not sys.flags.hash_randomization or os.environ.get("PYTHONHASHSEED", "").isdigit()


def goes_by_hash(source: str, sets: Collection[str] = ()) -> bool:
    """Whether what a cell with this text makes may depend on the hash seed of the process.

    ``sets`` are the names that hold sets when it runs. False where the process has a seed, as a restart has.
    """
    return not _IS_SEEDED and (bool(sets) or bool(_HINT.search(source))) and _goes(source, frozenset(sets))


@lru_cache(maxsize=512)
def _goes(source: str, sets: frozenset[str]) -> bool:
    nodes = [part for node in body_apart_from_magics(source) for part in ast.walk(node)]
    named = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _is_set(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    known = sets | named
    free = {id(part) for node in nodes for part in _given_unordered(node)}
    return any(
        id(node) not in free and any(_is_set(part, known) for part in _taken_in_order(node)) for node in nodes
    ) or any(_hashes(node) for node in nodes)


def _given_unordered(node: ast.AST) -> Iterator[ast.expr]:
    """What is given to a function that does not go by the order."""
    if isinstance(node, ast.Call) and last_word(node.func) in _UNORDERED:
        yield from node.args


def _taken_in_order(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose elements a node takes one after another."""
    match node:
        case ast.For(iter=taken) | ast.Starred(value=taken) | ast.FormattedValue(value=taken):
            yield taken
        case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
            yield from (part.iter for part in node.generators)
        case ast.Call(func=ast.Attribute(attr="pop", value=taken), args=[]):
            yield taken
        case ast.Call() if last_word(node.func) in _ORDERED:
            yield from node.args
        case ast.Assign(targets=[ast.Tuple() | ast.List(), *_], value=taken):
            yield taken


def _is_set(node: ast.expr, known: Collection[str]) -> bool:
    """Whether an expression gives a set that may hold texts."""
    match node:
        case ast.Name(id=name):
            return name in known
        case ast.Set(elts=parts):
            return not all(_is_number(part) for part in parts)
        case ast.SetComp(elt=part):
            return not _is_number(part)
        case ast.Call(func=ast.Name(id=name), args=[given]) if name in _SETS:
            return not _holds_numbers(given)
        case ast.BinOp(left=left, right=right, op=ast.BitAnd() | ast.BitOr() | ast.BitXor() | ast.Sub()):
            return _is_set(left, known) or _is_set(right, known)
    return False


def _holds_numbers(node: ast.expr) -> bool:
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return all(_is_number(part) for part in parts)
        case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            return _is_number(part)
        case ast.Call(func=ast.Name(id="range")):
            return True
    return False


def _is_number(node: ast.expr) -> bool:
    """Whether an expression certainly gives a number, whose hash is the same in each process."""
    match node:
        case ast.Constant(value=value):
            return not isinstance(value, str | bytes)
        case ast.UnaryOp(operand=part):
            return _is_number(part)
        case ast.BinOp(op=op):
            return isinstance(op, _ARITHMETIC)
        case ast.Call(func=ast.Name(id=name)):
            return name in _NUMBERS
    return False


def _hashes(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="hash"), args=[given]):
            return not _is_number(given)
    return False

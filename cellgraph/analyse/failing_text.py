"""Where a text that has not run certainly fails: at a name that nothing makes.

What stands behind that statement is not done. Only names that the statement looks up on every path count.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from cellgraph.code.fast_ast import bound_name
from cellgraph.code.source import PYTHON_CELL_MAGICS, body, body_apart_from_magics
from cellgraph.patterns import Pattern

_UNKNOWN_NAMES = Pattern(
    r"import\s*+\*|\b(?:exec|eval|globals|locals|vars|setattr|get_ipython|run_cell|push|var)\b|^[^\S\n]*+[%!]",
    re.MULTILINE,
)
_CELL_MAGIC = Pattern(r"(?<!\s)\s*+%%(\w+)")
_OF_THE_SHELL = frozenset({"In", "Out", "get_ipython", "exit", "quit", "display"})

_OTHER_ERRORS = frozenset(
    "ArithmeticError AssertionError AttributeError EOFError FileExistsError FileNotFoundError ImportError"
    " IndexError IsADirectoryError KeyError KeyboardInterrupt LookupError ModuleNotFoundError OSError"
    " OverflowError PermissionError RecursionError RuntimeError StopIteration TimeoutError TypeError"
    " UnicodeDecodeError ValueError ZeroDivisionError".split()
)
"""Exceptions whose handlers let the NameError of a missing name pass."""


def binds_unknown(text: str) -> bool:
    """Whether a text may make names that it does not show."""
    return _UNKNOWN_NAMES.search(text) is not None


@lru_cache(maxsize=512)
def names_needed(text: str) -> frozenset[str]:
    """The names from outside without which a text fails."""
    return frozenset(name for names in _needed(text) for name in names)


def failing_statement(text: str, is_gone: Callable[[str], bool]) -> int | None:
    """The number of the first statement that looks up a name that is not there. None if there is none."""
    return next((at for at, names in enumerate(_needed(text)) if any(map(is_gone, names))), None)


def begins_at_once(text: str) -> bool:
    """Whether a text looks its first names up before it does anything: no magic, no call within a call."""
    nodes = body(text)
    return bool(nodes) and sum(isinstance(part, ast.Call) for part in ast.walk(nodes[0])) <= 1


@lru_cache(maxsize=512)
def _needed(text: str) -> tuple[frozenset[str], ...]:
    """For each statement the names from outside that it looks up first of all, on every path."""
    magic = _CELL_MAGIC.match(text)
    if magic is not None and magic[1] not in PYTHON_CELL_MAGICS:
        return ()
    bound: set[str] = set()
    found: list[frozenset[str]] = []
    for node in body_apart_from_magics(text):
        names = {part.id for part in looked_up(node) if isinstance(part.ctx, ast.Load)}
        found.append(frozenset(name for name in names - bound if not _is_given(name)))
        bound |= _bound(node)
    return tuple(found)


def _is_given(name: str) -> bool:
    return name.startswith("_") or name in _OF_THE_SHELL or hasattr(builtins, name)


def _bound(node: ast.AST) -> set[str]:
    """Every name that a statement may bind, on any path."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.alias):
            found.add(bound_name(part))
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            found.add(part.name)
        elif isinstance(part, ast.Global):
            found.update(part.names)
    return found


def looked_up(node: ast.AST) -> Iterator[ast.Name]:
    """The names that are looked up whenever a statement or an expression is executed."""
    if isinstance(node, ast.Name):
        yield node
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield ast.Name(node.target.id, ast.Load())
    for part in _evaluated(node):
        yield from looked_up(part)


_FIRST_PARTS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        **dict.fromkeys((ast.For, ast.AsyncFor), "iter"),
        **dict.fromkeys((ast.While, ast.If, ast.IfExp, ast.Assert), "test"),
        **dict.fromkeys((ast.AnnAssign, ast.NamedExpr), "value"),
        ast.Match: "subject",
        **dict.fromkeys((ast.TryStar, ast.Delete, ast.ClassDef), ""),
    }
)
"""For a node the one field that is evaluated whatever comes. Of other nodes it is all."""


def _evaluated(node: ast.AST) -> Iterable[ast.AST]:
    """The parts of a node that are evaluated whatever comes."""
    if (field := _FIRST_PARTS.get(type(node))) is not None:
        part = getattr(node, field, None)
        return [part] if part is not None else []
    match node:
        case ast.Try():
            return [] if any(map(_may_catch_name_error, node.handlers)) else node.body[:1]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return [*getattr(node, "decorator_list", ()), *node.args.defaults]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return [node.generators[0].iter]
        case (
            ast.With(items=[ast.withitem(context_expr=first), *_])
            | ast.AsyncWith(items=[ast.withitem(context_expr=first), *_])
            | ast.BoolOp(values=[first, *_])
            | ast.Compare(left=first)
        ):
            return [first]
    return ast.iter_child_nodes(node)


def _may_catch_name_error(handler: ast.ExceptHandler) -> bool:
    """Whether a handler is for a missing name as well: not if it names other exceptions of Python's alone."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return not all(isinstance(part, ast.Name) and part.id in _OTHER_ERRORS for part in caught)

"""Whether a text takes elements from the iterator or the cursor that a name holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from cellgraph.code.source import body_apart_from_magics

_TAKES_SOME = frozenset({"fetchone", "fetchmany", "get_chunk", "__next__"})
_TAKES = _TAKES_SOME | {"fetchall"}
_FILLS = frozenset({"execute", "executemany", "sql", "query"})
_LOOKS = frozenset(
    {"print", "display", "type", "id", "repr", "str", "isinstance", "callable", "hasattr", "iter"}
)


@lru_cache(maxsize=512)
def consumes(source: str, name: str) -> bool:
    """Whether a text loops over the iterator that ``name`` holds, passes it on, or asks for an element."""
    return any(_takes(part, name) or _asks(part, name) for part in _nodes(source))


@lru_cache(maxsize=512)
def surely_consumes(source: str, name: str) -> bool:
    """Whether a text asks the value of ``name`` for an element as is only done to iterators and cursors."""
    nodes = [*_nodes(source)]
    return any(_asks(part, name) for part in nodes) and not any(_fills(part, name) for part in nodes)


@lru_cache(maxsize=512)
def takes_some(source: str, name: str) -> bool:
    """Whether a text asks the value of ``name`` for some of its rows.

    That moves a relation of DuckDB 1, which runs its query again wherever all rows are asked for.
    """
    return any(_asks(part, name, _TAKES_SOME) for part in _nodes(source))


def _fills(node: ast.AST, name: str) -> bool:
    """Whether it is a statement for a database, whose rows are then what is fetched: ``con.execute(…)``."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr=method)):
            return method in _FILLS and _is(receiver, name)
        case _:
            return False


def _nodes(source: str) -> Iterator[ast.AST]:
    return (part for node in body_apart_from_magics(source) for part in ast.walk(node))


def _asks(node: ast.AST, name: str, methods: frozenset[str] = _TAKES) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr=method)):
            return method in methods and _is(receiver, name)
        case ast.Call(func=ast.Name(id="next"), args=[given, *_]):
            return _is(given, name)
        case _:
            return False


def _takes(node: ast.AST, name: str) -> bool:
    match node:
        case ast.For(iter=over) | ast.AsyncFor(iter=over) | ast.comprehension(iter=over):
            return _is(over, name)
        case ast.Starred(value=over) | ast.YieldFrom(value=over):
            return _is(over, name)
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=over):
            return _is(over, name)
        case ast.Call(func=ast.Name(id=called)) if called in _LOOKS:
            return False
        case ast.Call(args=given, keywords=named):
            return any(_is(part, name) for part in (*given, *(word.value for word in named)))
        case _:
            return False


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name

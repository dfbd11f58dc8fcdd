"""What a text changes without binding it anew: names with ``+=`` and the like, iterators and cursors.

``xs += [1]`` may change the list and leave it bound. ``next(rows)`` takes an element from an iterator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from cellgraph.code.fast_ast import every_node
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

_AUGMENTED = Pattern(r"(?:[-+*/%&|^@]|//|\*\*|<<|>>)=")


def augmented(tree: ast.Module | None, text: str) -> frozenset[str]:
    """The names that nothing in a text binds but augmented assignments."""
    if tree is None or not _AUGMENTED.search(text):
        return frozenset()
    targets = [
        node.target
        for node in every_node(tree)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    ]
    own = {id(target) for target in targets}
    others = {name for node in every_node(tree) if id(node) not in own for name in _bound(node)}
    return frozenset(target.id for target in targets) - others


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds, or may bind from inside a function."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.Global(names=names):
            yield from names


_TAKES_SOME = frozenset({"fetchone", "fetchmany", "get_chunk", "__next__"})
_TAKES = _TAKES_SOME | {"fetchall"}
_FILLS = frozenset({"execute", "executemany", "sql", "query"})
_LOOKS = frozenset(
    {"print", "display", "type", "id", "repr", "str", "isinstance", "callable", "hasattr", "iter"}
)


def consumes(source: str, name: str) -> bool:
    """Whether a text loops over the iterator that ``name`` holds, passes it on, or asks for an element."""
    return name in _uses(source).handed_over or not _TAKES.isdisjoint(_methods(source, name))


def surely_consumes(source: str, name: str) -> bool:
    """Whether a text asks the value of ``name`` for an element as is only done to iterators and cursors.

    Not if it is given statements for a database, whose rows are then what is fetched: ``con.execute(…)``.
    """
    methods = _methods(source, name)
    return not _TAKES.isdisjoint(methods) and _FILLS.isdisjoint(methods)


def takes_some(source: str, name: str) -> bool:
    """Whether a text asks the value of ``name`` for some of its rows.

    That moves a relation of DuckDB 1, which runs its query again wherever all rows are asked for.
    """
    return not _TAKES_SOME.isdisjoint(_methods(source, name))


class _Uses(NamedTuple):
    """What a text does to the values of its names.

    ``handed_over`` are names that it loops over, unpacks or passes on. ``methods`` are the methods that it
    calls of each name: ``next(x)`` is ``x.__next__()``.
    """

    handed_over: frozenset[str]
    methods: Mapping[str, set[str]]


def _methods(source: str, name: str) -> set[str]:
    return _uses(source).methods.get(name, set())


@lru_cache(maxsize=128)
def _uses(source: str) -> _Uses:
    handed_over: set[str] = set()
    methods: dict[str, set[str]] = {}
    for statement in body_apart_from_magics(source):
        for node in every_node(statement):
            handed_over.update(value.id for value in _handed_over(node) if isinstance(value, ast.Name))
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                    methods.setdefault(name, set()).add(method)
                case ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=name), *_]):
                    methods.setdefault(name, set()).add("__next__")
    return _Uses(frozenset(handed_over), methods)


def _handed_over(node: ast.AST) -> Sequence[ast.expr]:
    """The values that a node goes through, or passes on."""
    match node:
        case ast.For(iter=over) | ast.AsyncFor(iter=over) | ast.comprehension(iter=over):
            return [over]
        case ast.Starred(value=over) | ast.YieldFrom(value=over):
            return [over]
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=over):
            return [over]
        case ast.Call(func=ast.Name(id=called)) if called in _LOOKS:
            return []
        case ast.Call(args=given, keywords=named):
            return [*given, *(word.value for word in named)]
    return []

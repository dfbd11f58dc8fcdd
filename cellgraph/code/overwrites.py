"""What a text sets anew in the value of a name, whatever stood there before, and what it changes in it.

``df.columns = ["x", "y"]`` leaves the same whatever the columns were called, and so do ``log.set_level(1)``,
``cursor.execute("select …")`` for what the cursor had found before, and ``create or replace table``. Two
states of a value that differ only in what a text sets anew are alike to it.

A *key* stands for one such part: an attribute (``.index.name``), an item of a dict (``["lr"]``), a method
that sets (``.set_level(1)``), a table (``table runs``), or what a cursor found last (``rows``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cellgraph.code import sql_statements
from cellgraph.code.expression_names import (
    attribute_chain,
    callee_word,
    function_name,
    is_name,
    mentions,
    method_name,
)
from cellgraph.code.known_stores import CallStore, call_stores
from cellgraph.code.part_paths import item_path
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

ROWS = "rows"
"""What the last statement of a cursor gave, and how much of it has been fetched."""
_SETTER = Pattern(r"set_\w+|set[A-Z]\w*")
_TAKES_AWAY = frozenset({"set_index"})
"""Methods that set one thing from another, which they take away: a second call fails, or does more."""
_SETTERS_OF = {"ContextVar": frozenset({"set"})}
_DICTS = frozenset({"dict", "defaultdict", "OrderedDict"})
_REPLACES = frozenset({"sets", "updates"})
_FETCHES = frozenset({"fetchone", "fetchall", "fetchmany", "df", "arrow", "pl", "fetchdf"})
_ASKS = frozenset({"commit", "cursor"})
_HARMLESS = frozenset({"print", "display", "len", "list", "type", "repr", "str", "isinstance"})


class Use(NamedTuple):
    """One use of a name: the keys that it sets anew, and those that it changes (None: anything)."""

    renews: frozenset[str] = frozenset()
    changes: frozenset[str] | None = frozenset()


_LOOK = Use()
_ANYTHING = Use(changes=None)


@lru_cache(maxsize=128)
def stores_plainly(source: str, name: str) -> bool:
    """Whether a text makes a class ``name`` whose attributes are stored by no code of its own.

    It has no base class, no ``__setattr__``, and nothing in it that may be a property or a descriptor.
    """
    made = [node for node in body_apart_from_magics(source) if isinstance(node, ast.ClassDef)]
    return any(node.name == name and _is_plain(node) for node in made)


def _is_plain(node: ast.ClassDef) -> bool:
    if node.bases or node.keywords or any(callee_word(each) != "dataclass" for each in node.decorator_list):
        return False
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            if part.decorator_list or part.name in ("__setattr__", "__getattribute__"):
                return False
        elif isinstance(part, ast.Assign | ast.AnnAssign | ast.Expr):
            if not (part.value is None or isinstance(part.value, ast.Constant)):
                return False
        elif not isinstance(part, ast.Pass):
            return False
    return True


@lru_cache(maxsize=512)
def renewed(source: str, name: str, kind: str, failed_at: int | None = None) -> frozenset[str]:
    """The keys that a text sets anew in ``name``, of type ``kind``, before it does anything else to it.

    ``failed_at`` is the line at which an error ended it: what stands there and below has set nothing.
    """
    found: set[str] = set()
    for node in body_apart_from_magics(source):
        if failed_at is not None and (node.end_lineno or node.lineno) >= failed_at:
            break
        if not isinstance(node, ast.Assign | ast.Expr) and mentions(node, name):
            break  # it may do so, or not
        for use in _uses(node, name, kind):
            if not use.renews:
                return frozenset(found)
            found |= use.renews
    return frozenset(found)


@lru_cache(maxsize=512)
def altered(source: str, name: str, kind: str) -> frozenset[str] | None:
    """The keys that a text may change in ``name``, of type ``kind``; None where it may be anything."""
    uses = [use for node in body_apart_from_magics(source) for use in _uses(node, name, kind)]
    if not uses or any(use.changes is None for use in uses):
        return None
    return frozenset().union(*(use.renews | (use.changes or frozenset()) for use in uses))


def _uses(node: ast.AST, name: str, kind: str) -> Iterator[Use]:
    """The uses of a name in a statement or an expression, in order."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from _assigned(targets, value, name, kind)
        case ast.Expr(value=ast.Call() as call) if stores := _stores(call, name, kind):
            for store in stores:
                yield from _uses(store.value, name, kind)
            yield Use(renews=frozenset(store.path for store in stores))
        case ast.Expr(value=ast.Call() as call) if _chain(call, name):
            yield from _chained(call, name, kind, top=True)
        case ast.Expr(value=ast.Name(id=shown)) if shown == name:
            yield _LOOK
        case ast.Call():
            yield from _called(node, name, kind)
        case ast.For(iter=ast.Name(id=over)) if over == name:
            yield Use(changes=frozenset({ROWS}))
            yield from _inner([node.target, *node.body, *node.orelse], name, kind)
        case _:
            yield from _other(node, name, kind)


def _stores(call: ast.Call, name: str, kind: str) -> list[CallStore]:
    """The parts of ``name`` that a call sets anew; none if it may do anything else.

    An item is so in a dict alone: a frame has an order of columns, and a list fails beyond its end.
    """
    found = [store for store in call_stores(call) if store.name == name]
    sure = all(
        store.how == "sets" if store.path.startswith(".") else store.how in _REPLACES and kind in _DICTS
        for store in found
    )
    return found if sure else []


def _other(node: ast.AST, name: str, kind: str) -> Iterator[Use]:
    """The uses in what is no call and no assignment."""
    match node:
        case ast.Attribute(ctx=ast.Load()) if _attributes(node, name):
            yield _LOOK
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            if mentions(node, name):
                yield _ANYTHING  # nothing tells when it runs
        case ast.Name(id=other):
            if other == name:
                yield _ANYTHING
        case _:
            yield from _inner(ast.iter_child_nodes(node), name, kind)


def _inner(nodes: Iterable[ast.AST], name: str, kind: str) -> Iterator[Use]:
    for node in nodes:
        yield from _uses(node, name, kind)


def _assigned(targets: Sequence[ast.expr], value: ast.expr, name: str, kind: str) -> Iterator[Use]:
    yield from _uses(value, name, kind)
    for target in targets:
        path = _attributes(target, name) or _item(target, name, kind)
        if path:
            yield Use(renews=frozenset({path}))
        elif mentions(target, name):
            yield _ANYTHING


def _item(target: ast.expr, name: str, kind: str) -> str:
    """``["a"]`` for ``name["a"]`` of a dict; empty for anything else."""
    match target:
        case ast.Subscript(value=ast.Name(id=held), slice=ast.Constant(value=str(key))) if held == name:
            return item_path(key) if kind in _DICTS else ""
    return ""


def _called(call: ast.Call, name: str, kind: str) -> Iterator[Use]:
    if _chain(call, name):
        yield from _chained(call, name, kind, top=False)
        return
    called = function_name(call)
    for part in (call.func, *call.args, *(word.value for word in call.keywords)):
        if is_name(part, name):
            yield _LOOK if called in _HARMLESS else _passed(call, part)
        else:
            yield from _uses(part, name, kind)


def _passed(call: ast.Call, given: ast.expr) -> Use:
    """A database that a call is given: ``frame.to_sql("runs", con, if_exists="replace")``."""
    database, effect = sql_statements.changed_argument(call)
    table = call.args[0] if call.args else None
    if database is not given or not isinstance(table, ast.Constant) or not isinstance(table.value, str):
        return _ANYTHING
    keys = frozenset({f"table {table.value.lower()}"})
    return Use(renews=keys) if effect == "repeats" else Use(changes=keys)


def _chained(call: ast.Call, name: str, kind: str, *, top: bool) -> Iterator[Use]:
    """The uses in ``name.part.method(…).other(…)``: the calls from the inside out.

    ``top``: nobody takes what the last of them gives.
    """
    calls = _chain(call, name)
    first = calls[0]
    yield from _inner([*first.args, *first.keywords], name, kind)
    yield _first_call(first, name, kind, alone=top and len(calls) == 1)
    for other in calls[1:]:
        method = method_name(other)
        yield from _inner([*other.args, *other.keywords], name, kind)
        if method in _FETCHES:
            yield Use(changes=frozenset({ROWS}))


def _first_call(call: ast.Call, name: str, kind: str, *, alone: bool) -> Use:
    assert isinstance(call.func, ast.Attribute)
    method, path = call.func.attr, _attributes(call.func.value, name) or ""
    if method in _FETCHES:
        return Use(changes=frozenset({ROWS}))
    if method in _ASKS:
        return _LOOK
    if method in sql_statements.METHODS and not path:
        return _executed(call, kind)
    sets = method in _SETTERS_OF.get(kind, ()) or _SETTER.fullmatch(method)
    if sets and alone and method not in _TAKES_AWAY:
        words = sorted(word.arg or "*" for word in call.keywords)
        given = f"{path}.{method}({len(call.args)})"
        return Use(renews=frozenset({given, *(f"{given}{word}" for word in words)}))
    return _ANYTHING


def _executed(call: ast.Call, kind: str) -> Use:
    """What SQL does. On a cursor, it starts it afresh."""
    found = sql_statements.tables(call)
    rows = frozenset({ROWS}) if kind == "Cursor" else frozenset()
    if found is None:
        return Use(rows, changes=None)
    replaced, changed = found
    anew, others = ({f"table {table}" for table in tables} for tables in (replaced, changed))
    return Use(rows | anew, frozenset(others))


def _chain(call: ast.Call, name: str) -> list[ast.Call]:
    """The calls of ``name.a.b(…).c(…)``, the innermost first; empty if it does not start with the name."""
    calls: list[ast.Call] = []
    node: ast.expr = call
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Call):
            calls.append(node)
            if not isinstance(node.func, ast.Attribute):
                return []
            node = node.func
        else:
            node = node.value
    return calls[::-1] if is_name(node, name) else []


def _attributes(node: ast.expr, name: str) -> str:
    """``.a.b`` for ``name.a.b``; empty for anything else."""
    start, words = attribute_chain(node)
    return "".join(f".{word}" for word in words) if is_name(start, name) else ""

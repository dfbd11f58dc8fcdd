"""Frames of pandas that a statement makes of another frame, column by column: ``sub = df[df.qty > 2]``.

A column of the new frame then depends on the old one of the same name alone, and on the columns by which rows
are chosen or ordered. So where another column has changed, it is what it was.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache

from cellgraph.code.expression_names import is_name, mentions
from cellgraph.code.part_paths import item_path
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

_WORD = Pattern(r"[^\W\d]\w*")
_KEEPING = frozenset({"copy", "head", "tail"})
"""Methods that choose no rows by what is in columns, whatever their arguments."""
_BY = {"sort_values": (0, "by"), "dropna": (None, "subset"), "drop_duplicates": (0, "subset")}
"""Methods that lay rows out by columns, with the place and the keyword of the argument that tells which."""
_RENAMING: Mapping[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper, "strip": str.strip}


class _Unknown(Exception):
    """The frame is not made column by column."""


class _Making(NamedTuple):
    """How a frame comes of another one.

    ``keys`` are the columns that lay rows out, ``names`` the present names of columns that have changed, by
    the old one (empty: left out), and ``new`` columns that depend on anything.
    """

    keys: frozenset[str]
    names: Mapping[str, tuple[str, ...]]
    new: frozenset[str]


@lru_cache(maxsize=128)
def columns_reached(text: str, made: str, frame: str, changed: frozenset[str]) -> frozenset[str] | None:
    """The paths in ``made`` that a change of some columns of ``frame`` reaches. None if it may be any.

    The rows and columns of ``made`` are then as they were.
    """
    uses = [node for node in body_apart_from_magics(text) if mentions(node, made)]
    if made == frame or len(uses) != 1:
        return None
    match uses[0]:
        case ast.Assign(targets=[target], value=value) if is_name(target, made):
            return _reached(value, frame, changed)
    return None


def _reached(value: ast.expr, frame: str, changed: frozenset[str]) -> frozenset[str] | None:
    start = _Making(frozenset(), {name: (name,) for name in changed}, frozenset())
    try:
        making = _followed(value, frame, start)
    except _Unknown:
        return None
    if not making.keys.isdisjoint(changed):
        return None
    present = {name for names in making.names.values() for name in names}
    return frozenset(map(item_path, present | making.new))


def _followed(node: ast.expr, frame: str, start: _Making) -> _Making:
    """What an expression does with the frame, from the inside out."""
    match node:
        case ast.Name(id=name) if name == frame:
            return start
        case ast.Subscript(value=inner, slice=key):
            return _item(_followed(inner, frame, start), inner, key, frame)
        case ast.Call(func=ast.Attribute(value=inner, attr=method)):
            if method == "merge":
                return _merge(node, inner, frame, start)
            return _method(_followed(inner, frame, start), node, method, frame)
    raise _Unknown


def _item(making: _Making, inner: ast.expr, key: ast.expr, frame: str) -> _Making:
    """``df[["a", "b"]]``, or ``df[df["a"] > 2]``."""
    chosen = _texts(key) if isinstance(key, ast.List) else None
    if chosen is not None:
        names = {old: tuple(name for name in new if name in chosen) for old, new in making.names.items()}
        return making._replace(names=names, new=making.new.intersection(chosen))
    if not (is_name(inner, frame) and isinstance(key, ast.Compare | ast.BinOp | ast.UnaryOp)):
        raise _Unknown
    return making._replace(keys=making.keys.union(_columns_in(key, frame)))


def _columns_in(node: ast.expr, frame: str) -> Iterator[str]:
    """The columns of the frame that a mask looks at."""
    match node:
        case ast.Subscript(value=held, slice=ast.Constant(value=str(name))) if is_name(held, frame):
            yield name
        case ast.Attribute(value=held, attr=name) if is_name(held, frame):
            yield name
        case ast.Name(id=name) if name == frame:
            raise _Unknown
        case _:
            for part in ast.iter_child_nodes(node):
                yield from _columns_in(part, frame)  # type: ignore[arg-type]


def _method(making: _Making, call: ast.Call, method: str, frame: str) -> _Making:
    given = {keyword.arg or "": keyword.value for keyword in call.keywords}
    if any(word in given for word in ("", "axis", "inplace")):
        raise _Unknown
    if method == "assign":
        return _assign(making, given, frame)
    if any(mentions(part, frame) for part in (*call.args, *given.values())):
        raise _Unknown
    if method in _KEEPING:
        return making
    if method == "rename" and given.keys() == {"columns"} and not call.args:
        return _rename(making, given["columns"])
    return making._replace(keys=making.keys.union(_laid_out_by(call, method, given)))


def _laid_out_by(call: ast.Call, method: str, given: Mapping[str, ast.expr]) -> Collection[str]:
    """The columns by which a method lays rows out."""
    if method in _BY:
        place, word = _BY[method]
        return _texts(call.args[0] if call.args and place == 0 else given.get(word))
    match method, call.args, [*given.values()]:
        case "reset_index", [], [ast.Constant(value=True)] if "drop" in given:
            return ()
        case "query", [ast.Constant(value=str(condition))], [] if "@" not in condition:
            return _WORD.findall(condition)
    raise _Unknown


def _assign(making: _Making, given: Mapping[str, ast.expr], frame: str) -> _Making:
    """New columns, or others in the place of old ones."""
    new = {name for name, value in given.items() if _is_reached(value, making, frame)}
    names = {
        old: tuple(name for name in present if name not in given) for old, present in making.names.items()
    }
    return making._replace(names=names, new=making.new.difference(given).union(new))


def _is_reached(value: ast.expr, making: _Making, frame: str) -> bool:
    """Whether a new column may depend on one that has changed."""
    try:
        return not making.names.keys().isdisjoint(_columns_in(value, frame))
    except _Unknown:
        return True


def _rename(making: _Making, columns: ast.expr) -> _Making:
    match columns:
        case ast.Attribute(value=ast.Name(id="str"), attr=method) if method in _RENAMING:
            rename = _RENAMING[method]
        case ast.Dict(keys=keys, values=values):
            table = dict(zip(_texts(ast.List([*filter(None, keys)])), _texts(ast.List(values)), strict=True))

            def rename(name: str) -> str:
                return table.get(name, name)
        case _:
            raise _Unknown
    names = {old: tuple(map(rename, present)) for old, present in making.names.items()}
    return making._replace(names=names, new=frozenset(map(rename, making.new)))


def _merge(call: ast.Call, inner: ast.expr, frame: str, start: _Making) -> _Making:
    """``df.merge(other, on="k")``: a column that both have gets a suffix."""
    given = {keyword.arg or "": keyword.value for keyword in call.keywords}
    if not {"on"} <= given.keys() <= {"on", "how"} or len(call.args) != 1:
        raise _Unknown
    other, on = call.args[0], _texts(given["on"])
    if mentions(inner, frame) is mentions(other, frame):
        raise _Unknown
    making = _followed(inner if mentions(inner, frame) else other, frame, start)
    names = {
        old: tuple(form for name in present for form in (name, f"{name}_x", f"{name}_y"))
        for old, present in making.names.items()
    }
    new = (form for name in making.new for form in (name, f"{name}_x", f"{name}_y"))
    return making._replace(keys=making.keys.union(on), names=names, new=frozenset(new))


def _texts(node: ast.expr | None) -> Collection[str]:
    """The texts that are spelt out: one, or a list of them."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    found = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if len(found) != len(parts):
        raise _Unknown
    return found

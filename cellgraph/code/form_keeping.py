"""Texts that change what a variable holds, and leave its structure as it is whatever they store there.

``df["v"] = df["v"] * rate`` makes no row, ``xs[0] = y`` no element. Given a value of the same form, with the
same labels and keys, they leave one of the same form.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from cellgraph.code.fast_ast import every_node
from cellgraph.code.source import body_apart_from_magics
from cellgraph.structure import MAPPINGS

_BY_LABEL, _BY_PLACE = frozenset({"loc", "at"}), frozenset({"iloc", "iat"})
_LOOKING = frozenset(
    {"print", "display", "len", "sum", "min", "max", "sorted", "list", "tuple", "set", "str"}
)
"""Functions that take a value as an argument and change nothing."""
_LOOKED_AT = frozenset({"shape", "size", "ndim", "dtype", "dtypes", "columns", "index", "empty"})
_METHODS = frozenset(
    "mean sum min max std var median count copy head tail describe keys values items get isna notna isnull"
    " notnull round astype groupby tolist to_numpy".split()
)
"""Methods of containers and tables that change nothing."""
_MASKS = frozenset(
    "isna isnull notna notnull isin between duplicated contains startswith endswith eq ne gt lt ge le".split()
)
_RUN_TEXT = frozenset({"exec", "eval", "globals", "locals", "vars"})


@lru_cache(maxsize=256)
def keeps_form(source: str, name: str, kind: str) -> bool:
    """Whether all that a text does with a variable of this type leaves its structure. False if that is open.

    What functions do that the text calls, and that know the variable, is not looked at.
    """
    nodes = [node for statement in body_apart_from_magics(source) for node in every_node(statement)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    uses = {id(node) for node in names if node.id == name}
    if not uses or any(node.id in _RUN_TEXT for node in names):
        return False
    return uses <= {id(used) for node in nodes for used in _harmless(node, kind)}


def _harmless(node: ast.AST, kind: str) -> Iterator[ast.expr]:
    """The value that a use leaves in its form."""
    match node:
        case ast.Subscript(value=ast.Attribute(value=held, attr=way)) if way in _BY_LABEL | _BY_PLACE:
            if not isinstance(node.ctx, ast.Del) and (way in _BY_PLACE or _is_found(node)):
                yield held
        case ast.Subscript(value=held, ctx=ast.Load()) if kind != "defaultdict":
            yield held
        case ast.Subscript(value=held, ctx=ast.Store(), slice=key) if _replaces(key, kind):
            yield held
        case ast.Attribute(value=held, attr=attribute, ctx=ast.Load()) if attribute in _LOOKED_AT:
            yield held
        case ast.Call(func=ast.Attribute(value=held, attr=method)) if method in _METHODS:
            yield held
        case ast.Call(func=ast.Name(id=function), args=given) if function in _LOOKING:
            yield from given


def _is_found(place: ast.Subscript) -> bool:
    """Whether ``df.loc[…]`` names rows of the frame: by a label that the text spells, a mask, or a range."""
    key = place.slice
    row = key.elts[0] if isinstance(key, ast.Tuple) and key.elts else key
    others = key.elts[1:] if isinstance(key, ast.Tuple) else []
    found = isinstance(place.ctx, ast.Load) or _is_constant(row) or is_mask(row)
    return (found or isinstance(row, ast.Slice)) and all(map(_is_constant, others))


def _replaces(key: ast.expr, kind: str) -> bool:
    """Whether a store under a key replaces what a value of the same form has there."""
    if kind == "ndarray":
        return True
    if kind == "list":
        return _is_constant(key)
    if kind in MAPPINGS:
        return isinstance(key, ast.Constant)
    return kind in ("DataFrame", "Series") and (_is_constant(key) or is_mask(key))


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.List(elts=inner) | ast.Tuple(elts=inner):
            return all(map(_is_constant, inner))
    return False


def is_mask(node: ast.expr) -> bool:
    """Whether it is a column of truth values: a comparison, or several put together."""
    match node:
        case ast.Compare(ops=[op]):
            return not isinstance(op, ast.In | ast.NotIn | ast.Is | ast.IsNot)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return is_mask(left) and is_mask(right)
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return is_mask(inner)
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in _MASKS
    return False

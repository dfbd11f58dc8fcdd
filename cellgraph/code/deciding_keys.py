"""Which names decide under which keys a text stores: ``key`` in ``cfg[key] = 5``, ``up`` in ``d.update(up)``.

With other values of these names the text stores elsewhere. Names that only give what is stored are not told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from cellgraph.code.expression_names import function_name, method_name, names_in, root_name
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple


class KeyForm(NamedTuple):
    """How a variable gives keys. It holds one, or several, as the elements of a list or the keys of a dict.

    The key is between ``before`` and ``after``: ``"lr_" + name``. ``computed``: it is made of the variable in
    a way that the text does not tell. ``guessed``: a call is given the variable, perhaps as a key.
    """

    name: str
    before: str = ""
    after: str = ""
    computed: bool = False
    guessed: bool = False


Forms = frozenset[KeyForm]
_NONE: Forms = frozenset()
_BY_POSITION = frozenset({"loc", "at", "iloc", "iat"})
"""Attributes of tables that are stored into by a row and a column. The parts of a table are its columns."""
_FIRST_IS_KEY = frozenset("setdefault pop __setitem__ __delitem__ set_option set".split())
_OF_OBJECTS = frozenset({"setattr", "delattr", "setitem", "delitem"})
"""Functions that change their first argument under the key that the second one is."""
GLOBALS = "globals()"
"""Stands for the variable that ``globals()[key] = 5`` stores into."""
_MOST_STEPS = 5
"""So many variables are followed that the cell binds one from another."""


@lru_cache(maxsize=256)
def deciding_keys(text: str) -> Mapping[str, Forms]:
    """For each variable that a text stores into, how names from outside give the keys.

    Under the empty name stand guesses: the variables that any other call is given.
    """
    nodes = tuple(_outside_functions(body_apart_from_magics(text)))
    forms = _FormFinder(_bound_once(nodes))
    found: dict[str, Forms] = {}
    for node in nodes:
        for name, keys in _stored(node):
            found[name] = found.get(name, _NONE).union(*map(forms.of, keys))
    given = {name for node in nodes if isinstance(node, ast.Call) for name in _variables_given(node)}
    return {**found, "": frozenset(KeyForm(name, guessed=True) for name in given)}


def _outside_functions(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            yield from _outside_functions(ast.iter_child_nodes(node))


Stores = Iterator[tuple[str, Iterable[ast.expr]]]


def _stored(node: ast.AST) -> Stores:
    """The variables that one node stores into or deletes from, each with its keys."""
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield from _at(node, _keys(node))
        case ast.AugAssign(target=ast.Name(id=name), op=ast.BitOr(), value=value):
            yield name, _keys_of_dict(value)
        case ast.Call():
            yield from _by_call(node)


def _at(place: ast.expr, keys: Iterable[ast.expr]) -> Stores:
    """The variable that a place belongs to, with the keys: ``n`` for ``vars(n)[key]``, too."""
    keys = [*keys]
    while isinstance(place, ast.Attribute | ast.Subscript):
        place = place.value
    if function_name(place) in ("vars", "getattr") and isinstance(place, ast.Call) and place.args:
        keys += place.args[1:]
        place = place.args[0]
    name = GLOBALS if function_name(place) == "globals" else root_name(place)
    if name is not None:
        yield name, keys


def _keys(place: ast.expr) -> Iterator[ast.expr]:
    """The keys between a variable and the part at a place. Rows of tables are no parts of their own."""
    while isinstance(place, ast.Attribute | ast.Subscript):
        if isinstance(place, ast.Subscript):
            key = place.slice
            by_row = isinstance(place.value, ast.Attribute) and place.value.attr in _BY_POSITION
            yield key.elts[-1] if by_row and isinstance(key, ast.Tuple) and key.elts else key
        place = place.value


def _by_call(call: ast.Call) -> Stores:
    method = method_name(call)
    if (method or function_name(call)) in _OF_OBJECTS:
        yield from _at(call.args[0], call.args[1:2]) if call.args else ()
        return
    keys = [*_given_to(method, call)]
    if keys and isinstance(call.func, ast.Attribute):
        yield from _at(call.func.value, keys)


def _variables_given(call: ast.Call) -> Iterator[str]:
    given = (*call.args, *(word.value for word in call.keywords))
    yield from (value.id for value in given if isinstance(value, ast.Name))


def _given_to(method: str, call: ast.Call) -> Iterator[ast.expr]:
    """What a method is given as keys; nothing for one that is known to store under none."""
    if method == "update":
        for given in call.args:
            yield from _keys_of_dict(given)
        yield from (word.value for word in call.keywords if word.arg is None)
    elif method in _FIRST_IS_KEY:
        yield from call.args[:1]
    elif method == "insert":
        yield from call.args[:-1]
    elif any(word.arg == "inplace" for word in call.keywords):
        yield from (*call.args, *(word.value for word in call.keywords))


def _keys_of_dict(value: ast.expr) -> Iterator[ast.expr]:
    """What decides which keys a dict has: not the values that it is written with."""
    match value:
        case ast.Dict(keys=keys, values=values):
            yield from (held if key is None else key for key, held in zip(keys, values, strict=True))
        case ast.Call(func=ast.Name(id="dict"), args=args, keywords=words):
            yield from (*args, *(word.value for word in words if word.arg is None))
        case _:
            yield value


def _held_in(keys: ast.expr) -> Iterable[ast.expr] | None:
    """The keys in an expression that gives several; None for any other one."""
    match keys:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return parts
        case ast.Dict():
            return _keys_of_dict(keys)
        case ast.Starred(value=value) | ast.Call(func=ast.Attribute(value=value, attr="items" | "keys")):
            return (value,)
    return None


class _FormFinder:
    """Finds how an expression is made of names from outside. ``bound`` are those that the text binds."""

    def __init__(self, bound: Mapping[str, ast.expr | None]) -> None:
        self._bound = bound

    def of(self, key: ast.expr, depth: int = _MOST_STEPS) -> Forms:
        """The forms of one key; none for a constant."""
        match key:
            case ast.Name(id=name):
                return self._of_name(name, depth)
            case ast.JoinedStr(values=parts):
                return self._of_text(parts, depth)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._of_text([left, right], depth)
        held = _held_in(key)
        if held is None:
            return self._computed(names_in(key), depth)
        return _NONE.union(*(self.of(part, depth) for part in held))

    def _of_name(self, name: str, depth: int) -> Forms:
        if name not in self._bound:
            return frozenset({KeyForm(name)})
        value = self._bound[name]
        if value is None or not depth:
            return frozenset({KeyForm(name, computed=True)})
        return self.of(value, depth - 1)

    def _computed(self, names: Iterable[str], depth: int) -> Forms:
        forms = _NONE.union(*(self._of_name(name, depth) for name in names))
        return frozenset(KeyForm(form.name, computed=True) for form in forms)

    def _of_text(self, parts: list[ast.expr], depth: int) -> Forms:
        """The forms of a text that is put together of constants and one variable."""
        parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in parts]
        texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
        forms = _NONE.union(*(self.of(part, depth) for part in parts))
        if texts.count(None) != 1 or len(forms) != 1:
            return frozenset(KeyForm(form.name, computed=True) for form in forms)
        at = texts.index(None)
        (form,) = forms
        before, after = ("".join(map(str, some)) for some in (texts[:at], texts[at + 1 :]))
        return frozenset({form._replace(before=before + form.before, after=form.after + after)})


def _bound_once(nodes: Iterable[ast.AST]) -> dict[str, ast.expr | None]:
    """The names that a text binds, each with what it is bound to, or takes in turn; None if that is not one.

    Variables of loops that run over several things side by side have each its own.
    """
    found: dict[str, ast.expr | None] = {}
    values: dict[str, ast.expr] = {}
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found[name] = None if name in found else values.get(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values[name] = value
            case ast.For(target=target, iter=through) | ast.comprehension(target=target, iter=through):
                values |= _taken_in_turn(target, through)
    return found


def _taken_in_turn(target: ast.expr, through: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The variables of a loop, each with what it goes through. Of a dict's items the keys count."""
    sides: list[ast.expr] = [through]
    targets = [target]
    if isinstance(target, ast.Tuple):
        args = through.args if isinstance(through, ast.Call) else []
        sides = {"zip": args, "enumerate": [ast.Constant(0), *args]}.get(function_name(through), [through])
        targets = target.elts
    yield from (
        (each.id, side) for each, side in zip(targets, sides, strict=False) if isinstance(each, ast.Name)
    )

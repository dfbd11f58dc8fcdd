"""What statements make of plain values: numbers, texts, lists, tuples, dicts and sets.

An own evaluator walks the syntax tree. All values are of the builtin types themselves, and only builtin
functions and methods are called that change nothing and ask nobody. So no code of the user's runs. Whatever
else a statement does, and all that is too large or takes too long, is ``Unknown``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from cellgraph.patterns import Pattern

_STEPS = 4_000
"""So many operations, and elements that they go through, are worked out at most."""
_MOST_ELEMENTS = 2_000
_MOST_BITS = 2_000
_LARGE_NUMBER = Pattern(r"\d{4}")
"""In the format of a value: it would be padded to a thousand characters."""
SCALARS: tuple[type, ...] = (int, float, bool, str, type(None))
_SEQUENCES = (str, list, tuple, range)
PLAIN_TYPES: frozenset[type] = frozenset({*SCALARS, list, tuple, dict, set, frozenset, range})


_CONVERSIONS: dict[int, Callable[[Any], Any]] = {-1: lambda value: value, ord("s"): str, ord("r"): repr}


class Unknown(Exception):
    """It cannot be told what a statement makes."""


class _Break(Exception):
    """A loop ends."""


class _Continue(Exception):
    """A loop goes on to its next round."""


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_COMPARING: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}
_PLAIN_CALLS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (len, abs, round, int, float, bool, divmod, ord, chr, repr, str, range)
}
_OVER_ELEMENTS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (min, max, sum, sorted, any, all, list, tuple, set, frozenset, dict)
}
_ORDER_FREE = frozenset({"min", "max", "sorted", "any", "all", "set", "frozenset"})
"""Of these functions the order does not matter in which a set gives its elements, if they are of one type."""
_ITERATORS: dict[str, Callable[..., Iterable[Any]]] = {
    "enumerate": enumerate,
    "zip": zip,
    "reversed": reversed,
}
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        "upper lower title capitalize strip lstrip rstrip split rsplit replace startswith endswith count find"
        " rfind index isdigit isalpha isalnum isupper islower splitlines swapcase removeprefix"
        " removesuffix".split()
    ),
    list: frozenset({"index", "count", "copy"}),
    tuple: frozenset({"index", "count"}),
    dict: frozenset({"get", "copy"}),
    set: frozenset("union intersection difference issubset issuperset isdisjoint copy".split()),
}
_CHANGING: dict[type, frozenset[str]] = {
    list: frozenset("append extend insert pop remove sort reverse clear".split()),
    dict: frozenset({"setdefault", "update", "pop", "clear"}),
    set: frozenset("add discard remove update clear".split()),
}
_VIEWS = frozenset({"items", "keys", "values"})


class Evaluation:
    """Evaluates statements one after the other. ``names`` gives what a name holds that they do not bind.

    Attributes:
        names: Gives what a name holds that the statements have not bound.
        values: What the statements have bound.
        printed: What they have printed.
    """

    def __init__(self, names: Callable[[str], Any], may_change: bool = False) -> None:
        self.names = names
        self._may_change = may_change  # also what it has not made itself
        self._steps = _STEPS
        self._scopes: list[dict[str, Any]] = []
        self._own: dict[int, Any] = {}
        self._ordered: dict[int, Any] = {}
        self._gone_over: set[int] = set()
        self.values: dict[str, Any] = {}
        self.printed: list[str] = []

    def run(self, node: ast.stmt) -> tuple[Any, ...]:
        """Do what a statement does. Gives the value of an expression; else nothing."""
        try:
            if isinstance(node, ast.Expr):
                return (self._value(node.value),)
            self._statement(node)
        except Unknown:
            raise
        except Exception as error:  # it fails, or loops and breaks are not where they belong
            raise Unknown from error
        return ()

    def is_own(self, value: Any) -> bool:
        """Whether nothing else holds what is changeable in a value."""
        match value:
            case list() | tuple() | frozenset():
                inside: Iterable[Any] = value
            case dict():
                inside = value.values()
            case _:
                inside = ()
        mine = type(value) not in (list, dict, set) or id(value) in self._own
        return mine and all(map(self.is_own, inside))

    def _spend(self, steps: int = 1) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise Unknown

    def _made(self, value: Any) -> Any:
        """A value that an operation has made."""
        kind = type(value)
        if kind not in PLAIN_TYPES or (kind is int and value.bit_length() > _MOST_BITS):
            raise Unknown
        if kind not in (int, float, bool, type(None)):
            if len(value) > _MOST_ELEMENTS:
                raise Unknown
            self._spend(len(value))
            if kind in (list, dict, set):
                self._own[id(value)] = value
        return value

    # -- statements ---------------------------------------------------------------------------------

    def _statement(self, node: ast.stmt) -> None:
        self._spend()
        match node:
            case ast.Expr(value=value):
                self._value(value)
            case ast.Assign() | ast.AugAssign() | ast.Delete():
                self._assign(node)
            case ast.If(test=test, body=body, orelse=orelse):
                self._block(body if self._value(test) else orelse)
            case ast.For(target=target, iter=iterated, body=body, orelse=[]):
                self._loop(target, iterated, body)
            case ast.Pass():
                pass
            case ast.Break() | ast.Continue():
                raise _Break if isinstance(node, ast.Break) else _Continue
            case _:
                raise Unknown

    def _assign(self, node: ast.Assign | ast.AugAssign | ast.Delete) -> None:
        if isinstance(node, ast.Delete):
            for target in node.targets:
                self._delete(target)
            return
        value = self._value(node.value)
        if isinstance(node, ast.AugAssign):
            self._update(node.target, node.op, value)
            return
        for target in node.targets:
            self._bind(target, value)

    def _block(self, nodes: Iterable[ast.stmt]) -> None:
        for node in nodes:
            self._statement(node)

    def _loop(self, target: ast.expr, iterated: ast.expr, body: list[ast.stmt]) -> None:
        for value in self._elements(iterated, lasting=True):
            self._bind(target, value)
            try:
                self._block(body)
            except _Break:
                return
            except _Continue:
                continue

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                (self._scopes[-1] if self._scopes else self.values)[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                if type(value) not in (list, tuple, str) or len(value) != len(targets):
                    raise Unknown
                for one, part in zip(targets, value, strict=True):
                    self._bind(one, part)
            case ast.Subscript(value=holder, slice=key) if not isinstance(key, ast.Slice):
                self._changeable(self._value(holder), (list, dict))[self._value(key)] = value
            case _:
                raise Unknown

    def _delete(self, target: ast.expr) -> None:
        """``del x``, of what the statements have bound themselves."""
        if not isinstance(target, ast.Name) or target.id not in self.values:
            raise Unknown
        del self.values[target.id]

    def _update(self, target: ast.expr, op: ast.operator, value: Any) -> None:
        """``x += 1``: a list or a set is changed in place, of anything else a new value is made."""
        before = self._value(_loaded(target))
        if type(before) in (list, set, dict):
            raise Unknown
        self._bind(target, self._calculated(op, before, value))

    def _changeable(self, value: Any, kinds: tuple[type, ...]) -> Any:
        """A value that the statements may change: they have made it themselves."""
        if type(value) not in kinds or not (self._may_change or id(value) in self._own):
            raise Unknown
        if id(value) in self._gone_over:
            raise Unknown  # a loop over it would see the change
        return value

    # -- expressions --------------------------------------------------------------------------------

    def _value(self, node: ast.expr) -> Any:
        self._spend()
        kind = type(node)
        if kind not in _EXPRESSIONS:
            raise Unknown
        return getattr(self, _EXPRESSIONS[kind])(node)

    def _constant(self, node: ast.Constant) -> Any:
        if type(node.value) not in SCALARS:
            raise Unknown
        return node.value

    def _name(self, node: ast.Name) -> Any:
        for scope in (*reversed(self._scopes), self.values):
            if node.id in scope:
                return scope[node.id]
        return self.names(node.id)

    def _list(self, node: ast.List) -> Any:
        return self._made([*self._all(node.elts)])

    def _tuple(self, node: ast.Tuple) -> Any:
        return self._made((*self._all(node.elts),))

    def _set(self, node: ast.Set) -> Any:
        return self._in_order({*self._all(node.elts)})

    def _all(self, nodes: Iterable[ast.expr]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self._elements(node.value)
            else:
                yield self._value(node)

    def _dict(self, node: ast.Dict) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                found[self._value(key)] = self._value(value)
                continue
            more = self._value(value)
            if type(more) is not dict:
                raise Unknown
            found.update(more)
        return self._made(found)

    def _unary(self, node: ast.UnaryOp) -> Any:
        return self._made(_UNARY[type(node.op)](self._value(node.operand)))

    def _binary(self, node: ast.BinOp) -> Any:
        return self._calculated(node.op, self._value(node.left), self._value(node.right))

    def _calculated(self, op: ast.operator, left: Any, right: Any) -> Any:
        if type(op) not in _BINARY or (isinstance(op, ast.Mod) and type(left) is str):
            raise Unknown
        if isinstance(op, ast.Pow) and not (type(right) in (int, float) and abs(right) <= 64):
            raise Unknown
        if isinstance(op, ast.Mult):
            for one, other in ((left, right), (right, left)):
                if type(one) in _SEQUENCES and not (type(other) is int and other <= 100):
                    raise Unknown
        return self._made(_BINARY[type(op)](left, right))

    def _decided(self, node: ast.BoolOp) -> Any:
        value = self._value(node.values[0])
        for other in node.values[1:]:
            if bool(value) is isinstance(node.op, ast.Or):
                return value
            value = self._value(other)
        return value

    def _compare(self, node: ast.Compare) -> Any:
        left = self._value(node.left)
        for op, other in zip(node.ops, node.comparators, strict=True):
            right = self._value(other)
            self._spend(_size(left) + _size(right))
            if isinstance(op, ast.Is | ast.IsNot):
                met = self._is_one(left, right) is isinstance(op, ast.Is)
            else:
                met = _COMPARING[type(op)](left, right)
            if not met:
                return False
            left = right
        return True

    def _is_one(self, left: Any, right: Any) -> bool:
        """Whether they are one object, where one of them is None, True or False."""
        if type(left) not in (bool, type(None)) and type(right) not in (bool, type(None)):
            raise Unknown
        return left is right

    def _choice(self, node: ast.IfExp) -> Any:
        return self._value(node.body if self._value(node.test) else node.orelse)

    def _item(self, node: ast.Subscript) -> Any:
        value, key = self._value(node.value), node.slice
        if type(value) not in (*_SEQUENCES, dict):
            raise Unknown
        if not isinstance(key, ast.Slice):
            return value[self._value(key)]
        given = [self._value(part) if part is not None else None for part in (key.lower, key.upper, key.step)]
        return self._made(value[slice(*given)])

    def _text(self, node: ast.JoinedStr) -> Any:
        return self._made("".join(str(self._value(part)) for part in node.values))

    def _formatted(self, node: ast.FormattedValue) -> Any:
        value = self._shown(self._value(node.value))
        form = self._value(node.format_spec) if node.format_spec is not None else ""
        if _LARGE_NUMBER.search(form):
            raise Unknown
        how = _CONVERSIONS.get(node.conversion)
        if how is None:
            raise Unknown
        return self._made(format(how(value), form))

    def _shown(self, value: Any) -> Any:
        """A value whose text does not depend on the order in which sets give their elements."""
        self._spend(_size(value))
        if type(value) in (set, frozenset) and not self._is_in_order(value, free=False):
            raise Unknown
        if type(value) in (list, tuple):
            any(map(self._shown, value))
        if type(value) is dict:
            any(map(self._shown, value.values()))
            any(map(self._shown, value))
        return value

    def _in_order(self, value: Any) -> Any:
        """A set that was made of known elements in a known order: numbers come back in the same order."""
        self._ordered[id(value)] = value
        return self._made(value)

    # -- calls --------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Any:
        match node.func:
            case ast.Name(id=name) if self._is_builtin(name):
                return self._builtin(name, node)
            case ast.Attribute(value=holder, attr=method):
                return self._method(self._value(holder), method, node)
        raise Unknown

    def _is_builtin(self, name: str) -> bool:
        """Whether a name stands for Python's own function, as far as the statements bind it."""
        return not any(name in scope for scope in (*self._scopes, self.values))

    def _builtin(self, name: str, node: ast.Call) -> Any:
        if name == "print":
            return self._print(node)
        given = self._keywords(node)
        if name in _PLAIN_CALLS and not given:
            values = [*self._all(node.args)]
            if name in ("str", "repr"):
                any(map(self._shown, values))
            return self._made(_PLAIN_CALLS[name](*values))
        if name not in _OVER_ELEMENTS:
            raise Unknown
        if name in ("min", "max") and len(node.args) > 1:
            return _OVER_ELEMENTS[name]([*self._all(node.args)], **given)
        if name == "dict":
            return self._made(dict(*map(self._pairs, node.args), **given))
        values = [self._elements(part, free=name in _ORDER_FREE and "key" not in given) for part in node.args]
        found = _OVER_ELEMENTS[name](*values, **given)
        if name in ("min", "max"):
            return found
        return self._in_order(found) if name in ("set", "frozenset") else self._made(found)

    def _pairs(self, node: ast.expr) -> Any:
        value = self._value(node) if isinstance(node, ast.Name | ast.Dict) else None
        return value if type(value) is dict else self._elements(node)

    def _keywords(self, node: ast.Call) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise Unknown
            found[keyword.arg] = (
                self._key_function(keyword.value) if keyword.arg == "key" else self._value(keyword.value)
            )
        return found

    def _key_function(self, node: ast.expr) -> Callable[[Any], Any]:
        match node:
            case ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)], defaults=[]), body=body):
                return partial(self._with, name, body)
            case ast.Name(id="len" | "abs" | "str" | "int" | "float" as name) if self._is_builtin(name):
                return _PLAIN_CALLS[name]
            case ast.Attribute(value=holder, attr="get"):
                value = self._value(holder)
                if type(value) is dict:
                    return value.get
            case ast.Constant(value=None):
                return None  # type: ignore[return-value]
        raise Unknown

    def _with(self, name: str, body: ast.expr, value: Any) -> Any:
        self._scopes.append({name: value})
        try:
            return self._value(body)
        finally:
            self._scopes.pop()

    def _print(self, node: ast.Call) -> None:
        given = self._keywords(node)
        if not given.keys() <= {"sep", "end"}:
            raise Unknown
        words = [str(self._shown(value)) for value in self._all(node.args)]
        sep, end = given.get("sep"), given.get("end")
        self.printed.append((" " if sep is None else sep).join(words) + ("\n" if end is None else end))

    def _method(self, value: Any, method: str, node: ast.Call) -> Any:
        kind = type(value)
        given = self._keywords(node)
        if kind is str and method == "join" and len(node.args) == 1:
            return self._made(value.join(self._elements(node.args[0])))
        arguments = [*self._all(node.args)]
        if method in _CHANGING.get(kind, ()):
            self._spend(_size(value))
            found = getattr(self._changeable(value, (list, dict, set)), method)(*arguments, **given)
            self._made(value)
            return found
        if method not in _METHODS.get(kind, ()) or given:
            raise Unknown
        self._spend(_size(value))
        found = getattr(value, method)(*arguments)
        return found if method == "get" else self._made(found)

    # -- elements -----------------------------------------------------------------------------------

    def _elements(self, node: ast.expr, free: bool = False, lasting: bool = False) -> list[Any]:
        """What an expression gives one after the other.

        ``free``: the order does not matter. ``lasting``: statements are done between one and the next.
        """
        match node:
            case ast.GeneratorExp():
                return [*self._comprehended(node, node.elt)]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if (
                name in _ITERATORS and self._is_builtin(name)
            ):
                return self._iterated(name, arguments, lasting)
            case ast.Call(func=ast.Attribute(value=holder, attr=view), args=[], keywords=[]) if (
                view in _VIEWS
            ):
                value = self._value(holder)
                if type(value) is not dict:
                    raise Unknown
                return self._gone(value, getattr(value, view)(), lasting)
        value = self._value(node)
        if type(value) in (set, frozenset) and not self._is_in_order(value, free):
            raise Unknown
        if type(value) not in PLAIN_TYPES or isinstance(value, SCALARS) > isinstance(value, str):
            raise Unknown
        return self._gone(value, value, lasting)

    def _gone(self, value: Any, elements: Iterable[Any], lasting: bool) -> list[Any]:
        self._spend(len(value))
        if lasting:
            self._gone_over.add(id(value))
        return [*elements]

    def _is_in_order(self, value: Any, free: bool) -> bool:
        """Whether it is known in which order a set gives its elements: hashes of texts differ by process."""
        kinds = {*map(type, value)}
        return (id(value) in self._ordered and kinds <= {int, bool}) or (
            free and (kinds <= {int} or kinds <= {str})
        )

    def _iterated(self, name: str, arguments: list[ast.expr], lasting: bool) -> list[Any]:
        over = arguments if name == "zip" else arguments[:1]
        first = [self._elements(part, lasting=lasting) for part in over]
        rest = [] if name == "zip" else [*self._all(arguments[1:])]
        return [*_ITERATORS[name](*first, *rest)]

    def _comprehension(self, node: ast.ListComp | ast.SetComp) -> Any:
        found = [*self._comprehended(node, node.elt)]
        return self._made(found) if isinstance(node, ast.ListComp) else self._in_order(set(found))

    def _dict_comprehension(self, node: ast.DictComp) -> Any:
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return self._made(dict(self._comprehended(node, pair)))

    def _comprehended(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, wanted: ast.expr
    ) -> Iterator[Any]:
        self._scopes.append({})
        try:
            yield from self._rounds(node.generators, wanted)
        finally:
            self._scopes.pop()

    def _rounds(self, loops: list[ast.comprehension], wanted: ast.expr) -> Iterator[Any]:
        if not loops:
            yield self._value(wanted)
            return
        for value in self._elements(loops[0].iter, lasting=True):
            self._bind(loops[0].target, value)
            if all(self._value(test) for test in loops[0].ifs):
                yield from self._rounds(loops[1:], wanted)


def _loaded(target: ast.expr) -> ast.expr:
    """The expression that gives what stands at a target."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    raise Unknown


def _size(value: Any) -> int:
    return len(value) if type(value) not in (int, float, bool, type(None)) else 1


_EXPRESSIONS: dict[type[ast.expr], str] = {
    ast.Constant: "_constant",
    ast.Name: "_name",
    ast.List: "_list",
    ast.Tuple: "_tuple",
    ast.Set: "_set",
    ast.Dict: "_dict",
    ast.UnaryOp: "_unary",
    ast.BinOp: "_binary",
    ast.BoolOp: "_decided",
    ast.Compare: "_compare",
    ast.IfExp: "_choice",
    ast.Subscript: "_item",
    ast.JoinedStr: "_text",
    ast.FormattedValue: "_formatted",
    ast.Call: "_call",
    ast.ListComp: "_comprehension",
    ast.SetComp: "_comprehension",
    ast.DictComp: "_dict_comprehension",
}


def same_values(one: Any, other: Any, pairs: dict[tuple[bool, int], int]) -> bool:
    """Whether two values are the same for all who look at them: of the same types, in the same order.

    ``pairs`` notes which changeable object stands for which: two names hold one in both cases, or in none.
    """
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other) or kind not in PLAIN_TYPES or not _look_alike(one, other, pairs):
        return False
    if kind not in (list, dict, set):
        return True
    there, back = pairs.setdefault((True, id(one)), id(other)), pairs.setdefault((False, id(other)), id(one))
    return (there, back) == (id(other), id(one))


def _look_alike(one: Any, other: Any, pairs: dict[tuple[bool, int], int]) -> bool:
    """The same of two values of one type, whether or not they are changeable."""
    if type(one) in (set, frozenset):
        return {*map(repr, one)} == {*map(repr, other)}
    if type(one) not in (list, tuple, dict):
        return repr(one) == repr(other)
    inside = zip(_inside(one), _inside(other), strict=False)
    return len(one) == len(other) and all(same_values(a, b, pairs) for a, b in inside)


def _inside(value: Any) -> Iterator[Any]:
    yield from value
    if type(value) is dict:
        yield from value.values()

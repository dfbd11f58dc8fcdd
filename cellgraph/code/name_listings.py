"""Places where a text goes through the names of the notebook: ``for n in dir()``, ``globals().items()``.

What such a place gives depends on which names there are. The conditions that the text puts on them tell which
names cannot join.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import dumps, loads
from typing import Literal

from cellgraph.code.expression_names import function_name, is_name, last_word, names_in
from cellgraph.light_namedtuple import NamedTuple

_NAMESPACES = frozenset({"globals", "locals", "vars", "dir"})
_OF_A_FUNCTION = frozenset({"locals", "vars", "dir"})
"""Those that give a function its own names."""
_TAKING = frozenset({"list", "sorted", "set", "tuple", "dict", "frozenset", "reversed", "enumerate", "iter"})
_KINDS = frozenset(
    "int float str bool list dict tuple set NoneType module function type ndarray DataFrame Series".split()
)
"""Types whose values are of no other type that a text may ask for."""
_CALLED = {"ModuleType": "module", "FunctionType": "function"}
_INCLUDED = {"int": ("int", "bool")}
_TEXT_TESTS = {"startswith": "starts", "endswith": "ends"}

Form = Literal["names", "items", "values"]


class Test(NamedTuple):
    """A condition on a listed name: how it starts or ends, what it contains, or the type of its value."""

    kind: str
    negated: bool
    words: tuple[str, ...]

    def allows(self, name: str, type_name: str) -> bool:
        """Whether a name, whose value has a type of this name, may meet the condition."""
        if self.kind == "type":
            found = type_name in self.words
            return not found if self.negated else found or type_name not in _KINDS
        asked = {"starts": name.startswith, "ends": name.endswith}.get(self.kind, name.__contains__)
        return any(map(asked, self.words)) is not self.negated


class Listing(NamedTuple):
    """One place. ``values``: the values count as well. ``sure``: the tests are all the conditions there are.

    ``function`` is the function of the notebook in which it stands, empty for none.
    """

    line: int
    tests: tuple[Test, ...] = ()
    values: bool = False
    sure: bool = True
    function: str = ""

    def may_list(self, name: str, type_name: str) -> bool:
        """Whether a name may be among those listed."""
        return all(test.allows(name, type_name) for test in self.tests)

    @property
    def text(self) -> str:
        """The tests as text, from which ``tests_of`` makes them again."""
        return dumps(self.tests)


def tests_of(text: str) -> tuple[Test, ...]:
    """The tests that ``Listing.text`` spells."""
    return tuple(Test(kind, negated, tuple(words)) for kind, negated, words in loads(text))


def name_listings(body: Sequence[ast.stmt]) -> Iterator[Listing]:
    """The listings in a text, those in its functions too."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for found in _listings(node.body, _NAMESPACES - _OF_A_FUNCTION):
                yield found._replace(function=node.name)
        elif not isinstance(node, ast.ClassDef):
            yield from _listings([node], _NAMESPACES)


def _listings(body: Iterable[ast.AST], spaces: frozenset[str]) -> Iterator[Listing]:
    nodes = [part for node in body for part in ast.walk(node)]
    done = {id(part) for node in nodes for part in _asked(node)}
    for node in nodes:
        for over, target, conditions, uses in _loops(node):
            form = _form(over, spaces)
            if form is not None and not done.intersection(map(id, ast.walk(over))):
                done.update(map(id, ast.walk(over)))
                yield _looped(over.lineno, form, target, conditions, uses)
    for node in nodes:
        if (by_magic := _of_magic(node)) is not None:
            yield by_magic
        elif id(node) not in done and isinstance(node, ast.expr) and _is_taken(node, spaces):
            done.update(map(id, ast.walk(node)))
            yield Listing(node.lineno)


def _asked(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a test of whether there is a name: ``"x" in dir()``."""
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant | ast.Name):
        for part in node.comparators:
            yield from ast.walk(part)


Loop = tuple[ast.expr, ast.expr, list[ast.expr], list[ast.AST]]


def _loops(node: ast.AST) -> Iterator[Loop]:
    """The loops that a node is: over what, the target, the conditions, and where the target is used."""
    if isinstance(node, ast.For):
        match node.body:
            case [ast.If(test=test, body=body, orelse=[])]:
                yield node.iter, node.target, [test], list(body)
            case _:
                yield node.iter, node.target, [], [ast.Constant(value=None), *node.body]
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        made: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for each in node.generators:
            others = [
                part for other in node.generators if other is not each for part in (other.iter, *other.ifs)
            ]
            yield each.iter, each.target, each.ifs, [*made, *others]


def _form(node: ast.expr, spaces: frozenset[str]) -> Form | None:  # noqa: PLR0911 - one return a form
    """What an expression gives of the names of the notebook; None if it gives anything else."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[]):
            return "names" if name in spaces else None
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _TAKING:
            return _form(inner, spaces)
        case ast.Call(func=ast.Attribute(attr="keys" | "copy", value=inner), args=[]):
            return _form(inner, spaces)
        case ast.Call(func=ast.Attribute(attr="items", value=inner), args=[]):
            return "items" if _form(inner, spaces) else None
        case ast.Call(func=ast.Attribute(attr="values", value=inner), args=[]):
            return "values" if _form(inner, spaces) else None
        case ast.Attribute(attr="user_ns"):
            return "names"
    return None


def _is_taken(node: ast.expr, spaces: frozenset[str]) -> bool:
    """Whether an expression takes the names as they are: ``list(globals())``, ``dir()``."""
    match node:
        case ast.Call(func=ast.Name(id="dir"), args=[]):
            return "dir" in spaces
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in _TAKING:
            return _form(node, spaces) is not None
        case ast.Call(func=ast.Attribute(attr="keys" | "items" | "values" | "copy"), args=[]):
            return _form(node, spaces) is not None
    return False


def _of_magic(node: ast.AST) -> Listing | None:
    """``%who``, ``%who int``, ``%whos``, which tells the values too; None for anything else."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant(value="who" | "whos" | "who_ls" as magic), ast.Constant(value=str(kinds))],
        ):
            words = tuple(kinds.split())
            public = Test("starts", negated=True, words=("_",))
            tests = (public, Test("type", negated=False, words=words)) if words else (public,)
            return Listing(node.lineno, tests, values=magic == "whos")
    return None


def _looped(
    line: int, form: Form, target: ast.expr, conditions: Iterable[ast.expr], uses: Sequence[ast.AST]
) -> Listing:
    key, value = _targets(form, target)
    tests, sure = [], not (uses and isinstance(uses[0], ast.Constant))
    rest: list[ast.AST] = list(uses)
    for condition in (part for each in conditions for part in _parts(each)):
        test = _test(condition, key, value)
        if test is None:
            rest.append(condition)
        else:
            tests.append(test)
        sure = sure and test is not None
    values = form == "values" or any(_takes_value(part, key, value) for part in rest)
    return Listing(line, tuple(tests), values, sure)


def _targets(form: Form, target: ast.expr) -> tuple[str, str]:
    """The variables that stand for a name and for its value; empty where there is none."""
    match target:
        case ast.Tuple(elts=[ast.Name(id=key), ast.Name(id=value)]) if form == "items":
            return key, value
        case ast.Name(id=single):
            return ("", single) if form == "values" else (single, single if form == "items" else "")
    return "", ""


def _parts(condition: ast.expr) -> Iterator[ast.expr]:
    if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And):
        for part in condition.values:
            yield from _parts(part)
    else:
        yield condition


def _takes_value(node: ast.AST, key: str, value: str) -> bool:
    """Whether the value of a listed name is used: by its variable, or by a lookup of the name."""
    if value and value in names_in(node):
        return True
    return any(_looks_up(part, key) for part in ast.walk(node))


def _looks_up(node: ast.AST, key: str) -> bool:
    """``globals()[n]``, ``eval(n)``, ``globals().get(n)``."""
    match node:
        case ast.Subscript(slice=ast.Name(id=name), value=ast.Call(func=ast.Name(id=space))):
            return name == key and space in _NAMESPACES
        case ast.Call(func=ast.Name(id="eval") | ast.Attribute(attr="get"), args=[ast.Name(id=name), *_]):
            return name == key
    return False


def _test(node: ast.expr, key: str, value: str) -> Test | None:
    """A condition that is understood; None for any other."""
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    match node.operand if isinstance(node, ast.UnaryOp) and negated else node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=asked), attr=method), args=[given]) if (
            asked == key and method in _TEXT_TESTS and (words := _words(given))
        ):
            return Test(_TEXT_TESTS[method], negated, words)
        case ast.Compare(left=ast.Constant(value=str(word)), ops=[op], comparators=[ast.Name(id=asked)]) if (
            asked == key and isinstance(op, ast.In | ast.NotIn)
        ):
            return Test("has", negated is not isinstance(op, ast.NotIn), (word,))
        case ast.Compare(
            left=ast.Subscript(value=ast.Name(id=asked), slice=ast.Constant(value=0)),
            ops=[ast.Eq() | ast.NotEq() as op],
            comparators=[ast.Constant(value=str(word))],
        ) if asked == key:
            return Test("starts", negated is not isinstance(op, ast.NotEq), (word,))
        case ast.Call(func=ast.Name(id="isinstance"), args=[asked, kinds]) if _is_value(asked, key, value):
            return _of_types(kinds, negated)
        case ast.Compare(
            left=ast.Call(args=[asked]) as left, ops=[ast.Is() | ast.Eq()], comparators=[kinds]
        ) if function_name(left) == "type" and _is_value(asked, key, value):
            return _of_types(kinds, negated)
    return None


def _words(node: ast.expr) -> tuple[str, ...]:
    """The texts that a test is given: one, or a tuple of them. Empty if they are not spelt out."""
    given = node.elts if isinstance(node, ast.Tuple) else [node]
    found = tuple(
        part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
    return found if len(found) == len(given) else ()


def _is_value(node: ast.expr, key: str, value: str) -> bool:
    return bool(value and is_name(node, value)) or _looks_up(node, key)


def _of_types(node: ast.expr, negated: bool) -> Test | None:
    given = node.elts if isinstance(node, ast.Tuple) else [node]
    words = [_CALLED.get(last_word(part), last_word(part)) for part in given]
    if not all(word in _KINDS for word in words):
        return None
    return Test("type", negated, tuple(more for word in words for more in _INCLUDED.get(word, (word,))))


def by_function(listings: Iterable[Listing]) -> Mapping[str, tuple[Listing, ...]]:
    """The listings that stand in functions, by these."""
    found: dict[str, tuple[Listing, ...]] = {}
    for each in listings:
        if each.function:
            found[each.function] = (*found.get(each.function, ()), each)
    return found

"""The code that a call of a notebook leads to, what it gives the parameters, and the libraries of a value.

Functions of the notebook and of the user's own modules are found by the text that they were made from. Code
in the user's own modules runs unseen. Where a parameter decides on a branch, as ``debug`` in
``setup(debug=False)``, the text of the call and the defaults tell whether the run took it.
"""

from __future__ import annotations

import ast
import linecache
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate, islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from cellgraph.code.fast_ast import every_node
from cellgraph.code.source import parsed
from cellgraph.digest.class_reflection import instance_dict_getter, made_by_user, module_root, mro, namespace
from cellgraph.digest.code_origin import globals_of, is_users_module
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.trace.settings.text_events import Event, events_of_body

# By identity: to look a type up by itself would run a metaclass of the user's.
_WRAPPERS = frozenset(map(id, (staticmethod, classmethod, MethodType)))
FUNCTIONS = frozenset(map(id, (FunctionType, BuiltinFunctionType)))
_CONTAINERS = frozenset(map(id, (list, tuple, set, frozenset)))
_REMEMBERING: type = type(lru_cache(len))
NO_LIBRARY = frozenset({"builtins", "__main__", "pdb", "ipdb", "debugpy"})


def function_called(words: tuple[str, ...], names: Mapping[str, Any]) -> FunctionType | None:
    """The function of the notebook, or of a module of the user's, that a call leads to."""
    value: Any = names.get(words[0])
    for word in words[1:]:
        if type(value) is ModuleType:
            value = ModuleType.__getattribute__(value, "__dict__").get(word)
        else:
            value = _method(value, word)
    if issubclass(type(value), type) and made_by_user(value):
        value = _method(value, "__init__")
    if id(type(value)) in _WRAPPERS:
        value = value.__func__
    if type(value) is _REMEMBERING:
        value = getattr(value, "__wrapped__", None)
    return value if type(value) is FunctionType else None


def is_followed(words: tuple[str, ...], value: Any) -> bool:
    """Whether what is stored into is a module or a class. These are followed by their attributes."""
    for word in (*words[1:-1], ""):
        if type(value) is ModuleType:
            value = ModuleType.__getattribute__(value, "__dict__").get(word)
        elif issubclass(type(value), type):
            value = namespace(value).get(word)
        else:
            return False
    return True


def _method(value: object, word: str) -> Any:
    cls = value if issubclass(type(value), type) else type(value)
    for owner in mro(cls):  # type: ignore[arg-type]
        if made_by_user(owner) and word in namespace(owner):
            return namespace(owner)[word]
    return None


def is_of_a_library(function: FunctionType) -> bool:
    """Whether a function comes from an installed package or from Python itself."""
    path = function.__code__.co_filename
    return "site-packages" in path or path.startswith("<frozen") or "/lib/python" in path


def modules_of(event: Event, package: object) -> Iterator[str]:
    """The modules that an import may load, and ``package`` is the one in whose module it stands."""
    words = event.dotted if event.dotted[0] else ()
    for start in ("",) if type(package) is not str or not package else ("", package):
        names = list(accumulate((*filter(None, (start, *words)),), "{}.{}".format))
        yield from names
        last = names[-1:]
        yield from (f"{within}.{key}" for within in last for key in event.keys)


def module_text(name: str) -> tuple[Mapping[str, Any], ast.Module | None]:
    """What a module of the user's holds, and its syntax; None if it is not loaded, or not the user's."""
    module = sys.modules.get(name)
    if type(module) is not ModuleType or name == "__main__" or not is_users_module(name):
        return {}, None
    held = globals_of(module)
    path = held.get("__file__")
    return held, parsed(_text_on_disk(path)) if type(path) is str and path.endswith(".py") else None


def text_of(path: str) -> str:
    """The text of a code file as tracebacks show it. Their cache is read and not filled."""
    known = linecache.cache.get(path)
    if known is not None and len(known) > 2:
        return "".join(known[2])
    return _text_on_disk(path)


def _text_on_disk(path: str) -> str:
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, UnicodeError, SyntaxError, ValueError):
        return ""


class Body(NamedTuple):
    """What the text of a function's body does, and the names that it binds."""

    events: tuple[Event, ...] = ()
    bound: frozenset[str] = frozenset()

    @property
    def asks_parameters(self) -> bool:
        """Whether what parameters hold may decide on a branch, here or in a function that it calls."""
        return any(
            each.tests or (each.call and (each.call.args or each.call.keywords)) for each in self.events
        )


@lru_cache(maxsize=256)
def body_of_function(path: str, line: int, name: str, _: bytes) -> Body:
    """A function's body, found in the text that it was compiled from."""
    if name == "<lambda>":
        return Body(events_of_body([ast.Expr(each.body) for each in _lambdas(path, line)]))
    node = definition(path, line, name)
    if node is None:
        return Body()
    parts = (part for each in node.body for part in every_node(each) if isinstance(part, ast.Name))
    bound = frozenset(part.id for part in parts if not isinstance(part.ctx, ast.Load))
    return Body(events_of_body(node.body), bound)


def definition(path: str, line: int, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The definition of a function in the text of a file, by its first line and its name."""
    tree = parsed(text_of(path))
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            if first == line:
                return node
    return None


def _lambdas(path: str, line: int) -> list[ast.Lambda]:
    """The lambdas that start at a line of the text of a file. Nothing tells several apart."""
    tree = parsed(text_of(path))
    nodes = ast.walk(tree) if tree is not None else ()
    return [node for node in nodes if isinstance(node, ast.Lambda) and node.lineno == line]


_PLAIN = frozenset(map(id, (int, float, bool, str, bytes, complex, type(None))))
_ELEMENTS = 20


def libraries_of(value: object, depth: int = 3) -> Iterator[str]:
    """The libraries that a value is of; of a container or an instance, those of what it holds."""
    kind = type(value)
    if id(kind) in _PLAIN:
        return
    if kind is ModuleType:
        held = ModuleType.__getattribute__(value, "__dict__")
        yield str(held.get("__name__", "")).partition(".")[0]
    elif id(kind) in FUNCTIONS:
        yield str(getattr(value, "__module__", "")).partition(".")[0]
    elif issubclass(kind, type):
        yield module_root(value)  # type: ignore[arg-type]
    elif (root := module_root(kind)) not in NO_LIBRARY:
        yield root
    if depth and kind is not ModuleType:
        for held in _held(value, kind):
            yield from libraries_of(held, depth - 1)


def _held(value: Any, kind: type) -> Iterable[object]:
    if id(kind) in _CONTAINERS:
        return list(islice(value, _ELEMENTS))
    if kind is dict:
        return list(islice(value.values(), _ELEMENTS))
    getter = instance_dict_getter(kind) if made_by_user(kind) else None
    held = getter(value) if getter is not None else None
    return list(islice(held.values(), _ELEMENTS)) if type(held) is dict else ()


def known_parameters(
    function: FunctionType, call: ast.Call | None, value_of: Callable[[ast.expr], tuple[object, ...]]
) -> Mapping[str, Any]:
    """The parameters that certainly hold a number, a text, a truth value or None when the body starts.

    ``value_of`` gives what an argument of the call is, or nothing if that is not known. None are known of a
    call that is not spelt out.
    """
    if call is None or any(isinstance(each, ast.Starred) for each in call.args):
        return {}
    if any(keyword.arg is None for keyword in call.keywords):
        return {}
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    is_method = names[:1] in (("self",), ("cls",))  # the call leaves it out
    given = dict(zip(names[is_method : code.co_argcount], call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    found = {name: held for name, held in _defaults(function).items() if name not in given}
    for name, part in given.items():
        found.update((name, value) for value in value_of(part))
    return {name: value for name, value in found.items() if name in names and id(type(value)) in SCALAR_IDS}


def _defaults(function: FunctionType) -> Mapping[str, Any]:
    """The defaults of a function by parameter."""
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    values = function.__defaults__ or ()
    return {
        **dict(zip(positional[len(positional) - len(values) :], values, strict=True)),
        **(function.__kwdefaults__ or {}),
    }

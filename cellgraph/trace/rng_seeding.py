"""Whether code seeds a random generator, decided by the functions it calls.

These are looked up and never called.

This is needed only for a run in which a generator's state changed, so it may take some time.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from itertools import chain, islice
from types import BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from cellgraph.code.bytecode import STORE, accesses
from cellgraph.code.instructions import (
    CONSTANT_LOADS,
    OPERATIONS,
    UnknownCode,
    body_of,
    constant_of,
    is_method_load,
    name_of,
    nested,
    operation,
)
from cellgraph.code.source import Source, compiled
from cellgraph.digest.class_reflection import instance_dict_getter, module_root
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern
from cellgraph.trace.call_graph import codes
from cellgraph.trace.settings.branches import Loads

_SEEDERS = {
    "random": ("random", ("seed", "setstate")),
    "numpy": ("numpy.random", ("seed", "set_state", "set_bit_generator")),
    "torch": ("torch", ("manual_seed", "set_rng_state", "seed")),
    "sympy": ("sympy.core.random", ("seed",)),
    "dask": ("dask.array.random", ("seed",)),
    "polars": ("polars", ("set_random_seed",)),
}
"""For each library its module, and the functions of it that put the generator into a known state."""

_SAVERS = {"random": "getstate", "numpy": "get_state", "torch": "get_rng_state"}
"""The functions that give a generator's state, so that it can be put back."""
_RESTORERS = frozenset({"setstate", "set_state", "set_rng_state"})
_IN_NUMBA = frozenset({"random", "numpy"})
"""Libraries for whose generators numba has others in compiled code."""
_SAYS_SO = Pattern(
    r"(?:^|_)(?:re)?seed(?:s|ed|ing)?(?:_|$)|determinis|reproducib|^set_?(?:rng_|random_)?state$",
    re.IGNORECASE,
)
"""Names of functions that seed what they know of: ``seed_everything``, ``set_random_seed``."""

_CODES = 256
_CODE_BYTES = 100_000
_DEPTH = 3
"""How far functions of other modules are followed, and how much code is read for one run."""

_METHODS = (MethodType, BuiltinMethodType)
_LOAD_ATTR, _LOAD_METHOD = operation("LOAD_ATTR"), operation("LOAD_METHOD")
_LOAD_GLOBAL, _LOAD_NAME = operation("LOAD_GLOBAL"), operation("LOAD_NAME")
_CALL, _IMPORT_FROM = operation("CALL"), operation("IMPORT_FROM")
_LOCALS = frozenset(
    op for name, op in OPERATIONS.items() if name.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF"))
)
_SETUP = frozenset({operation("PUSH_NULL"), operation("PRECALL")})


@dataclass
class Seeding:
    """What some code does to the generators.

    ``everything``: it makes a call that seeds all that the callee knows. ``saved`` are the libraries whose
    generator's state it asks for, ``restored`` those to which it gives one.
    """

    known: set[str] = field(default_factory=set)
    saved: set[str] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    everything: bool = False
    mentions_random: bool = False
    draws_of_sympy: bool = False
    """Whether it names a function of sympy that gives random values, as ``randMatrix``."""

    def seeds(self, library: str) -> bool:
        """Whether the code may put this library's generator into a known state."""
        return self.everything or library in self.known

    def reseeds(self, library: str) -> bool:
        """Whether the code seeds it from the clock or the system: ``seed()`` without a value."""
        return library in self.anew and library not in self.known


class _Use(NamedTuple):
    """An object that the code loads, by its path. The path starts with None if it starts from a local."""

    path: tuple[str | None, ...]
    method: bool
    without_value: bool


_WHOLE = frozenset({("", False)})


def seeding(
    source: Source,
    namespace: Mapping[str, Any],
    loads: Loads | None = None,
    modules: Iterable[tuple[Mapping[str, Any], ast.Module | None]] = (),
) -> Seeding:
    """What a cell's text, and the functions that it can call, do to the generators.

    ``loads`` is what the run loaded, where that was seen: ``if seed is not None: np.random.seed(seed)`` seeds
    nothing in a run that did not get to it. ``modules`` are those that it has loaded and that may seed: what
    each holds, and its syntax.
    """
    found = Seeding()
    code = compiled(source.tree) if source.tree is not None else None
    if code is not None:
        if loads is not None:  # what it loads of a name that it has bound itself is no load from outside
            bound = {access.name for access in accesses(code).values() if access.kind == STORE}
            loads = {**loads, **dict.fromkeys(bound, _WHOLE)}
        scan = _Scan(namespace, found, loads)
        scan.run(code)
        for held, tree in modules:
            if tree is not None:
                scan.read_module(compiled(tree), held)
    return found


def _got_to(path: tuple[str | None, ...], loads: Loads) -> bool:
    """Whether a run loaded what the path leads to."""
    first, *attributes = path
    whole = "".join(f".{name}" for name in attributes)
    return any(f"{whole}.".startswith(f"{site}.") for site, _ in loads.get(first or "", ()))


class _Scan:
    def __init__(self, namespace: Mapping[str, Any], found: Seeding, loads: Loads | None) -> None:
        self._namespace = namespace
        self._found = found
        self._loads = loads
        self._seen: set[int] = set()
        self._left = _CODE_BYTES
        self._seeders = dict(_known_seeders())
        self._savers = dict(_known_savers())
        self._compiled = frozenset(_compiled_by_numba(namespace))
        self._is_compiled = False

    def run(self, cell: CodeType) -> None:
        """Read the code of a cell, of the user's functions it can call, and of their modules."""
        own = chain.from_iterable(
            codes(self._namespace.get(name), self._namespace)
            for code in nested(cell)
            for name in code.co_names
        )
        for code in [cell, *islice(own, _CODES)]:
            self._read(code, self._namespace, _DEPTH)

    def read_module(self, code: CodeType | None, held: Mapping[str, Any]) -> None:
        """Read the code of a module that has been loaded."""
        if code is not None:
            self._read(code, held, _DEPTH)

    def _read(self, code: CodeType, globals_: Mapping[str, Any], depth: int) -> None:
        for inner in nested(code):
            if id(inner) in self._seen or self._left < 0:
                continue
            self._seen.add(id(inner))
            self._left -= len(inner.co_code)
            self._is_compiled = inner in self._compiled
            try:
                for use in _uses(inner):
                    self._take(use, globals_, depth)
            except UnknownCode:  # whatever it calls may seed
                self._found.everything = True

    def _take(self, use: _Use, globals_: Mapping[str, Any], depth: int) -> None:
        is_known, value = _looked_up(use.path, globals_)
        loads = self._loads if is_known and globals_ is self._namespace else None
        if loads is not None and not self._is_compiled and not _got_to(use.path, loads):
            return  # of what compiled code loads nothing is seen
        library = self._seeders.get(_identity(value)) if is_known else None
        if library in _IN_NUMBA and self._is_compiled:
            library = "numba"
        if is_known:
            self._found.mentions_random |= _is_of_random(value)
            self._found.saved.update(self._savers.get(_identity(value), ()))
            self._found.draws_of_sympy |= _gives_random_values(value)
        if library is not None:
            anew = use.without_value or (library == "torch" and use.path[-1] == "seed")
            (self._found.anew if anew else self._found.known).add(library)
            if use.path[-1] in _RESTORERS:
                self._found.restored.add(library)
        elif is_known and type(value) is FunctionType and value.__globals__ is not self._namespace:
            self._follow(value, depth)
        elif not is_known and use.method:
            self._found.everything |= bool(_SAYS_SO.search(use.path[-1] or ""))

    def _follow(self, function: FunctionType, depth: int) -> None:
        """A function of another module: by its name if it is a library's, else by its code."""
        if _SAYS_SO.search(function.__name__):
            self._found.everything = True
        elif depth > 0 and not _is_of_a_library(function.__code__.co_filename):
            self._read(function.__code__, function.__globals__, depth - 1)


def _is_of_a_library(path: str) -> bool:
    return "site-packages" in path or path.startswith((sys.base_prefix, "<frozen"))


def _uses(code: CodeType) -> Iterator[_Use]:
    """What the code loads, with the attributes that are taken of it at once."""
    path: tuple[str | None, ...] = ()
    method = False
    _, ops, args = body_of(code.co_code)
    rest = [(op, arg) for op, arg in zip(ops, args, strict=True) if op not in _SETUP]
    for index, (op, arg) in enumerate(rest):
        if op in (_LOAD_ATTR, _LOAD_METHOD):
            path = (*(path or (None,)), name_of(code, op, arg))
            method = op == _LOAD_METHOD or is_method_load(op, arg)
        else:
            if path:
                yield _Use(path, method, _is_called_without_value(code, rest, index))
            path, method = _start(code, op, arg)
    if path:
        yield _Use(path, method, without_value=False)


def _start(code: CodeType, op: int, arg: int) -> tuple[tuple[str | None, ...], bool]:
    if op in (_LOAD_GLOBAL, _LOAD_NAME, _IMPORT_FROM):
        return (name_of(code, op, arg),), op == _IMPORT_FROM
    return ((None,), False) if op in _LOCALS else ((), False)


def _is_called_without_value(code: CodeType, rest: list[tuple[int, int]], index: int) -> bool:
    op, arg = rest[index]
    if op in CONSTANT_LOADS and constant_of(code, op, arg) is None and index + 1 < len(rest):
        return rest[index + 1] == (_CALL, 1)
    return rest[index] == (_CALL, 0)


def _looked_up(path: tuple[str | None, ...], globals_: Mapping[str, Any]) -> tuple[bool, object]:
    """The object that a path leads to through modules. Attributes are read past any ``__getattr__``."""
    first, *attributes = path
    if first is None or first not in globals_:
        return False, None
    value: object = globals_[first]
    for attribute in attributes:
        held = ModuleType.__getattribute__(value, "__dict__") if type(value) is ModuleType else {}
        if attribute not in held:
            return False, None
        value = held[attribute]
    return True, value


def _known_seeders() -> Iterator[tuple[tuple[int, str], str]]:
    for library, (name, functions) in _SEEDERS.items():
        module = sys.modules.get(name)
        held = module.__dict__ if type(module) is ModuleType else {}
        for function in functions:
            if function in held:
                yield _identity(held[function]), library


def _known_savers() -> Iterator[tuple[tuple[int, str], tuple[str]]]:
    for library, name in _SAVERS.items():
        module = sys.modules.get(_SEEDERS[library][0])
        held = module.__dict__ if type(module) is ModuleType else {}
        if name in held:
            yield _identity(held[name]), (library,)


def _gives_random_values(value: object) -> bool:
    if type(value) is not FunctionType or not value.__name__.startswith("rand"):
        return False
    return str(dict.get(value.__globals__, "__name__")).partition(".")[0] == "sympy"


def _compiled_by_numba(namespace: Mapping[str, Any]) -> Iterator[CodeType]:
    """The code of the functions that numba has compiled. There it has generators of its own."""
    for value in list(namespace.values()) if "numba" in sys.modules else ():
        kind = type(value)
        getter = instance_dict_getter(kind) if module_root(kind) == "numba" else None
        held = getter(value) if getter is not None else None
        function = dict.get(held, "py_func") if type(held) is dict else None
        if type(function) is FunctionType:
            yield function.__code__


def _identity(value: object) -> tuple[int, str]:
    """A key that distinguishes functions. A method of the shared generator is a new object each time."""
    if type(value) in _METHODS:
        return id(value.__self__), value.__name__  # type: ignore[attr-defined]
    return id(value), ""


def _is_of_random(value: object) -> bool:
    module: Any = sys.modules.get("random")
    if value is module:
        return True
    owner = value.__self__ if type(value) in _METHODS else None  # type: ignore[attr-defined]
    return owner is not None and owner is module.__dict__.get("_inst")

"""Modules: the user's own by their content, a library by what was put into it from outside.

Mere use fills a library: submodules, private caches, names that its ``__getattr__`` stores. None of that is a
change. ``np.mean = mine`` and ``np.extra = 1`` are.
"""

from __future__ import annotations

import types
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import field
from operator import is_
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.instructions import UnknownCode, body_of, name_of, operation
from cellgraph.code.part_paths import attribute_path
from cellgraph.digest import class_reflection
from cellgraph.digest.code_origin import WITH_DATABASE, globals_of, is_users
from cellgraph.digest.library_patches import FOLLOWED
from cellgraph.digest.protocol import SCALAR_IDS, Part, Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.value_parts import MAX_PARTS
from cellgraph.light_dataclass import dataclass

_STORE_GLOBAL = operation("STORE_GLOBAL")
_RESTLESS = frozenset(
    # Names of ``sys`` that are set by errors, captured output and prompts.
    "stdin stdout stderr displayhook excepthook breakpointhook unraisablehook ps1 ps2 ps3"
    " last_type last_value last_traceback last_exc".split()
)

_SHELLS = ("IPython", "matplotlib_inline", "ipykernel", "ipympl")
"""Packages that put things into libraries for the shell, at an import or a first figure: no cell's doing."""


@dataclass(slots=True, eq=False)
class _Seen:
    """A library's module at the last look, when ``FOLLOWED`` had the version ``followed``.

    ``names`` and ``whole`` (the ids of the values) show fast whether any value was replaced. ``ids`` are
    these by name. ``put`` is what had been put there from outside. ``rebound`` are names that the module's
    own functions may bind anew. ``before`` is what followed attributes were before a cell changed them.
    """

    names: tuple[str, ...] = ()
    whole: array[int] = field(default_factory=lambda: array("Q"))
    ids: dict[str, int] = field(default_factory=dict)
    put: dict[str, object] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)
    before: dict[str, object] = field(default_factory=dict)
    digest: bytes = b""
    followed: int = 0


_SEEN: dict[int, _Seen] = {}
"""By the module's id."""


def _parts(value: types.ModuleType, walk: Walk) -> Iterable[Part]:
    """One part for each name of a module of the user's."""
    names = globals_of(value)
    if type(value) is not types.ModuleType or not _is_open(names):
        return ()
    content = dict(_content(names))
    if len(content) > MAX_PARTS:
        return ()
    return [(attribute_path(name), walk.visit(held), held) for name, held in content.items()]


@digests(types.ModuleType, whole=True, parts=_parts)
def _module(value: types.ModuleType, walk: Walk) -> bytes:
    """The module's name, and what cannot have come about by mere use."""
    names = globals_of(value)
    name = dict.get(names, "__name__")
    head = walk.visit(name if type(name) is str else None)
    if name == "__main__":
        return head  # the notebook's own names are read one by one
    walk.note(value)
    if name in WITH_DATABASE:
        return walk.mark_opaque(value)
    if type(value) is types.ModuleType and _is_open(names):
        content = sorted(_content(names), key=_first)
        return head + walk.visit(tuple(key for key, _ in content)) + walk.sequence([v for _, v in content])
    return head + b"%d:" % id(value) + _library(value, names)


def _is_open(names: dict[str, Any]) -> bool:
    return dict.get(names, "__name__") != "__main__" and is_users(names)


def _content(names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The content of a module of the user's. Submodules are left out: any import may add them."""
    prefix = f"{dict.get(names, '__name__')}."
    for name, held in list(dict.items(names)):
        if type(name) is not str or (name[:2] == "__" and name[-2:] == "__"):
            continue
        if type(held) is types.ModuleType and dict.get(globals_of(held), "__name__") == prefix + name:
            continue
        yield name, held


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]


def _library(value: types.ModuleType, names: dict[str, Any]) -> bytes:
    """What was put into a library's module from outside.

    Only names whose value was replaced since the last look are examined.
    """
    seen = _SEEN.setdefault(id(value), _Seen())
    whole = array("Q", map(id, dict.values(names)))
    same = seen.followed == FOLLOWED.version
    if same and whole == seen.whole and len(names) == len(seen.names) and all(map(is_, names, seen.names)):
        return seen.digest
    held = {name: here for name, here in list(dict.items(names)) if type(name) is str}
    ids = dict(zip(held, map(id, held.values()), strict=True))
    followed = FOLLOWED.of(str(dict.get(names, "__name__")))
    seen.before = {name: seen.before.get(name, seen.put.get(name)) for name in followed}
    fresh = [name for name, key in ids.items() if seen.ids.get(name) != key]
    seen.put = {name: here for name, here in seen.put.items() if ids.get(name) == seen.ids[name]}
    seen.put.update(_put_there(names, {name: held[name] for name in fresh}))
    seen.rebound.update(_rebound(names, (held[name] for name in fresh)))
    seen.rebound.update(name for name in fresh if type(held[name]) is _LAZY)
    seen.names, seen.whole, seen.ids = (*held,), whole, ids
    restless = _RESTLESS if _root(names) == "sys" else seen.rebound
    seen.followed = FOLLOWED.version
    left_out = {*restless, *(name for name, here in seen.before.items() if here is None)}
    told = sorted(pair for pair in {**seen.put, **seen.before}.items() if pair[0] not in left_out)
    seen.digest = xxh3_128_digest(repr(told).encode())
    return seen.digest


_LAZY = getattr(types, "LazyImportType", None)
"""What stands for a module that is imported at its first use (Python 3.15)."""


def _put_there(names: dict[str, Any], held: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Public names whose value does not come from the library, and that value."""
    root = _root(names)
    strange: dict[int, bool] = {}  # by class: most of the hundreds of values are of a few classes
    for name, here in held.items():
        cls = type(here)
        if (foreign := strange.get(id(cls))) is None:
            foreign = not issubclass(cls, types.ModuleType) and _root_of(here) not in (root, *_SHELLS)
            if id(cls) not in _FUNCTIONS and not issubclass(cls, type):
                strange[id(cls)] = foreign
        if foreign and name[:1] != "_":
            yield name, here if id(cls) in SCALAR_IDS else id(here)


_FUNCTIONS = frozenset(map(id, (types.FunctionType, types.BuiltinFunctionType)))


def _root(names: dict[str, Any]) -> str:
    return str(dict.get(names, "__name__")).partition(".")[0]


def _root_of(held: Any) -> str:
    """The top-level package that defines a function, a class or an object's type."""
    cls = type(held)
    if issubclass(cls, type):
        return class_reflection.module_root(held)
    if cls is types.FunctionType:
        return _root(held.__globals__)
    if cls is types.BuiltinFunctionType:
        return str(held.__module__).partition(".")[0]
    return class_reflection.module_root(cls)


def _rebound(names: dict[str, Any], members: Iterable[Any]) -> Iterator[str]:
    """Names that the module's own functions may bind anew, such as ``tempfile.tempdir`` at first use."""
    for held in members:
        if type(held) is types.FunctionType and held.__globals__ is names:
            yield from _stored_globals(held.__code__)


def _stored_globals(code: types.CodeType) -> Iterable[str]:
    raw = code.co_code
    if _STORE_GLOBAL not in raw[::2]:
        return []
    try:
        _, operations, arguments = body_of(raw)
        pairs = zip(operations, arguments, strict=True)
        return [name_of(code, op, argument) for op, argument in pairs if op == _STORE_GLOBAL]
    except UnknownCode:
        return code.co_names

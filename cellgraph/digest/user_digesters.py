"""Digest functions of users and libraries: registered, by protocol, or by entry point.

Only here does code outside cellgraph say what a value holds, as its author wished. It may fail, take long or
change the value. Then the value is opaque, and a message says so once.
"""

from __future__ import annotations

import functools
import os
import sys
import types
import weakref
from collections.abc import Callable
from stat import S_ISDIR
from time import perf_counter
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import reconsider

Function = Callable[[Any], object]

PROTOCOL = "__cellgraph_digest__"
ENTRY_POINTS = "cellgraph.digests"
SLOW_S = 0.25
"""Seconds after which a function is not asked again: every cell that touches such a value would wait."""

_by_name: dict[str, Function] = {}
_by_type: dict[int, tuple[weakref.ref[type], Function]] = {}
_sidelined: set[tuple[str, int]] = set()
_reported: set[str] = set()


def register_digest(type_or_name: type | str, function: Function) -> Callable[[], None]:
    """Register ``function`` for a class or its full name. ``cellgraph.register_digest`` is its public face.

    Returns a function that takes the registration back. Raises TypeError if the first argument is neither
    a class nor a name, or the second is no function.
    """
    if not callable(function):
        raise TypeError(f"the digester of {type_or_name!r} must be a function of the value")
    if isinstance(type_or_name, str):
        return _register_name(type_or_name, function)
    if isinstance(type_or_name, type):
        return _register_type(type_or_name, function)
    raise TypeError(f"a class or the full name of one is needed, not {type_or_name!r}")


def _register_name(name: str, function: Function) -> Callable[[], None]:
    _by_name[name] = function
    _reported.discard(name)
    reconsider()

    def unregister() -> None:
        if _by_name.get(name) is function:
            del _by_name[name]
            reconsider()

    return unregister


def _register_type(cls: type, function: Function) -> Callable[[], None]:
    key = id(cls)
    # The class itself is not held: one made in a notebook is replaced whenever its cell is run again.
    held = weakref.ref(cls, lambda _: _by_type.pop(key, None))
    entry = (held, function)
    _by_type[key] = entry
    _reported.discard(_full_name(cls))
    reconsider()

    def unregister() -> None:
        if _by_type.get(key) is entry:
            del _by_type[key]
            reconsider()

    return unregister


def own_digester(cls: type, known: Callable[[type], object]) -> Callable[[Any, Walk], bytes] | None:
    """The digester that the author of a class provides, or None.

    ``known`` says whether cellgraph has a handler for exactly this type. A handler for a nearer base takes
    precedence.
    """
    for owner in class_reflection.mro(cls):
        if (function := _function_of(owner)) is not None:
            return _content(cls, owner, function)
        if known(owner) is not None:
            return None
    return None


def offered_digester(cls: type, known: Callable[[str], bool]) -> Callable[[Any, Walk], bytes] | None:
    """The digester that an installed package offers for a class by entry point, loaded now, or None.

    ``known`` says whether cellgraph knows a library's types itself; then no entry point is used.
    """
    for owner in class_reflection.mro(cls):
        root = class_reflection.module_root(owner)
        if not root or root == "__main__" or root in sys.stdlib_module_names or known(root):
            continue
        for name in _names(owner):
            if (entry := _entry_points().get(name)) is not None:
                return _content(cls, owner, _loaded(name, entry))
    return None


def _function_of(owner: type) -> Function | None:
    entry = _by_type.get(id(owner))
    if entry is not None and entry[0]() is owner:
        return entry[1]
    if _by_name:
        for name in _names(owner):
            if name in _by_name:
                return _by_name[name]
    own = class_reflection.namespace(owner).get(PROTOCOL)
    return own if type(own) is types.FunctionType else None


def _names(cls: type) -> tuple[str, str]:
    return _full_name(cls), f"{class_reflection.module_root(cls)}.{class_reflection.qualified_name(cls)}"


def _full_name(cls: type) -> str:
    return f"{class_reflection.module_name(cls)}.{class_reflection.qualified_name(cls)}"


def _entry_points() -> dict[str, Any]:
    return declared(ENTRY_POINTS)


@functools.cache
def declared(group: str) -> dict[str, Any]:
    """The entry points that installed packages declare in a group. They are read once, when first needed."""
    try:
        if not any(_may_declare(folder, group.encode()) for folder in sys.path):
            return {}
        from importlib.metadata import entry_points

        return {entry.name: entry for entry in entry_points(group=group)}
    except Exception:  # noqa: BLE001 - metadata of a package that is broken is no affair of a cell
        return {}


_stat, _scandir = os.stat, os.scandir
"""As they are now: a cell can replace those of the module."""


def _may_declare(folder: str, group: bytes) -> bool:
    """Whether a package in a folder of ``sys.path`` may declare some. Parsing all metadata takes long."""
    try:
        if not S_ISDIR(_stat(folder or ".").st_mode):
            return True  # an archive
    except (OSError, ValueError):
        return False
    found = (held.path for held in _scandir(folder or ".") if held.name.endswith((".dist-info", ".egg-info")))
    return any(_declares(metadata, group) for metadata in found)


def _declares(metadata: str, group: bytes) -> bool:
    try:
        with open(f"{metadata}{os.sep}entry_points.txt", "rb", buffering=0) as file:  # noqa: PTH123 - of 200, twice as fast
            return group in file.read()
    except OSError:  # most packages have no such file
        return False


def _loaded(name: str, entry: Any) -> Function:
    try:
        function = entry.load()
    except BaseException as error:  # noqa: BLE001 - whatever a package's own code may raise
        _tell(name, f"could not be loaded ({type(error).__name__})")
        function = _nothing
    _register_name(name, function)
    return function  # type: ignore[no-any-return]


def _nothing(value: object) -> None:
    return None


def _content(cls: type, owner: type, function: Function) -> Callable[[Any, Walk], bytes]:
    name = _full_name(owner)
    key = (name, id(function))

    def content(value: Any, walk: Walk) -> bytes:
        """What the function gives for the value, with the class where that is the notebook's own."""
        given = _asked(function, value, key) if key not in _sidelined else None
        if given is None:
            return walk.mark_opaque(value)
        walk.note(value)
        shared = walk.visit(cls) if class_reflection.made_by_user(cls) else b""
        return shared + walk.visit_untracked((given,))

    return content


def _asked(function: Function, value: Any, key: tuple[str, int]) -> object:
    """The result of the function, or None if it failed, took too long or changed the value."""
    before = _attributes(value)
    started = perf_counter()
    try:
        given = function(value)
    except BaseException as error:  # noqa: BLE001 - whatever the author's code may raise: the kernel goes on
        if not isinstance(error, Exception):
            _sidelined.add(key)
        _tell(key[0], f"failed ({type(error).__name__})")
        return None
    if perf_counter() - started > SLOW_S:
        _sideline(key, "took too long")
    elif _attributes(value) != before:
        _sideline(key, "changed the value")
    return None if key in _sidelined else given


def _attributes(value: Any) -> dict[str, int]:
    """The attributes by name and identity, without stored results of ``cached_property``."""
    getter = class_reflection.instance_dict_getter(type(value))
    state = getter(value) if getter is not None else None
    if type(state) is not dict:
        return {}
    cached = class_reflection.cached_names(type(value))
    return {key: id(held) for key, held in state.items() if key not in cached}


def _sideline(key: tuple[str, int], why: str) -> None:
    """Stop calling the function, and say so."""
    _sidelined.add(key)
    _tell(key[0], why)


def _tell(name: str, why: str) -> None:
    """Print what is wrong, once, in one line."""
    if name not in _reported:
        _reported.add(name)
        sys.stderr.write(f"cellgraph: the digester of {name} {why}; such a value is not compared\n")

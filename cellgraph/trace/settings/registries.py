"""What cells register inside libraries: magics, colour maps, adapters, classes under abstract ones.

A registry goes by keys that a cell chooses, ``"mine"``, and whose text names the key depends on it. Some
registries can be looked at. Of the others it is the call that is kept: ``codecs.register_error("dash", f)``
stands under ``codecs.register_error('dash')``, with its text as the value. A restart makes the calls that the
notebook has, so a call that an edit has taken away or changed is told, as an option would be.
"""

from __future__ import annotations

import abc
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import FunctionType, MethodType
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.digest.class_reflection import (
    instance_dict_getter,
    made_by_user,
    module_name,
    module_root,
    namespace,
    short_name,
)
from cellgraph.digest.class_reflection import qualified_name as qualified
from cellgraph.digest.code_origin import is_users
from cellgraph.patterns import Pattern
from cellgraph.trace.settings.hooks import LISTS_OF_FUNCTIONS
from cellgraph.trace.settings.ipython import present_shell
from cellgraph.trace.settings.libraries import first_key, members, some
from cellgraph.trace.settings.provider import Provider, Values
from cellgraph.trace.settings.provider import value_text as text

_WORD = Pattern(r"[^\W\d]\w*")
_NAME = Pattern(r"\w+")
_DOTTED = Pattern(r"[\w.\-]+")


# -- whether a text names a key ----------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _words(source: str) -> frozenset[str]:
    return frozenset(_DOTTED.findall(source)) | frozenset(_WORD.findall(source))


def names_word(key: str, source: str) -> bool:
    """Whether the key stands in the text."""
    return key in _words(source)


@lru_cache(maxsize=512)
def names_magic(key: str, source: str) -> bool:
    """Whether the text calls a magic or an alias, or asks for it.

    ``%hello``, ``hello``, ``run_line_magic("hello", "")``, ``"hello" in manager.magics["line"]``.
    """
    word = re.escape(key)
    if "magic" in source and re.search(rf"[\"']{word}[\"']", source):
        return True
    called = rf"%{word}(?!\w)|magic\w*+\(\s*+[\"']{word}[\"']|^[ \t]*+!?{word}(?![\w.(=\[])(?![ \t]*+=[^=])"
    return re.search(called, source, re.MULTILINE) is not None


_ALSO = {"codecs": Pattern(r"\b(?:en|de)code\b|encoding")}
"""What uses a library without naming it."""
_TOO_COMMON = frozenset({"sys", "os", "get_ipython", "builtins", "config", "options", "settings"})


def key_of_call(library: str, callee: str) -> str:
    """The key under which a call is kept."""
    return f"{library}: {callee}"


def library_of(key: str) -> str:
    """The library that a call belongs to, from its key."""
    return key.partition(":")[0]


@lru_cache(maxsize=512)
def names_call(key: str, source: str) -> bool:
    """Whether a text may depend on a call: it names the library, or what was registered, or where."""
    library, _, callee = key.partition(": ")
    path, _, given = callee.partition("(")
    first, *between = _NAME.findall(path)
    words = {library, first, *between[:-1], *_NAME.findall(given)} - _TOO_COMMON
    if callee.endswith("]"):
        words |= set(between)
    also = _ALSO.get(library)
    return not words.isdisjoint(_words(source)) or (also is not None and also.search(source) is not None)


# -- what is registered ------------------------------------------------------------------------------------


def _class_text(cls: type) -> str:
    """A class by its name; one of the user's by the code of what stands in it, too.

    What a cell puts into a library's class is a change of that library, which has a name of its own.
    """
    if not made_by_user(cls):
        return f"<{module_name(cls)}.{qualified(cls)}>"
    codes = [text(held) for _, held in sorted(namespace(cls).items()) if type(held) is FunctionType]
    code = xxh3_64_hexdigest(repr(codes).encode("utf8", "surrogatepass"))
    return f"<{module_name(cls)}.{qualified(cls)} {code}>"


def _held_text(value: Any, depth: int = 2) -> str:
    """What is registered, in one line that differs where it does. No code of its own is run."""
    kind = type(value)
    if issubclass(kind, type):
        return _class_text(value)
    if kind is MethodType:
        return f"{_class_text(type(value.__self__))}.{value.__func__.__name__}"
    getter = instance_dict_getter(kind)
    held = getter(value) if getter is not None and depth else None
    if type(held) is dict and kind is not FunctionType:
        parts = {str(key): _held_text(part, depth - 1) for key, part in dict.items(held)}
        return f"{text(value)} {parts}"
    return text(value)


def _held(module: str, *path: str) -> list[tuple[Any, Any]]:
    """What a dict inside a library holds."""
    held: Any = members(module).get(path[0])
    for name in path[1:]:
        held = getattr(held, name, None)
    return list(dict.items(held)) if isinstance(held, dict) else []


def _table(module: str, *path: str) -> Callable[[], Values]:
    """A dict inside a library, by what it holds for each key."""
    return lambda: {_key(key): _held_text(value) for key, value in _held(module, *path)}


def _as_it_came(module: str, *path: str) -> Callable[[], Values]:
    """The same without what is the user's own."""

    def values() -> Values:
        return {_key(key): _held_text(value) for key, value in _held(module, *path) if not _is_users(value)}

    return values


def _is_users(value: Any) -> bool:
    if type(value) is FunctionType:
        return is_users(value.__globals__)
    return made_by_user(value if issubclass(type(value), type) else type(value))


def _colour_maps() -> Values:
    """matplotlib's own are told by their names alone: it refuses to have them replaced, and hands out copies.

    There are about 200 of them, with thousands of numbers each: their texts took 20 ms.
    """
    own = _own_colour_maps()
    held = _held("matplotlib", "colormaps", "_cmaps")
    return {name: own[name] if name in own else _held_text(held_map) for name, held_map in held}


def _own_colour_maps() -> Values:
    known = getattr(members("matplotlib").get("colormaps"), "_builtin_cmaps", ())
    return dict.fromkeys(known, "matplotlib's own")


def _key(key: Any) -> str:
    if type(key) is str:
        return key
    parts = key if type(key) is tuple else (key,)
    return " ".join(qualified(part) if issubclass(type(part), type) else text(part) for part in parts)


# -- magics ------------------------------------------------------------------------------------------------


_OWN_MAGICS = frozenset({"IPython", "cellgraph", "ipykernel"})


def _magics() -> Values:
    manager = getattr(present_shell(), "magics_manager", None)
    found: dict[str, str] = {}
    for kind, table in (getattr(manager, "magics", None) or {}).items():
        for name, function in dict.items(table):
            if not _is_own_magic(function):
                found[name] = f"{found.get(name, '')} {kind} {_held_text(function, 1)}".strip()
    return found


def _is_own_magic(function: Any) -> bool:
    """Whether it is one of IPython's or of cellgraph's, which come and go with their extensions."""
    if type(function) is FunctionType:
        return str(dict.get(function.__globals__, "__name__")).partition(".")[0] in _OWN_MAGICS
    if type(function) is MethodType:
        return module_root(type(function.__self__)) in _OWN_MAGICS
    return short_name(type(function)) not in ("Alias", "MagicAlias")  # its module is yet to be loaded


# -- abstract classes --------------------------------------------------------------------------------------

_ABSTRACT = ("collections.abc", "numbers", "contextlib", "os", "io", "typing")


def _registered_classes() -> Values:
    dump: Any = members("_abc").get("_get_dump")
    found: dict[str, str] = {}
    for module in _ABSTRACT if dump is not None else ():
        for cls in list(members(module).values()):
            if type(cls) is abc.ABCMeta:
                references: set[Any] = dump(cls)[0]
                held = (reference() for reference in references)
                names = {f"{module_name(one)}.{qualified(one)}" for one in held if one is not None}
                found[qualified(cls)] = " ".join(sorted(names))
    return found


# -- the providers -----------------------------------------------------------------------------------------


_registry = partial(Provider, token=None, quiet=True, by_key=True)

MAGICS = Provider(
    "IPython.magics",
    "IPython",
    token=lambda: tuple(_magics().items()),
    values=_magics,
    setters={"%load_ext": some, "%alias": some, "%unalias": some, "%alias_magic": some, "%rehashx": some},
    names_key=names_magic,
    hints=("magic", "Magic", "alias"),
)

CALLS = Provider(
    "registrations",
    "sys",
    token=None,
    values=dict,
    names_key=names_call,
    quiet=True,
    by_key=True,
)
"""Calls that register something where nobody can look. The tracker keeps what it holds."""

REGISTRIES: tuple[Provider, ...] = (
    MAGICS,
    CALLS,
    *LISTS_OF_FUNCTIONS,
    Provider(
        "abc.registered",
        "abc",
        token=abc.get_cache_token,
        values=_registered_classes,
        names_key=names_word,
    ),
    _registry(
        "copyreg.dispatch_table",
        "copyreg",
        values=_table("copyreg", "dispatch_table"),
        defaults=_as_it_came("copyreg", "dispatch_table"),
        setters={"copyreg.pickle": some},
        libraries=frozenset({"copy", "pickle", "joblib", "multiprocessing", "cloudpickle", "copyreg"}),
    ),
    _registry(
        "sqlite3.adapters",
        "sqlite3",
        values=lambda: {**_table("sqlite3", "adapters")(), **_table("sqlite3", "converters")()},
        defaults=lambda: {**_as_it_came("sqlite3", "adapters")(), **_as_it_came("sqlite3", "converters")()},
        setters={"register_adapter": some, "register_converter": some},
        libraries=frozenset({"sqlite3"}),
    ),
    _registry(
        "matplotlib.colormaps",
        "matplotlib",
        values=_colour_maps,
        defaults=_own_colour_maps,
        setters={"colormaps.register": some, "colormaps.unregister": first_key, "register_cmap": some},
        readers=frozenset({"get_cmap"}),
        containers=frozenset({"colormaps"}),
        names_key=names_word,
    ),
    _registry(
        "matplotlib.scales",
        "matplotlib.scale",
        values=_table("matplotlib.scale", "_scale_mapping"),
        defaults=_as_it_came("matplotlib.scale", "_scale_mapping"),
        setters={"register_scale": some},
        readers=frozenset({"get_scale_names", "set_xscale", "set_yscale"}),
        names_key=names_word,
    ),
    _registry(
        "matplotlib.projections",
        "matplotlib.projections",
        values=_table("matplotlib.projections", "projection_registry", "_all_projection_types"),
        defaults=_as_it_came("matplotlib.projections", "projection_registry", "_all_projection_types"),
        setters={"register_projection": some},
        readers=frozenset({"get_projection_names"}),
        names_key=names_word,
    ),
    _registry(
        "time.zone",
        "time",
        values=lambda: {"zone": text(members("time").get("tzname"))},
        setters={"tzset": lambda _: ("zone",)},
        libraries=frozenset({"time", "datetime"}),
        by_load=True,
    ),
)

NAMED: Mapping[str, Callable[[str, str], bool]] = {
    provider.name: provider.names_key for provider in REGISTRIES if provider.names_key is not None
}
"""By the setting's name: whether a text names one of its keys."""

"""Which globals of the user's own modules a run may have accessed: ``RATE`` by a call of ``helpers.net``.

Code in a module of the user's runs unseen: only that of the notebook is observed. So what a function accesses
is taken from its code, with that of the functions that it can reach.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, cast

from cellgraph.code.source import Source
from cellgraph.code.statement_names import MUTATING_METHODS
from cellgraph.digest.class_reflection import mro, namespace
from cellgraph.digest.code_origin import globals_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern
from cellgraph.trace.call_graph import accessed_globals
from cellgraph.trace.settings.text_events import events_of
from cellgraph.trace.tracing_backend import Sites

_FIRST = Pattern(r"\.(\w+)")
_WORD = Pattern(r"\w+")
_MISSING = object()


class Global(NamedTuple):
    """A global of a module, by their names."""

    module: str
    name: str

    def held(self) -> tuple[object, ...]:
        """The present value; empty if there is none."""
        found = names_of(self.module).get(self.name, _MISSING)
        return () if found is _MISSING else (found,)


def names_of(module: str) -> Mapping[str, Any]:
    """The names of a loaded module; empty if there is none."""
    found: object = sys.modules.get(module)
    return globals_of(found) if type(found) is ModuleType else {}


class Access(NamedTuple):
    """A global that a run may have accessed, and the variable by which.

    ``is_read``: it was not only bound or stored into.
    """

    what: Global
    variable: str
    is_read: bool


def accesses(
    sites: Mapping[str, Sites], held: Mapping[str, object], modules: Collection[str]
) -> Iterator[Access]:
    """The globals of these modules that a run may have accessed.

    ``sites`` are the places at which the run accessed each variable, ``held`` what variables hold.
    """
    dicts = {id(names_of(module)): module for module in modules}
    for name, places in sites.items():
        value = held.get(name)
        if type(value) is ModuleType and id(globals_of(value)) in dicts:
            for stored in _stored(value, places):
                if stored.module in modules:
                    yield Access(stored, name, is_read=False)
        for start in _starts(value, places):
            for names, global_, is_read in accessed_globals(start, lambda names: id(names) in dicts):
                yield Access(Global(dicts[id(names)], global_), name, is_read)


def sites_in_text(source: Source, names: Collection[str]) -> dict[str, Sites]:
    """The places at which a text uses names that it binds itself: ``import own; own.RATE = 3``.

    What a run takes of them it takes from no other cell, and so it is not observed.
    """
    found: dict[str, Sites] = {}
    for event in events_of(source) if names else ():
        name, *words = event.dotted
        if name in names:
            changes = event.kind == "call" and len(words) > 1 and words[-1] in MUTATING_METHODS
            place = "".join(f".{word}" for word in words), event.kind == "store" or changes
            found[name] = found.get(name, frozenset()) | {place}
    return found


def reached(values: Iterable[object], modules: Collection[str]) -> set[str]:
    """Those of these modules to which one of the values leads, through modules, functions and classes."""
    found: set[str] = set()
    waiting = [each for value in values for each in belongs_to(value, modules)]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += {
                each for value in list(names_of(module).values()) for each in belongs_to(value, modules)
            }
    return found


def belongs_to(value: object, modules: Collection[str]) -> Iterator[str]:
    """The module that a value is, or whose function, class or instance it is, where it is one of these."""
    if type(value) is ModuleType:
        name = globals_of(value).get("__name__")
    elif type(value) is FunctionType:
        name = value.__globals__.get("__name__")
    else:
        is_class = any(base is type for base in mro(type(value)))  # isinstance would ask the value
        name = namespace(cast("type", value) if is_class else type(value)).get("__module__")
    if type(name) is str and name in modules:
        yield name


def _stored(module: ModuleType, places: Sites) -> Iterator[Global]:
    """The globals that a cell stores into through the module: ``helpers.RATE = 2``, ``pkg.conf.RATE = 2``."""
    for path, store_only in places:
        if store_only and path.startswith("."):
            owner, name = _place(module, path)
            yield Global(str(globals_of(owner).get("__name__")), name)


def _place(module: ModuleType, path: str) -> tuple[ModuleType, str]:
    """The module in which the first attribute of a path that is no module lies, and that attribute's name."""
    words = _WORD.findall(path)
    for word in words[:-1]:
        held = globals_of(module).get(word)
        if type(held) is not ModuleType:
            return module, word
        module = held
    return module, words[-1]


def _starts(value: object, places: Sites) -> Iterable[object]:
    """What a run may have called of a value: of a module and an instance the attributes that it looked up."""
    firsts = [_FIRST.match(path) for path, store_only in places if not store_only]
    if not firsts or None in firsts:
        return () if type(value) is ModuleType else (value,)
    if type(value) is ModuleType:
        found = (_place(value, path) for path, store_only in places if not store_only)
        return [globals_of(owner)[name] for owner, name in found if name in globals_of(owner)]
    looked_up = [first[1] for first in firsts if first is not None]
    owners = [namespace(cls) for cls in mro(type(value))]
    if all(any(each in owner for owner in owners) for each in looked_up):
        return [next(owner[each] for owner in owners if each in owner) for each in looked_up]
    return (value,)

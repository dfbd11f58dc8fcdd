"""Which globals of the user's own modules a run may have accessed: ``RATE`` by a call of ``helpers.net``.

Code in a module of the user's runs unseen: only that of the notebook is observed. So what a function accesses
is taken from its code, with that of the functions that it can reach.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, cast

from cellgraph.code.instructions import nested
from cellgraph.code.source import Source
from cellgraph.code.statement_names import MUTATING_METHODS
from cellgraph.digest.class_reflection import mro, namespace
from cellgraph.digest.code_origin import globals_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern
from cellgraph.trace.call_graph import accessed_globals
from cellgraph.trace.settings.text_events import Event, events_of
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


def accesses_in_text(
    source: Source, names: Collection[str], held: Mapping[str, object], modules: Collection[str]
) -> list[Access]:
    """The globals that a text accesses by names that it binds itself: ``import own; own.RATE = 3``.

    What a run takes of such a name it takes from no other cell, and so it is not observed. A store into a
    class or an object of the module's, or a call of a method, counts as a change of it.
    """
    events = [event for event in events_of(source) if event.dotted[0] in names] if names else []
    events = [event for event in events if event.kind != "import"]
    places: dict[str, Sites] = {}
    for event in events:
        name = event.dotted[0]
        places[name] = places.get(name, frozenset()) | {_place_of(event)}
    called = [*accesses(places, held, modules)]
    here = [access for event in events for access in _at(event, held, modules)]
    for name in names:  # ``from own import OPTIONS`` takes what cells have made of it
        taken = (each for each in _globals_that_are(held.get(name), modules) if each.name == name)
        here += (Access(each, name, is_read=True) for each in taken)
    changed = {access.what for access in (*called, *here) if not access.is_read}
    return [*called, *(access for access in here if not (access.is_read and access.what in changed))]


def _at(event: Event, held: Mapping[str, object], modules: Collection[str]) -> Iterator[Access]:
    """The globals that an event itself reads of a module, or into whose value it stores."""
    value, path = held.get(event.dotted[0]), _place_of(event)[0]
    if type(value) is ModuleType and path and event.kind == "load":
        owner, name = _place(value, path)
        yield Access(Global(str(globals_of(owner).get("__name__")), name), event.dotted[0], is_read=True)
    elif type(value) not in (ModuleType, FunctionType) and path and _may_change(event):
        for each in _globals_that_are(value, modules):
            yield Access(each, event.dotted[0], is_read=False)


_CHANGING = Pattern(
    "set|add|register|update|conf|init|enable|disable|use|clear|reset|push|insert|connect|install"
)


def _may_change(event: Event) -> bool:
    """Whether an event stores into an object, or calls a method that changes it by its name."""
    last = event.dotted[-1]
    is_changing = last in MUTATING_METHODS or _CHANGING.match(last) is not None
    return event.kind == "store" or (event.kind == "call" and is_changing)


def _place_of(event: Event) -> tuple[str, bool]:
    """Where an event accesses what a name holds, and whether it only stores there, as far as that is told."""
    changes = event.kind == "call" and len(event.dotted) > 2 and event.dotted[-1] in MUTATING_METHODS
    return "".join(f".{word}" for word in event.dotted[1:]), event.kind == "store" or changes


def _globals_that_are(value: object, modules: Collection[str]) -> Iterator[Global]:
    """The globals of these modules that hold this object."""
    for module in belongs_to(value, modules):
        yield from (Global(module, name) for name, held in list(names_of(module).items()) if held is value)


def imported_inside(
    sites: Mapping[str, Sites], held: Mapping[str, object], modules: Collection[str]
) -> Iterator[Access]:
    """The globals of modules that functions of the notebook import in their bodies."""
    for name in sites:
        value = held.get(name)
        for code in nested(value.__code__) if type(value) is FunctionType else ():
            for module in set(modules).intersection(code.co_names):
                words = names_of(module).keys() & code.co_names
                yield from (Access(Global(module, word), name, is_read=True) for word in sorted(words))


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

"""Read classes and instances without running any code of the user's.

``v.__class__``, ``cls.__mro__`` or ``vars(v)`` may each run a property or a metaclass hook. The C descriptors
of ``type`` itself do not, so everything here uses them.
"""

from __future__ import annotations

import functools
import gc
import sys
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cellgraph.digest.code_origin import globals_of, is_users, is_users_module

Getter = Callable[[Any], Any]

_POINTER = 8
_GETTERS: dict[str, Getter] = {
    name: type.__dict__[name].__get__
    for name in (
        *("__mro__", "__dict__", "__base__", "__bases__", "__name__", "__qualname__", "__module__"),
        *("__basicsize__", "__itemsize__", "__dictoffset__", "__weakrefoffset__"),
    )
}
mro: Callable[[type], tuple[type, ...]] = _GETTERS["__mro__"]
namespace: Callable[[type], Mapping[str, Any]] = _GETTERS["__dict__"]
layout_base: Callable[[type], type | None] = _GETTERS["__base__"]
bases: Callable[[type], tuple[type, ...]] = _GETTERS["__bases__"]
short_name: Callable[[type], str] = _GETTERS["__name__"]
qualified_name: Callable[[type], str] = _GETTERS["__qualname__"]
_basic_size: Callable[[type], int] = _GETTERS["__basicsize__"]
_item_size: Callable[[type], int] = _GETTERS["__itemsize__"]
_dict_offset: Callable[[type], int] = _GETTERS["__dictoffset__"]
_weakref_offset: Callable[[type], int] = _GETTERS["__weakrefoffset__"]


def member(cls: type, name: str) -> object:
    """What a class, or the first of its bases that does, has under a name. None if there is nothing."""
    return next((namespace(owner)[name] for owner in mro(cls) if name in namespace(owner)), None)


def has_member(cls: type, name: str) -> bool:
    """Whether a class or one of its bases has anything under a name."""
    return any(name in namespace(owner) for owner in mro(cls))


def module_name(cls: type) -> str:
    """The name of the module that a class says it comes from. ``""`` if it does not say so with a string."""
    try:
        name = _GETTERS["__module__"](cls)
    except AttributeError:
        return ""
    return name if type(name) is str else ""


def module_root(cls: type) -> str:
    """The top-level package of a class: ``pandas`` for ``pandas.core.frame.DataFrame``."""
    return module_name(cls).partition(".")[0]


def made_by_user(cls: type) -> bool:
    """Whether a class was made by the user, so that its code can change under its name."""
    return is_users_module(module_name(cls))


_DATA = frozenset(
    map(id, (type(None), bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset))
)
"""Types of values that give nothing else when they are looked up in a class."""


def data_members(cls: type) -> dict[str, Any]:
    """The plain data that a lookup in a class of the user's finds: no method, no property.

    Empty if the class defines how its attributes are looked up.
    """
    found: dict[str, Any] = {}
    for base in reversed(mro(cls)):
        members = namespace(base)
        if "__getattribute__" in members and base is not object:
            return {}
        if made_by_user(base):
            found |= {name: value for name, value in members.items() if type(name) is str}
        else:
            found = {name: value for name, value in found.items() if name not in members}
    return {n: v for n, v in found.items() if id(type(v)) in _DATA and not n.startswith("__")}


def is_library_global(cls: type) -> bool:
    """Whether an installed module has the class under the class's own name."""
    module = sys.modules.get(module_name(cls))
    if type(module) is not types.ModuleType:
        return False
    names = globals_of(module)
    return dict.get(names, short_name(cls)) is cls and not is_users(names)


def is_library_function(value: types.FunctionType) -> bool:
    """Whether an imported module has the function under the function's own name."""
    names = value.__globals__
    if dict.get(names, value.__name__) is value:
        return not is_users(names)
    module = sys.modules.get(value.__module__) if type(value.__module__) is str else None
    if type(module) is not types.ModuleType or is_users(names):  # ``wraps`` gives a user's function its name
        return False
    names = globals_of(module)  # a decorated function's module is that of the function inside
    return dict.get(names, value.__name__) is value and not is_users(names)


_DICT_GETTERS: dict[int, tuple[weakref.ref[type], Getter]] = {}
"""By the id of a class. A getter holds the class that it was found in: none of these is the user's."""


def instance_dict_getter(cls: type) -> Getter | None:
    """Return a function that reads an instance's ``__dict__``, past any that the user has defined."""
    key = id(cls)
    known = _DICT_GETTERS.get(key)
    if known is not None and known[0]() is cls:
        return known[1]
    if not _dict_offset(cls):
        return None
    for owner in mro(cls):
        found = namespace(owner).get("__dict__")
        if type(found) is types.GetSetDescriptorType:
            getter: Getter = found.__get__
            if _dict_offset(cls) > 0 and module_name(owner).partition(".")[0] in sys.stdlib_module_names:
                getter = _if_there(getter, _OWN_DICTS.get(f"{module_name(owner)}.{short_name(owner)}", 0))
            if module_name(owner) in sys.modules and not made_by_user(owner):
                _DICT_GETTERS[key] = (weakref.ref(cls, lambda _: _DICT_GETTERS.pop(key, None)), getter)
            return getter
    return None


_OWN_DICTS = {"functools.partial": 1}
"""How many dicts an instance of these types holds beside its attributes."""


def _if_there(getter: Getter, others: int) -> Getter:
    """Read the ``__dict__`` of an instance only if there is one.

    An instance of a type in C (a stream, an exception, a partial) gets its ``__dict__`` when it is first
    asked for, and pickles are others then. Types of libraries may hide theirs from the collector.
    """

    def read(value: Any) -> Any:
        if gc.is_tracked(value) and sum(type(held) is dict for held in gc.get_referents(value)) <= others:
            return {}
        return getter(value)

    return read


def state_of(value: Any) -> dict[str, Any]:
    """The attributes of an instance, past any property. Empty if it has no plain ``__dict__``."""
    cls = type(value)
    known = _DICT_GETTERS.get(id(cls))
    if known is not None and known[0]() is cls:  # as nearly always: a figure has thousands of artists
        return known[1](value)  # type: ignore[no-any-return]
    getter = instance_dict_getter(cls)
    state = getter(value) if getter is not None else None
    return state if type(state) is dict else {}


def slots(cls: type, base: type) -> Iterator[tuple[str, Getter]]:
    """The slots of the classes from ``cls`` up to, but without, ``base``."""
    owner: type | None = cls
    while owner is not None and owner is not base:
        for name, member in namespace(owner).items():
            if type(member) is types.MemberDescriptorType:
                yield name, member.__get__
        owner = layout_base(owner)


def cached_names(cls: type) -> frozenset[str]:
    """The names under which ``functools.cached_property`` stores its results in an instance."""
    spaces = [namespace(owner) for owner in mro(cls)]
    found = {name for space in spaces for name in _caching(space) if type(name) is str}
    nearest = ((name, next(space[name] for space in spaces if name in space)) for name in found)
    return frozenset(name for name, member in nearest if issubclass(type(member), functools.cached_property))


def _caching(members: Mapping[str, Any]) -> list[str]:
    """Names of cached properties.

    A class has hundreds of members of few types, so the types are checked first.
    """
    held = [*map(type, members.values())]
    kinds = dict(zip(map(id, held), held, strict=True))
    caching = {key for key, kind in kinds.items() if issubclass(kind, functools.cached_property)}
    return [name for name, member in members.items() if id(type(member)) in caching] if caching else []


def has_hidden_state(cls: type, base: type, slot_count: int) -> bool:
    """Whether instances hold more than ``base`` does, beside slots, attributes and weak references.

    A type written in C keeps its state where Python cannot see it. Such state shows in the size of instances.
    Where the interpreter manages attributes itself their offset is negative and they take no space (before
    3.12 the attributes of a variable-sized object are one pointer before its end).
    """
    own_dict = not _dict_offset(base) and (_dict_offset(cls) > 0 or _dict_offset(cls) == -_POINTER)
    own_weakrefs = not _weakref_offset(base) and _weakref_offset(cls) > 0
    visible = _basic_size(base) + _POINTER * (slot_count + own_dict + own_weakrefs)
    return _basic_size(cls) != visible or _item_size(cls) != _item_size(base)


def is_struct_sequence(cls: type) -> bool:
    """Whether the class is a named tuple of the interpreter's own, written in C."""
    members = namespace(cls)
    rebuilds = type(members.get("__reduce__")) is types.MethodDescriptorType
    return rebuilds and "n_sequence_fields" in members


def odd_metaclass_loaded() -> bool:
    """Whether any metaclass outside libraries defines how classes are hashed or compared.

    If there is none, a set of classes can be made without running the user's code.
    """
    pending: list[type] = [type]
    while pending:
        subclasses: list[type] = type.__dict__["__subclasses__"](pending.pop())
        for found in subclasses:
            defines = "__hash__" in namespace(found) or "__eq__" in namespace(found)
            if defines and not is_library_global(found):
                return True
            pending.append(found)
    return False

"""Functions, methods and classes, by what they would do."""

from __future__ import annotations

import collections
import functools
import operator
import types
import typing
from _abc import _get_dump  # type: ignore[import-not-found]
from abc import ABCMeta
from collections.abc import Iterable
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_attributes, by_members, by_part
from cellgraph.digest.instances import class_parts
from cellgraph.digest.protocol import Part, Walk
from cellgraph.digest.registry import digests, type_tag
from cellgraph.structure import STORES

_NOT_CLASS_CONTENT = frozenset(
    "__dict__ __weakref__ __module__ __firstlineno__ __static_attributes__ __slotnames__ _abc_impl"
    " __annotate__ __annotate_func__ __annotations_cache__ __abstractmethods__"
    # pydantic derives these from the fields, some of them at first use.
    " __pydantic_validator__ __pydantic_serializer__ __pydantic_core_schema__ __pydantic_complete__"
    " __pydantic_setattr_handlers__ __pydantic_parent_namespace__ __pydantic_generic_metadata__"
    " __pydantic_fields_complete__ __signature__".split()
)
_CALLS_REMEMBERED = frozenset({"dispatch_cache", "cache_token"})
_TUPLE_GETTER: type = type(class_reflection.namespace(collections.namedtuple("_Row", "field"))["field"])  # noqa: PYI024
_CODE = (
    "co_code co_consts co_names co_varnames co_freevars co_cellvars co_argcount co_posonlyargcount"
    " co_kwonlyargcount co_flags co_name co_exceptiontable"
).split()


@digests(types.FunctionType)
def _function(value: types.FunctionType, walk: Walk) -> bytes:
    """Code, defaults, closure and attributes. Globals are left out: they are reads of their own."""
    if class_reflection.is_library_function(value):
        code = value.__code__  # an installed function that was not replaced: its instructions are enough
        return b"g" + walk.visit((value.__module__, value.__qualname__, code.co_code, code.co_names))
    walk.note(value)
    return walk.sequence(
        [value.__name__, value.__code__, value.__defaults__, value.__kwdefaults__, *_own_state(value)]
    )


def _own_state(value: types.FunctionType) -> list[Any]:
    """Closure and attributes, without the cache of a single-dispatch function's resolved calls.

    ``interact`` gives a function its widget, which people move: that is no other function.
    """
    cells, attributes = value.__closure__ or (), value.__dict__
    if class_reflection.module_root(type(dict.get(attributes, "widget"))) == "ipywidgets":
        attributes = {name: held for name, held in dict.items(attributes) if name != "widget"}
    if not cells or dict.get(value.__globals__, "__name__") != "functools":
        return [*cells, attributes]
    named = zip(value.__code__.co_freevars, cells, strict=True)
    kept = {name: held for name, held in dict.items(attributes) if name != "_clear_cache"}
    return [*(cell for name, cell in named if name not in _CALLS_REMEMBERED), *dict.values(kept)]


# What the code does, without file name and line numbers.
digests(types.CodeType)(by_attributes(*_CODE))


@digests(types.CellType, mutable=True)
def _cell(value: types.CellType, walk: Walk) -> bytes:
    try:
        return walk.visit(value.cell_contents)
    except ValueError:  # the closure cell is empty as yet
        return b""


digests(types.MethodType)(by_attributes("__func__", "__self__"))


@digests(types.BuiltinFunctionType)
def _builtin(value: types.BuiltinFunctionType, walk: Walk) -> bytes:
    owner = value.__self__
    held = None if type(owner) is types.ModuleType else owner
    return walk.sequence([value.__name__, value.__module__, held])


@digests(
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
)
def _descriptor(value: Any, walk: Walk) -> bytes:
    return type_tag(value.__objclass__) + walk.visit(value.__name__)


digests(types.MethodWrapperType)(by_attributes("__name__", "__self__"))


digests(functools.partial, mutable=True)(by_members(functools.partial, "func", "args", "keywords"))


# The function and its attributes, without the cache of its earlier calls.
digests(type(functools.lru_cache(len)), mutable=True)(by_members(type(functools.lru_cache(len)), "__dict__"))


@digests(functools.cached_property)
def _cached_property(value: Any, walk: Walk) -> bytes:
    """The function. The lock beside it in earlier Python versions is no state."""
    getter = class_reflection.instance_dict_getter(functools.cached_property)
    state = getter(value) if getter is not None else {}
    return walk.visit(state.get("func"))


digests(property)(by_members(property, "fget", "fset", "fdel"))


digests(staticmethod)(by_members(staticmethod, "__func__"))


digests(classmethod)(by_members(classmethod, "__func__"))


digests(types.GenericAlias)(by_members(types.GenericAlias, "__origin__", "__args__"))


def _rebuilt_from(value: object) -> object:
    """The arguments from which its C type would rebuild it."""
    return class_reflection.namespace(type(value))["__reduce__"](value)[1]


digests(types.UnionType)(by_attributes("__args__"))


digests(operator.itemgetter, operator.attrgetter, operator.methodcaller, _TUPLE_GETTER)(
    by_part(_rebuilt_from)
)


digests(typing.TypeVar, typing.ParamSpec)(by_attributes("__name__"))


_STORING = ("__setattr__", "__delattr__", "__slots__", "model_config")
"""Attributes of a class that decide which attributes its instances take, the last in models of pydantic."""


def _class_parts(value: type, walk: Walk) -> Iterable[Part]:
    """One part for each data attribute, and one for what decides what becomes of a store into an instance.

    What depends on the methods is compared as the whole class.
    """
    if class_reflection.made_by_user(value):
        yield from class_parts(value, walk)
        yield STORES, walk.visit_untracked(_ways_to_store(value))


def _ways_to_store(cls: type) -> list[Any]:
    """What the user's classes among the bases say of attributes: hooks, slots, properties, frozen models."""
    found: list[Any] = []
    for base in filter(class_reflection.made_by_user, class_reflection.mro(cls)):
        own = class_reflection.namespace(base)
        found.append([(name, own[name]) for name in _STORING if name in own])
        properties = [name for name, held in own.items() if type(name) is str and type(held) is property]
        found.append(sorted(properties))
    return found


@digests(type, whole=True, parts=_class_parts)
def _class(value: type, walk: Walk) -> bytes:
    """A class made in the notebook by everything in its body. Any other class by its name."""
    name = type_tag(value)
    if not (class_reflection.made_by_user(value) or _keeps_tables(value)):
        return name
    walk.note(value)
    content = [pair for pair in class_reflection.namespace(value).items() if _is_content(*pair)]
    content.sort(key=_name_of)
    names = tuple(pair[0] for pair in content)
    parts = walk.sequence(
        [
            *class_reflection.bases(value),
            *(pair[1] for pair in content),
            *_registered(value),
            *_used_through(value),
        ]
    )
    return name + walk.visit(names) + parts


def _keeps_tables(value: type) -> bool:
    """Whether SQLAlchemy made a class as a base of mapped ones (``declarative_base()``)."""
    made_by = type(value)
    if class_reflection.short_name(made_by) != "DeclarativeMeta":
        return False
    return class_reflection.module_root(made_by) == "sqlalchemy"


_WHEN_MADE = frozenset(
    {"__new__", "__init__", "__prepare__", "__repr__", "__module__", "__qualname__", "__doc__"}
)
"""Methods of a metaclass that matter when a class is made, and not when it is used."""


def _used_through(value: type) -> list[type]:
    """The metaclass of the user's if it decides what a use of the class does, as one for singletons does."""
    made_by = type(value)
    if made_by is type or not class_reflection.made_by_user(made_by):
        return []
    own = (name for name in class_reflection.namespace(made_by) if type(name) is str and name[:2] == "__")
    return [made_by] if any(name not in _WHEN_MADE and name.endswith("__") for name in own) else []


def _registered(value: type) -> list[type]:
    """The classes that were registered as virtual subclasses of an abstract class (``ABC.register``)."""
    if type(value) is not ABCMeta:
        return []
    held = (reference() for reference in _get_dump(value)[0])
    return sorted((cls for cls in held if cls is not None), key=class_reflection.qualified_name)


def _is_content(name: object, member: object) -> bool:
    return type(name) is str and name not in _NOT_CLASS_CONTENT


def _name_of(pair: tuple[str, Any]) -> str:
    return pair[0]

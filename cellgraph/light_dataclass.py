"""``dataclass`` as in the standard library, with classes that are made in a quarter of the time.

``%load_ext cellgraph`` makes dozens of these classes while the user waits. The standard library compiles a
text for each method of each class: half a millisecond for a frozen class on Python 3.12. All methods but
``__init__`` do the same in every class, so here they are functions that know the names of the fields.
``python -m tests.benchmarks --only load_ext`` shows what that gains.

To a type checker, and to whoever uses such a class, it is a dataclass like any other: ``replace``,
``fields``, ``match``, copies and pickles work. Nobody
inherits from a frozen one, so it refuses every assignment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

Method = Callable[..., Any]
_put: Any = object.__setattr__


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        plain: type | None = None, *, frozen: bool = False, slots: bool = False, eq: bool = True
    ) -> Any:
        """Make a dataclass. The options are those of the standard library."""
        if plain is None:
            return lambda cls: _made(cls, frozen, slots, eq)
        return _made(plain, frozen, slots, eq)


def _made(plain: type, frozen: bool, slots: bool, eq: bool) -> type:
    if not _is_simple(plain):
        return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq)(plain)
    cls: Any = _with_fields(plain, slots)
    fields = dataclasses.fields(cls)
    names = [field.name for field in fields]
    methods = [_init(cls, fields, frozen), _repr([field.name for field in fields if field.repr])]
    if eq:
        compare, identify = _comparison([field.name for field in fields if field.compare])
        methods += [compare, identify] if frozen else [compare]
        if not frozen and "__hash__" not in vars(plain):
            cls.__hash__ = None
    if frozen:
        methods += [*_refusals(), *(_state(names) if slots else ())]
    for method in methods:
        if method.__name__ not in vars(plain):
            method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
            setattr(cls, method.__name__, method)
    return cls  # type: ignore[no-any-return]


def _is_simple(plain: type) -> bool:
    """Whether ``__init__`` takes each field by its place, and does nothing besides."""
    special = (each for each in vars(plain).values() if isinstance(each, Field))
    ordinary = all(field.init and field.kw_only is MISSING for field in special)
    return ordinary and not hasattr(plain, "__post_init__")


def _with_fields(plain: type, slots: bool) -> type:
    """The class as the standard library makes it where it is to have no methods.

    It looks into the text of each annotation, and for base classes with fields. Few classes have any, so here
    the fields of a class are noted in a third of the time.
    """
    notes = vars(plain).get("__annotations__", {})
    if plain.__bases__ != (object,) or not plain.__doc__ or not all(map(_is_ordinary, notes.values())):
        return _library_made(plain, slots)
    found: dict[str, Any] = {name: _field(vars(plain).get(name, MISSING)) for name in notes}
    for name, field in found.items():
        field.name, field.type, field.kw_only = name, notes[name], False
        field._field_type = _model(slots).__dataclass_fields__["field"]._field_type  # noqa: SLF001 - no other way
    noted = {name: value for name, value in vars(_model(slots)).items() if name in _NOTED}
    noted |= {"__dataclass_fields__": found, "__match_args__": tuple(found)}
    if slots:
        body = {name: value for name, value in vars(plain).items() if name not in {*found, *_OF_ANY_CLASS}}
        cls = type(plain)(plain.__name__, plain.__bases__, {**body, **noted, "__slots__": tuple(found)})
        cls.__qualname__ = plain.__qualname__
        return cls
    for name in [name for name, value in vars(plain).items() if isinstance(value, Field)]:
        delattr(plain, name)
    defaults = {name: field.default for name, field in found.items() if field.default is not MISSING}
    for name, value in {**noted, **defaults}.items():
        setattr(plain, name, value)
    return plain


_OF_ANY_CLASS = frozenset({"__dict__", "__weakref__"})
_NOTED = frozenset({"__dataclass_params__", "__replace__"})


def _is_ordinary(note: object) -> bool:
    """Whether an annotation is the text of a type, and marks no class variable or the like."""
    return type(note) is str and not any(word in note for word in ("ClassVar", "InitVar", "KW_ONLY"))


def _field(value: Any) -> Any:
    return value if isinstance(value, Field) else dataclasses.field(default=value)


def _library_made(plain: type, slots: bool) -> type:
    return dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(plain)


@cache
def _model(slots: bool) -> Any:
    """A class with a field that the standard library has made, for what it notes in each."""

    class Model:
        """A sample."""

        field: str

    return _library_made(Model, slots)


def _init(cls: type, fields: Sequence[Field[Any]], frozen: bool) -> Method:
    slots = [vars(cls).get(field.name) for field in fields]
    in_slots = all(isinstance(slot, MemberDescriptorType) for slot in slots)
    plain = not frozen and all(field.default_factory is MISSING for field in fields)
    if fields and (in_slots or plain):
        init = _shared_init(cls, fields, [] if plain else slots)
    else:
        init = _own_init(cls, fields, frozen)
    init.__annotations__ = {**{field.name: field.type for field in fields}, "return": None}
    return init


def _shared_init(cls: type, fields: Sequence[Field[Any]], slots: Sequence[Any]) -> Method:
    """An ``__init__`` with code that classes with as many fields share, but for the names in it.

    To compile a text takes longer than all else that is done for a class. ``slots`` are those by whose
    setters it puts values into the fields; without them it does so plainly.
    """
    names = [field.name for field in fields]
    made: dict[str, Any] = {"__name__": cls.__module__}
    made |= {f"_put_{field.name}": _setter(field, slot) for field, slot in zip(fields, slots, strict=False)}
    used = [f"_put_{name}" for name in names] if slots else names
    code = _code(len(names), by_setters=bool(slots))
    code = code.replace(co_varnames=("self", *names), co_names=tuple(used))
    both = [(field.default, field.default_factory) for field in fields]
    # ``MISSING`` stands for what a setter makes.
    defaults = tuple(default for default, make in both if default is not make)
    return FunctionType(code, made, "__init__", defaults)


def _setter(field: Field[Any], slot: Any) -> Method:
    """A slot's own setter, or one that makes a value where none is given.

    It takes half the time of ``object.__setattr__``, and a run makes dozens of objects.
    """
    put, make = slot.__set__, field.default_factory
    if make is MISSING:
        return put  # type: ignore[no-any-return]

    def put_or_make(self: object, value: Any) -> None:
        put(self, make() if value is MISSING else value)

    return put_or_make


@cache
def _code(size: int, *, by_setters: bool) -> CodeType:
    line = "put{0}(self, value{0})" if by_setters else "self.field{0} = value{0}"
    arguments = ", ".join(f"value{at}" for at in range(size))
    lines = "\n".join(f" {line.format(at)}" for at in range(size))
    made: dict[str, Any] = {}
    exec(f"def __init__(self, {arguments}):\n{lines}\n return None", made)  # noqa: S102 - as below
    code: CodeType = made["__init__"].__code__
    return code


def _own_init(cls: type, fields: Sequence[Field[Any]], frozen: bool) -> Method:
    made: dict[str, Any] = {"__name__": cls.__module__, "_put": _put, "_MISSING": MISSING}
    arguments = [name + _default(field, made) for field in fields if (name := field.name)]
    lines = [f" {_assignment(field, frozen)}" for field in fields]
    text = "\n".join((f"def __init__(self, {', '.join(arguments)}):", *lines, " return None"))
    exec(text, made)  # noqa: S102 - the text consists of the names of the fields
    init: Method = made["__init__"]
    return init


def _assignment(field: Field[Any], frozen: bool) -> str:
    """The statement that puts a value into a field of a new object."""
    name, value = field.name, _value(field)
    return f"_put(self, {name!r}, {value})" if frozen else f"self.{name} = {value}"


def _default(field: Field[Any], made: dict[str, Any]) -> str:
    """The text of an argument's default, with what it refers to put into ``made``."""
    if field.default is not MISSING:
        made[f"_{field.name}"] = field.default
        return f"=_{field.name}"
    if field.default_factory is not MISSING:
        made[f"_{field.name}"] = field.default_factory
        return "=_MISSING"
    return ""


def _value(field: Field[Any]) -> str:
    name = field.name
    return name if field.default_factory is MISSING else f"_{name}() if {name} is _MISSING else {name}"


def _repr(names: Sequence[str]) -> Method:
    @recursive_repr()
    def __repr__(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _comparison(names: Sequence[str]) -> tuple[Method, Method]:
    key = _together(names)

    def __eq__(self: object, other: object) -> Any:
        return key(self) == key(other) if type(other) is type(self) else NotImplemented

    def __hash__(self: object) -> int:
        return hash(key(self))

    return __eq__, __hash__


def _together(names: Sequence[str]) -> Method:
    """A function that gives these attributes of an object as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda held: tuple(getattr(held, name) for name in names)


def _refusals() -> tuple[Method, Method]:
    def __setattr__(self: object, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self: object, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    return __setattr__, __delattr__


def _state(names: Sequence[str]) -> tuple[Method, Method]:
    """What copies and pickles of a frozen class with slots take from an object, and put into a new one."""
    held = _together(names)

    def __getstate__(self: object) -> tuple[Any, ...]:
        return held(self)  # type: ignore[no-any-return]

    def __setstate__(self: object, state: tuple[Any, ...]) -> None:
        for name, value in zip(names, state, strict=True):
            _put(self, name, value)

    return __getstate__, __setstate__

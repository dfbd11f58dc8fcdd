"""``NamedTuple`` as in ``typing``, with classes that are made in a quarter of the time.

``typing`` compiles the text of each field's type when it makes a class, and ``collections.namedtuple`` that
of each class's ``__new__``. ``%load_ext cellgraph`` makes dozens of these classes while the user waits, and
nothing asks for those types. Here classes with as many fields share the code of one that the standard
library has made. Only the names of the fields are their own.
``python -m tests.benchmarks --only load_ext`` shows what that gains.

A type checker sees ``typing.NamedTuple`` itself. A class with two bases, such as a generic one, takes that.
"""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]


if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Making(type):
        """Makes a subclass of ``NamedTuple``."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            return type(name, (tuple,), {**_members(name, fields, defaults), **body})

    class NamedTuple(metaclass=_Making):
        """A tuple whose elements have names, written as a class with a line for each."""


@cache
def _model(size: int) -> Any:
    """A class of the standard library with so many fields."""
    return namedtuple("Model", [f"field{at}" for at in range(size)])  # noqa: PYI024


def _members(name: str, fields: tuple[str, ...], defaults: dict[str, Any]) -> dict[str, Any]:
    """What such a class has beside what is written in its body."""
    model = vars(_model(len(fields)))
    shared: Any = _model(len(fields)).__new__
    code = shared.__code__.replace(co_varnames=("_cls", *fields))
    new = FunctionType(code, shared.__globals__, "__new__", tuple(defaults.values()))
    new.__qualname__ = f"{name}.__new__"
    own = {
        "__slots__": (),
        "__match_args__": fields,
        "_fields": fields,
        "_field_defaults": defaults,
        "__new__": new,
        "__repr__": _repr,
        "_replace": _replace,
        "__replace__": _replace,
    }
    getters = {field: model[f"field{at}"] for at, field in enumerate(fields)}
    return {**{each: model[each] for each in ("_make", "_asdict", "__getnewargs__")}, **own, **getters}


def _repr(self: Any) -> str:
    held = (f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({', '.join(held)})"


def _replace(self: Any, /, **changes: Any) -> Any:
    """The same tuple with other values for some fields."""
    result = self._make(map(changes.pop, self._fields, self))
    if changes:
        raise TypeError(f"Got unexpected field names: {list(changes)!r}")
    return result

"""``NamedTuple`` as in ``typing``, with classes that are made in half the time.

``typing`` compiles the text of each field's type when it makes a class. ``%load_ext cellgraph`` makes dozens
of these classes while the user waits, and nothing asks for those types.
``python -m tests.benchmarks --only load_ext`` shows what that gains.

A type checker sees ``typing.NamedTuple`` itself. A class with two bases, such as a generic one, takes that.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

_MADE_BY_NAMEDTUPLE = frozenset({"__module__", "__qualname__"})


if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Making(type):
        """Makes a subclass of ``NamedTuple`` with ``collections.namedtuple``."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = list(body.get("__annotations__", ()))
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            made.__qualname__ = body["__qualname__"]
            for attribute, value in body.items():
                if attribute not in _MADE_BY_NAMEDTUPLE and attribute not in made._fields:
                    setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Making):
        """A tuple whose elements have names, written as a class with a line for each."""

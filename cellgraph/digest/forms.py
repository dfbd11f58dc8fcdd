"""Ready-made handlers: what most types need, so that an adapter is a table of types and forms.

``digests("pandas.Period")(by_attributes("ordinal", "freqstr"))`` reads: periods are told by their ordinal and
their frequency. A type that needs more than a form has a function of its own under ``@digests``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.plain_data import fields_digest
from cellgraph.digest.protocol import Content, Walk


def by_fields(*names: str) -> Content:
    """By these fields of the instance's ``__dict__``: None where one is not there."""

    def content(value: Any, walk: Walk) -> bytes:
        return fields_digest(tuple(map(state_of(value).get, names)), walk)

    return content


def by_all_fields(*, caches: str = "") -> Content:
    """By every field of the instance's ``__dict__`` and its name, except those known to be caches."""
    left_out = frozenset(caches.split())

    def content(value: Any, walk: Walk) -> bytes:
        state = state_of(value)
        shape = shape_of((*state,), left_out)
        return shape.head + fields_digest(shape.take(state), walk)

    return content


def by_attributes(*names: str) -> Content:
    """By these attributes. For a library's types in C, whose attributes run no code of the user's."""
    if len(names) == 1:
        return by_part(operator.attrgetter(*names))

    def content(value: Any, walk: Walk) -> bytes:
        return walk.sequence([getattr(value, name) for name in names])

    return content


def by_members(cls: type, *names: str) -> Content:
    """By these attributes as ``cls`` defines them, past any that a subclass has put in front of them."""
    getters = [class_reflection.namespace(cls)[name].__get__ for name in names]
    if len(getters) == 1:
        return by_part(getters[0])

    def content(value: Any, walk: Walk) -> bytes:
        return walk.sequence([getter(value) for getter in getters])

    return content


def by_part(part: Callable[[Any], object]) -> Content:
    """By one part, which ``part`` gives: an object that the value holds, or a scalar or tuple made of it."""

    def content(value: Any, walk: Walk) -> bytes:
        return walk.visit(part(value))

    return content


def by_elements(elements: Callable[[Any], Sequence[object]]) -> Content:
    """By the objects it holds, in order, which ``elements`` gives. A large value is sampled."""

    def content(value: Any, walk: Walk) -> bytes:
        return walk.sequence(elements(value))

    return content


def by_text(text: Callable[[Any], str]) -> Content:
    """By a text that tells all of it. It must not run code of the user's."""

    def content(value: Any, walk: Walk) -> bytes:
        return text(value).encode("utf8", "surrogatepass")

    return content


def by_buffer(buffer: Callable[[Any], bytes]) -> Content:
    """By bytes that tell all of it, such as the form in which its library saves it."""

    def content(value: Any, walk: Walk) -> bytes:
        return buffer(value)

    return content


def by_identity(value: object, walk: Walk) -> bytes:
    """By who it is: what it holds cannot be seen, or must not be asked for. Such a value is opaque."""
    return walk.mark_opaque(value)


def by_type(value: object, walk: Walk) -> bytes:
    """By its type alone: all values of it are equal, or its fields are told apart from this."""
    return b""


def own_class(value: object, walk: Walk) -> bytes:
    """The class of a value where it was made in the notebook, else nothing: its code counts too."""
    cls = type(value)
    return walk.visit(cls) if class_reflection.made_by_user(cls) else b""

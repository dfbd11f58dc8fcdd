"""Ready-made handlers for most types, so that an adapter is a table of types and forms.

``digests("pandas.Period")(by_attributes("ordinal", "freqstr"))`` reads: periods are compared by their ordinal
and their frequency. A type that needs more than a form has a function of its own under ``@digests``.
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
    """By these fields of the instance's ``__dict__``. A missing field counts as None."""

    def content(value: Any, walk: Walk) -> bytes:
        return fields_digest(tuple(map(state_of(value).get, names)), walk)

    return content


def by_all_fields(*, caches: str = "") -> Content:
    """By every field of the instance's ``__dict__`` with its name, except known caches."""
    left_out = frozenset(caches.split())

    def content(value: Any, walk: Walk) -> bytes:
        state = state_of(value)
        shape = shape_of((*state,), left_out)
        return shape.head + fields_digest(shape.take(state), walk)

    return content


def by_attributes(*names: str) -> Content:
    """By these attributes. For a library's C types, whose attributes run no code of the user's."""
    if len(names) == 1:
        return by_part(operator.attrgetter(*names))

    def content(value: Any, walk: Walk) -> bytes:
        return walk.sequence([getattr(value, name) for name in names])

    return content


def by_members(cls: type, *names: str) -> Content:
    """By these attributes as ``cls`` defines them, past any that a subclass puts in front of them."""
    getters = [class_reflection.namespace(cls)[name].__get__ for name in names]
    if len(getters) == 1:
        return by_part(getters[0])

    def content(value: Any, walk: Walk) -> bytes:
        return walk.sequence([getter(value) for getter in getters])

    return content


def by_part(part: Callable[[Any], object]) -> Content:
    """By one part, which ``part`` returns: an object that the value holds, or a new scalar or tuple."""

    def content(value: Any, walk: Walk) -> bytes:
        return walk.visit(part(value))

    return content


def by_elements(elements: Callable[[Any], Sequence[object]]) -> Content:
    """By the objects it holds, in order, which ``elements`` returns. A large value is sampled."""

    def content(value: Any, walk: Walk) -> bytes:
        return walk.sequence(elements(value))

    return content


def by_text(text: Callable[[Any], str]) -> Content:
    """By a text that covers the whole value. Making it must run no code of the user's."""

    def content(value: Any, walk: Walk) -> bytes:
        return text(value).encode("utf8", "surrogatepass")

    return content


def by_buffer(buffer: Callable[[Any], bytes]) -> Content:
    """By bytes that cover the whole value, such as the form in which its library saves it."""

    def content(value: Any, walk: Walk) -> bytes:
        return buffer(value)

    return content


def by_identity(value: object, walk: Walk) -> bytes:
    """By identity, because its content cannot or must not be read. Such a value is opaque."""
    return walk.mark_opaque(value)


def by_type(value: object, walk: Walk) -> bytes:
    """By type alone: all values are equal, or their fields are digested beside this."""
    return b""


def own_class(value: object, walk: Walk) -> bytes:
    """The class of a value if it was made in the notebook, because its code counts too; else None."""
    cls = type(value)
    return walk.visit(cls) if class_reflection.made_by_user(cls) else b""

"""The digests of numbers and texts: most values of a notebook are such, and need no walk.

They are the same as a walk gives. So what walks is imported with the first value of another type.
"""

from __future__ import annotations

import marshal
from sys import intern
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import LONG_TEXT, TEXT_IDS
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest

MAX_PREVIEW = 32
MAX_BITS = 100
"""Bits of an integer that is shown, and that needs no budget."""


class DigestResult(NamedTuple):
    """What one look at a value told.

    ``mutable`` holds the ids of at most MAX_MUTABLE mutable objects that can be reached from the
    value, itself included: names whose values share one are aliases. ``closed`` are those among them
    that an exact digest tells whole: while it is as before, nothing was changed through them.
    """

    digest: Digest
    mutable: frozenset[int]
    closed: frozenset[int] = frozenset()


def type_name(value: object) -> str:
    """The name of a value's type."""
    return class_reflection.short_name(type(value))


def scalar_look(value: Any) -> DigestResult | None:
    """What ``Digester.look`` gives for a number or a text. None if it is so long that a budget matters."""
    return DigestResult(_scalar_digest(value), frozenset()) if _is_short(value) else None


def _is_short(value: Any) -> bool:
    """Whether a scalar needs no budget. Most values of a notebook are such."""
    if id(type(value)) in TEXT_IDS:
        return len(value) <= LONG_TEXT
    return type(value) is not int or value.bit_length() <= MAX_BITS


def _scalar_digest(value: Any) -> Digest:
    """The same digest as a walk gives, at a fraction of its cost."""
    sized = id(type(value)) in TEXT_IDS
    return Digest(
        intern(xxh3_128_digest(marshal.dumps(value, 2)).hex()),
        type=type_name(value),
        size=intern(f"length {len(value)}") if sized else "",
        preview="" if sized else intern(repr(value)[:MAX_PREVIEW]),
    )

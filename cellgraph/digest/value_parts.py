"""The parts of a value that are compared by themselves, and how deeply nested parts are separated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import cast

from cellgraph.code.part_paths import PARAMETERS
from cellgraph.digest.estimators import parameters_of_each
from cellgraph.digest.protocol import LARGE, SCALAR_IDS, Part, Walk
from cellgraph.model import OPAQUE_PART

MAX_PARTS = 200
"""Parts of one value, those of its parts included."""
MAX_ITEMS = 32
"""Elements up to which those of a list or tuple are told apart."""
MAX_LEVELS = 3
_COUNTED = frozenset(map(id, (list, tuple, dict)))
NESTED_WEIGHT = 500_000
"""Weight of a value from which only its own parts are told apart: those are hashed once more."""


def tell_apart(value: object, walk: Walk) -> tuple[tuple[str, str], ...]:
    """The parts of a visited value, then the parts of these, as far as the limits allow.

    Parts beyond MAX_PARTS are compared as part of their parent.
    """
    found: dict[str, str] = {}
    for prefix, own in _nested(value, walk):
        for path, digest, *inner in own:
            known = walk.hook.memo.get(id(inner[0])) if inner else None
            hidden = OPAQUE_PART if known is not None and known.opaque else ""
            found[intern(prefix + path)] = intern(hidden + digest.hex())  # lists often begin alike
    return tuple(found.items())


def objects_inside(value: object, walk: Walk) -> dict[str, object]:
    """The objects that the parts of a visited value are, by their paths. Made for a look: not to be kept."""
    nested = _nested(value, walk)
    return {prefix + path: held for prefix, own in nested for path, _, *inner in own for held in inner}


def _nested(value: object, walk: Walk) -> Iterator[tuple[str, list[Part]]]:
    """The path of each value that has parts, from the outside to the inside, with its parts."""
    count = 0
    level: list[tuple[str, object]] = [("", value)]
    for _ in range(MAX_LEVELS):
        below: list[tuple[str, object]] = []
        for prefix, held in level:
            if id(held) in walk.hook.ends:
                continue
            size = (
                len(cast("Sequence[object]", held)) if id(type(held)) in _COUNTED else 1
            )  # before any of them is visited in vain
            if count + size > MAX_PARTS:
                continue
            find = walk.hook.kinds(type(held)).parts
            own = list(find(held, walk)) if find is not None else []
            if count + len(own) > MAX_PARTS:
                continue
            count += len(own)
            yield prefix, own
            below += [(prefix + path, part) for path, _, *inner in own for part in inner]
        if walk.weight > NESTED_WEIGHT:
            return
        level = below


def element_parts(values: Sequence[object], walk: Walk) -> Iterable[Part]:
    """One part for each element of a list or tuple. The last element has a second path, ``[-1]``."""
    if not 0 < len(values) <= MAX_ITEMS or not cheap_again(values, walk):
        return
    values = values[: MAX_ITEMS + 1]  # a thread may add to it meanwhile
    for at, held in enumerate(values):
        yield f"[{at}]", walk.visit(held), held
    yield "[-1]", walk.visit(values[-1]), values[-1]
    if (told := parameters_of_each(values, walk)) is not None:
        yield PARAMETERS, told


def cheap_again(values: Iterable[object], walk: Walk) -> bool:
    """Whether the value's contents can be visited once more: they are few, or already in the memo."""
    if walk.weight <= LARGE:
        return True
    return all(id(type(held)) in SCALAR_IDS or id(held) in walk.hook.memo for held in values)

"""The parts of a value that are compared by themselves, and how deep they are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from cellgraph.digest.protocol import LARGE, SCALAR_IDS, Walk

MAX_PARTS = 200
"""Parts of one value, those of its parts included."""
MAX_ITEMS = 32
"""Elements up to which those of a list or tuple are told apart."""
MAX_LEVELS = 3
_COUNTED = frozenset(map(id, (list, tuple, dict)))
NESTED_WEIGHT = 500_000
"""Weight of a value from which only its own parts are told apart: those are hashed once more."""


def tell_apart(value: object, walk: Walk) -> tuple[tuple[str, str], ...]:
    """The parts of a value that has been visited, then the parts of these, as far as there is room.

    Parts beyond MAX_PARTS are compared as part of their parent.
    """
    found: dict[str, str] = {}
    level: list[tuple[str, object]] = [("", value)]
    for _ in range(MAX_LEVELS):
        below: list[tuple[str, object]] = []
        for prefix, held in level:
            size = (
                len(cast("Sequence[object]", held)) if id(type(held)) in _COUNTED else 1
            )  # before they are looked at for nothing
            if len(found) + size > MAX_PARTS:
                continue
            find = walk.hook.kinds(type(held)).parts
            own = list(find(held, walk)) if find is not None else []
            if len(found) + len(own) > MAX_PARTS:
                continue
            for path, digest, *inner in own:
                found[prefix + path] = digest.hex()
                below += [(prefix + path, part) for part in inner]
        if walk.weight > NESTED_WEIGHT:
            break
        level = below
    return tuple(found.items())


def element_parts(values: Sequence[object], walk: Walk) -> Iterable[tuple[str, bytes, object]]:
    """One part an element of a list or tuple, and the last one once more as ``[-1]``."""
    if not 0 < len(values) <= MAX_ITEMS or not cheap_again(values, walk):
        return
    for at, held in enumerate(values):
        yield f"[{at}]", walk.visit(held), held
    yield "[-1]", walk.visit(values[-1]), values[-1]


def cheap_again(values: Iterable[object], walk: Walk) -> bool:
    """Whether what a value holds can be visited once more: it is little, or known from before."""
    if walk.weight <= LARGE:
        return True
    return all(id(type(held)) in SCALAR_IDS or id(held) in walk.hook.memo for held in values)

"""matplotlib: what is on the axes, read a class at a time: a histogram is hundreds of bars."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from cellgraph.capture.digest import reflect
from cellgraph.capture.digest.arrays import numbers_digest
from cellgraph.capture.digest.artists import is_plain_artist, own_class, skipped, state_of
from cellgraph.capture.digest.data import text_length
from cellgraph.capture.digest.shapes import shape_of
from cellgraph.capture.digest.walk import LEAF_SECONDS, LEAF_WEIGHT, LONG_TEXT, SCALAR_IDS, Walk

FEWEST = 4
"""Artists of one class in a row that are read together."""


def crowd(artists: Sequence[Any], walk: Walk) -> bytes:
    """The digests of artists in their order. Their list is not noted: what holds it is."""
    found = [b"%d:" % len(artists)]
    for _, alike in groupby(artists, key=_class_id):
        group = [*alike]
        together = _together(group, walk) if len(group) >= FEWEST else None
        found.append(walk.sequence(group) if together is None else together)
    return b"".join(found)


def _class_id(artist: object) -> int:
    return id(type(artist))


def _together(artists: list[Any], walk: Walk) -> bytes | None:
    """What artists of one class hold, a field at a time; None where they differ in what they have."""
    cls = type(artists[0])
    if not is_plain_artist(cls, walk):
        return None
    states = [*map(state_of, artists)]
    if any(state.get("_A") is not None for state in states):
        return None  # their colours are made of data
    left_out = skipped(artists[0], walk)
    first, *others = [shape_of(keys, left_out) for keys in {(*state,) for state in states}]
    if any(shape.names != first.names for shape in others):
        return None
    walk.weigh(len(artists) * LEAF_WEIGHT, len(artists) * LEAF_SECONDS)
    walk.note_elements(artists)
    columns = [_column(held, walk) for held in zip(*map(first.take, states), strict=True)]
    name = reflect.qualified_name(cls).encode()
    return b"".join([b"%b:%d:" % (name, len(artists)), own_class(artists[0], walk), first.head, *columns])


def _column(values: tuple[Any, ...], walk: Walk) -> bytes:
    """The digests of what all of them have in one field. What they share is visited once."""
    kinds = set(map(id, map(type, values)))
    if kinds <= SCALAR_IDS and text_length(values, kinds) <= LONG_TEXT:
        walk.elements_ahead(len(values))
        return b"m" + marshal.dumps(values, 2)
    if len(kinds) == 1 and (numbers := numbers_digest(values, walk)) is not None:
        return b"n" + numbers
    seen = {id(held): held for held in values}
    digests = {key: walk.visit(_own(held, walk)) for key, held in seen.items()}
    return b"s" + b"".join(map(digests.__getitem__, map(id, values)))


def _own(held: Any, walk: Walk) -> Any:
    """A list is matplotlib's own, like that of an artist's effects: what counts is what it holds."""
    return walk.made((*held,)) if type(held) is list else held

"""matplotlib: what is on the axes, read a class at a time: a histogram is hundreds of bars."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from cellgraph.capture.digest import reflect
from cellgraph.capture.digest.arrays import numbers_digest
from cellgraph.capture.digest.artists import is_plain_artist, own_class, skipped
from cellgraph.capture.digest.data import plain_digest, text_length
from cellgraph.capture.digest.shapes import shape_of
from cellgraph.capture.digest.walk import LONG_TEXT, SCALAR_IDS, Walk

FEWEST = 4
"""Artists of one class in a row that are read together."""
ARTIST_WEIGHT, ARTIST_SECONDS = 500, 1e-5


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
    """What artists of one class hold, a field at a time; None where that does not tell all."""
    cls = type(artists[0])
    getter = reflect.instance_dict_getter(cls)
    if getter is None or not is_plain_artist(cls, walk):
        return None
    walk.weigh(len(artists) * ARTIST_WEIGHT, len(artists) * ARTIST_SECONDS)
    states: list[dict[str, Any]] = [*map(getter, artists)]
    if any(state.get("_A") is not None for state in states):
        return None  # their colours are made of data
    walk.note_elements(artists)
    head = b"%b:%d:" % (reflect.qualified_name(cls).encode(), len(artists))
    return head + own_class(artists[0], walk) + _table(states, skipped(artists[0], walk), walk)


def _table(states: list[dict[str, Any]], left_out: frozenset[str], walk: Walk) -> bytes:
    """The fields of instance dicts. They mostly have the same; where not, it is told which are missing."""
    shapes = [shape_of((*state,), left_out) for state in states]
    names = shapes[0].names
    if all(shape.names == names for shape in shapes):
        rows = [shape.take(state) for shape, state in zip(shapes, states, strict=True)]
        head = shapes[0].head
    else:
        names = tuple(sorted({name for shape in shapes for name in shape.names}))
        rows = [tuple(map(state.get, names)) for state in states]
        head = marshal.dumps([names, *([name in state for name in names] for state in states)], 2)
    return head + b"".join([_column(held, walk) for held in zip(*rows, strict=True)])


def _column(values: tuple[Any, ...], walk: Walk) -> bytes:
    """The digests of what all of them have in one field. What they share is visited once."""
    kinds = set(map(id, map(type, values)))
    if kinds <= SCALAR_IDS and text_length(values, kinds) <= LONG_TEXT:
        walk.elements_ahead(len(values))
        return b"m" + marshal.dumps(values, 2)
    if len(kinds) == 1 and (numbers := numbers_digest(values, walk)) is not None:
        return b"n" + numbers
    if _LIST in kinds:  # matplotlib's own, like that of an artist's effects: what it holds counts
        values = tuple(walk.made((*held,)) if type(held) is list else held for held in values)
    if kinds <= _SEQUENCES and (plain := plain_digest(values, walk)) is not None:
        return b"p" + plain
    digests = {key: walk.visit(held) for key, held in {id(held): held for held in values}.items()}
    return b"s" + b"".join(map(digests.__getitem__, map(id, values)))


_LIST = id(list)
_SEQUENCES = frozenset({_LIST, id(tuple)})

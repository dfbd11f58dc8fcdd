"""matplotlib: what is on the axes, read a class at a time: a histogram is hundreds of bars."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from itertools import groupby
from operator import is_
from typing import Any

from cellgraph.capture.digest import reflect
from cellgraph.capture.digest.arrays import numbers_digest
from cellgraph.capture.digest.artists import is_plain_artist, own_class, skipped
from cellgraph.capture.digest.data import Split, plain_digest, split_of, text_length
from cellgraph.capture.digest.shapes import Shape, shape_of
from cellgraph.capture.digest.walk import LEAF_SECONDS, LEAF_WEIGHT, LONG_TEXT, Walk

FEWEST = 4
"""Artists of one class in a row that are read together."""

Rows = list[tuple[Any, ...]]
"""For each artist what is in its fields."""


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
    """What artists of one class hold; None where they differ in what they have, or in its types."""
    taken = _fields(artists, walk) if is_plain_artist(type(artists[0]), walk) else None
    if taken is None:
        return None
    shape, rows = taken
    types = [*map(type, rows[0])]
    if not all(all(map(is_, map(type, row), types)) for row in rows):
        return None
    split = split_of(rows[0])
    texts = [text for row in rows for text in split.texts(row)]
    if text_length(texts, {id(type(text)) for text in texts}) > LONG_TEXT * len(rows):
        return None
    walk.weigh(len(artists) * LEAF_WEIGHT, len(artists) * LEAF_SECONDS)
    walk.note_elements(artists)
    name = reflect.qualified_name(type(artists[0])).encode()
    head = b"%b:%d:%b%b" % (name, len(artists), shape.head, own_class(artists[0], walk))
    return head + _rows_digest(rows, split, walk)


def _fields(artists: list[Any], walk: Walk) -> tuple[Shape, Rows] | None:
    cls = type(artists[0])
    getter = reflect.instance_dict_getter(cls)
    states = [*map(getter, artists)] if getter is not None else []
    if not states or any(type(state) is not dict or state.get("_A") is not None for state in states):
        return None  # what has an ``_A`` has colours that are made of data
    keys = (*states[0],)
    if any((*state,) != keys for state in states):
        return None
    shape = shape_of(keys, skipped(artists[0], walk))
    return shape, [*map(shape.take, states)]


def _rows_digest(rows: Rows, split: Split, walk: Walk) -> bytes:
    """All scalars at once, and all else a field at a time."""
    scalars = marshal.dumps([*map(split.scalars, rows)], 2)
    columns = [_column(held, walk) for held in zip(*map(split.others, rows), strict=True)]
    return b"".join([split.mask, scalars, *columns])


def _column(values: tuple[Any, ...], walk: Walk) -> bytes:
    """The digests of what all of them have in one field. What they share is visited once."""
    if (numbers := numbers_digest(values, walk)) is not None:
        return b"n" + numbers
    if type(values[0]) is list:  # matplotlib's own, like that of an artist's effects: what it holds counts
        values = tuple(walk.made((*held,)) for held in values)
    if type(values[0]) is tuple and (plain := plain_digest(values, walk)) is not None:
        return b"p" + plain
    digests = {key: walk.visit(held) for key, held in {id(held): held for held in values}.items()}
    return b"s" + b"".join(map(digests.__getitem__, map(id, values)))

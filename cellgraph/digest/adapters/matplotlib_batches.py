"""matplotlib: what is on the axes, read a class at a time: a histogram is hundreds of bars."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from itertools import chain, compress, cycle, groupby
from operator import is_, not_
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_artists import is_plain_artist, own_class, skipped
from cellgraph.digest.adapters.matplotlib_primitives import are_markers, marker_fields
from cellgraph.digest.adapters.numpy_arrays import arrays_digest, numbers_digest
from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.plain_data import text_length
from cellgraph.digest.protocol import FEW, LONG_TEXT, NUMBER_IDS, SCALAR_IDS, Walk

FEWEST = 4
"""Artists of one class in a row that are read together."""
ARTIST_WEIGHT, ARTIST_SECONDS = 500, 1e-5


def batch_digest(artists: Sequence[Any], walk: Walk) -> bytes:
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
    getter = class_reflection.instance_dict_getter(cls)
    if getter is None or not is_plain_artist(cls, walk):
        return None
    walk.weigh(len(artists) * ARTIST_WEIGHT, len(artists) * ARTIST_SECONDS)
    states: list[dict[str, Any]] = [*map(getter, artists)]
    if "_A" in states[0] and any(state.get("_A") is not None for state in states):
        return None  # their colours are made of data
    walk.note_elements(artists)
    head = b"%b:%d:" % (class_reflection.qualified_name(cls).encode(), len(artists))
    return head + own_class(artists[0], walk) + _table(states, skipped(artists[0], walk), walk)


def _table(states: list[dict[str, Any]], left_out: frozenset[str], walk: Walk) -> bytes:
    """The fields of instance dicts. They mostly have the same; where not, it is told which are missing."""
    shapes = [shape_of(order, left_out) for order in {(*state,) for state in states}]
    names = shapes[0].names
    if all(shape.names == names for shape in shapes):
        return shapes[0].head + _columns([*map(shapes[0].take, states)], walk)
    names = tuple(sorted({name for shape in shapes for name in shape.names}))
    head = marshal.dumps([names, *([name in state for name in names] for state in states)], 2)
    return head + _columns([tuple(map(state.get, names)) for state in states], walk)


def _columns(rows: list[tuple[Any, ...]], walk: Walk) -> bytes:
    """The digests of rows of one length, a field at a time: those of scalars at once."""
    columns = [*zip(*rows, strict=True)]
    walk.elements_ahead(len(rows) * len(columns))
    kinds = _kinds(rows, columns)
    plain = bytes(map(_are_scalars, columns, kinds))
    scalars = marshal.dumps([*compress(columns, plain)], 2)
    others = compress(zip(columns, kinds, strict=True), map(not_, plain))
    return b"%b%b%b" % (plain, scalars, b"".join([_column(column, held, walk) for column, held in others]))


def _kinds(rows: list[tuple[Any, ...]], columns: list[tuple[Any, ...]]) -> list[set[int]]:
    """The type ids of each column. Mostly all rows agree in them."""
    types = [*map(type, rows[0])]
    if all(map(is_, map(type, chain.from_iterable(rows)), cycle(types))):
        return [{id(cls)} for cls in types]
    return [set(map(id, map(type, column))) for column in columns]


def _are_scalars(values: tuple[Any, ...], kinds: set[int]) -> bool:
    return kinds <= SCALAR_IDS and text_length(values, kinds) <= LONG_TEXT


def _column(values: tuple[Any, ...], kinds: set[int], walk: Walk) -> bytes:
    """The digests of what all of them have in one field. What they share is visited once."""
    if len(kinds) == 1 and (alike := _alike(values, walk)) is not None:
        return alike
    distinct = {id(held): held for held in values}
    if _LIST in kinds:  # matplotlib's own, like that of an artist's effects: what it holds counts
        distinct = {
            key: walk.temporary((*held,)) if type(held) is list else held for key, held in distinct.items()
        }
    digests = {key: walk.visit(held) for key, held in distinct.items()}
    return b"s" + b"".join(map(digests.__getitem__, map(id, values)))


def _alike(values: tuple[Any, ...], walk: Walk) -> bytes | None:
    """The digest of values of one type where they can be told all at once."""
    cls = type(values[0])
    if cls is tuple:
        return _tuples(values, walk)
    if are_markers(cls, walk):
        return b"k" + _columns([*map(marker_fields, values)], walk)
    if (arrays := arrays_digest(values, walk)) is not None:
        return b"a" + arrays
    numbers = numbers_digest(values, walk)
    return None if numbers is None else b"n" + numbers


def _tuples(values: tuple[Any, ...], walk: Walk) -> bytes | None:
    """The digest of tuples of numbers, such as how a line is dashed."""
    held = [*chain.from_iterable(values)]
    if len(held) > len(values) * FEW or not NUMBER_IDS.issuperset(map(id, map(type, held))):
        return None
    walk.elements_ahead(len(held))
    return b"p" + marshal.dumps(values, 2)


_LIST = id(list)

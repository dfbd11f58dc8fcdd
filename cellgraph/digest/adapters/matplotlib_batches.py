"""The artists on matplotlib axes, read one class at a time: a histogram has hundreds of bars."""

from __future__ import annotations

import marshal
import operator
from collections.abc import Sequence
from itertools import chain, compress, groupby, repeat
from operator import is_, not_
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_artists import (
    both,
    clip_digest,
    is_plain_artist,
    own_class,
    skipped,
    unset_places,
)
from cellgraph.digest.adapters.matplotlib_fields import chosen
from cellgraph.digest.adapters.matplotlib_primitives import are_markers, marker_fields
from cellgraph.digest.adapters.numpy_arrays import arrays_digest, numbers_digest
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.plain_data import text_length
from cellgraph.digest.protocol import FEW, LONG_TEXT, NUMBER_IDS, SCALAR_IDS, Walk
from cellgraph.digest.registry import digests

FEWEST = 4
"""Artists of one class in a row that are read together."""
ARTIST_WEIGHT, ARTIST_SECONDS = 500, 1e-5


def batch_digest(artists: Sequence[Any], walk: Walk) -> bytes:
    """The digests of artists, in their order. Their list is not noted; its owner is."""
    found = [b"%d:" % len(artists)]
    for _, alike in groupby(artists, key=_class_id):
        group = [*alike]
        together = _together(group, walk) if len(group) >= FEWEST else None
        found.append(walk.sequence(group) if together is None else together)
    return b"".join(found)


def _class_id(artist: object) -> int:
    return id(type(artist))


def _together(artists: list[Any], walk: Walk) -> bytes | None:
    """The contents of artists of one class, field by field. None if that would not cover everything."""
    cls = type(artists[0])
    getter = class_reflection.instance_dict_getter(cls)
    if getter is None or not is_plain_artist(cls, walk):
        return None
    walk.weigh(len(artists) * ARTIST_WEIGHT, len(artists) * ARTIST_SECONDS)
    states: list[dict[str, Any]] = [*map(getter, artists)]
    if "_A" in states[0] and any(state.get("_A") is not None for state in states):
        return None  # their colours are computed from data
    unset = [*map(unset_places, states)] if "_offset_transform" in states[0] else [frozenset[str]()]
    if any(names != unset[0] for names in unset):
        return None
    walk.note_elements(artists)
    head = b"%b:%d:" % (class_reflection.qualified_name(cls).encode(), len(artists))
    table = _table(states, both(skipped(artists[0], walk), unset[0]), walk)
    return b"".join([head, own_class(artists[0], walk), _clips(states, walk), table])


def _clips(states: list[dict[str, Any]], walk: Walk) -> bytes:
    """Where the artists are clipped. Mostly each has a box of its own for the same border."""
    keys = _border_keys(states)
    told: dict[object, bytes] = {}
    for key, state in zip(keys, states, strict=True):
        if key not in told:
            told[key] = clip_digest(state, walk)
    return told[keys[0]] if len(told) == 1 else b"c" + b"".join(map(told.__getitem__, keys))


def _border_keys(states: list[dict[str, Any]]) -> list[Any]:
    """Keys that are equal only for artists that are clipped alike, computed for all of them at once.

    The border of axes is a rectangle. Each artist turns it into a box that follows the position of the axes.
    """
    boxes, paths = [[*map(operator.methodcaller("get", name), states)] for name in ("clipbox", "_clippath")]
    if boxes[0] is not None and all(map(is_, paths, repeat(None))):
        steps = _parts(boxes, "_transform")
        points = _parts(steps, "_a", "_a", "_boxout", "_points")
        if points and points[0] is not None:
            ends = map(id, _parts(steps, "_b"))
            return [*zip(ends, [array.tobytes() for array in points], strict=True)]
    return [*zip(map(id, boxes), map(id, paths), strict=True)]


def _parts(values: list[Any], *names: str) -> list[Any]:
    """The values that objects hold under one name after another.

    Empty if the objects do not have the same layout.
    """
    for name in names:
        cls = type(values[0]) if values else object
        if not all(map(is_, map(type, values), repeat(cls))) or class_reflection.made_by_user(cls):
            return []
        try:
            values = [*map(operator.attrgetter(name), values)]
        except AttributeError:
            return []
    alike = values and all(map(is_, map(type, values), repeat(type(values[0]))))
    return values if alike else []


def _table(states: list[dict[str, Any]], left_out: frozenset[str], walk: Walk) -> bytes:
    """The fields of instance dicts.

    Most have the same fields; for the others, missing fields are recorded.
    """
    if (rows := _rows(states)) is not None:
        shape = shape_of((*states[0],), left_out)
        columns = dict(zip(states[0], zip(*rows, strict=True), strict=True))
        return shape.head + _columns([*map(columns.__getitem__, shape.names)], walk)
    shapes = [shape_of(order, left_out) for order in {(*state,) for state in states}]
    names = shapes[0].names
    if all(shape.names == names for shape in shapes):  # some lack a cache that others have
        return shapes[0].head + _columns(
            [tuple(map(operator.itemgetter(name), states)) for name in names], walk
        )
    names = tuple(sorted({name for shape in shapes for name in shape.names}))
    head = marshal.dumps([names, *([name in state for name in names] for state in states)], 2)
    return head + _columns([tuple(state.get(name) for state in states) for name in names], walk)


def _rows(states: list[dict[str, Any]]) -> list[tuple[Any, ...]] | None:
    """The values of dicts in the order of the first. None if the dicts do not have the same keys."""
    count = len(states[0])
    if count < FEWEST or any(map(count.__ne__, map(len, states))):
        return None
    try:
        return [*map(operator.itemgetter(*states[0]), states)]
    except KeyError:
        return None


def _columns(columns: list[tuple[Any, ...]], walk: Walk) -> bytes:
    """The digests of some fields of many objects. Scalars are digested at once."""
    walk.elements_ahead(sum(map(len, columns)))
    kinds = [*map(_kinds, columns)]
    plain = bytes(map(_are_scalars, columns, kinds))
    scalars = marshal.dumps([*compress(columns, plain)], 2)
    others = compress(zip(columns, kinds, strict=True), map(not_, plain))
    return b"%b%b%b" % (plain, scalars, b"".join([_column(column, held, walk) for column, held in others]))


def _kinds(column: tuple[Any, ...]) -> set[int]:
    """The type ids of one field of many objects: mostly the same object, or all of one type."""
    first = type(column[0])
    if all(map(is_, column, repeat(column[0]))) or all(map(is_, map(type, column), repeat(first))):
        return {id(first)}
    return set(map(id, map(type, column)))


def _are_scalars(values: tuple[Any, ...], kinds: set[int]) -> bool:
    return kinds <= SCALAR_IDS and text_length(values, kinds) <= LONG_TEXT


def _column(values: tuple[Any, ...], kinds: set[int], walk: Walk) -> bytes:
    """The digests of one field of many objects. A shared value is visited once."""
    if len(kinds) == 1 and (alike := _alike(values, walk)) is not None:
        return alike
    distinct = {id(held): held for held in values}
    if _LIST in kinds:  # a list of matplotlib's own, such as an artist's effects: its content counts
        distinct = {
            key: walk.temporary((*held,)) if type(held) is list else held for key, held in distinct.items()
        }
    digests = {key: walk.visit(held) for key, held in distinct.items()}
    return b"s" + b"".join(map(digests.__getitem__, map(id, values)))


def _alike(values: tuple[Any, ...], walk: Walk) -> bytes | None:
    """The digest of values of one type if they can be digested all at once."""
    cls = type(values[0])
    if cls is tuple:
        return _tuples(values, walk)
    if are_markers(cls, walk):
        return b"k" + _columns([*zip(*map(marker_fields, values), strict=True)], walk)
    if (arrays := arrays_digest(values, walk)) is not None:
        return b"a" + arrays
    numbers = numbers_digest(values, walk)
    return None if numbers is None else b"n" + numbers


def _tuples(values: tuple[Any, ...], walk: Walk) -> bytes | None:
    """The digest of tuples of numbers, such as the dashes of a line."""
    held = [*chain.from_iterable(values)]
    if len(held) > len(values) * FEW or not NUMBER_IDS.issuperset(map(id, map(type, held))):
        return None
    walk.elements_ahead(len(held))
    return b"p" + marshal.dumps(values, 2)


_LIST = id(list)


@digests("matplotlib.Container", mutable=True, whole=True)
def _container(value: Any, walk: Walk) -> bytes:
    """The bars, or the stems, that one call drew."""
    held = walk.sequence(tuple.__getitem__(value, slice(None)))
    return held + chosen(value, ("_label", "orientation", "datavalues", "has_xerr", "has_yerr"), walk)


@digests(
    "matplotlib.ArtistList",
    "matplotlib._axes._base._AxesBase.ArtistList",
    "matplotlib._AxesBase.ArtistList",
    whole=True,
)
def _artist_list(value: Any, walk: Walk) -> bytes:
    """The value of ``ax.lines``: a view of some of the artists on the axes."""
    state = state_of(value)
    walk.note(state.get("_axes"))
    return walk.visit(state.get("_prop_name")) + walk.sequence(
        state_of(state.get("_axes")).get("_children", ())
    )

"""Many instances of one class whose fields are scalars: read field by field for all of them at once.

Only the values decide whether this form is taken: the number of instances, their class, and their fields.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from itertools import chain, repeat
from operator import is_
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.instances import InstanceLayout
from cellgraph.digest.plain_data import text_length, type_ids
from cellgraph.digest.protocol import SCALAR_IDS, Walk

FEWEST, GLANCE = 32, 8
INSTANCE_WEIGHT, INSTANCE_SECONDS = 200, 1.5e-6
MAX_SHAPES = 8
_STR_IDS = frozenset({id(str)})

Rows = tuple[bytes, list[tuple[Any, ...]]]
"""The names of the fields, and for each instance what is in them."""


def alike_digest(held: Sequence[Any], walk: Walk) -> bytes | None:
    """The digest of a list's or tuple's elements if they are such instances, else None."""
    if walk.sampling or len(held) < FEWEST or not all(map(is_, map(type, held), repeat(type(held[0])))):
        return None
    kind = walk.hook.kinds(type(held[0]))
    layout = getattr(kind.content, "__self__", None)
    if type(layout) is not InstanceLayout or layout.base is not None:
        return None
    few = _rows(held[:GLANCE], layout)
    if few is None or not type_ids(chain.from_iterable(few[1]), GLANCE, walk) <= SCALAR_IDS:
        return None  # as most are: to ask all of them takes as long as a part of their visits
    walk.weigh(len(held) * INSTANCE_WEIGHT, len(held) * INSTANCE_SECONDS)
    rows = _rows(held, layout)
    if rows is None or not _are_scalars(rows[1], walk):
        return None
    walk.journal.extend(map(id, held))
    walk.frame.height = max(walk.frame.height, 1)
    shared = walk.visit(layout.user_class) if layout.user_class is not None else b""
    return kind.tag + shared + rows[0] + xxh3_128_digest(marshal.dumps(rows[1], 2))


def _rows(held: Sequence[Any], layout: InstanceLayout) -> Rows | None:
    return _from_slots(held, layout) if layout.slots else _from_dicts(held, layout)


def _from_dicts(held: Sequence[Any], layout: InstanceLayout) -> Rows | None:
    if layout.attributes is None:
        return None
    states = list(map(layout.attributes, held))
    if set(map(id, map(type, states))) != {id(dict)}:
        return None
    if not set(map(id, map(type, chain.from_iterable(states)))) <= _STR_IDS:
        return None
    shapes = [shape_of(keys, layout.skipped) for keys in list(set(map(tuple, states)))[: MAX_SHAPES + 1]]
    if len(shapes) > MAX_SHAPES or any(shape.names != shapes[0].names for shape in shapes):
        return None
    return shapes[0].head, list(map(shapes[0].take, states))


def _from_slots(held: Sequence[Any], layout: InstanceLayout) -> Rows | None:
    if layout.attributes is not None:
        return None
    slots = dict(layout.slots)
    shape = shape_of((*slots,), layout.skipped)
    try:
        return shape.head, list(zip(*(map(slots[name], held) for name in shape.names), strict=True))
    except AttributeError:  # an empty instance
        return None


def _are_scalars(rows: list[tuple[Any, ...]], walk: Walk) -> bool:
    values = list(chain.from_iterable(rows))
    kinds = type_ids(values, len(values), walk)
    if not kinds <= SCALAR_IDS:
        return False
    walk.bytes_ahead(10 * text_length(values, kinds))
    return True

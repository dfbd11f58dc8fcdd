"""The containers of Python and of ``collections``."""

from __future__ import annotations

import gc
import marshal
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.part_paths import PARAMETERS, item_path
from cellgraph.digest.estimators import parameters_of_each
from cellgraph.digest.forms import by_elements, by_part
from cellgraph.digest.homogeneous_instances import alike_digest
from cellgraph.digest.plain_data import plain_digest, text_length, type_ids
from cellgraph.digest.protocol import ELEMENT_WEIGHT, SCALAR_IDS, VISIT_SECONDS, Part, Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import picks
from cellgraph.digest.value_parts import MAX_PARTS, cheap_again, element_parts

SORTABLE_IDS = frozenset(map(id, (int, str, bytes)))
SAMPLED_ENTRIES = 500
SORT_SECONDS = {id(int): 6e-8, id(str): 2.5e-7, id(bytes): 2.5e-7}
_FACTORY = defaultdict.__dict__["default_factory"].__get__
_MAXLEN = deque.__dict__["maxlen"].__get__


def _length(value: Any) -> str:
    return f"length {_LENGTHS[_base(value)](value)}"


_LENGTHS: dict[type, Any] = {
    base: base.__len__ for base in (list, tuple, dict, set, frozenset, deque, str, bytes, bytearray)
}


def _base(value: Any) -> type:
    return next(base for base in _LENGTHS if issubclass(type(value), base))


@digests(list, mutable=True, size=_length, parts=element_parts)
def _list(value: Any, walk: Walk) -> bytes:
    return _ordered(value if type(value) is list else _plain_list(value, walk), walk)


@digests(tuple, size=_length, parts=element_parts)
def _tuple(value: Any, walk: Walk) -> bytes:
    return _ordered(tuple.__getitem__(value, slice(None)), walk)


def _dict_parts(value: Any, walk: Walk) -> Iterable[Part]:
    """One part for each key.

    None if some key is neither text nor number, as parts would not cover the whole then.
    """
    if dict.__len__(value) > MAX_PARTS or not cheap_again(dict.values(value), walk):
        return ()
    if any(type(key) is not str and type(key) is not int for key in dict.keys(value)):
        return ()
    items = OrderedDict.items(value) if issubclass(type(value), OrderedDict) else dict.items(value)
    own: list[Part] = [(item_path(key), walk.visit(held), held) for key, held in items]
    told = parameters_of_each(dict.values(value), walk)
    return own if told is None else [*own, (PARAMETERS, told)]


@digests(dict, mutable=True, size=_length, parts=_dict_parts)
def _dict(value: Any, walk: Walk) -> bytes:
    plain = value if type(value) is dict else _plain_dict(value, dict.items(value), walk)
    if plain is not None and (digest := plain_digest(plain, walk)) is not None:
        return b"m" + digest
    return entries(value, dict.items(value), walk)


def _plain_dict(value: Any, items: Any, walk: Walk) -> dict[Any, Any] | None:
    """Return a mapping of another class as a plain dict.

    This hashes the keys. None if that may run the user's code, or if the mapping is large enough to be
    sampled.
    """
    count = dict.__len__(value)
    if walk.sampling and count > 2 * SAMPLED_ENTRIES:
        return None
    walk.elements_ahead(2 * count)
    return dict(items) if type_ids(dict.keys(value), count, walk) <= SCALAR_IDS else None


@digests(OrderedDict, mutable=True, size=_length, parts=_dict_parts)
def _ordered_dict(value: Any, walk: Walk) -> bytes:
    """The items, and their order.

    An ``OrderedDict`` keeps an order of its own, which cannot be read without hashing the keys.
    """
    walk.elements_ahead(dict.__len__(value))
    safe = type_ids(dict.keys(value), dict.__len__(value), walk) <= SCALAR_IDS
    items = OrderedDict.items(value) if safe else dict.items(value)
    plain = _plain_dict(value, items, walk) if safe else None
    if plain is not None and (digest := plain_digest(plain, walk)) is not None:
        return b"m" + digest
    return entries(value, items, walk)


@digests(defaultdict, size=_length, parts=_dict_parts, mutable=True)
def _defaultdict(value: Any, walk: Walk) -> bytes:
    return walk.visit(_FACTORY(value)) + _dict(value, walk)


@digests(set, mutable=True, size=_length)
def _set(value: Any, walk: Walk) -> bytes:
    return _unordered(value, set.__len__(value), set.__iter__(value), walk)


@digests(frozenset, size=_length)
def _frozenset(value: Any, walk: Walk) -> bytes:
    return _unordered(value, frozenset.__len__(value), frozenset.__iter__(value), walk)


@digests(deque, mutable=True, size=_length)
def _deque(value: Any, walk: Walk) -> bytes:
    count = deque.__len__(value)
    if walk.sampling and count > 2 * SAMPLED_ENTRIES:
        held = _ends(deque.__iter__(value), deque.__reversed__(value))
    else:
        walk.elements_ahead(count)
        held = list(deque.__iter__(value))
    return b"%r %d" % (_MAXLEN(value), count) + _ordered(held, walk)


digests(range)(by_part(lambda value: (value.start, value.stop, value.step)))


digests(slice)(by_part(lambda value: (value.start, value.stop, value.step)))


# ``proxy.copy()`` asks the mapping behind it; the garbage collector merely points at it.
digests(types.MappingProxyType, type({}.keys()), type({}.values()), type({}.items()))(
    by_elements(gc.get_referents)
)


# What came with Python 3.15: a mapping that does not change, and a value that stands for "none given".
digests("builtins.frozendict", size=lambda value: f"length {len(gc.get_referents(value)) // 2}")(
    by_elements(gc.get_referents)
)
digests("builtins.sentinel")(by_elements(gc.get_referents))  # its name and its module
digests("builtins.lazy_import")(by_part(repr))  # the C type's own: says the name, and imports nothing


def entries(owner: Any, items: Any, walk: Walk) -> bytes:
    """Yield a mapping's items in order, through a view that runs no code of the user's."""
    count = dict.__len__(owner)
    if walk.sampling and count > 2 * SAMPLED_ENTRIES:
        pairs = _ends(iter(items), reversed(dict.items(owner)))
    else:
        walk.elements_ahead(2 * count)
        pairs = list(items)
    return b"%d" % count + walk.sequence(list(chain.from_iterable(pairs)))


def _plain_list(value: Any, walk: Walk) -> list[Any]:
    """Return the elements of a list whose class may have redefined iteration or indexing."""
    count = list.__len__(value)
    if walk.sampling and count > SAMPLED_ENTRIES:
        return [count, *(list.__getitem__(value, at) for at in picks(count, SAMPLED_ENTRIES))]
    walk.elements_ahead(2 * count)
    return list.copy(value)


def _ordered(held: Any, walk: Walk) -> bytes:
    if (digest := plain_digest(held, walk)) is not None:
        return b"m" + digest
    if (digest := alike_digest(held, walk)) is not None:
        return b"a" + digest
    return b"s" + walk.sequence(held)


def _ends(forward: Any, backward: Any) -> list[Any]:
    return [*islice(forward, SAMPLED_ENTRIES), *islice(backward, SAMPLED_ENTRIES)]


def _unordered(value: Any, count: int, elements: Any, walk: Walk) -> bytes:
    """Sets are sorted before they are hashed: equal sets may iterate in different orders.

    A large set is sampled by its length.
    """
    if walk.sampling and count > SAMPLED_ENTRIES:
        return b"%d" % count
    walk.weigh(count * ELEMENT_WEIGHT, 0)
    held = iter(elements)
    first = list(islice(held, 1))
    each = SORT_SECONDS.get(id(type(first[0])), VISIT_SECONDS) if first else 0.0
    walk.foresee(0, count * each)
    held = [*first, *held]
    kinds = type_ids(held, count, walk)
    if len(kinds) == 1 and kinds <= SORTABLE_IDS:
        length = text_length(held, kinds)
        walk.bytes_ahead(length * 10)
        return b"m" + xxh3_128_digest(marshal.dumps(sorted(held), 2))
    return b"s" + b"".join(sorted(map(walk.visit, held)))

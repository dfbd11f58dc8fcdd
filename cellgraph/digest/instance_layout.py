"""The names of an object's fields, sorted once for all objects with the same fields."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from cellgraph.light_namedtuple import NamedTuple


class Shape(NamedTuple):
    """The names of the state fields, and a function that takes their values from an instance dict."""

    names: tuple[str, ...]
    head: bytes
    take: Callable[[dict[str, Any]], Any]


@functools.lru_cache(maxsize=1024)
def shape_of(keys: tuple[str, ...], skipped: frozenset[str]) -> Shape:
    """The shape of an instance dict with these keys, without the keys that are no state."""
    names = tuple(sorted(key for key in keys if key not in skipped))
    joined = "\0".join(names).encode("utf8", "surrogatepass")
    if len(names) > 1:
        take: Callable[[dict[str, Any]], Any] = itemgetter(*names)
    else:
        take = functools.partial(_few, names)
    return Shape(names, b"%d:%b" % (len(joined), joined), take)


def _few(names: tuple[str, ...], state: dict[str, Any]) -> tuple[Any, ...]:
    """``itemgetter`` for fewer than two names: it would return no tuple for these."""
    return tuple(state[name] for name in names)

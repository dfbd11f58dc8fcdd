"""The names under which objects hold their state, sorted once for all objects that are alike."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple


class Shape(NamedTuple):
    """The names under which instances hold their state, and how to take it from the instance dict."""

    names: tuple[str, ...]
    head: bytes
    take: Callable[[dict[str, Any]], Any]


@functools.lru_cache(maxsize=1024)
def shape_of(keys: tuple[str, ...], skipped: frozenset[str]) -> Shape:
    """The shape of an instance dict with these keys, some of which are no state."""
    names = tuple(sorted(key for key in keys if key not in skipped))
    joined = "\0".join(names).encode("utf8", "surrogatepass")
    if len(names) > 1:
        take: Callable[[dict[str, Any]], Any] = itemgetter(*names)
    else:
        take = functools.partial(_few, names)
    return Shape(names, b"%d:%b" % (len(joined), joined), take)


def _few(names: tuple[str, ...], state: dict[str, Any]) -> tuple[Any, ...]:
    """What ``itemgetter`` would give if it gave a tuple for fewer than two names."""
    return tuple(state[name] for name in names)

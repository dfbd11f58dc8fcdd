"""The texts that the variables of a cell hold: its code may use them as keys (``os.environ[name] = "1"``).

A run with the same text as before may set something else: a key that a variable held then, and holds no
more, it sets no more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from cellgraph.code.expression_names import loaded_in
from cellgraph.digest import class_reflection

_MOST = 500
"""Elements of one collection that are looked at."""
_DEPTH = 2


def spelled_texts(tree: ast.Module | None, value: Callable[[str], object]) -> frozenset[str]:
    """The texts in the variables that a text names. ``value`` gives what a variable holds, None for nothing.

    Keys and elements of the plain collections count, down to the second level, and a class by its name. No
    code of the user's runs. What the text only binds, it uses as no key.
    """
    names = loaded_in(tree) if tree is not None else set[str]()
    return frozenset(found for name in names for found in _texts(value(name), _DEPTH))


def _texts(value: Any, depth: int) -> Iterator[str]:
    kind = type(value)
    if kind is str:
        yield value
    elif kind is type:
        yield class_reflection.short_name(value)
    elif depth and (held := _held(value, kind)):
        for element in islice(held, _MOST):
            yield from _texts(element, depth - 1)


def _held(value: Any, kind: type) -> Iterable[object]:
    """The keys of a dict, or the elements of another plain collection."""
    return list(value) if kind in (dict, list, tuple, set, frozenset) else ()

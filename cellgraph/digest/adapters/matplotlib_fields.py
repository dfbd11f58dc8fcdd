"""Attributes of matplotlib objects. Most are words and numbers, or a few of them together.

An empty pair of axes has hundreds. Those that ``marshal`` can write are written at once.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from typing import Any

from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.plain_data import fields_digest, split_of, text_length
from cellgraph.digest.protocol import LONG_TEXT, SCALAR_IDS, Content, Walk
from cellgraph.digest.registry import digests

MOST = 40
"""Words and numbers, with the names of those that have one, up to which a collection is small."""


def chosen(value: Any, names: tuple[str, ...], walk: Walk) -> bytes:
    """The digests of some attributes, one for each name. None for a missing attribute."""
    return attributes_digest(tuple(map(state_of(value).get, names)), walk)


def drawn_by(*names: str) -> Content:
    """A handler for what is drawn by some attributes only. The others are computed from these."""

    def content(value: Any, walk: Walk) -> bytes:
        return chosen(value, names, walk)

    return content


def without(value: Any, left_out: frozenset[str], walk: Walk) -> bytes:
    """The digests of all attributes by name, except some."""
    state = state_of(value)
    shape = shape_of((*state,), left_out)
    return shape.head + attributes_digest(shape.take(state), walk)


@digests("matplotlib.FontProperties", whole=True, mutable=True)
def _font(value: Any, walk: Walk) -> bytes:
    """A few words and numbers. A figure has dozens of fonts."""
    if (flat := _small(value, walk)) is not None:
        return b"font" + marshal.dumps(flat, 2)
    return without(value, frozenset(), walk)


def attributes_digest(values: tuple[Any, ...], walk: Walk) -> bytes:
    """The digests of some attributes. A list among them is not noted, only its elements are.

    Such a list is matplotlib's own: one of its settings, such as no effects, or the list of artists on the
    axes.
    """
    split = split_of(values)
    others = split.others(values)
    if not others or sum(map(len, split.texts(values))) > LONG_TEXT:
        return fields_digest(values, walk)
    small = [_small(held, walk) for held in others]
    walk.elements_ahead(len(values))
    told = marshal.dumps([len(values), split.mask, split.scalars(values), small], 2)
    rest = [held for held, flat in zip(others, small, strict=True) if flat is None]
    return told + walk.sequence([walk.temporary((*held,)) if type(held) is list else held for held in rest])


_NOTHING = ("in order",)


def _small(held: Any, walk: Walk) -> tuple[Any, ...] | None:
    """A few words and numbers as one tuple. None for anything else."""
    cls = type(held)
    if cls is list or cls is tuple:
        return _if_few(("in order", *held)) if held else _NOTHING
    if cls is dict:
        flat = _if_few(("by key", *held, *held.values())) or _if_few(("in turn", *_settings(held)))
    else:
        kind = walk.hook.kinds(cls)
        words = _WORDS.get(kind.content)
        flat = _if_few(words(held, walk)) if words is not None else None
        if not kind.mutable:
            return flat
    if flat is not None:
        walk.note(held)
    return flat


Words = Callable[[Any, Walk], tuple[Any, ...]]
_WORDS: dict[Content, Words] = {}
"""What small objects are in words and numbers, by the handler that digests them alone."""


def told_in_words(content: Content, words: Words) -> None:
    """Register how objects with this handler are written as words and numbers within others."""
    _WORDS[content] = words


def _words_of_font(font: Any, walk: Walk) -> tuple[Any, ...]:
    """One or several families, and the other settings."""
    state = state_of(font)
    family = state.get("_family")
    families = family if type(family) is list or type(family) is tuple else (family,)
    shape = shape_of((*state,), _FAMILY)
    return ("font", *families, shape.head, *shape.take(state))


_FAMILY = frozenset({"_family"})
told_in_words(_font, _words_of_font)


def _settings(held: dict[str, Any]) -> Iterator[Any]:
    """Names and values. A value is a word, a number, or several of them."""
    for name, setting in held.items():
        yield name
        if type(setting) is list or type(setting) is tuple:
            yield len(setting)
            yield from setting
        else:
            yield None
            yield setting


def _if_few(words: tuple[Any, ...]) -> tuple[Any, ...] | None:
    kinds = set(map(id, map(type, words)))
    few = len(words) <= MOST and kinds <= SCALAR_IDS and text_length(words, kinds) <= LONG_TEXT
    return words if few else None

"""traitlets and Jupyter widgets: by the values of their traits, which the user may move at any time.

A trait gets its default when it is first read, so one that is empty counts as one that was never
read. Who a widget is for the browser, and who listens to it, is none of its value.
"""

from __future__ import annotations

from typing import Any

from cellgraph.capture.digest import reflect
from cellgraph.capture.digest.artists import own_class, state_of
from cellgraph.capture.digest.kinds import handles_named
from cellgraph.capture.digest.walk import Walk

_OUTSIDE = frozenset("comm keys log parent config _view_count _model_id _comm _anywidget_id".split())
"""Traits by which a widget is connected to the outside."""
_ACTING = frozenset({"Configurable", "Output", "Comm", "interactive", "Application", "Play"})
"""Classes that act, or whose traits change on their own."""
_INTERNAL = ("_trait_", "_cross_validation_lock", "_all_trait_default_generators")
_WIDGET = ("_",)
_EMPTY = (list, dict, set, tuple, str)


@handles_named("traitlets", "HasTraits", "HasDescriptors", whole=True)
def _traits(value: Any, walk: Walk) -> bytes:
    """The traits that have a value, and plain attributes."""
    cls = type(value)
    if not _ACTING.isdisjoint(map(reflect.short_name, reflect.mro(cls))):
        return walk.cover(value)
    walk.note(value)
    state = state_of(value)
    held = {name: kept for name, kept in _trait_values(state).items() if name not in _OUTSIDE and not _unset(kept)}
    hidden = _WIDGET if "_model_id" in state else _INTERNAL
    own = {name: kept for name, kept in state.items() if not name.startswith(hidden)}
    return own_class(value, walk) + walk.visit_made(dict(sorted(held.items()))) + walk.visit_made(own)


def _trait_values(state: dict[str, Any]) -> dict[str, Any]:
    found = state.get("_trait_values")
    return found if type(found) is dict else {}


def _unset(value: Any) -> bool:
    return value is None or (type(value) in _EMPTY and not value)

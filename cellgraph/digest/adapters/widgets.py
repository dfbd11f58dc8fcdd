"""traitlets objects and Jupyter widgets, by the values of their traits.

The user may change these at any time.

A trait gets its default when it is first read, so an empty trait counts as one that was never read. A
widget's id in the browser is no part of its value, and of its handlers those are that the user registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.code_origin import is_users
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

_OUTSIDE = frozenset("comm keys log parent config _view_count _model_id _comm _anywidget_id".split())
"""Traits by which a widget is connected to the outside."""
_ACTING = frozenset({"Configurable", "Output", "Comm", "interactive", "Application", "Play"})
"""Classes that act, or whose traits change on their own."""
_INTERNAL = ("_trait_", "_cross_validation_lock", "_all_trait_default_generators")
_KEPT = ("_all_trait_", "_static_immutable_", "_traits", "_instance_inits", "_descriptors", "_trait_", "__")
"""Attributes of a class: what its metaclass made of the rest, and some that it fills in when asked."""
_WIDGET = ("_",)
_EMPTY = (list, dict, set, tuple, str)
_SCALARS = (bool, int, float, complex, str, bytes)


@digests("traitlets.HasTraits", "traitlets.HasDescriptors", whole=True, mutable=True)
def _traits(value: Any, walk: Walk) -> bytes:
    """The traits that have a value, plain attributes, and the handlers of the user's."""
    cls = type(value)
    if not _ACTING.isdisjoint(map(class_reflection.short_name, class_reflection.mro(cls))):
        return walk.mark_opaque(value)
    state = state_of(value)
    held = {
        name: kept
        for name, kept in _trait_values(state).items()
        if name not in _OUTSIDE and not _unset(kept, cls, name)
    }
    hidden = _WIDGET if "_model_id" in state else _INTERNAL
    own = {name: kept for name, kept in state.items() if not name.startswith(hidden)}
    return (
        _declarations(cls, walk)
        + walk.visit_temporary(dict(sorted(held.items())))
        + walk.visit_temporary(own)
        + walk.visit_temporary(list(_handlers(state)))
    )


def _handlers(state: dict[str, Any]) -> Iterator[tuple[str, CodeType]]:
    """The functions of the user's that are called when a trait changes or a button is clicked, by their code.

    Each counts as often as it is registered: a cell that is run again registers another one.
    """
    notified = {name: held for name, held in _entries(state.get("_trait_notifiers")) if type(held) is dict}
    found = [(f"{name} {kind}", held) for name, kinds in notified.items() for kind, held in _entries(kinds)]
    for name, held in state.items():
        if name.endswith(("_handlers", "_callbacks")):
            found.append((name, _trait_values(state_of(held)).get("callbacks")))
    for place, functions in found:
        for function in functions if type(functions) is list else ():
            called = function.__func__ if type(function) is MethodType else function
            if type(called) is FunctionType and is_users(called.__globals__):
                yield place, called.__code__


def _entries(held: Any) -> list[tuple[str, Any]]:
    return [*held.items()] if type(held) is dict else []


def _declarations(cls: type, walk: Walk) -> bytes:
    """The traits that classes of the notebook declare, without the caches of traitlets."""
    found: dict[str, Any] = {}
    for owner in class_reflection.mro(cls):
        if class_reflection.made_by_user(owner):
            walk.note(owner)
            own = class_reflection.namespace(owner).items()
            found |= {name: held for name, held in own if name not in found and not name.startswith(_KEPT)}
    return walk.visit_temporary(found) if found else b""


def _trait_values(state: dict[str, Any]) -> dict[str, Any]:
    found = state.get("_trait_values")
    return found if type(found) is dict else {}


def _unset(value: Any, cls: type, name: str) -> bool:
    """Whether the value is the one that an unread trait would return."""
    if value is None or (type(value) in _EMPTY and not value):
        return True
    if type(value) not in _SCALARS:
        return False
    for owner in class_reflection.mro(cls):
        if (declared := class_reflection.namespace(owner).get(name)) is not None:
            default = state_of(declared).get("default_value")
            return type(default) is type(value) and bool(default == value)
    return False


@digests("traitlets.BaseDescriptor", "traitlets.TraitType", whole=True)
def _declared(value: Any, walk: Walk) -> bytes:
    """A trait in the form in which a class declares it."""
    state = state_of(value)
    names = ("name", "default_args", "default_value", "metadata", "allow_none", "read_only", "min", "max")
    return walk.sequence([state.get(name) for name in names])


@digests("traitlets.EventHandler", whole=True)
def _handler(value: Any, walk: Walk) -> bytes:
    """A method that is called when a trait changes."""
    state = state_of(value)
    return walk.sequence(
        [state.get(name) for name in ("name", "trait_names", "type", "_init_args", "this_func")]
    )

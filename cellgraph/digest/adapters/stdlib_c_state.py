"""Types of the standard library whose state is hidden in C, as far as their C getters show it."""

from __future__ import annotations

import decimal
import gc
import re
import threading
import types
import weakref
from contextvars import ContextVar
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_attributes, by_elements
from cellgraph.digest.instances import dissect
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests, ignore_cache_fields

ignore_cache_fields("weakref", "_pending_removals _iterating _dirty_len")
ignore_cache_fields("_weakrefset", "_pending_removals _iterating")
ignore_cache_fields("traceback", "_line _lines _lines_dedented _code")
ignore_cache_fields("configparser", "_proxies")

_CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
_SCANNER = ("strict", "object_hook", "object_pairs_hook", "parse_float", "parse_int", "parse_constant")


@digests("xml.Element", mutable=True)
def _element(value: Any, walk: Walk) -> bytes:
    """A node of a tree. ``attrib`` is read only if the node has attributes, because reading creates it."""
    own = class_reflection.namespace(type(value))
    if type(own.get("tag")) is not types.GetSetDescriptorType:  # a node of xml.dom, or one written in Python
        plain = dissect(type(value), object, None)
        return plain.content(value, walk) if plain is not None else walk.mark_opaque(value)
    members = [own[name].__get__(value) for name in ("tag", "text", "tail")]
    attributes = own["attrib"].__get__(value) if own["items"](value) else None
    return walk.sequence([*members, attributes, *own["__getitem__"](value, slice(None))])


@digests(
    weakref.ref, mutable=True, size=lambda value: "" if weakref.ref.__call__(value) is not None else "dead"
)
def _reference(value: Any, walk: Walk) -> bytes:
    """The object that it still refers to. A variable that keeps that object alive shares it."""
    target = weakref.ref.__call__(value)
    return b"dead" if target is None else walk.visit(target)


@digests(ContextVar, mutable=True)
def _variable(value: ContextVar[Any], walk: Walk) -> bytes:
    try:
        return walk.sequence([value.name, value.get()])
    except LookupError:
        return walk.visit(value.name) + b"unset"


@digests(threading.local, mutable=True)
def _thread_local(value: Any, walk: Walk) -> bytes:
    """The attributes that it has in this thread.

    A class of the user's stays opaque: to ask it in a thread that has none yet would run its ``__init__``.
    """
    if type(value) is not threading.local:
        return walk.mark_opaque(value)
    return walk.visit_untracked(dict(threading.local.__getattribute__(value, "__dict__")))


digests("sqlite3.Row")(
    by_elements(lambda value: [part for part in gc.get_referents(value) if type(part) is tuple])
)


@digests(re.Match)
def _match(value: re.Match[Any], walk: Walk) -> bytes:
    places = [value.span(group) for group in range(value.re.groups + 1)]
    return walk.sequence([value.re, value.string, value.pos, value.endpos]) + walk.visit_untracked(places)


digests("_struct.Struct")(by_attributes("format"))


digests("_json.Scanner")(by_attributes(*_SCANNER))


@digests(decimal.Context, mutable=True)
def _context(value: decimal.Context, walk: Walk) -> bytes:
    """Its settings, without the flags that every calculation raises."""
    own = decimal.Context.__dict__
    traps = decimal.Context.__getattribute__(value, "traps").copy()
    return walk.sequence([own[name].__get__(value) for name in _CONTEXT]) + walk.visit_untracked(traps)

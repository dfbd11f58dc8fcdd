"""Generators and coroutines: the code, the place in it, and what its variables hold there.

The variables come from the garbage collector. A frame's ``f_locals`` would copy them into a dict
that keeps them alive for as long as the generator is.
"""

from __future__ import annotations

import gc
import types
from typing import Any

from cellgraph.digest.adapters.iterators import USED_UP
from cellgraph.digest.registry import handles
from cellgraph.digest.traversal import Walk

_PREFIXES = {types.GeneratorType: "gi", types.CoroutineType: "cr", types.AsyncGeneratorType: "ag"}


def _part(value: Any, name: str) -> Any:
    return getattr(value, f"{_PREFIXES[type(value)]}_{name}", None)


def _progress(value: Any) -> str:
    if _part(value, "frame") is None:
        return USED_UP
    return "under way" if _part(value, "suspended") else "not started"


@handles(*_PREFIXES, size=_progress)
def _generator(value: Any, walk: Walk) -> bytes:
    """One that is running just now has no place that could be told."""
    if _part(value, "running"):
        return walk.mark_opaque(value)
    walk.note(value)
    frame, code = _part(value, "frame"), _part(value, "code")
    if frame is None:
        return walk.visit(code) + USED_UP.encode()
    return walk.visit(code) + b"%d:" % frame.f_lasti + walk.sequence(_variables(value, code))


def _variables(value: Any, code: types.CodeType) -> list[Any]:
    """What the frame holds, without what makes it a generator: its names, its code and its function."""
    held = [part for part in gc.get_referents(value) if not _is_machinery(part, code)]
    names = [type(value).__dict__[name].__get__(value) for name in ("__name__", "__qualname__")]
    while held and names and held[0] is names[0]:
        del held[0], names[0]
    return held


def _is_machinery(part: Any, code: types.CodeType) -> bool:
    if type(part) is types.FunctionType:
        return part.__code__ is code
    return type(part) is types.FrameType or part is code

"""How values of a type are digested, worked out of what is registered for it and for its bases."""

from __future__ import annotations

from cellgraph.digest import class_reflection, instances, user_digesters
from cellgraph.digest.protocol import ResolvedHandler
from cellgraph.digest.registry import LASTING, handler_of, is_known, nearest, type_tag


class Kinds:
    """How each type met during one hook is digested. Dropped with it: what it knows holds classes."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[type, ResolvedHandler]] = {}

    def __call__(self, cls: type) -> ResolvedHandler:
        """How values of a type are digested."""
        if (found := self._known.get(id(cls))) is not None:
            return found[1]
        kind = _resolve(cls)
        self._known[id(cls)] = (cls, kind)
        return kind


def _resolve(cls: type) -> ResolvedHandler:
    if (found := LASTING.get(id(cls))) is not None and found[0] is cls:
        return found[1]
    if (own := user_digesters.own_digester(cls, handler_of)) is not None:
        return ResolvedHandler(type_tag(cls), class_reflection.short_name(cls), own)
    kind = _worked_out(cls)
    if class_reflection.is_library_global(cls):  # then its module holds it anyway
        LASTING[id(cls)] = (cls, kind)
    return kind


def _worked_out(cls: type) -> ResolvedHandler:
    base, handler = nearest(cls)
    if handler is None and (offered := user_digesters.offered_digester(cls, is_known)) is not None:
        return ResolvedHandler(type_tag(cls), class_reflection.short_name(cls), offered)
    if handler is None or base is not cls or handler.private:  # then the other attributes count too
        return instances.kind_for(cls, base, handler)
    name = class_reflection.short_name(cls)
    return ResolvedHandler(
        type_tag(cls), name, handler.content, handler.size, handler.parts, handler.leaf, handler.mutable
    )

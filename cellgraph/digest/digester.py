"""A value in, its digest out: within a budget, without running the user's code, and without failing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from sys import intern
from time import perf_counter
from typing import Any

from cellgraph.digest import class_reflection, instances, user_digesters
from cellgraph.digest.instances import opaque
from cellgraph.digest.protocol import (
    LARGE,
    MAX_MUTABLE,
    SCALAR_IDS,
    TEXT_IDS,
    DigestSession,
    Frame,
    OverBudgetError,
    ResolvedHandler,
)
from cellgraph.digest.registry import (
    LASTING,
    handler_of,
    is_known,
    nearest,
    register_needed,
    register_waiting,
    type_tag,
)
from cellgraph.digest.scalars import MAX_BITS, MAX_PREVIEW, DigestResult, scalar_look, type_name
from cellgraph.digest.traversal import SAMPLE_DEPTH, ExactWalk, SampleWalk, reachable
from cellgraph.digest.value_parts import objects_inside, tell_apart
from cellgraph.gc_pause import collector_paused
from cellgraph.model import Digest, Quality

_SHOWN = frozenset(map(id, (type(None), bool, int, float, complex)))
_NO_NUMBERS = frozenset({"ndarray", "void", "str_", "bytes_", "memmap"})


def size_words(value: Any, kind: ResolvedHandler) -> str:
    """Its extent: ``length 5`` or ``shape (1000, 12)``; empty where it has none. ``kind``: its type's."""
    if id(type(value)) in TEXT_IDS:
        return f"length {len(value)}"
    if kind.size is not None:
        return kind.size(value)
    handler = nearest(type(value))[1]
    return handler.size(value) if handler is not None and handler.size is not None else ""


def preview(value: Any) -> str:
    """The value itself for numbers, booleans and None. Text is never shown: it may be a secret."""
    plain = _as_scalar(value)
    if id(type(plain)) not in _SHOWN or (type(plain) is int and plain.bit_length() > MAX_BITS):
        return ""
    if plain is None and value is not None:
        return ""
    return repr(plain)[:MAX_PREVIEW]


def _as_scalar(value: Any) -> Any:
    """The Python number behind a numpy scalar."""
    cls = type(value)
    if class_reflection.module_name(cls) != "numpy" or class_reflection.short_name(cls) in _NO_NUMBERS:
        return value
    return value.item() if "generic" in map(class_reflection.short_name, class_reflection.mro(cls)) else value


class HandlerResolver:
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
    if id(cls) not in SCALAR_IDS:
        register_needed()
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


Parts = tuple[tuple[str, str], ...]


class Digester:
    """Looks at values during one hook. Drop it when the hook is over: it holds what it has seen.

    ``budget_s`` is how many seconds the hook may spend on looking; values that weigh little are
    looked at whole even after it is spent. ``token`` names an object that cannot be looked into.
    ``namespace`` is opaque: its variables are looked at by their names, and a value that leads to it,
    such as ``globals()``, shares nothing with them.
    """

    def __init__(
        self,
        budget_s: float,
        token: Callable[[object], str] | None = None,
        namespace: Mapping[str, Any] | None = None,
    ) -> None:
        self._token = token or _address
        self._namespace = namespace
        self._left = budget_s
        self._looks: dict[int, tuple[object, DigestResult]] = {}

    @cached_property
    def _hook(self) -> DigestSession:
        """What the looks share. Numbers and texts need none of it, and most cells make nothing else."""
        register_waiting()
        hook = DigestSession(self._token, HandlerResolver())
        if self._namespace is not None:
            hook.end_at(self._namespace)
        return hook

    def look(self, value: object, at_least_s: float = 0.0) -> DigestResult:
        """The digest of a value. Never raises: what cannot be looked at is opaque.

        ``at_least_s`` are seconds that this look may take even where less is left of the budget.
        """
        if id(type(value)) in SCALAR_IDS and (plain := scalar_look(value)) is not None:
            return plain
        found = self._looks.get(id(value))
        if found is not None and (at_least_s <= 0 or found[1].digest.quality != "sampled"):
            return found[1]
        started = perf_counter()
        self._hook.deadline = started + max(self._left, at_least_s)
        with collector_paused():
            look = self._attempt(value)
        self._left -= perf_counter() - started
        self._looks[id(value)] = (value, look)
        return look

    def visited(self, key: int) -> object:
        """The object with this id that was visited during the hook; None where none was."""
        frame = self._hook.memo.get(key) or self._hook.tied.get(key)
        return frame.value if frame is not None else None

    def parts_with(self, value: object, keys: Collection[int]) -> dict[int, tuple[str, ...]]:
        """In which parts of a value the objects with these ids are. It holds those that are in any."""
        if len(keys) == 1 and id(value) in keys:
            return {}
        try:
            with collector_paused():
                return self._parts_with(value, frozenset(keys))
        except Exception:  # noqa: BLE001 - in the value, then, wherever that is
            return {}

    def _parts_with(self, value: object, keys: frozenset[int]) -> dict[int, tuple[str, ...]]:
        find = self._hook.kinds(type(value)).parts
        found: dict[int, tuple[str, ...]] = {}
        for path, _, *held in find(value, ExactWalk(self._hook)) if find is not None else ():
            for part in held:
                frame = self._hook.memo.get(id(part))
                among = reachable(self._hook.journal, frame.start, MAX_MUTABLE, frame.end) if frame else ()
                for key in keys.intersection((id(part), *among)):
                    found[key] = (*found.get(key, ()), path)
        return found

    def places(self, value: object) -> dict[int, str]:
        """The ids of a value and of the objects that its parts are, with the path of each."""
        try:
            with collector_paused():
                inside = objects_inside(value, ExactWalk(self._hook))
        except Exception:  # noqa: BLE001 - then nothing is known of what is in it
            inside = {}
        found = {id(value): ""}
        for path, held in inside.items():
            if id(held) in self._hook.memo and id(held) not in self._hook.temporaries:
                found.setdefault(id(held), path)
        return found

    def _attempt(self, value: object) -> DigestResult:
        for _ in range(2):  # another thread may change a value while it is looked at
            try:
                return self._look(value)
            except RuntimeError:
                continue
            except Exception:  # noqa: BLE001 - whatever went wrong, the user's cell must not notice
                break
        return self._opaque(value)

    def _look(self, value: object) -> DigestResult:
        if id(value) in self._hook.ends:
            return self._opaque(value)
        kind = self._hook.kinds(type(value))
        if kind.content is opaque:
            return self._opaque(value, kind.size(value) if kind.size is not None else "")
        start = len(self._hook.journal)
        exact, parts = self._exact(value)
        sample = None
        if exact is None or exact.weight >= LARGE or exact.height >= SAMPLE_DEPTH:
            sample = self._sample(value)
        digest = _digest(value, kind, exact, sample, parts)
        found = reachable(self._hook.journal, start, MAX_MUTABLE)
        told = self._hook.closed
        mutable = found.difference(self._hook.temporaries, told.values())
        whole = mutable & told.keys() if digest.quality == "exact" else ()
        return DigestResult(digest, mutable, frozenset(key for key in whole if told[key] in found))

    def _exact(self, value: object) -> tuple[Frame | None, Parts]:
        """What a visit of every part gave, or None where that would take too long or go too deep."""
        walk = ExactWalk(self._hook)
        try:
            walk.frame.digest = walk.visit(value)
            walk.frame.weight = walk.weight
            parts: Parts = ()
            if self._hook.kinds(type(value)).parts is not None:
                layouts = walk.frame.layouts
                parts = tell_apart(value, walk)
                walk.frame.layouts = layouts  # telling the parts looks at some of them again
        except (OverBudgetError, RecursionError):
            return None, ()
        return walk.frame, parts

    def _sample(self, value: object) -> Frame:
        walk = SampleWalk(self._hook)
        walk.frame.digest = walk.visit(value)
        return walk.frame

    def _opaque(self, value: object, size: str = "") -> DigestResult:
        try:
            token = self._hook.token(value)
        except Exception:  # noqa: BLE001 - the address tells enough
            token = _address(value)
        digest = Digest(token, "opaque", type=type_name(value), size=size)
        return DigestResult(digest, frozenset({id(value)}))


def _digest(
    value: object, kind: ResolvedHandler, exact: Frame | None, sample: Frame | None, parts: Parts
) -> Digest:
    seen = exact or sample
    assert seen is not None
    best = sample if exact is None or (sample is not None and seen.opaque) else exact
    assert best is not None
    quality: Quality = "opaque" if seen.opaque else "exact" if exact is not None else "sampled"
    return Digest(
        intern(best.digest.hex()),  # values come again, and runs are kept
        quality,
        sample=intern(sample.digest.hex()) if sample is not None else "",
        layout=";".join(exact.layouts) if quality == "exact" and exact is not None else "",
        type=type_name(value),
        size=intern(size_words(value, kind)),
        preview=intern(preview(value)),
        parts=parts,
    )


def _address(value: object) -> str:
    return f"{id(value):x}"

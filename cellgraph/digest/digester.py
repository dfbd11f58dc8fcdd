"""A value in, its digest out: within a budget, without running the user's code, and without failing."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from cellgraph.digest.description import preview, size_words, type_name
from cellgraph.digest.gc_pause import collector_paused
from cellgraph.digest.instances import opaque
from cellgraph.digest.protocol import (
    LARGE,
    MAX_MUTABLE,
    DigestSession,
    Frame,
    OverBudgetError,
    ResolvedHandler,
)
from cellgraph.digest.resolution import Kinds
from cellgraph.digest.traversal import SAMPLE_DEPTH, ExactWalk, SampleWalk, reachable
from cellgraph.digest.value_parts import tell_apart
from cellgraph.model import Digest, Quality

Parts = tuple[tuple[str, str], ...]


class DigestResult(NamedTuple):
    """What one look at a value told.

    ``mutable`` holds the ids of at most MAX_MUTABLE mutable objects that can be reached from the
    value, itself included: names whose values share one are aliases. ``closed`` are those among them
    that an exact digest tells whole: while it is as before, nothing was changed through them.
    """

    digest: Digest
    mutable: frozenset[int]
    closed: frozenset[int] = frozenset()


class Digester:
    """Looks at values during one hook. Drop it when the hook is over: it holds what it has seen.

    ``budget_s`` is how many seconds the hook may spend on looking; values that weigh little are
    looked at whole even after it is spent. ``token`` names an object that cannot be looked into.
    """

    def __init__(self, budget_s: float, token: Callable[[object], str] | None = None) -> None:
        self._hook = DigestSession(token or _address, Kinds())
        self._left = budget_s
        self._looks: dict[int, tuple[object, DigestResult]] = {}

    def look(self, value: object) -> DigestResult:
        """The digest of a value. Never raises: what cannot be looked at is opaque."""
        if (found := self._looks.get(id(value))) is not None:
            return found[1]
        started = perf_counter()
        self._hook.deadline = started + self._left
        with collector_paused():
            look = self._attempt(value)
        self._left -= perf_counter() - started
        self._looks[id(value)] = (value, look)
        return look

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
        if self._hook.kinds(type(value)).content is opaque:
            return self._opaque(value)
        start = len(self._hook.journal)
        exact, parts = self._exact(value)
        sample = None
        if exact is None or exact.weight >= LARGE or exact.height >= SAMPLE_DEPTH:
            sample = self._sample(value)
        digest = _digest(value, self._hook.kinds(type(value)), exact, sample, parts)
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

    def _opaque(self, value: object) -> DigestResult:
        try:
            token = self._hook.token(value)
        except Exception:  # noqa: BLE001 - the address tells enough
            token = _address(value)
        digest = Digest(token, "opaque", type=type_name(value))
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
        best.digest.hex(),
        quality,
        sample=sample.digest.hex() if sample is not None else "",
        layout=";".join(exact.layouts) if quality == "exact" and exact is not None else "",
        type=type_name(value),
        size=size_words(value, kind),
        preview=preview(value),
        parts=parts,
    )


def _address(value: object) -> str:
    return f"{id(value):x}"

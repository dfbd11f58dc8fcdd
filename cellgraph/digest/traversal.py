"""One look at a value: every part is visited, nothing of the user's is run, nothing is kept.

``ExactWalk`` sees everything and gives up as soon as the budget cannot cover what lies ahead.
``SampleWalk`` sees a bounded part of the value that depends on the value alone, so that two samples
can be compared whatever the budget was. Handlers are written against what both have in common.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Sequence
from itertools import compress, islice
from operator import not_
from time import perf_counter
from typing import Any, cast

from xxhash import xxh3_128_digest

from cellgraph.digest.protocol import (
    BYTE_SECONDS,
    ELEMENT_WEIGHT,
    FEW,
    LARGE,
    LONG_NUMBER,
    LONG_TEXT,
    MAX_MUTABLE,
    MAX_NUMBER,
    NUMBER_BYTE_SECONDS,
    NUMBER_IDS,
    SCALAR_IDS,
    TEXT_IDS,
    VISIT_SECONDS,
    DigestSession,
    Frame,
    Journal,
    OverBudgetError,
    ResolvedHandler,
    Walk,
)
from cellgraph.digest.sampling import number_sample, picks, text_sample

_FIXED_IDS = SCALAR_IDS | frozenset(map(id, (tuple, frozenset, range, slice)))
"""Types whose instances never change: none is an alias by itself."""
NODE_WEIGHT, NODE_SECONDS = 1_000, 2.5e-6
LEAF_WEIGHT, LEAF_SECONDS = 200, 1e-6
MAX_DEPTH, SAMPLE_DEPTH = 180, 60
MANY_ALIKE, CHUNK = 2_048, 256
SLOW_CHUNKS, FASTER = 2, 4
"""After so many chunks of parts that are too slow by this factor a walk gives up. The first may be slower
than the rest, which refers to what they refer to."""
SAMPLE_NODES, NODE_SHARE = 1_000, 3
"""Scalars that a sample looks at, and how many of them anything else counts for."""


def _are_numbers(value: Any) -> bool:
    """Whether a tuple holds a few numbers: a colour, a place. There are thousands of them in a figure."""
    return len(value) <= FEW and NUMBER_IDS.issuperset(map(id, map(type, value)))


def reachable(journal: Journal, start: int, limit: int, end: int | None = None) -> frozenset[int]:
    """The ids noted from ``start`` on (up to ``end``, where it is given), at most about ``limit`` of them."""
    found: set[int] = set()
    seen: set[int] = set()
    spans = [(start, len(journal) if end is None else end)]
    while spans and len(found) < limit:
        first, last = spans.pop()
        span = journal[first:last]
        parts = [entry for entry in span if type(entry) is Frame]
        found.update([entry for entry in span if type(entry) is int] if parts else span)  # type: ignore[arg-type]
        for part in parts:
            if id(part) not in seen:
                seen.add(id(part))
                spans.append((part.start, part.end))
    return frozenset(found)


class ExactWalk(Walk):
    """Visits every part. The hook's memo outlives the walk.

    A part that refers to one still open says how many parts ago that one was opened. Only what
    refers to nothing outside itself enters the memo (Tarjan's strongly connected components), so a
    part has the same digest from wherever it is reached, and shared parts are visited once.
    """

    def __init__(self, hook: DigestSession) -> None:
        super().__init__(hook)
        self._memo = hook.memo
        self._components = hook.components
        self._leaves = hook.leaves
        self._entered: dict[int, int] = {}
        self._open: dict[int, Frame] = {}
        self._opened: list[int] = []
        self._depth = 0

    def visit(self, value: object) -> bytes:
        """The digest of a part, from the memo where it has been visited in this hook."""
        cls = type(value)
        if id(cls) in SCALAR_IDS:
            return self._scalar(value, cls)
        if (leaf := self._leaves.get(id(cls))) is not None:
            return self._leaf(value, leaf)
        key = id(value)
        known = self._memo.get(key)
        if known is not None and not (self._components and self._within(key)):
            return self._recall(known)
        if (target := self._open.get(key)) is not None:
            return self._refer(target)
        return self._first(value, cls)

    def _first(self, value: object, cls: type) -> bytes:
        """As ``visit``, for a part that has not been visited."""
        if cls is tuple and _are_numbers(value):
            self.weigh(LEAF_WEIGHT, LEAF_SECONDS)
            return xxh3_128_digest(marshal.dumps(cast("Any", value), 2))
        kind = self.hook.kinds(cls)
        if kind.leaf:
            self._leaves[id(cls)] = kind
            return self._leaf(value, kind)
        return self._enter(value, id(value), kind)

    def sequence(self, values: Sequence[object]) -> bytes:
        """The digests of all the parts."""
        count = len(values)
        self.weigh(count * ELEMENT_WEIGHT, count * VISIT_SECONDS)
        # As many as there were at the start: a thread may add to the list as fast as it is walked.
        elements = islice(values, count)
        if count >= MANY_ALIKE and len(set(map(id, map(type, values)))) == 1:
            return b"".join(self._alike(elements, count))
        return b"".join([self.visit(value) for value in elements])

    def _alike(self, elements: Iterator[object], count: int) -> list[bytes]:
        """The digests of many parts of one type. Gives up once it is plain that they take too long.

        That is so where the rest would take too long even if it were several times as fast as the last few.
        """
        found: list[bytes] = []
        slow = 0
        while len(found) < count:
            started = perf_counter()
            chunk = [self.visit(value) for value in islice(elements, CHUNK)]
            if not chunk:  # a thread has taken some away
                break
            found += chunk
            now = perf_counter()
            ahead = (now - started) * (count - len(found)) / (CHUNK * FASTER)
            slow = slow + 1 if self.weight > LARGE and now + ahead > self.hook.deadline else 0
            if slow == SLOW_CHUNKS:
                raise OverBudgetError
        return found

    def weigh(self, weight: int, seconds: float) -> None:
        """Give up where the work would end after the deadline, unless the value is small."""
        self.weight += weight
        if self.weight > LARGE and perf_counter() + seconds > self.hook.deadline:
            raise OverBudgetError

    def foresee(self, weight: int, seconds: float) -> None:
        """As ``weigh``, for work that is not counted yet."""
        if self.weight + weight > LARGE and perf_counter() + seconds > self.hook.deadline:
            raise OverBudgetError

    def _leaf(self, value: object, kind: ResolvedHandler) -> bytes:
        self.weigh(LEAF_WEIGHT, LEAF_SECONDS)
        return xxh3_128_digest(kind.tag + kind.content(value, self))

    def _scalar(self, value: Any, cls: type) -> bytes:
        if id(cls) in TEXT_IDS and len(value) > LONG_TEXT:
            self.weigh(len(value), len(value) * 10 * BYTE_SECONDS)
        elif cls is int and (size := value.bit_length() >> 3) > LONG_NUMBER:
            self.weigh(size, size * NUMBER_BYTE_SECONDS)
            if size > MAX_NUMBER:  # it is written at four times its size
                raise OverBudgetError
        return xxh3_128_digest(marshal.dumps(value, 2))

    def _recall(self, known: Frame) -> bytes:
        if self._depth + known.height > MAX_DEPTH:
            raise OverBudgetError
        self.weight += known.weight
        self.journal.append(known)
        self.frame.absorb(known)
        return known.digest

    def _refer(self, target: Frame) -> bytes:
        self.frame.low = min(self.frame.low, target.low)
        return xxh3_128_digest(b"\0back %d" % (self.frame.index - target.index))

    def _enter(self, value: object, key: int, kind: ResolvedHandler) -> bytes:
        if self._depth >= MAX_DEPTH:
            raise OverBudgetError
        self.weigh(NODE_WEIGHT, NODE_SECONDS)
        index, parent = len(self._opened), self.frame
        frame = Frame(value, index, len(self.journal), index, self.weight - NODE_WEIGHT)
        self._open[key] = self.frame = frame
        self._opened.append(key)
        self._depth += 1
        component = self._components.get(key) if self._components else None
        if component is not None:
            self._entered[component] = self._entered.get(component, 0) + 1
        if kind.mutable:
            self.journal.append(key)
        frame.digest = xxh3_128_digest(kind.tag + kind.content(value, self))
        if component is not None:
            self._entered[component] -= 1
        self._depth -= 1
        self.frame = parent
        self._leave(frame, key, parent)
        return frame.digest

    def _within(self, key: int) -> bool:
        """Whether a part of the same component is open: a visit from there gives another digest."""
        component = self._components.get(key)
        return component is not None and self._entered.get(component, 0) > 0

    def _leave(self, frame: Frame, key: int, parent: Frame) -> None:
        frame.weight = self.weight - frame.weight
        frame.end = len(self.journal)
        parent.absorb(frame)
        if frame.low < frame.index:
            parent.low = min(parent.low, frame.low)
            return
        self._close(frame.index, key)
        self._memo[key] = frame

    def _close(self, index: int, key: int) -> None:
        """Close the parts opened from ``index`` on: several form one strongly connected component."""
        tied = len(self._opened) > index + 1
        if not tied:
            self._opened.pop()
            del self._open[key]
            return
        component = self._components.get(key, key)
        while len(self._opened) > index:
            closed = self._opened.pop()
            self.hook.tied[closed] = self._open.pop(closed)
            self._components[closed] = component


class SampleWalk(Walk):
    """Visits at most SAMPLE_NODES scalars. Children share evenly what their parent was given."""

    sampling = True

    def __init__(self, hook: DigestSession) -> None:
        super().__init__(hook)
        self._left = SAMPLE_NODES
        self._notes = MAX_MUTABLE
        self._depth = 0

    def visit(self, value: object) -> bytes:
        """The digest of a part, or of its type alone once enough has been seen."""
        cls = type(value)
        if id(cls) in SCALAR_IDS:
            return self._scalar(value, cls)
        if (end := self.hook.ends.get(id(value))) is not None:
            self.frame.opaque = True
            return end.digest
        kind = self.hook.kinds(cls)
        if self._left <= 0 or self._depth >= SAMPLE_DEPTH:
            return xxh3_128_digest(kind.tag)
        self._left -= NODE_SHARE
        self._depth += 1
        if kind.mutable:
            self.journal.append(id(value))
        digest = xxh3_128_digest(kind.tag + kind.content(value, self))
        self._depth -= 1
        return digest

    def sequence(self, values: Sequence[object]) -> bytes:
        """How many parts there are, and the digests of a choice that depends on that alone."""
        count = len(values)
        self.note_elements(values)
        chosen = picks(count, min(count, max(self._left, 1)))
        if not {id(type(values[position])) for position in chosen} <= SCALAR_IDS:
            chosen = picks(count, min(count, max(self._left // NODE_SHARE, 1)))
        digests = [b"%d:" % count]
        for done, position in enumerate(chosen):
            digests.append(self._share(values[position], len(chosen) - done))
        return b"".join(digests)

    def note_elements(self, values: Sequence[object]) -> None:
        """As ``Walk.note_elements``, for the first of them."""
        seen = list(islice(values, self._notes))
        self._notes -= len(seen)
        kinds = list(map(id, map(type, seen)))
        if _FIXED_IDS.issuperset(kinds):  # as in lists of numbers
            return
        if _FIXED_IDS.isdisjoint(kinds):  # as in most lists of many objects
            self.journal.extend(map(id, seen))
        else:
            self.journal.extend(compress(map(id, seen), map(not_, map(_FIXED_IDS.__contains__, kinds))))

    def _share(self, value: object, siblings: int) -> bytes:
        share = self._left // siblings
        kept = self._left - share
        self._left = share
        digest = self.visit(value)
        self._left += kept
        return digest

    def _scalar(self, value: Any, cls: type) -> bytes:
        if id(cls) in TEXT_IDS and len(value) > LONG_TEXT:
            return xxh3_128_digest(marshal.dumps(text_sample(value), 2))
        if cls is int and value.bit_length() >> 3 > LONG_NUMBER:
            return xxh3_128_digest(marshal.dumps(number_sample(value), 2))
        return xxh3_128_digest(marshal.dumps(value, 2))

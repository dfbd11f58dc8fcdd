"""What code beside the cells has changed becomes writes of the run whose doing it is.

A thread goes on while other cells run. What it changes belongs to the run that started it: *Restart & Run
All* starts it there too. So the change is added to that run, marked ``beside``: when it happens is a matter
of time. Where a later run has made the value since, the change belongs to that one: its value changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from cellgraph.model import Digest, Read, Run, Write, WriteKind
from cellgraph.names import Name
from cellgraph.record.digest_store import DigestEntry, DigestStore
from cellgraph.record.ledger import Ledger
from cellgraph.trace.background import Beside

_BUDGET_S = 0.05
"""Seconds for values that code has changed beside the cells."""


class BackgroundWrites:
    """Adds to earlier runs what their threads, tasks and callbacks have done since."""

    def __init__(self, ledger: Ledger, store: DigestStore, namespace: Mapping[str, object]) -> None:
        self._ledger = ledger
        self._store = store
        self._namespace = namespace
        self._beside: Mapping[int, Beside] = {}
        self._before: Mapping[str, Digest | None] = {}
        """The digests of what was accessed, and of what shares an object with it, as of the last look."""

    def between_cells(self, beside: Mapping[int, Beside]) -> None:
        """Take in what was accessed since the last run ended."""
        if beside:
            self.meanwhile(beside)
            self._attribute(())

    def meanwhile(self, beside: Mapping[int, Beside]) -> frozenset[str]:
        """What was accessed while a cell ran: gives the names. ``after`` takes it in."""
        self._beside, self._before = beside, {}
        if not beside:
            return frozenset()
        names = frozenset(
            name for one in beside.values() for name in (*one.loaded, *one.stored, *one.deleted)
        )
        near = self._store.sharing(self._store.mutable(names), apart_from=names)
        self._before = {name: self._store.digest(name) for name in (*names, *near)}
        return names

    def after(self, run: Run) -> None:
        """Add what has changed while ``run`` was under way to the runs whose doing it is."""
        if self._beside:
            self._attribute({write.name for write in run.writes})

    def _attribute(self, own: Collection[str]) -> None:
        beside, self._beside = self._beside, {}
        self._store.open(_BUDGET_S)
        try:
            self._take_in(beside, own)
        finally:
            self._store.close()

    def _take_in(self, beside: Mapping[int, Beside], own: Collection[str]) -> None:
        for number, accessed in sorted(beside.items(), reverse=True):
            touched = dict.fromkeys([*accessed.stored, *accessed.deleted, *accessed.loaded, *self._before])
            found = (
                self._write(accessed, name, self._before.get(name)) for name in touched if name not in own
            )
            writes = [write for write in found if write is not None]
            reads = list(self._reads(number, accessed.loaded)) if writes else []
            for write in writes:
                self._before = {**self._before, write.name: write.digest}
                last = self._ledger.writer(write.name)
                maker = max(number, last[0].number if last is not None else 0)
                if number:  # what nobody is known to have done stays nobody's
                    self._ledger.amend(maker, write, reads if maker == number else ())

    def _write(self, accessed: Beside, name: str, before: Digest | None) -> Write | None:
        """What became of a name; None where nothing did."""
        known = self._store.get(name)
        if name not in self._namespace:
            self._store.forget(name)
            gone = name in accessed.deleted and before is not None
            return Write(Name(name), "delete", beside=True) if gone else None
        bound = name in accessed.stored
        if not bound and (known is None or before is None or _is_fixed(known)):
            return None
        digest = self._store.look(name, bound).digest
        if before is not None and digest.agrees(before):
            return None
        kind: WriteKind = "bind" if bound else "mutate"
        return Write(Name(name), kind, digest=digest, before=before, beside=True)

    def _reads(self, number: int, loaded: Iterable[str]) -> Iterator[Read]:
        """What the run's own code beside has read, as far as it was made before the run."""
        for name in loaded:
            last, digest = self._ledger.writer(name), self._before.get(name)
            if last is not None and digest is not None and last[0].number < number:
                yield Read(Name(name), "", digest)


def _is_fixed(known: DigestEntry) -> bool:
    """Whether a value cannot change: it is immutable, and was looked at whole."""
    return not known.look.mutable and known.look.digest.quality == "exact"

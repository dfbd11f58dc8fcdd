"""The two ways of seeing what a cell touches, behind one interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cellgraph.code.source import Source
from cellgraph.code.statements import Block
from cellgraph.code.static_access_paths import Places, places
from cellgraph.trace.access_recorder import Accesses
from cellgraph.trace.files.file_observer import Watch
from cellgraph.trace.monitoring import Monitor, MonitorUnavailable
from cellgraph.trace.observed_accesses import Touched, observed, surmised
from cellgraph.trace.static_backend import StaticAccesses, surmise


class TracingBackend(Protocol):
    """Sees one run at a time: ``begin`` before it, ``end`` after it."""

    conservative: bool

    def begin(self, before: Mapping[str, int], source: Source, block: Block) -> None:
        """A run is about to start; ``before`` holds the identity of each name's value."""

    def watch(self, target: Watch | None) -> None:
        """From now on the files that are opened are told to ``target``, where they can be seen."""

    def end(self, failed_at: int | None) -> Touched:
        """The run is over; ``failed_at`` is the line of the cell that raised, where one did."""

    def close(self) -> None:
        """Leave nothing behind."""


def open_eyes(namespace: dict[str, Any]) -> TracingBackend:
    """Exact sight where the interpreter offers it, the text's where it does not."""
    try:
        return MonitoringBackend(namespace)
    except MonitorUnavailable:
        return StaticBackend(namespace)


class MonitoringBackend:
    """Sees instructions as they are carried out (Python 3.12 and later)."""

    conservative = False

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._monitor = Monitor(namespace)
        self._accesses: Accesses | None = None

    def begin(self, before: Mapping[str, int], source: Source, block: Block) -> None:
        """Note from here on what the instructions touch."""
        self._accesses = Accesses(self._namespace, before)
        self._monitor.begin(self._accesses)

    def watch(self, target: Watch | None) -> None:
        """Note the files that are opened."""
        self._monitor.watch(target)

    def end(self, failed_at: int | None) -> Touched:
        """Stop, and give what was noted."""
        self._monitor.end()
        seen, self._accesses = self._accesses, None
        return observed(seen) if seen is not None else Touched()

    def close(self) -> None:
        """Give the monitoring tool back."""
        self._monitor.close()


class StaticBackend:
    """Works from the text: what the cell may touch (Python 3.11)."""

    conservative = True

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._block: Block = ()
        self._own: Mapping[str, int] = {}
        self._places: Places = {}
        self._found: StaticAccesses | None = None

    def begin(self, before: Mapping[str, int], source: Source, block: Block) -> None:
        """Work out what the cell may touch, before it changes anything."""
        self._block, self._own = block, before
        self._places = places(source.tree)
        self._found = surmise(block, self._namespace, own=before)

    def watch(self, target: Watch | None) -> None:
        """Nothing tells of a file that is opened; the text names some."""

    def end(self, failed_at: int | None) -> Touched:
        """Give what was worked out, up to the line that raised."""
        found, block = self._found, self._block
        self._found, self._block = None, ()
        if failed_at is not None:
            found = surmise(block, self._namespace, failed_at, self._own)
        return surmised(found, self._places) if found is not None else Touched()

    def close(self) -> None:
        """Let go of the text."""
        self._found, self._block = None, ()

"""Settings and random generators as the recorder needs them: what a run read of them, and what it set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cellgraph.code.source import Source
from cellgraph.code.statements import Block
from cellgraph.model import Digest, RandomUse, Read, Write
from cellgraph.names import Name
from cellgraph.trace.files.file_accesses import Use, Uses
from cellgraph.trace.files.file_dataflow import sources, with_files
from cellgraph.trace.rng_state import Snapshot, digests
from cellgraph.trace.settings.text_events import events_of
from cellgraph.trace.settings.tracker import SettingRead, SettingsTracker, SettingUse, SettingWrite

GENERATOR = "generator"
"""The type of the digests of random generators."""
UNSEEDED = Digest("unseeded", "opaque", type=GENERATOR)
"""A generator whose numbers differ with each restart."""
GENERATORS = {"random": "random", "numpy": "numpy.random", "torch": "torch.random"}
"""The setting that each library's global generator is."""
_SEEDING = re.compile(r"(?:^|_)(?:re)?seed|set_?state|set_rng_state")


class SettingsOfRun(NamedTuple):
    """What a run did with settings, in the ledger's words. ``block`` has them among what statements load and bind."""

    block: Block
    deferred: frozenset[str] = frozenset()
    reads: tuple[Read, ...] = ()
    writes: tuple[Write, ...] = ()


class Settings:
    """The settings of one session."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._tracker = SettingsTracker()
        self._generators: dict[str, Digest] = {}

    def live(self, name: Name) -> Digest | None:
        """A setting, or the state of a generator, as of the last look."""
        return self._generators.get(name.setting) or self._tracker.digest(name.setting)

    def begin(self, source: Source) -> None:
        """A run is about to start."""
        self._tracker.begin(source.text)

    def end(
        self,
        cell: str,
        source: Source,
        block: Block,
        displayed: bool,
        random: Iterable[RandomUse] = (),
        states: Snapshot | None = None,
    ) -> SettingsOfRun:
        """The run is over. ``displayed``: it shows a result. ``random`` is what it did with the generators."""
        if states is not None:
            self._generators = {GENERATORS[lib]: _state(value) for lib, value in digests(states).items()}
        used = self._tracker.end(cell, source, self._namespace, displayed)
        reads = [Read(Name.of_setting(read.name), read.path, read.digest) for read in used.reads]
        drawn = [read for use in random for read in _drawn(use)]
        seeded = [write for use in random for write in _moved(use, drawn)]
        if not (reads or drawn or used.writes or seeded):
            return SettingsOfRun(block)
        flow = _Flow(block, source, used, seeded)
        writes = [flow.with_sources(write) for write in (*map(_written, used.writes), *seeded)]
        deferred = frozenset(read.name for read in (*reads, *drawn)) - flow.placed
        return SettingsOfRun(flow.block, deferred, (*reads, *drawn), tuple(writes))


def _written(write: SettingWrite) -> Write:
    return Write(Name.of_setting(write.name), "mutate", write.paths, write.after, None, write.before)


def _state(value: str) -> Digest:
    return Digest(value, type=GENERATOR)


def _drawn(use: RandomUse) -> Iterable[Read]:
    if use.how == "drew" and use.before:
        yield Read(Name.of_setting(GENERATORS[use.library]), "", _state(use.before))


def _moved(use: RandomUse, drawn: list[Read]) -> Iterable[Write]:
    name = Name.of_setting(GENERATORS[use.library])
    if use.how in ("seeded", "seeded and drew"):
        yield Write(name, "bind", (), _state(use.after))
    elif use.how == "reseeded" or not use.before:
        yield Write(name, "mutate", (), UNSEEDED)
    else:
        yield Write(name, "mutate", (), _state(use.after), None, _state(use.before))


class _Flow:
    """Settings in the flow of data inside a cell: each is loaded and bound by the statements at its lines."""

    def __init__(self, block: Block, source: Source, used: SettingUse, seeded: list[Write]) -> None:
        loads = [Use(Name.of_setting(read.name), read.digest, line) for read in used.reads for line in _lines(read)]
        binds = [Use(Name.of_setting(w.name), w.after, w.line) for w in used.writes if w.line]
        line = _seeding_line(source) if seeded else 0
        binds += [Use(write.name, write.digest, line) for write in seeded if line and write.kind == "bind"]
        uses = Uses(tuple(loads), tuple(binds))
        self.block = with_files(block, uses)
        self.placed = frozenset(use.name for use in loads)
        self._sources = sources(self.block, uses, (), lambda _: True) if binds else {}

    def with_sources(self, write: Write) -> Write:
        """The write with the names that flow into it, where that is known."""
        found = self._sources.get(write.name)
        if found is None:
            return write
        return Write(write.name, write.kind, write.paths, write.digest, tuple(sorted(found)), write.before)


def _lines(read: SettingRead) -> Iterable[int]:
    return (line for line in read.lines if line)


def _seeding_line(source: Source) -> int:
    """The line at which a cell seeds; 0 where it is not one."""
    lines = {e.line for e in events_of(source) if e.kind == "call" and _SEEDING.search(e.dotted[-1])}
    return lines.pop() if len(lines) == 1 else 0

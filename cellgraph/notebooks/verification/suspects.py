"""Which input may be behind a difference where nothing records how the saved outputs were made.

Two things speak for an input: it is newer than the notebook, and it flows into the cells that differ and into
none of those that are as saved. Neither proves anything, so several suspects are named, the likeliest first.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cellgraph.model import Report, Run
from cellgraph.notebooks.stamps.packages import imported_names
from cellgraph.notebooks.verification.verdicts import Why
from cellgraph.notebooks.verification.why import Cells, Record, RecordedRuns, cells_behind, find_cause
from cellgraph.record.ledger import Ledger

_MOST = 3
"""Suspects that are named."""
_CODE = frozenset({"module", "function", "type", "builtin_function_or_method"})
"""Types of values that hold code and no data."""

SuspectKind = Literal["file", "name", "seed", "source", "package"]
_ORDER: Sequence[SuspectKind] = ("name", "seed", "source", "file", "package")


def known_chance(cell: str, ledger: Ledger, report: Report, cells: Cells) -> Why | None:
    """A reason why a cell, or one that it rests on, gives something else each time; the nearest one."""
    for maker in cells_behind(cell, ledger):
        for chance in report.chances:
            if chance.cell == maker and chance.kind != "elsewhere":
                return Why(chance.message, "chance", chance.kind, cells.numbers.get(maker, 0), sure=True)
    return None


def chance_between(cell: str, record: Record, cells: Cells) -> Why:
    """Where two fresh runs begin to differ. ``record`` is of the two."""
    cause = find_cause(cell, record, cells)
    if cause is None:
        number = cells.numbers.get(cell, 0)
        message = f"what cell {number} shows is another in each run, from equal inputs"
        return Why(message, "chance", "", number, sure=True)
    message = f"{cause.name}, made by cell {cause.cell}, is another in each run, from equal inputs"
    return Why(message, "chance", cause.name, cause.cell, sure=True)


@dataclass(frozen=True, slots=True)
class Suspect:
    """An input of the notebook: a file, a value from a cell's text, a seed, a cell's text, a package."""

    kind: SuspectKind
    name: str
    cell: str

    def sentence(self, cells: Cells) -> str:
        """What may be the cause, in words."""
        where = cells.label(self.cell)
        words: Mapping[SuspectKind, str] = {
            "file": f"the file {self.name} ({where} reads it)",
            "name": f"{self.name} ({where} sets it)",
            "seed": f"the seed of {self.name} ({where})",
            "source": f"the text of {where}",
            "package": f"the package {self.name} ({where} uses it)",
        }
        return words[self.kind]


@dataclass(frozen=True)
class Scene:
    """What is known: how the cells came out, when the notebook was saved, and a tracked run of it.

    ``differing`` and ``as_saved`` are cells that differ and cells that are as saved. ``changed`` gives the
    time at which a suspect was last changed, as a POSIX timestamp, 0 if it cannot be told.
    """

    runs: RecordedRuns
    differing: Collection[str]
    as_saved: Collection[str]
    saved: float
    changed: Callable[[Suspect], float]
    python: tuple[str, str] = ("", "")
    """The version of Python that saved the notebook, and the one that ran it now."""
    cells: Cells = field(default_factory=lambda: Cells({}))


def likely_cause(cell: str, scene: Scene) -> Why:
    """What speaks for itself. Never sure."""
    reach: dict[Suspect, set[str]] = defaultdict(set)
    for other in (*scene.differing, *scene.as_saved):
        for suspect in _Flow(scene.runs).into(other):
            reach[suspect].add(other)
    own = dict.fromkeys(_Flow(scene.runs).into(cell))
    newer = {one for one in own if scene.saved and scene.changed(one) > scene.saved}

    def rank(one: Suspect) -> tuple[bool, int, int, int]:
        differing = len(reach[one].intersection(scene.differing))
        as_saved = len(reach[one].intersection(scene.as_saved))
        return one not in newer, -differing, as_saved, _ORDER.index(one.kind)

    return _why(cell, sorted(own, key=rank), newer, scene)


def _why(cell: str, ranked: Sequence[Suspect], newer: Collection[Suspect], scene: Scene) -> Why:
    number = scene.cells.numbers.get(cell, 0)
    saved, now = scene.python
    other = f"; it was saved by Python {saved}, and this is {now}" if _is_other(saved, now) else ""
    if not ranked:
        return Why(f"nothing records what the saved output was made from{other}", "unknown", cell=number)
    first = ranked[0]
    place = scene.cells.numbers.get(first.cell, 0)
    name = f"cell {place}" if first.kind == "source" else first.name
    if first in newer:
        told = " and ".join(_sentences([one for one in ranked if one in newer], scene.cells))
        return Why(f"newer than the notebook: {told}{other}", first.kind, name, place)
    if other:
        return Why(f"nothing records what the saved output was made from{other}", "package", "python", number)
    told = ", ".join(_sentences(ranked, scene.cells))
    message = f"nothing records what the saved output was made from. By what flows into it: {told}"
    return Why(message, first.kind, name, place)


def _sentences(suspects: Sequence[Suspect], cells: Cells) -> list[str]:
    """The first few, each once, whichever cells use it."""
    first = {(one.kind, one.name): one for one in reversed(suspects)}
    return [one.sentence(cells) for one in suspects if first[one.kind, one.name] is one][:_MOST]


def _is_other(saved: str, now: str) -> bool:
    """Whether two versions of Python differ in more than the last part."""
    return bool(saved and now) and saved.split(".")[:2] != now.split(".")[:2]


class _Flow:
    """What flows into the outputs of cells, followed name by name through the statements of each run."""

    def __init__(self, runs: RecordedRuns) -> None:
        self._runs = runs
        self._history = runs.ledger.history
        self._seen: set[tuple[int, str]] = set()

    def into(self, cell: str) -> Iterator[Suspect]:
        """The inputs of a cell's latest run, the nearest first."""
        self._seen.clear()
        run = self._runs.ledger.latest(cell)
        if run is not None:
            yield Suspect("source", cell, cell)
            yield from self._of(run, None)

    def _of(self, run: Run, names: Collection[str] | None) -> Iterator[Suspect]:
        """What comes into a run by some names; None for all that it reads."""
        for use in run.random:
            yield Suspect("seed", use.library, self._seeder(run, use.library))
        for package in self._runs.packages(run.cell):
            yield Suspect("package", package, run.cell)
        for read, origin in zip(run.reads, self._history.origins(run.number), strict=True):
            if names is not None and read.name not in names:
                continue
            if read.name.is_file and (read.is_module or not origin):
                yield Suspect("file", read.name.path, run.cell)
            elif origin and not read.name.is_setting and (origin, read.name) not in self._seen:
                self._seen.add((origin, read.name))
                yield from self._made(self._history.run(origin), read.name)

    def _made(self, run: Run, name: str) -> Iterator[Suspect]:
        """What a value is made from that a run left under a name."""
        written = next((write for write in run.writes if write.name == name), None)
        sources = written.sources if written is not None else None
        if name not in imported_names(run.source):
            is_root = sources is not None and self._only_code(run, sources)
            yield Suspect("name" if is_root else "source", name if is_root else run.cell, run.cell)
        yield from self._of(run, sources)

    @staticmethod
    def _only_code(run: Run, names: Collection[str]) -> bool:
        """Whether a value is made from modules, classes and functions alone: its data are in the text."""
        types = {read.digest.type for read in run.reads if read.name in names and read.digest is not None}
        return types <= _CODE

    def _seeder(self, run: Run, library: str) -> str:
        """The cell that seeded a generator for a run; the run's own if none did."""
        for number in range(run.number, 0, -1):
            earlier = self._history.run(number)
            if any(use.library == library and use.how.startswith("seeded") for use in earlier.random):
                return earlier.cell
        return run.cell


def changed(path: Path) -> float:
    """When a file was changed, as a POSIX timestamp; 0 if there is none."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 - a path that may not be one
    except (OSError, ValueError):
        return 0.0

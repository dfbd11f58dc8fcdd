"""Why an output is not what is saved: the input that is not what it was, followed to where it came from.

``Record`` tells how the inputs of a cell differ between two runs. A ledger is one, and so is a stamp.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from typing import Protocol

from cellgraph.code.source import same_code
from cellgraph.model import Read, Run
from cellgraph.names import Kind, Name
from cellgraph.notebooks.stamps.packages import PackageUses
from cellgraph.notebooks.stamps.stamp import Difference, InputKind
from cellgraph.notebooks.verification.verdicts import Why
from cellgraph.record.jsonl import Environment
from cellgraph.record.ledger import Ledger

_ORDER: Sequence[InputKind] = ("source", "file", "module", "name", "seed", "package", "setting")
_LONGEST = 60
OF_THE_COPY = (Name.of_setting("cwd"), Name.of_setting("sys.path"))
"""Settings that differ because a fresh run works in a copy of the folder."""


class Record(Protocol):
    """Two runs of a notebook: how the saved outputs were made, and how the fresh ones were."""

    def differing(self, cell: str) -> Sequence[Difference]:
        """The inputs of a cell that differ. Those that cannot be compared are left out."""
        ...

    def incomparable(self, cell: str) -> Sequence[tuple[str, str]]:
        """The inputs that cannot be compared and that a cell made, each with that cell."""
        ...


@dataclass(frozen=True)
class RecordedRuns:
    """A ledger, and in what its runs ran."""

    ledger: Ledger
    environment: Environment = field(default_factory=Environment)

    def packages(self, cell: str) -> frozenset[str]:
        """The installed packages that a cell's latest run uses."""
        run = self.ledger.latest(cell)
        return self._packages.get(run.number, frozenset()) if run is not None else frozenset()

    @cached_property
    def _packages(self) -> Mapping[int, frozenset[str]]:
        uses = PackageUses(self.environment.packages)
        return {run.number: frozenset(uses.of(run)) for run in self.ledger.runs}


class LedgerRecord:
    """Two ledgers of the same notebook."""

    def __init__(self, old: RecordedRuns, new: RecordedRuns) -> None:
        self._old, self._new = old, new

    def differing(self, cell: str) -> Sequence[Difference]:
        """The inputs of a cell's latest runs that differ."""
        before, after = self._old.ledger.latest(cell), self._new.ledger.latest(cell)
        if before is None or after is None:
            return ()
        return (*self._differences(before, after), *self._versions(cell))

    def incomparable(self, cell: str) -> Sequence[tuple[str, str]]:
        """The inputs of a cell's latest run that are opaque, each with the cell that made it."""
        after, history = self._new.ledger.latest(cell), self._new.ledger.history
        if after is None:
            return ()
        reads = zip(after.reads, history.origins(after.number), strict=True)
        found = [(read, origin) for read, origin in reads if read.digest is not None and origin]
        return [
            (_label(read), history.cell(origin))
            for read, origin in found
            if read.digest is not None and read.digest.quality == "opaque" and not read.name.is_setting
        ]

    def _differences(self, before: Run, after: Run) -> Iterator[Difference]:
        if not same_code(before.source, after.source):
            detail = _edit(before.source, after.source)
            yield Difference("source", before.cell, maker=after.cell, detail=detail)
        history = self._new.ledger.history
        known = {(read.name, read.path): read for read in before.reads}
        for read, origin in zip(after.reads, history.origins(after.number), strict=True):
            former = known.get((read.name, read.path))
            if former is None or not _differs(former, read):
                continue
            maker = history.cell(origin) if origin else ""
            yield Difference(_kind(read), _label(read), _preview(former), _preview(read), maker)
        states = {use.library: use for use in before.random}
        for use in after.random:
            former_use = states.get(use.library)
            if former_use is not None and use.how == "drew" and former_use.before != use.before:
                yield Difference("seed", use.library, maker=self._seeder(after, use.library))

    def _versions(self, cell: str) -> Iterator[Difference]:
        """The packages of another version that a cell uses, or a cell that it rests on."""
        old, new = self._old.environment, self._new.environment
        told: set[str] = set()
        for maker in cells_behind(cell, self._new.ledger):
            for name in sorted((self._old.packages(maker) | self._new.packages(maker)) - told):
                told.add(name)
                before, after = old.packages.get(name, ""), new.packages.get(name, "")
                if before and after and before != after:
                    yield Difference("package", name, before, after, maker)
        if old.python and new.python and old.python != new.python:
            yield Difference("package", "python", old.python, new.python)

    def _seeder(self, run: Run, library: str) -> str:
        """The cell that last did something with a generator before a run."""
        for number in range(run.number - 1, 0, -1):
            earlier = self._new.ledger.history.run(number)
            if any(use.library == library for use in earlier.random):
                return earlier.cell
        return ""


def cells_behind(cell: str, ledger: Ledger) -> Iterator[str]:
    """The cell and all that it rests on, the nearest first."""
    return (ledger.history.cell(number) for number in runs_behind(cell, ledger))


def runs_behind(cell: str, ledger: Ledger) -> Iterator[int]:
    """The numbers of a cell's latest run and of all runs that it rests on, the nearest first."""
    latest = ledger.latest(cell)
    waiting = deque([latest.number] if latest is not None else [])
    seen: set[int] = set()
    while waiting:
        number = waiting.popleft()
        if number not in seen:
            seen.add(number)
            yield number
            waiting += (origin for origin in ledger.history.origins(number) if origin)


def _edit(old: str, new: str) -> str:
    """The first line of a text that was changed, before and after."""
    before, after = ([line.strip() for line in text.splitlines() if line.strip()] for text in (old, new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, other, other_end in matcher.get_opcodes():
        if kind != "equal":
            lines = (*before[start:end][:1], ""), (*after[other:other_end][:1], "")
            return " → ".join(_cut(side[0]) or "nothing" for side in lines)
    return ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _differs(one: Read, other: Read) -> bool:
    if one.store_only or other.store_only:
        return False
    if one.digest is None or other.digest is None:
        return one.digest is not other.digest
    if "opaque" in (one.digest.quality, other.digest.quality) or one.name.startswith(OF_THE_COPY):
        return False
    if one.digest.type == "module" and not one.name.is_file:  # a library: its digest is of this process
        return False
    return not one.digest.agrees(other.digest)


def _kind(read: Read) -> InputKind:
    if read.is_module:
        return "module"
    if read.name.is_file:
        return "file"
    return "setting" if read.name.kind is Kind.SETTING else "name"


def _label(read: Read) -> str:
    return read.name.path if read.name.is_file else read.label


def _preview(read: Read) -> str:
    return "" if read.digest is None else read.digest.preview or read.digest.size


@dataclass(frozen=True, slots=True)
class Cells:
    """The numbers of the notebook's code cells by their ids, and back."""

    numbers: Mapping[str, int]

    def label(self, cell: str) -> str:
        """What a cell is called in a sentence."""
        return f"cell {self.numbers[cell]}" if cell in self.numbers else "a cell"


def find_cause(cell: str, record: Record, cells: Cells) -> Why | None:
    """The input at the root of what differs in a cell; None if no input of it differs."""
    return _find(cell, record, cells, {cell}, ())


def _find(cell: str, record: Record, cells: Cells, seen: set[str], through: tuple[str, ...]) -> Why | None:
    found = sorted(record.differing(cell), key=lambda one: _ORDER.index(one.kind))
    unexplained: Why | None = None
    for one in found:
        if one.kind == "source":
            return _why(one, cell, cells, through)
        if not one.maker or one.maker == cell:
            if one.kind != "name" or one.maker != cell:
                return _why(one, cell, cells, through)
            continue
        if one.kind == "package":
            return _why(one, one.maker, cells, through)
        if one.maker in seen:
            continue
        seen.add(one.maker)
        inner = _find(one.maker, record, cells, seen, (*through, one.name))
        if inner is not None:
            return inner
        unexplained = unexplained or _unexplained(one, cells, through)
    return _beyond(cell, record, cells, seen, through) or unexplained


def _beyond(cell: str, record: Record, cells: Cells, seen: set[str], through: tuple[str, ...]) -> Why | None:
    """A cause behind the inputs of a cell that cannot be compared."""
    for name, maker in record.incomparable(cell):
        if maker not in seen:
            seen.add(maker)
            inner = _find(maker, record, cells, seen, (*through, name))
            if inner is not None:
                return inner
    return None


_WORDS: Mapping[InputKind, str] = {
    "file": "the file {name} is not what it was",
    "module": "the module {name} is not what it was",
    "name": "{name} is not what it was{values}",
    "package": "{name} is another version{values}",
    "seed": "the random numbers of {name} start from another state",
    "setting": "the setting {name} is not what it was{values}",
}


def _why(one: Difference, cell: str, cells: Cells, through: tuple[str, ...]) -> Why:
    number = cells.numbers.get(cell, 0)
    where = f" (cell {number}{_path(through)})"
    if one.kind == "source":
        detail = f" ({one.detail})" if one.detail else ""
        return Why(
            f"the text of cell {number} is not what was run{detail}{_path(through)}",
            "source",
            f"cell {number}",
            number,
            sure=True,
        )
    values = f" ({one.old or 'not there'} → {one.new or 'not there'})" if one.old or one.new else ""
    kind = "file" if one.kind == "module" else one.kind
    message = _WORDS[one.kind].format(name=one.name, values=values)
    return Why(f"{message}{where}", kind, one.name, number, sure=True)


def _unexplained(one: Difference, cells: Cells, through: tuple[str, ...]) -> Why:
    """A value differs, although all that is on record of what made it is the same."""
    number = cells.numbers.get(one.maker, 0)
    if one.kind == "seed":
        message = f"the random numbers of {one.name} are left in another state by cell {number}"
        return Why(message, "seed", one.name, number, sure=True)
    message = f"{one.name} is not what it was, although all on record that cell {number} makes it from is"
    return Why(f"{message}{_path(through)}", "name", one.name, number, sure=True)


def _path(through: tuple[str, ...]) -> str:
    return f", by way of {' → '.join(reversed(through))}" if through else ""

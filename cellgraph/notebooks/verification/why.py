"""Why an output is not what is saved: the input that is not what it was, followed to where it came from.

``Record`` tells how the inputs of a cell differ between two runs. A ledger is one, and so is a stamp.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from cellgraph.code.source import same_code
from cellgraph.model import Read, Report, Run
from cellgraph.names import Kind, Name
from cellgraph.notebooks.verification.verdicts import Why
from cellgraph.record.ledger import Ledger

InputKind = Literal["source", "name", "file", "module", "package", "seed", "setting"]
_ORDER: Sequence[InputKind] = ("source", "file", "module", "name", "seed", "package", "setting")
OF_THE_COPY = (Name.of_setting("cwd"), Name.of_setting("sys.path"))
"""Settings that differ because a fresh run works in a copy of the folder."""


class InputDifference(Protocol):
    """One input of a cell that is not the same in two runs. ``maker`` is the id of the cell that makes it."""

    @property
    def kind(self) -> InputKind:
        """What the input is."""
        ...

    @property
    def name(self) -> str:
        """How it is called."""
        ...

    @property
    def old(self) -> str:
        """What it was, as far as it can be told."""
        ...

    @property
    def new(self) -> str:
        """What it is now."""
        ...

    @property
    def maker(self) -> str:
        """The cell that makes it in the newer run; empty if none does."""
        ...


class Record(Protocol):
    """Two runs of a notebook: how the saved outputs were made, and how the fresh ones were."""

    def differing(self, cell: str) -> Sequence[InputDifference]:
        """The inputs of a cell that differ. Those that cannot be compared are left out."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """An input that two ledgers do not have the same."""

    kind: InputKind
    name: str
    old: str = ""
    new: str = ""
    maker: str = ""


class LedgerRecord:
    """Two ledgers of the same notebook."""

    def __init__(self, old: Ledger, new: Ledger) -> None:
        self._old, self._new = old, new

    def differing(self, cell: str) -> Sequence[LedgerDifference]:
        """The inputs of a cell's latest runs that differ."""
        before, after = self._old.latest(cell), self._new.latest(cell)
        if before is None or after is None:
            return ()
        return tuple(self._differences(before, after))

    def _differences(self, before: Run, after: Run) -> Iterator[LedgerDifference]:
        if not same_code(before.source, after.source):
            yield LedgerDifference("source", before.cell, maker=after.cell)
        known = {(read.name, read.path): read for read in before.reads}
        for read, origin in zip(after.reads, self._new.history.origins(after.number), strict=True):
            former = known.get((read.name, read.path))
            if former is None or not _differs(former, read):
                continue
            maker = self._new.history.cell(origin) if origin else ""
            yield LedgerDifference(_kind(read), _label(read), _told(former), _told(read), maker)
        states = {use.library: use for use in before.random}
        for use in after.random:
            former_use = states.get(use.library)
            if former_use is not None and use.how == "drew" and former_use.before != use.before:
                yield LedgerDifference("seed", use.library, maker=self._seeder(after, use.library))

    def _seeder(self, run: Run, library: str) -> str:
        """The cell that last did something with a generator before a run."""
        for number in range(run.number - 1, 0, -1):
            earlier = self._new.history.run(number)
            if any(use.library == library for use in earlier.random):
                return earlier.cell
        return ""


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


def _told(read: Read) -> str:
    return "" if read.digest is None else read.digest.preview or read.digest.size


@dataclass(frozen=True, slots=True)
class Cells:
    """The numbers of the notebook's code cells by their ids, and back."""

    numbers: Mapping[str, int]

    def told(self, cell: str) -> str:
        """A cell in a sentence."""
        return f"cell {self.numbers[cell]}" if cell in self.numbers else "a cell"


def find_cause(cell: str, record: Record, cells: Cells) -> Why | None:
    """The input at the root of what differs in a cell; None if no input of it differs."""
    return _find(cell, record, cells, {cell}, ())


def _find(cell: str, record: Record, cells: Cells, seen: set[str], through: tuple[str, ...]) -> Why | None:
    found = sorted(record.differing(cell), key=lambda one: _ORDER.index(one.kind))
    for one in found:
        if one.kind == "source":
            return _why(one, cell, cells, through)
        if not one.maker or one.maker == cell:
            if one.kind != "name" or one.maker != cell:
                return _why(one, cell, cells, through)
            continue
        if one.maker in seen:
            continue
        seen.add(one.maker)
        inner = _find(one.maker, record, cells, seen, (*through, one.name))
        return inner or _unexplained(one, cells, through)
    return None


_WORDS: Mapping[InputKind, str] = {
    "file": "the file {name} is not what it was",
    "module": "the module {name} is not what it was",
    "name": "{name} is not what it was{values}",
    "package": "{name} is another version{values}",
    "seed": "the random numbers of {name} start from another state",
    "setting": "the setting {name} is not what it was{values}",
}


def _why(one: InputDifference, cell: str, cells: Cells, through: tuple[str, ...]) -> Why:
    number = cells.numbers.get(cell, 0)
    where = f" (cell {number}{_path(through)})"
    if one.kind == "source":
        return Why(
            f"the text of cell {number} is not what was run{_path(through)}",
            "source",
            f"cell {number}",
            number,
            sure=True,
        )
    values = f" ({one.old or 'not there'} → {one.new or 'not there'})" if one.old or one.new else ""
    kind = "file" if one.kind == "module" else one.kind
    message = _WORDS[one.kind].format(name=one.name, values=values)
    return Why(f"{message}{where}", kind, one.name, number, sure=True)


def _unexplained(one: InputDifference, cells: Cells, through: tuple[str, ...]) -> Why:
    """A value differs, although all that is on record of what made it is the same."""
    number = cells.numbers.get(one.maker, 0)
    if one.kind == "seed":
        message = f"the random numbers of {one.name} are left in another state by cell {number}"
        return Why(message, "seed", one.name, number, sure=True)
    message = f"{one.name} is not what it was, although all on record that cell {number} makes it from is"
    return Why(f"{message}{_path(through)}", "name", one.name, number, sure=True)


def _path(through: tuple[str, ...]) -> str:
    return f", by way of {' → '.join(reversed(through))}" if through else ""


# -- without a record --------------------------------------------------------------------------------


def known_chance(cell: str, ledger: Ledger, report: Report, cells: Cells) -> Why | None:
    """A reason why a cell, or one that it rests on, gives something else each time; the nearest one."""
    for maker in _cone(cell, ledger):
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


def likely_cause(cell: str, ledger: Ledger, cells: Cells, notebook: Path, folder: Path) -> Why:
    """What speaks for itself where nothing records how the saved outputs were made. Never sure.

    ``folder`` holds the files by the names that the ledger gives them.
    """
    number = cells.numbers.get(cell, 0)
    reads = tuple(_upstream(cell, ledger))
    files = [read for read in reads if read.name.is_file]
    saved = _changed(notebook)
    for read in files:
        path = folder / read.name.path
        if saved and _changed(path) > saved + 1:
            message = f"the file {read.name.path} has been changed since the notebook was saved"
            return Why(message, "file", read.name.path, number)
    names = [_label(read) for read in reads if not read.name.is_setting]
    told = ", ".join(dict.fromkeys(names[:6]))
    made_from = f"; it is made from {told}" if told else ""
    return Why(f"nothing records what the saved output was made from{made_from}", "unknown", cell=number)


def _upstream(cell: str, ledger: Ledger) -> Iterator[Read]:
    """The reads of values by a cell and by all that it rests on, the nearest first."""
    for number in _runs_behind(cell, ledger):
        for read in ledger.history.run(number).reads:
            if read.digest is not None and read.digest.type not in ("module", "function", "type"):
                yield read


def _cone(cell: str, ledger: Ledger) -> Iterator[str]:
    """The cell and all that it rests on, the nearest first."""
    return (ledger.history.cell(number) for number in _runs_behind(cell, ledger))


def _runs_behind(cell: str, ledger: Ledger) -> Iterator[int]:
    latest = ledger.latest(cell)
    waiting = [latest.number] if latest is not None else []
    seen: set[int] = set()
    while waiting:
        number = waiting.pop(0)
        if number not in seen:
            seen.add(number)
            yield number
            waiting += [origin for origin in ledger.history.origins(number) if origin]


def _changed(path: Path) -> float:
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 - a path that may not be one
    except (OSError, ValueError):
        return 0.0

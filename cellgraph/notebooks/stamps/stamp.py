"""The frozen types of a stamp, and how two stamps of one cell differ."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from cellgraph.names import Name

VERSION = 1
"""The version of the form in which stamps are kept. A reader refuses a newer one."""

_MOST_NAMES = 3
InputKind = Literal["source", "name", "file", "module", "package", "seed", "setting"]


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a run took from outside its cell.

    ``name`` is a variable, a result, a file that a cell wrote, or a setting, spelled as in the ledger.
    ``path`` is the part of its value that was read, empty for the whole. ``run`` is the place in the
    stamp, from 1, of the run that made it; 0 if no cell made it. ``digest`` stands for the value; it is
    empty if the value could not be compared. That of a large value is the digest of the whole (if it was
    looked at whole), ``~`` and the digest of a sample. ``preview`` is the value itself, for numbers and the
    like.
    """

    name: str
    path: str = ""
    run: int = 0
    digest: str = ""
    preview: str = ""

    @property
    def label(self) -> str:
        """As the user would write it: ``df["price"]``."""
        return self.name + self.path

    def agrees(self, other: Input) -> bool:
        """Whether both saw equal values, as far as can be told: what cannot be compared agrees."""
        whole, _, sample = self.digest.partition("~")
        other_whole, _, other_sample = other.digest.partition("~")
        if whole and other_whole:
            return whole == other_whole
        return not (sample and other_sample) or sample == other_sample


@dataclass(frozen=True, slots=True)
class Made:
    """A name that a run bound, changed or deleted.

    ``code`` is the digest of those statements of the cell that the name is made by. ``sources`` are the
    names of the inputs that flow into it; None if any of them may.
    """

    name: str
    code: str
    sources: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class StampedRun:
    """One run of a cell, and what it was made from.

    ``code`` is the digest of the cell's text without comments and layout. ``outputs`` is a hash of the
    outputs below the cell, empty if they are not known, and ``count`` the execution count that stood
    beside them. ``files`` and ``modules`` are those from outside the notebook, each with the digest of
    its content; a module's is that of its code. An empty digest stands for what could not be compared.
    ``packages`` are installed packages that the run's code uses. ``seeds`` gives for each random
    generator that moved how it did, and its state before. ``chance`` is why another run may give
    something else although all of this is the same, and ``doubt`` the code of the finding that the cell
    had when the stamp was made; both are mostly empty. ``shown``: it is the latest run of its cell, and
    its outputs stand below it. Others are there because something else was made from them.
    """

    cell: str
    code: str
    count: int | None = None
    outputs: str = ""
    shown: bool = True
    inputs: tuple[Input, ...] = ()
    made: tuple[Made, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    seeds: Mapping[str, str] = field(default_factory=dict)
    chance: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all outputs of a notebook were made from.

    ``runs`` stand in the order in which they ran. ``packages`` gives the version of each package.
    ``folder`` is the folder in which the kernel worked, relative to the notebook's file: paths of files
    are relative to it.
    """

    runs: tuple[StampedRun, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    folder: str = "."

    def shown(self, cell: str) -> StampedRun | None:
        """The run whose outputs stand below a cell; None if the stamp does not know the cell."""
        return next((run for run in reversed(self.runs) if run.cell == cell and run.shown), None)

    def run(self, number: int) -> StampedRun | None:
        """The run at a place, from 1; None for 0, and for a place that is not there."""
        return self.runs[number - 1] if 0 < number <= len(self.runs) else None


@dataclass(frozen=True, slots=True)
class Difference:
    """One input of a cell that is not the same in two stamps.

    ``old`` and ``new`` are digests, versions or values; empty if the stamp does not have the input.
    ``maker`` is the cell that makes the input in the newer stamp; empty if none does. ``detail``: what of a
    cell's text differs, by what it makes.
    """

    kind: InputKind
    name: str
    old: str = ""
    new: str = ""
    maker: str = ""
    detail: str = ""


def differing_inputs(cell: str, old: Stamp, new: Stamp) -> tuple[Difference, ...]:
    """Which inputs of a cell differ between two stamps; of what could not be compared, none.

    The cell's own text comes first, then names, files, modules, packages, seeds and settings.
    A cell that one of the stamps does not know has no differences.
    """
    before, after = old.shown(cell), new.shown(cell)
    if before is None or after is None:
        return ()
    return tuple(_differences(before, after, old, new))


def _differences(before: StampedRun, after: StampedRun, old: Stamp, new: Stamp) -> Iterator[Difference]:
    if before.code != after.code:
        yield Difference("source", before.cell, before.code, after.code, after.cell, _edited(before, after))
    values = [*_values(before, after, new)]
    yield from (one for one in values if one.kind == "name")
    yield from _mapped("file", before.files, after.files)
    yield from _mapped("module", before.modules, after.modules)
    yield from _packages({*before.packages, *after.packages}, old, new)
    if old.python and new.python and old.python != new.python:
        yield Difference("package", "python", old.python, new.python)
    yield from _mapped("seed", before.seeds, after.seeds)
    yield from (one for one in values if one.kind == "setting")
    told = {*before.packages, *after.packages}
    for run in _behind(after, new):  # a method may be at work of a class that another cell imported
        for one in _packages(set(run.packages) - told, old, new):
            yield replace(one, maker=run.cell)
        told |= set(run.packages)


def _edited(before: StampedRun, after: StampedRun) -> str:
    """What the statements make that are not the same in two runs of a cell; empty if that is not known."""
    known = {one.name: one.code for one in before.made}
    names = [one.name for one in after.made if known.get(one.name, one.code) != one.code]
    if names:
        told = [name.removeprefix(Name.of_setting("")) for name in names[:_MOST_NAMES]]
        return f"what makes {', '.join(told)}"
    seeded = [name for name, how in after.seeds.items() if how.startswith("seeded")]
    return f"it seeds {', '.join(seeded)}" if seeded else ""


def _packages(names: set[str], old: Stamp, new: Stamp) -> Iterator[Difference]:
    used = sorted(names)
    versions = [{name: stamp.packages.get(name, "") for name in used} for stamp in (old, new)]
    yield from _mapped("package", *versions)


def _behind(run: StampedRun, stamp: Stamp) -> Iterator[StampedRun]:
    """The runs that a run took something from, directly or through others; the nearest first."""
    waiting = deque(one.run for one in run.inputs)
    seen = {0}
    while waiting:
        place = waiting.popleft()
        found = stamp.run(place)
        if found is not None and place not in seen:
            seen.add(place)
            yield found
            waiting += (one.run for one in found.inputs)


def _values(before: StampedRun, after: StampedRun, new: Stamp) -> Iterator[Difference]:
    """The names and settings that have another value. One that only one run read has another value, too."""
    known, now = ({(one.name, one.path): one for one in run.inputs} for run in (before, after))
    for key in dict.fromkeys([*known, *now]):
        one, other = known.get(key), now.get(key)
        some = other or one
        assert some is not None
        if one and other and one.agrees(other):
            continue
        maker = new.run(other.run) if other else None
        name = Name(some.name)
        kind: InputKind = "setting" if name.is_setting or name.is_patch else "name"
        yield Difference(kind, some.label, _shown(one), _shown(other), maker.cell if maker else "")


def _shown(side: Input | None) -> str:
    return (side.preview or side.digest) if side is not None else ""


def _mapped(kind: InputKind, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before in (after, "") or after == "":  # the same, or not comparable
            continue
        yield Difference(kind, name, before or "", after or "")

"""A ledger → a stamp: the latest run of each cell, and the earlier runs that something was made from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cellgraph.model import Digest, Read, Report, Run
from cellgraph.notebooks.stamps.code_digests import code_digests
from cellgraph.notebooks.stamps.packages import PackageUses
from cellgraph.notebooks.stamps.stamp import Input, Made, Stamp, StampedRun
from cellgraph.notebooks.stamps.surroundings import file_digest, module_file_digest, path_in
from cellgraph.record.ledger import Ledger

_DIGITS = 16
"""Characters of a value's digest that are kept."""


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as the notebook's file has it: ``outputs`` is their hash, empty if they are not known."""

    cell: str
    outputs: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the ledger does not hold. ``folder`` is the kernel's, ``file`` the notebook that gets the stamp.

    ``packages`` gives versions by the names of top-level modules.
    """

    folder: Path
    file: Path
    packages: Mapping[str, str] = field(default_factory=dict)
    python: str = ""


def make_stamp(ledger: Ledger, cells: Sequence[ShownCell], report: Report, around: Circumstances) -> Stamp:
    """What the outputs of ``cells`` were made from. A cell that has not run is left out.

    ``report`` tells which cells were in doubt, and which are left to chance.
    """
    latest = {cell.cell: run for cell in cells if (run := ledger.latest(cell.cell)) is not None}
    numbers = sorted(_with_origins(ledger, [run.number for run in latest.values()]))
    maker = _Maker(ledger, {number: place for place, number in enumerate(numbers, 1)}, report, around)
    shown = {latest[cell.cell].number: cell for cell in cells if cell.cell in latest}
    runs = tuple(maker.run(ledger.history.run(number), shown.get(number)) for number in numbers)
    folder = os.path.relpath(around.folder.absolute(), around.file.absolute().parent)
    used = frozenset().union(*(run.packages for run in runs))
    packages = {name: version for name, version in around.packages.items() if name in used}
    return Stamp(runs, packages, around.python, Path(folder).as_posix())


def _with_origins(ledger: Ledger, numbers: Iterable[int]) -> set[int]:
    """The runs and all that they took something from, directly or through others."""
    waiting = list(numbers)
    found: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number and number not in found:
            found.add(number)
            waiting += ledger.history.origins(number)
    return found


class _Maker:
    """Turns runs of a ledger into those of a stamp. ``places``: number of a run → its place."""

    def __init__(
        self, ledger: Ledger, places: Mapping[int, int], report: Report, around: Circumstances
    ) -> None:
        self._ledger = ledger
        self._places = places
        self._around = around
        self._chances = {chance.cell: chance.kind for chance in reversed(report.chances)}
        self._doubts = {
            finding.cell: finding.code
            for finding in reversed(report.findings)
            if finding.severity == "warning"
        }
        self._packages = PackageUses(around.packages)

    def run(self, run: Run, shown: ShownCell | None) -> StampedRun:
        code = code_digests(run.source)
        origins = self._ledger.history.origins(run.number)
        reads = [*zip(run.reads, origins, strict=True)]
        outside = [read for read, origin in reads if read.name.is_file and (read.is_module or not origin)]
        modules = {read.name.path: self._module(read) for read in outside if read.is_module}
        return StampedRun(
            cell=run.cell,
            code=code.whole,
            count=shown.count if shown is not None else run.count,
            outputs=shown.outputs if shown is not None else "",
            shown=shown is not None,
            inputs=tuple(self._inputs(run, reads)),
            made=tuple(
                Made(write.name, code.of(write.name), _known(write.sources, run)) for write in run.writes
            ),
            files={read.name.path: self._file(read) for read in outside if read.name.path not in modules},
            modules=modules,
            packages=tuple(sorted(self._packages.of(run))),
            seeds={use.library: f"{use.how} {use.before}".strip() for use in run.random},
            chance=self._chances.get(run.cell, "") if shown is not None else "",
            doubt=self._doubts.get(run.cell, "") if shown is not None else "",
        )

    def _inputs(self, run: Run, reads: Iterable[tuple[Read, int]]) -> Iterator[Input]:
        seen: set[tuple[str, str]] = set()
        for read, origin in reads:
            if read.is_module or (read.name.is_file and not origin) or (read.name, read.path) in seen:
                continue
            if read.digest is None and not origin:  # a builtin, or a name that was not there
                continue
            seen.add((read.name, read.path))
            digest = read.digest if not read.store_only else None
            preview = digest.preview if digest is not None else ""
            yield Input(read.name, read.path, self._places.get(origin, 0), _short(digest), preview)

    def _module(self, read: Read) -> str:
        """The digest of a local module's code, if its file is still what was imported."""
        path = path_in(self._around.folder, read.name.path)
        seen = _value(read.digest)
        if file_digest(path) != seen:
            return seen
        return module_file_digest(path) or seen

    @staticmethod
    def _file(read: Read) -> str:
        return _value(read.digest)


def _known(sources: tuple[str, ...] | None, run: Run) -> tuple[str, ...] | None:
    """Sources without settings that stood at their defaults: the stamp does not name these."""
    if sources is None:
        return None
    read = {read.name for read in run.reads}
    return tuple(source for source in sources if source in read)


def _value(digest: Digest | None) -> str:
    """The whole digest of a file, comparable with what is read from the disk; ``-`` if there was no file."""
    if digest is None:
        return "-"
    return digest.value if digest.quality != "opaque" else ""


def _short(digest: Digest | None) -> str:
    """Empty for a value that cannot be compared, or not with one in another process (a library's module)."""
    if digest is None or digest.quality == "opaque" or digest.type == "module":
        return ""
    whole = digest.value[:_DIGITS] if digest.quality == "exact" and not digest.layout else ""
    return f"{whole}~{digest.sample[:_DIGITS]}" if digest.sample else whole

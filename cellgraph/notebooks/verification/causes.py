"""The causes of what differs in one notebook.

They come from a record of how the saved outputs were made or, without one, from the fresh runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from cellgraph.notebooks.checks.document import Document
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.stamps.making import Circumstances, ShownCell, make_stamp
from cellgraph.notebooks.stamps.stamp import Difference, Stamp, differing_inputs
from cellgraph.notebooks.stamps.storage import StampError, from_data, in_metadata, read_beside
from cellgraph.notebooks.stamps.surroundings import installed_at, path_in
from cellgraph.notebooks.verification.fresh import FreshRun
from cellgraph.notebooks.verification.suspects import (
    Scene,
    Suspect,
    chance_between,
    changed,
    known_chance,
    likely_cause,
)
from cellgraph.notebooks.verification.verdicts import REPRODUCED, CellVerdict, Why
from cellgraph.notebooks.verification.why import (
    OF_THE_COPY,
    Cells,
    LedgerRecord,
    Record,
    RecordedRuns,
    find_cause,
)
from cellgraph.record.jsonl import Environment, LedgerFormatError, environment_of, loads


class SavedRecord(Protocol):
    """What tells how saved outputs were made."""

    def against(self, run: FreshRun) -> Record:
        """The same as a comparison with a tracked run."""
        ...


class _SavedLedger:
    """A ledger that was written when the outputs were."""

    def __init__(self, runs: RecordedRuns) -> None:
        self._runs = runs

    def against(self, run: FreshRun) -> Record:
        """The ledger against that of the fresh run."""
        return LedgerRecord(self._runs, _recorded(run))


class _SavedStamp:
    """A stamp in the notebook, or in a file beside it."""

    def __init__(self, stamp: Stamp, path: Path) -> None:
        self._stamp = stamp
        self._path = path.absolute()

    def against(self, run: FreshRun) -> Record:
        """The stamp against one that is made of the fresh run."""
        assert run.ledger is not None
        packages, python = run.execution.packages, _python(run.execution.notebook.metadata)
        around = Circumstances(self._path.parent, self._path, packages, python)
        made = make_stamp(run.ledger, [ShownCell(cell) for cell in run.ids], run.report, around)
        return _StampRecord(self._stamp, made)


class _StampRecord:
    """Two stamps of the same notebook."""

    def __init__(self, old: Stamp, new: Stamp) -> None:
        self._old, self._new = old, new

    def differing(self, cell: str) -> Sequence[Difference]:
        """The inputs of a cell that differ, without those that differ by where the fresh run works."""
        found = differing_inputs(cell, self._old, self._new)
        return [one for one in found if not one.name.startswith(OF_THE_COPY)]

    def incomparable(self, cell: str) -> Sequence[tuple[str, str]]:
        """The inputs of a cell that have no digest, each with the cell that made it."""
        run = self._new.shown(cell)
        makers = [(one.label, self._new.run(one.run)) for one in run.inputs if not one.digest] if run else []
        return [(label, maker.cell) for label, maker in makers if maker is not None]


def find_record(path: Path, document: Document, given: str = "") -> SavedRecord | None:
    """The record of a notebook, None if there is none. A stamp counts before a ledger.

    ``given`` is the path of a ledger that the user names. Raises CannotRunError if that cannot be read.
    """
    stamp = _stamp(path, document) if not given else None
    if stamp is not None:
        return _SavedStamp(stamp, path)
    candidates = (Path(given),) if given else ledger_files(path)
    for candidate in candidates:
        runs = _read(candidate) if candidate.is_file() else None
        if runs is not None:
            return _SavedLedger(runs)
    if given:
        raise CannotRunError(f"{given} is no ledger that can be read")
    return None


def ledger_files(path: Path) -> tuple[Path, ...]:
    """Where ``cellgraph run`` puts the ledger of a notebook: beside it, under its name."""
    stems = dict.fromkeys((path.stem, path.stem.removesuffix(".executed")))
    return tuple(path.with_name(f"{stem}.ledger.jsonl") for stem in stems)


def _stamp(path: Path, document: Document) -> Stamp | None:
    held = in_metadata(document.metadata)
    try:
        return from_data(held) if held is not None else read_beside(path)
    except StampError:  # ``check`` says what is wrong with it
        return None


def _read(path: Path) -> RecordedRuns | None:
    try:
        text = path.read_text(encoding="utf-8")
        return RecordedRuns(loads(text), environment_of(text))
    except (OSError, ValueError, LedgerFormatError):
        return None


def _recorded(run: FreshRun) -> RecordedRuns:
    assert run.ledger is not None
    python = _python(run.execution.notebook.metadata)
    return RecordedRuns(run.ledger, Environment(python, run.execution.packages))


def _python(metadata: Mapping[str, Any]) -> str:
    """The version of Python that the metadata of a notebook names; empty if none."""
    info = metadata.get("language_info")
    return str(info.get("version", "")) if isinstance(info, Mapping) else ""


class Causes:
    """Looks for the causes in one notebook. ``given`` is a ledger that the user names, or empty."""

    def __init__(self, path: Path, document: Document, given: str = "") -> None:
        self._path = path
        self._document = document
        self._record: SavedRecord | None = find_record(path, document, given)

    @property
    def has_record(self) -> bool:
        """Whether something tells how the saved outputs were made."""
        return self._record is not None

    def of(self, cell: CellVerdict, every: Sequence[CellVerdict], run: FreshRun) -> Why | None:
        """Why a cell is not as saved; ``run`` is a tracked one. None if there is nothing to say.

        ``every`` are all cells: those that are as saved tell what cannot be the cause.
        """
        assert run.ledger is not None
        cause = self.by_record(cell, run)
        if cause is not None:
            return cause
        if cell.verdict not in ("different", "version drift"):
            return None
        if self._record is not None:
            message = f"all that is on record of what cell {cell.number} was made from is the same"
            return Why(message, cell=cell.number, sure=True)
        return self._order(cell) or likely_cause(run.id_of(cell.number), self._scene(every, run))

    def by_record(self, cell: CellVerdict, run: FreshRun) -> Why | None:
        """The input of a cell that is not what it was when it was saved; None if none is on record."""
        if self._record is None:
            return None
        return find_cause(run.id_of(cell.number), self._record.against(run), Cells(run.ids))

    def _scene(self, every: Sequence[CellVerdict], run: FreshRun) -> Scene:
        """What is known without a record."""
        shown = {cell.number for cell in self._document.cells if cell.outputs}
        differing = [cell.number for cell in every if cell.verdict in ("different", "version drift")]
        as_saved = [cell.number for cell in every if cell.verdict in REPRODUCED and cell.number in shown]
        folder = self._path.resolve().parent

        def changed_at(suspect: Suspect) -> float:
            if suspect.kind == "package":
                return installed_at(suspect.name, run.execution.packages.get(suspect.name, ""))
            return changed(path_in(folder, suspect.name)) if suspect.kind == "file" else 0.0

        python = _python(self._document.metadata), _python(run.execution.notebook.metadata)
        return Scene(
            _recorded(run),
            [run.id_of(number) for number in differing],
            [run.id_of(number) for number in as_saved],
            changed(self._path),
            changed_at,
            python,
            Cells(run.ids),
        )

    def with_drift(self, cells: Sequence[CellVerdict], run: FreshRun) -> list[CellVerdict]:
        """The cells, where a difference that comes from the version of a package alone is drift."""
        if self._record is None:
            return list(cells)
        made = []
        for cell in cells:
            cause = self.by_record(cell, run) if cell.verdict == "different" else None
            drifted = cause is not None and cause.kind == "package"
            made.append(replace(cell, verdict="version drift") if drifted else cell)
        return made

    def _order(self, cell: CellVerdict) -> Why | None:
        """Whether the saved counts tell that the outputs come from another order than top to bottom."""
        from cellgraph.notebooks.checks.counts import count_findings
        from cellgraph.notebooks.checks.flow import flow_of

        try:
            found = [*count_findings(self._document, flow_of(self._document))]
        except Exception:  # noqa: BLE001 - a reason more is no reason to fail
            return None
        for one in found:
            if one.severity == "warning" and one.cell <= cell.number:
                message = f"the saved outputs come from another order: {one.message}"
                return Why(message, "order", one.name, one.cell)
        return None

    @staticmethod
    def known_chance(cell: CellVerdict, run: FreshRun) -> Why | None:
        """Why a cell is another in each run, as far as one run can tell."""
        assert run.ledger is not None
        return known_chance(run.id_of(cell.number), run.ledger, run.report, Cells(run.ids))

    @staticmethod
    def chance_between(cell: CellVerdict, one: FreshRun, other: FreshRun) -> Why | None:
        """Where two fresh runs begin to differ."""
        if one.ledger is None or other.ledger is None or one is other:
            return None
        record = LedgerRecord(RecordedRuns(other.ledger), RecordedRuns(one.ledger))
        return chance_between(one.id_of(cell.number), record, Cells(one.ids))

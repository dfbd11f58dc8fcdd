"""One fresh run of a notebook in a scratch copy, with its outputs as plain data, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cellgraph.model import Order, Report
from cellgraph.notebooks.execute import execute
from cellgraph.notebooks.run_types import Execution, Options
from cellgraph.notebooks.source import NotebookFile, read_source
from cellgraph.notebooks.verification.judge import ErrorJudge, FreshCell, SavedCell, defined_names, error_of
from cellgraph.notebooks.verification.options import VerifyOptions
from cellgraph.notebooks.verification.parameters import inject
from cellgraph.notebooks.verification.scratch import Scratch, copy_folder, state_of
from cellgraph.notebooks.verification.verdicts import Verdict
from cellgraph.record.ledger import Ledger


@dataclass(frozen=True, slots=True)
class FreshRun:
    """One fresh run: its cells by number, their ids, and how it ended.

    ``ledger`` is None if it was not tracked, or gave none. ``rewritten`` are files that were there before
    and that the run has changed or removed, relative to the copy.
    """

    cells: Mapping[int, FreshCell]
    execution: Execution
    ids: Mapping[str, int]
    ledger: Ledger | None = None
    report: Report = field(default_factory=lambda: Report(()))
    rewritten: frozenset[str] = frozenset()

    def id_of(self, number: int) -> str:
        """The id of a cell in this run."""
        return next((cell for cell, known in self.ids.items() if known == number), "")


class Runner:
    """Runs one notebook, as often as it is asked to, each time in a new copy below ``folder``."""

    def __init__(self, path: Path, saved: Sequence[SavedCell], options: VerifyOptions, folder: Path) -> None:
        self._path = path
        self._saved = saved
        self._options = options
        self._folder = folder
        self._errors = ErrorJudge(defined_names(cell.source for cell in saved))
        self._count = 0

    def run(self, last: int, *, track: bool, without: frozenset[str] = frozenset()) -> FreshRun:
        """A fresh run from the first cell to the one with the number ``last``.

        Raises CannotRunError and TooLargeError.
        """
        scratch = self._scratch(without)
        before = state_of(scratch) if scratch.is_copy else {}
        source, added = inject(read_source(scratch.notebook), self._options.parameters)
        expected = self._expect_errors(source, added)
        wanted = [cell for cell in source.cells if cell.number <= last + (0 < added <= last)]
        execution = execute(source, tuple(wanted), self._run_options(track), _Quiet())
        made = self._read(source, execution, scratch, added, expected)
        after = state_of(scratch) if before else {}
        changed = frozenset(name for name, state in before.items() if after.get(name) != state)
        return replace(made, rewritten=changed)

    def _run_options(self, track: bool) -> Options:
        given = self._options
        return Options(
            kernel=given.kernel,
            timeout=given.timeout,
            total=given.total,
            memory=given.memory,
            allow_errors=given.allow_errors,
            checkpoints=False,
            track=track,
        )

    def _scratch(self, without: frozenset[str]) -> Scratch:
        path = self._path.resolve()
        if self._options.in_place:
            return Scratch(path, path.parent, path.parent)
        self._count += 1
        place = self._folder / f"run{self._count}"
        place.mkdir()
        sources = "\n".join(cell.source for cell in self._saved)
        return copy_folder(path, sources, place, self._options.largest, without)

    def _expect_errors(self, source: NotebookFile, added: int) -> frozenset[int]:
        """Let the cells raise that raised when they were saved. Returns the cells that may raise."""
        expected: set[int] = set()
        for cell in source.cells:
            number = _number(cell.number, added)
            metadata = source.notebook.cells[cell.index].metadata
            tags = metadata.get("tags", [])
            if "raises-exception" in tags:
                expected.add(number)
            elif number and self._saved[number - 1].error:
                expected.add(number)
                metadata["tags"] = [*tags, "raises-exception"]
        return frozenset(expected)

    def _read(
        self,
        source: NotebookFile,
        execution: Execution,
        scratch: Scratch,
        added: int,
        expected: frozenset[int],
    ) -> FreshRun:
        ids = {cell.cell: _number(cell.number, added) for cell in source.cells}
        ledger, report = _results(execution, tuple(ids))
        seconds, chance = _by_cell(ledger, report) if ledger is not None else ({}, frozenset())
        draws = {one.cell for one in report.chances if one.kind in ("unseeded", "reseeded")}
        ran = {_number(ran.code_cell.number, added) for ran in execution.ran}
        cells: dict[int, FreshCell] = {}
        for cell in source.cells:
            number = ids[cell.cell]
            outputs = _moved(execution.notebook.cells[cell.index].get("outputs", []), scratch)
            made = FreshCell(
                outputs,
                number in ran,
                seconds=seconds.get(cell.cell, 0.0),
                by_chance=cell.cell in chance,
                draws=cell.cell in draws,
            )
            if number:
                is_last = number == _number(execution.ended_in, added)
                cells[number] = self._ended(made, number, execution if is_last else None, number in expected)
        return FreshRun(cells, execution, ids, ledger, report)

    def _ended(
        self, cell: FreshCell, number: int, execution: Execution | None, is_expected: bool
    ) -> FreshCell:
        """The cell with what ended the run in it, or with the error that it raised unexpectedly."""
        error = next((error_of(output) for output in cell.outputs if error_of(output)), "")
        if execution is not None and execution.end not in ("", "error"):
            verdict: Verdict = "timed out" if execution.end == "timeout" else "error"
            return replace(cell, ended=execution.stopped, verdict=verdict)
        if not error or is_expected:
            return cell
        if error.startswith("StdinNotImplementedError"):
            return replace(cell, ended="it asks for input, which nobody is there to give", verdict="error")
        ran_before = self._saved[number - 1].was_run
        return replace(cell, ended=error, verdict=self._errors.verdict(error, ran_before=ran_before))


class _Quiet:
    """Shows no progress."""

    def begin(self, code_cell: Any) -> None:
        """Nothing."""

    def end(self, code_cell: Any, outcome: Any, seconds: float) -> None:
        """Nothing."""

    def tell(self, line: str) -> None:
        """Nothing: it is in the notes of the execution."""


def _number(number: int, added: int) -> int:
    """The number that a cell of the run has in the file; 0 for the cell that was added."""
    if not added or number < added:
        return number
    return 0 if number == added else number - 1


def _results(execution: Execution, cells: tuple[str, ...]) -> tuple[Ledger | None, Report]:
    if execution.results is None:
        return None, Report(())
    from cellgraph.analyse.time_travel import report_after  # loaded for those that differ alone
    from cellgraph.record.jsonl import loads

    try:
        ledger = loads(execution.results.ledger)
        if execution.results.judged:
            return ledger, execution.results.report
        return ledger, report_after(ledger, Order(cells), len(ledger.runs))
    except Exception:  # noqa: BLE001 - the outputs are compared all the same; only the reason is not known
        return None, Report(())


def _by_cell(ledger: Ledger, report: Report) -> tuple[dict[str, float], frozenset[str]]:
    """The seconds that each cell took, and the cells whose results rest on unseeded numbers."""
    seconds: dict[str, float] = {}
    chance: set[int] = set()
    for run in ledger.runs:
        seconds[run.cell] = run.duration
        if run.cell in report.undetermined or not chance.isdisjoint(ledger.history.origins(run.number)):
            chance.add(run.number)
    return seconds, frozenset(ledger.history.cell(number) for number in chance)


def _moved(outputs: Any, scratch: Scratch) -> list[Any]:
    """Outputs as plain data, in which paths of the scratch copy are those of the original."""
    text = json.dumps(outputs)
    if scratch.is_copy:
        for copy in dict.fromkeys((str(scratch.copy.resolve()), str(scratch.copy))):
            text = text.replace(json.dumps(copy)[1:-1], json.dumps(str(scratch.original))[1:-1])
    moved: list[Any] = json.loads(text)
    return moved

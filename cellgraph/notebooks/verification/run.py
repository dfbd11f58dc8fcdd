"""Verifies one notebook: runs it in a fresh kernel, once or several times, and judges its outputs.

The first run is plain, so that a sound notebook costs what its execution costs. If something differs, the
further runs are tracked: they tell chance from change, and which input is not what it was.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cellgraph.notebooks.checks.document import Document, UnreadableError, file_bytes, read_document
from cellgraph.notebooks.errors import CannotRunError, described
from cellgraph.notebooks.run_types import Execution
from cellgraph.notebooks.verification.fresh import FreshRun, Runner
from cellgraph.notebooks.verification.judge import Judged, SavedCell, judge_cell
from cellgraph.notebooks.verification.options import VerifyOptions
from cellgraph.notebooks.verification.scratch import TooLargeError
from cellgraph.notebooks.verification.verdicts import (
    REPRODUCED,
    CellVerdict,
    NotebookVerdict,
    Verdict,
    Why,
    worst,
)

if TYPE_CHECKING:
    from cellgraph.notebooks.verification.causes import Causes

MOST_RUNS = 4
"""Fresh runs of a notebook that differs and whose results may be left to chance: two may agree by chance."""
_SHORT_SECONDS = 120.0
"""A run that takes no longer is made again where nothing explains a difference."""
_FAILED: frozenset[Verdict] = frozenset({"error", "missing file", "missing module", "timed out", "not run"})
_HAS_CAUSE: frozenset[Verdict] = frozenset({"different", "version drift", "error", "missing file"})


def verify(
    path: Path,
    options: VerifyOptions = VerifyOptions(),  # noqa: B008 - frozen
    folder: Path | None = None,
) -> NotebookVerdict:
    """The verdict on a file. It runs the notebook's code. Raises nothing but KeyboardInterrupt.

    Scratch copies are made in ``folder``, or in a temporary folder.
    """
    begun = time.monotonic()
    made = NotebookVerdict(str(path), "not run")
    try:
        data = file_bytes(path)
        made = replace(made, fingerprint=options.fingerprint(data))
        made = _verified(path, read_document(str(path), data), options, folder, made)
    except OSError as error:
        made = replace(made, reason=f"cannot read it: {error.strerror or type(error).__name__}")
    except TooLargeError as error:
        hint = "more than is copied; --copy-limit raises that, --in-place makes no copy"
        made = replace(made, reason=f"{error}, {hint}")
    except (UnreadableError, CannotRunError) as error:
        made = replace(made, reason=str(error))
    except Exception as error:  # noqa: BLE001 - one notebook that is too much costs no other one
        made = replace(made, reason=f"a fault of cellgraph's own: {described(error)}")
    return replace(made, seconds=time.monotonic() - begun)


def _verified(
    path: Path, document: Document, options: VerifyOptions, folder: Path | None, made: NotebookVerdict
) -> NotebookVerdict:
    if not document.is_python:
        return replace(made, reason=f"its language is {document.language}", set_aside=True)
    if document.raw is None:
        return replace(made, reason="a text notebook holds no outputs", set_aside=True)
    if not any(cell.source.strip() for cell in document.cells):
        return replace(made, reason="it has no code", set_aside=True)
    with TemporaryDirectory(prefix="cellgraph-", dir=folder, ignore_cleanup_errors=True) as scratch:
        return _Verification(path, document, options, Path(scratch)).verdict(made)


class _Verification:
    """One notebook, and its fresh runs. The outputs of the first run are those that are compared."""

    def __init__(self, path: Path, document: Document, options: VerifyOptions, folder: Path) -> None:
        self._path = path
        self._options = options
        self._document = document
        self._saved = [
            SavedCell(cell.number, cell.source, cell.outputs, cell.count, cell.id) for cell in document.cells
        ]
        self._runner = Runner(path, self._saved, options, folder)
        self._runs: list[FreshRun] = []
        self._made = 0
        self._without: frozenset[str] = frozenset()
        """Files that the notebook itself makes and that were there already."""

    def verdict(self, made: NotebookVerdict) -> NotebookVerdict:
        """Run as often as is needed, and judge."""
        judged = self._judged_runs()
        cells = [each.verdict for each in judged]
        first = self._runs[0].execution
        made = replace(
            made,
            cells=tuple(cells),
            verdict=self._whole(cells),
            reason=_reason(first, cells),
            runs=self._made,
            kernel=_kernel(first),
            running=sum(run.execution.seconds for run in self._runs),
            notes=self._notes(first),
        )
        if not any(cell.was_run for cell in self._saved) and made.verdict == "same":
            reason = "it has no saved outputs to compare with; it runs to its end without an error"
            return replace(made, verdict="not run", reason=reason, set_aside=True)
        return self._updated(self._explained(made))

    def _whole(self, cells: Sequence[CellVerdict]) -> Verdict:
        """The worst verdict of the cells, but for those that the file has nothing to compare with."""
        counted = (
            cell for cell in cells if cell.verdict != "not run" or self._saved[cell.number - 1].was_run
        )
        failed = [cell.verdict for cell in cells if cell.verdict in _FAILED - {"not run"}]
        return failed[0] if failed else worst(tuple(cell.verdict for cell in counted))

    def _notes(self, execution: Execution) -> tuple[str, ...]:
        notes = [*execution.notes, *([execution.instead] if execution.instead else [])]
        if self._options.parameters:
            told = ", ".join(f"{name} = {value}" for name, value in self._options.parameters)
            notes.append(f"run with the parameters {told}")
        if self._without:
            names = ", ".join(sorted(self._without)[:4])
            notes.append(f"run without files that it makes itself and that were there already: {names}")
        return tuple(notes)

    # -- running ---------------------------------------------------------------------------------

    def _judged_runs(self) -> list[Judged]:
        """The verdicts on the cells after as many runs as they need."""
        every = len(self._saved)
        self._runs = [self._run(every, track=self._options.twice == "never")]
        judged = self._without_own_files(self._judged())
        while self._wants_another(judged):
            open_ = [each for each in judged if each.needs_another or each.verdict.verdict == "different"]
            last = max((each.verdict.number for each in open_), default=every)
            self._runs.append(self._run(last))
            judged = self._judged()
        return judged

    def _run(self, last: int, *, track: bool = True) -> FreshRun:
        self._made += 1
        return self._runner.run(last, track=track, without=self._without)

    def _judged(self) -> list[Judged]:
        first, *others = self._runs
        return [
            judge_cell(
                saved,
                [
                    first.cells[saved.number],
                    *(run.cells[saved.number] for run in others if run.cells[saved.number].ran),
                ],
                self._options.tolerance,
            )
            for saved in self._saved
        ]

    def _without_own_files(self, judged: list[Judged]) -> list[Judged]:
        """Try again without the files that the notebook writes itself and that an earlier run has left."""
        rewritten = self._runs[0].rewritten
        if not rewritten or not _bad(judged) or self._options.twice == "never":
            return judged
        kept, self._without = self._runs, rewritten
        self._runs = [self._run(len(self._saved))]
        again = self._judged()
        if _bad(again) < _bad(judged):
            return again
        self._runs, self._without = kept, frozenset()
        return judged

    def _wants_another(self, judged: Sequence[Judged]) -> bool:
        if self._options.twice == "never" or len(self._runs) >= MOST_RUNS:
            return False
        if self._options.twice == "always" and len(self._runs) < 2:
            return True
        return any(each.needs_another for each in judged) or self._is_unexplained(judged)

    def _is_unexplained(self, judged: Sequence[Judged]) -> bool:
        """Whether no record explains what all fresh runs have alike, and another run is quickly made.

        The order of a set, threads or the clock may have given the same several times.
        """
        first = next((each.verdict for each in judged if each.verdict.verdict == "different"), None)
        if first is None:
            return False
        if max(run.execution.seconds for run in self._runs) > _SHORT_SECONDS:
            return False
        tracked = self._tracked(first, has_record=False)
        cause = self._causes.by_record(first, tracked[-1]) if tracked and self._causes.has_record else None
        return cause is None

    @cached_property
    def _causes(self) -> Causes:
        from cellgraph.notebooks.verification.causes import Causes

        return Causes(self._path, self._document, self._options.ledger)

    # -- explaining ------------------------------------------------------------------------------

    def _explained(self, made: NotebookVerdict) -> NotebookVerdict:
        first = made.first
        if first is None or first.verdict in ("not run", "timed out", "missing module"):
            return made
        causes = self._causes
        tracked = self._tracked(first, has_record=causes.has_record)
        if not tracked:
            return made
        if first.verdict == "non-deterministic":
            return replace(made, why=self._chance(causes, tracked, first))
        cells = self._with_chance(causes.with_drift(made.cells, tracked[-1]), tracked[-1])
        first = next(cell for cell in cells if cell.number == first.number)
        cause: Why | None = None
        if first.verdict == "non-deterministic":
            cause = causes.known_chance(first, tracked[-1])
        elif first.verdict in _HAS_CAUSE:
            cause = causes.of(first, cells, tracked[-1])
        return replace(made, cells=tuple(cells), verdict=self._whole(cells), why=cause)

    def _with_chance(self, cells: Sequence[CellVerdict], tracked: FreshRun) -> list[CellVerdict]:
        """The cells, where one that draws unseeded numbers and differs is left to chance.

        That all fresh runs gave the same is no proof: what is rare may have been saved.
        """
        return [
            replace(cell, verdict="non-deterministic")
            if cell.verdict == "different"
            and any(run.cells[cell.number].draws for run in self._runs)
            and self._causes.by_record(cell, tracked) is None
            else cell
            for cell in cells
        ]

    def _tracked(self, first: CellVerdict, *, has_record: bool) -> list[FreshRun]:
        """The tracked runs that reached a cell. One is made for an error if a record can explain it."""
        found = [run for run in self._runs if run.ledger is not None and run.cells[first.number].ran]
        if not found and has_record and self._options.twice != "never" and first.verdict in _HAS_CAUSE:
            run = self._run(first.number)
            found = [run] if run.ledger is not None else []
        return found

    def _chance(self, causes: Causes, tracked: list[FreshRun], first: CellVerdict) -> Why | None:
        known = causes.known_chance(first, tracked[-1])
        if known is not None:
            return known
        if len(tracked) < 2 and self._options.twice != "never":
            tracked.append(self._run(first.number))
        return causes.chance_between(first, tracked[0], tracked[-1])

    # -- writing back ----------------------------------------------------------------------------

    def _updated(self, made: NotebookVerdict) -> NotebookVerdict:
        if self._options.update is None:
            return made
        if made.verdict in _FAILED:
            return replace(made, notes=(*made.notes, "not updated: it did not run to its end"))
        if self._options.parameters:
            return replace(made, notes=(*made.notes, "not updated: it was run with other parameters"))
        wanted = self._options.update or tuple(cell.number for cell in made.cells)
        cells = [
            cell.number for cell in made.cells if cell.verdict not in REPRODUCED and cell.number in wanted
        ]
        if not cells:
            return made
        from cellgraph.notebooks.verification.update import write_outputs

        places = {cell.number: cell.index for cell in self._document.cells}
        write_outputs(self._path, {places[number]: self._runs[0].cells[number].outputs for number in cells})
        return replace(made, updated=tuple(cells))


def _bad(judged: Sequence[Judged]) -> int:
    """How many cells are not as saved."""
    return sum(each.verdict.verdict not in REPRODUCED for each in judged)


def _reason(execution: Execution, cells: Sequence[CellVerdict]) -> str:
    ended = next((cell for cell in cells if cell.error and cell.verdict != "not run"), None)
    if ended is not None:
        told = ended.error
        return told if f"cell {ended.number}" in told else f"cell {ended.number}: {told}"
    return execution.stopped if execution.end in ("other", "died", "memory") else ""


def _kernel(execution: Execution) -> str:
    version = execution.notebook.metadata.get("language_info", {}).get("version", "")
    return f"{execution.kernel} (Python {version})" if version else execution.kernel

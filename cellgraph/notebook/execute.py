"""Runs a notebook in a real kernel with cellgraph loaded, and brings back what it found."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nbclient.exceptions import (  # noqa: TID253 - only `cellgraph run` imports this module
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from cellgraph.notebook.client import KernelCodeError, TrackedClient, find_kernel
from cellgraph.notebook.errors import CannotRunError
from cellgraph.notebook.execution import Execution, Options, Progress, Ran, Results, StepEnd
from cellgraph.notebook.transfer import LEDGER_FILE, REPORT_FILE, report_from_json

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpec
    from nbformat import NotebookNode

    from cellgraph.notebook.source import Source
    from cellgraph.notebook.steps import Step

CHECKPOINT_SHARE = 0.05
"""At most this share of the time goes into saving results while the notebook is still running."""

LOAD_SECONDS = 60.0
FETCH_SECONDS = 300.0
STOPPED_SECONDS = 5.0
"""How long a kernel that was interrupted gets to answer; a cell may swallow the interrupt."""

LOG_FILE = "kernel.log"


def execute(source: Source, steps: tuple[Step, ...], options: Options, progress: Progress) -> Execution:
    """Run ``steps`` of the notebook. Raises CannotRunError where not even the first could be run."""
    name, spec = find_kernel(options.kernel, source.notebook)
    _name_kernel(source.notebook, name, spec)
    client = TrackedClient(
        source.notebook,
        kernel_name=name,
        timeout=options.timeout,
        allow_errors=options.allow_errors,
        resources={"metadata": {"path": str(source.path.resolve().parent)}},
    )
    with TemporaryDirectory(prefix="cellgraph-") as folder:
        session = _Session(client, source, progress, Path(folder))
        return asyncio.run(session.run(steps, name))


@dataclass(slots=True)
class _Session:
    """One kernel from its start to its end."""

    client: TrackedClient
    source: Source
    progress: Progress
    folder: Path
    ran: list[Ran] = field(default_factory=list)
    saving: float = 0.0
    """Seconds spent in checkpoints."""
    behind: bool = True

    async def run(self, steps: tuple[Step, ...], kernel: str) -> Execution:
        """Start the kernel, run the steps, fetch the results and stop the kernel."""
        try:
            await self._start(kernel)
            begun = time.monotonic()
            stopped = await self._run_steps(steps, begun)
            seconds = time.monotonic() - begun
            stopped = stopped or await self._fetch(FETCH_SECONDS)
        finally:
            await self.client.stop()
        self.client.set_widgets_metadata()
        results = _read_results(self.folder)
        if results is None and not stopped:
            stopped = "the cellgraph in the kernel is of another version than this one"
        return Execution(self.client.nb, kernel, tuple(self.ran), seconds, stopped, results, self.behind)

    async def _start(self, kernel: str) -> None:
        try:
            with (self.folder / LOG_FILE).open("wb") as log:
                await self.client.start(log)
        except Exception as error:  # noqa: BLE001 - a kernel that is set up wrongly can fail in any way
            reason = self._last_words() or _line(error)
            raise CannotRunError(f"kernel {kernel!r} does not start: {reason}") from None
        try:
            await self.client.run_unseen(_load_code(self.source), LOAD_SECONDS)
        except KernelCodeError as error:
            raise CannotRunError(_cannot_load(kernel, error)) from None
        except (TimeoutError, DeadKernelError) as error:
            raise CannotRunError(f"cellgraph does not load in kernel {kernel!r}: {_line(error)}") from None

    def _last_words(self) -> str:
        """The last line that the kernel's process wrote: of a traceback, the error."""
        log = (self.folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")
        return (log.strip().splitlines() or [""])[-1][:200]

    async def _run_steps(self, steps: tuple[Step, ...], begun: float) -> str:
        """Run the cells one by one. Returns why it had to stop, or an empty text."""
        for step in steps:
            stopped = await self._run_shown(step) or await self._checkpoint(begun)
            if stopped:
                # An interrupted cell may still hold the kernel: what was saved before has to do then.
                await self._fetch(STOPPED_SECONDS)
                return stopped
        return ""

    async def _run_shown(self, step: Step) -> str:
        self.progress.begin(step)
        begun = time.monotonic()
        stopped = await self._run_step(step)
        self.progress.end(step, self._outcome(step, stopped), time.monotonic() - begun)
        return stopped

    async def _run_step(self, step: Step) -> str:
        try:
            count = await self.client.run_cell(step)
        except DeadKernelError:
            # nbclient takes every cancellation for the death of the kernel.
            if not _cancelled():
                return f"the kernel died in cell {step.number} ({await self.client.cause_of_death()})"
            await self.client.interrupt()
            stopped = f"interrupted in cell {step.number}"
        except CellTimeoutError:
            await self.client.interrupt()
            stopped = f"cell {step.number} was still running after {self.client.timeout} s"
        except CellExecutionError as error:
            stopped = f"cell {step.number} raised {_error(error)} (--allow-errors goes on past errors)"
        else:
            if count is not None:
                self.ran.append(Ran(step, count))
            return ""
        self.ran.append(Ran(step, self.client.count(step)))
        return stopped

    def _outcome(self, step: Step, stopped: str) -> StepEnd:
        if stopped:
            return "failed"
        return "ok" if self.ran and self.ran[-1].step is step else "skipped"

    async def _checkpoint(self, begun: float) -> str:
        """Save the results so far, for the case that a later cell takes the kernel down.

        Returns why the run has to stop. What else goes wrong is told by the fetch at the end.
        """
        at = time.monotonic()
        if self.saving > CHECKPOINT_SHARE * (at - begun):
            return ""
        try:
            await self._fetch(FETCH_SECONDS)
        except asyncio.CancelledError:
            if not _cancelled():
                raise
            return "interrupted between cells"
        self.saving += time.monotonic() - at
        self.behind = True
        return ""

    async def _fetch(self, seconds: float) -> str:
        """Have the kernel write its results. Returns why it did not, or an empty text."""
        try:
            await self.client.run_unseen(_fetch_code(self.folder), seconds)
        except KernelCodeError as error:
            unloaded = error.ename == "NotLoadedError"
            return "the notebook unloads cellgraph" if unloaded else f"cellgraph gave no results: {error}"
        except (TimeoutError, DeadKernelError) as error:
            return f"cellgraph gave no results: {_line(error)}"
        self.behind = False
        return ""


def _load_code(source: Source) -> str:
    """Loads cellgraph without binding a name. ``%load_ext`` in the notebook then finds nothing to do."""
    ids = [step.cell for step in source.cells]
    return f"__import__('cellgraph').load().set_cell_order({ids!r})"


def _fetch_code(folder: Path) -> str:
    tracker = "__import__('cellgraph').get_tracker()"
    module = "__import__('cellgraph.notebook.transfer', fromlist=['export'])"
    return f"{module}.export({tracker}, {str(folder)!r})"


def _read_results(folder: Path) -> Results | None:
    try:
        report = report_from_json((folder / REPORT_FILE).read_text(encoding="utf-8"))
        ledger = (folder / LEDGER_FILE).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return Results(report, ledger)


def _name_kernel(notebook: NotebookNode, name: str, spec: KernelSpec) -> None:
    """Let the notebook say which kernel it was run with."""
    if notebook.metadata.get("kernelspec", {}).get("name") != name:
        notebook.metadata["kernelspec"] = {
            "name": name,
            "display_name": spec.display_name,
            "language": spec.language,
        }


def _cannot_load(kernel: str, error: KernelCodeError) -> str:
    if error.ename == "ModuleNotFoundError":
        return f"kernel {kernel!r} has no cellgraph ({error}); install it in that kernel's environment"
    return f"cellgraph does not load in kernel {kernel!r}: {error}"


def _cancelled() -> bool:
    """Whether a Ctrl-C has cancelled the run. Takes the cancellation back: the run ends in good order."""
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        return False
    task.uncancel()
    return True


def _error(error: CellExecutionError) -> str:
    return _line(Exception(f"{error.ename}: {error.evalue}" if error.evalue else error.ename))


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__

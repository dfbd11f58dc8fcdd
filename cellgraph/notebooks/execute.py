"""Runs a notebook in a new kernel with cellgraph loaded, and returns notebook, report and ledger."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nbclient.exceptions import (  # noqa: TID253 - only `cellgraph run` imports this module
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from cellgraph.model import Order, Report
from cellgraph.notebooks.client import KernelCodeError, TrackedClient
from cellgraph.notebooks.errors import CannotRunError, described, error_line
from cellgraph.notebooks.kernel_results import LEDGER_FILE, REPORT_FILE, report_from_json
from cellgraph.notebooks.kernels import KernelChoice, choose_kernel, own_kernel
from cellgraph.notebooks.run_types import CellEnd, Execution, Options, Progress, Ran, Results, RunEnd
from cellgraph.notebooks.stamps.packages import used_modules
from cellgraph.notebooks.stamps.surroundings import read_versions
from cellgraph.notebooks.stopping import Stop, cancelled
from cellgraph.record.jsonl import Environment, LedgerFormatError, loads, with_environment

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cellgraph.notebooks.cell_order import CodeCell
    from cellgraph.notebooks.source import NotebookFile

CHECKPOINT_SHARE = 0.05
"""Largest share of the running time that may go into saving results between cells."""

LOAD_SECONDS = 60.0
FETCH_SECONDS = 300.0
STOPPED_SECONDS = 5.0
"""Seconds to wait for an interrupted kernel to answer. A cell may catch the interrupt and go on."""

LOG_FILE = "kernel.log"
VERSIONS_FILE = "versions.json"


class KernelUnusableError(Exception):
    """An installed kernel does not start or cannot load cellgraph. The message says which and why."""


def execute(
    source: NotebookFile,
    code_cells: tuple[CodeCell, ...],
    options: Options,
    progress: Progress,
    stop: Stop | None = None,
) -> Execution:
    """Run cells of the notebook. Raises CannotRunError if no kernel can be used.

    If the kernel that the notebook names cannot be used, that of this environment is. ``stop`` is what ends
    the run early. Raises KeyboardInterrupt if it does so before a cell has run.
    """
    stop = stop or Stop()
    choice = choose_kernel(options.kernel, source.notebook.metadata, source.language)
    if choice.instead:
        progress.tell(choice.instead)
    try:
        return _execute(source, code_cells, options, progress, choice, stop)
    except KernelUnusableError as error:
        other = own_kernel(str(error))
        if options.kernel or choice.instead or _same(choice, other):
            raise CannotRunError(str(error)) from None
    progress.tell(other.instead)
    try:
        return _execute(source, code_cells, options, progress, other, stop)
    except KernelUnusableError as error:
        raise CannotRunError(str(error)) from None


def _same(one: KernelChoice, other: KernelChoice) -> bool:
    return (one.spec.argv, one.spec.env) == (other.spec.argv, other.spec.env)


def _execute(
    source: NotebookFile,
    code_cells: tuple[CodeCell, ...],
    options: Options,
    progress: Progress,
    kernel: KernelChoice,
    stop: Stop,
) -> Execution:
    client = TrackedClient(
        source.notebook,
        kernel,
        timeout=options.timeout,
        allow_errors=options.allow_errors,
        resources={"metadata": {"path": str(source.path.absolute().parent)}},
    )
    with TemporaryDirectory(prefix="cellgraph-", ignore_cleanup_errors=True) as folder:
        session = _Session(client, source, progress, options, Path(folder), stop)
        try:
            return asyncio.run(session.run(code_cells, kernel))
        except asyncio.CancelledError:
            stop.release()
            raise KeyboardInterrupt from None


@dataclass(slots=True)
class _Session:
    """One kernel from its start to its end."""

    client: TrackedClient
    source: NotebookFile
    progress: Progress
    options: Options
    folder: Path
    stop: Stop
    ran: list[Ran] = field(default_factory=list)
    saving: float = 0.0
    """Seconds spent in checkpoints."""
    behind: bool = True
    end: RunEnd = ""
    current: int = 0
    """The number of the cell that runs."""

    async def run(self, code_cells: tuple[CodeCell, ...], kernel: KernelChoice) -> Execution:
        """Start the kernel, run the cells, fetch the results and stop the kernel."""
        task = asyncio.current_task()
        assert task is not None
        with self.stop.cancelling(task):
            try:
                await self._start(kernel.name)
                _name_kernel(self.source.notebook, kernel)
                begun = time.monotonic()
                stopped = await self._unseen(self.options.before) or await self._guarded(code_cells, begun)
                seconds = time.monotonic() - begun
                stopped = stopped or await self._unseen(self.options.after)
                stopped = stopped or await self._fetch(FETCH_SECONDS)
                if self.options.track and not (self.stop.how or self.end == "timeout"):
                    await self._fetch_versions()  # else the kernel may be busy for long
            finally:
                await self.client.stop(at_once=self.behind and bool(self.stop.how))
        self.client.keep_widgets()
        results, problem = None, ""
        packages = read_versions(self.folder / VERSIONS_FILE)
        if self.options.track:
            results, problem = _read_results(self.folder, self.source.places)
            results = _with_environment(results, self.client.nb, packages)
        stopped = stopped or ("" if results and results.judged else problem)
        notes = [*self.client.lost, *([problem] if problem and not stopped else [])]
        return Execution(
            self.client.nb,
            kernel.name,
            tuple(self.ran),
            seconds,
            stopped,
            results,
            self.behind,
            kernel.instead,
            tuple(dict.fromkeys(notes)),
            packages,
            self.end or ("other" if stopped else ""),
            self.current if self.end else 0,
        )

    async def _start(self, kernel: str) -> None:
        await self._start_kernel(kernel)
        if not self.options.track:
            return
        try:
            await self.client.run_unseen(_load_code(self.source), LOAD_SECONDS)
        except KernelCodeError as error:
            raise KernelUnusableError(_cannot_load(kernel, error)) from None
        except (TimeoutError, DeadKernelError) as error:
            raise KernelUnusableError(
                f"cellgraph does not load in kernel {kernel!r}: {error_line(error)}"
            ) from None

    async def _start_kernel(self, kernel: str) -> None:
        """Start the kernel. One whose port was taken by another program meanwhile is started again.

        So is one that does not start with sockets that are files, which nothing else can take.
        """
        tries = [connection for connection in (self.folder, None, None, None) if _has_room(connection)]
        for connection in tries:
            try:
                with (self.folder / LOG_FILE).open("wb") as log:
                    await self.client.start(log, connection)
            except Exception as error:  # noqa: BLE001 - a kernel that is set up wrongly can fail in any way
                reason = self._last_words() or error_line(error)
                if connection is None and not _is_taken(reason):
                    break
                await self.client.stop(at_once=True)
            else:
                return
        raise KernelUnusableError(f"kernel {kernel!r} does not start: {reason}")

    async def _unseen(self, code: str) -> str:
        """Run code that the options ask for. Returns why it failed, or an empty text."""
        try:
            if code:
                await self.client.run_unseen(code, FETCH_SECONDS)
        except (KernelCodeError, TimeoutError, DeadKernelError) as error:
            return f"what was asked of the kernel failed: {error_line(error)}"
        return ""

    def _last_words(self) -> str:
        """The last line that the kernel process wrote. If that was a traceback, it is the error."""
        log = (self.folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")
        return (log.strip().splitlines() or [""])[-1][:200]

    async def _guarded(self, code_cells: tuple[CodeCell, ...], begun: float) -> str:
        """Run the cells, and look at the kernel's memory meanwhile. Returns why it had to stop."""
        guard = asyncio.ensure_future(self.client.guard_memory(self.options.memory))
        try:
            return await self._run_all(code_cells, begun)
        finally:
            guard.cancel()

    async def _run_all(self, code_cells: tuple[CodeCell, ...], begun: float) -> str:
        """Run the cells one by one. Returns why it had to stop, or an empty text."""
        # So that there is a report even if the first cell kills the kernel.
        if self.options.checkpoints and (stopped := await self._fetch(FETCH_SECONDS)) and self.stop.how:
            return stopped
        self.behind = True
        for code_cell in code_cells:
            self.current = code_cell.number
            self._limit_time(begun)
            try:
                stopped = await self._run_shown(code_cell) or await self._checkpoint(begun)
            except asyncio.CancelledError:  # a second signal, while the first was being answered
                if not cancelled():
                    raise
                stopped = self.stop.how
            if stopped:
                # An interrupted cell may still be running. Then the results that were saved before are used.
                await self._fetch(STOPPED_SECONDS)
                return stopped
        return ""

    def _limit_time(self, begun: float) -> None:
        """Let the next cell take no longer than what is left of the time for all."""
        if self.options.total is None:
            return
        left = max(1, round(self.options.total - (time.monotonic() - begun)))
        self.client.timeout = min(left, self.options.timeout or left)

    async def _run_shown(self, code_cell: CodeCell) -> str:
        self.progress.begin(code_cell)
        begun = time.monotonic()
        stopped = await self._run_code_cell(code_cell)
        self.progress.end(code_cell, self._outcome(code_cell, stopped), time.monotonic() - begun)
        return stopped

    async def _run_code_cell(self, code_cell: CodeCell) -> str:
        """Run a cell and note that it ran. Returns why the run has to stop, or an empty text."""
        count, stopped = None, ""
        try:
            count = await self.client.run_cell(code_cell)
        except (DeadKernelError, asyncio.CancelledError):
            # nbclient raises the first for a cancellation too.
            if not cancelled():
                self.end = "memory" if self.client.over_limit else "died"
                return f"the kernel died in {code_cell.named} ({await self.client.cause_of_death()})"
            self.end = "interrupted"
            failed, stopped = "was interrupted", f"{self.stop.how} in {code_cell.named}"
        except Exception as error:  # noqa: BLE001 - sending a text or reading a message can fail in any way
            failed, hint = self._why(error)
            stopped = f"{code_cell.named} {failed}{hint}"
        else:
            failed = _raised(self.client.error)
        if stopped:
            count = self.client.count(code_cell)
            if not self.client.error:
                await self.client.interrupt()
        if stopped or count is not None:
            self.ran.append(Ran(code_cell, count, failed, self.client.expects_error(code_cell)))
        return stopped

    def _why(self, error: Exception) -> tuple[str, str]:
        """How a cell failed, as the rest of a sentence that begins with the cell, and what to do about it."""
        if isinstance(error, CellExecutionError):
            self.end = "error"
            return _raised(self.client.error), " (--allow-errors goes on past errors)"
        if isinstance(error, CellTimeoutError):
            self.end = "timeout"
            return f"was still running after {self.client.timeout} s", ""
        self.end = "other"
        return f"could not be run to its end ({described(error)})", ""

    def _outcome(self, code_cell: CodeCell, stopped: str) -> CellEnd:
        if not self.ran or self.ran[-1].code_cell is not code_cell:
            return "failed" if stopped else "skipped"
        return "failed" if self.ran[-1].failed else "ok"

    async def _checkpoint(self, begun: float) -> str:
        """Save the results so far, in case a later cell kills the kernel.

        Returns why the run has to stop, or an empty text. Failures are left to the fetch at the end.
        """
        at = time.monotonic()
        if not self.options.checkpoints or self.saving > CHECKPOINT_SHARE * (at - begun):
            return ""
        await self._fetch(FETCH_SECONDS)
        self.saving += time.monotonic() - at
        self.behind = True
        return f"{self.stop.how} between cells" if self.stop.how else ""

    async def _fetch_versions(self) -> None:
        """Have the kernel write the versions of the packages that the notebook imports."""
        modules = sorted(used_modules(code_cell.source for code_cell in self.source.cells))
        module = "__import__('cellgraph.notebooks.stamps.surroundings', fromlist=['write_versions'])"
        code = f"{module}.write_versions({modules!r}, {str(self.folder / VERSIONS_FILE)!r})"
        with suppress(KernelCodeError, TimeoutError, DeadKernelError):
            await self.client.run_unseen(code, FETCH_SECONDS)

    async def _fetch(self, seconds: float) -> str:
        """Have the kernel write its results to files. Returns why it did not, or an empty text."""
        if not self.options.track:
            return ""
        try:
            await self.client.run_unseen(_fetch_code(self.folder, self.source.places), seconds)
        except asyncio.CancelledError:
            if not cancelled():
                raise
            return f"{self.stop.how} while the results were fetched"
        except KernelCodeError as error:
            unloaded = error.ename == "NotLoadedError"
            return "the notebook unloads cellgraph" if unloaded else f"cellgraph gave no results: {error}"
        except (TimeoutError, DeadKernelError) as error:
            return f"cellgraph gave no results: {error_line(error)}"
        self.behind = False
        return ""


_LONGEST_SOCKET = 90
"""Longest name of a socket, in bytes, that every system takes, less what is added to the folder's name."""


def _has_room(connection: Path | None) -> bool:
    """Whether sockets that are files can be made in the folder; None stands for ports, which always can."""
    if connection is None:
        return True
    return hasattr(socket, "AF_UNIX") and len(os.fsencode(connection)) < _LONGEST_SOCKET


def _is_taken(reason: str) -> bool:
    """Whether a kernel did not start because another program had taken one of its ports."""
    return os.strerror(errno.EADDRINUSE).lower() in reason.lower()


_LOAD_PROGRAM = """
import sys
paths = sys.path[:]
try:
    # A file beside the notebook may have the name of one that cellgraph imports.
    sys.path[:] = [path for path in paths if path not in ("", folder)]
    import cellgraph.analyse.report, cellgraph.extension, cellgraph.notebooks.kernel_results
except ImportError:
    sys.path[:] = paths
    import cellgraph.analyse.report, cellgraph.extension, cellgraph.notebooks.kernel_results
finally:
    sys.path[:] = paths
tracker = cellgraph.load()
tracker.config.notes = False
tracker.set_cell_order(cells)
if not uses_magic:
    cellgraph.extension.hide_magic()
"""
"""Runs in the kernel before the first cell, as a silent request. Notes are left to the report."""


def _load_code(source: NotebookFile) -> str:
    """Code that loads cellgraph without binding a name. ``%load_ext`` in the notebook then does nothing."""
    given = {
        "cells": [code_cell.cell for code_cell in source.cells],
        "folder": str(source.path.absolute().parent),
        "uses_magic": any("%cellgraph" in code_cell.source for code_cell in source.cells),
    }
    return f"exec({_LOAD_PROGRAM!r}, {given!r})"


def _fetch_code(folder: Path, places: Mapping[str, str]) -> str:
    tracker = "__import__('cellgraph').get_tracker()"
    module = "__import__('cellgraph.notebooks.kernel_results', fromlist=['export'])"
    return f"{module}.export({tracker}, {str(folder)!r}, {places!r})"


def _read_results(folder: Path, places: Mapping[str, str]) -> tuple[Results | None, str]:
    """The results that the kernel wrote, and a problem with them in one line, or an empty text.

    If the report cannot be read, it is computed from the ledger.
    """
    try:
        ledger = (folder / LEDGER_FILE).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        return None, f"cellgraph gave no results: {described(error)}"
    try:
        return Results(report_from_json((folder / REPORT_FILE).read_text(encoding="utf-8")), ledger), ""
    except (OSError, ValueError) as error:
        problem = f"the report was worked out from the ledger, for the kernel gave none ({error_line(error)})"
    from cellgraph.analyse.time_travel import report_after  # rarely needed, and slow to load

    try:
        runs = loads(ledger)
        report = report_after(runs, Order(tuple(places)), len(runs.runs), places=places)
    except LedgerFormatError:
        return None, "the cellgraph in the kernel is of another version than this one"
    except Exception as error:  # noqa: BLE001 - notebook and ledger are kept whatever fails in the analysis
        return Results(Report(()), ledger, judged=False), f"the analysis failed ({described(error)})"
    return Results(report, ledger), problem


def _with_environment(
    results: Results | None, notebook: NotebookNode, packages: Mapping[str, str]
) -> Results | None:
    """The results, with a ledger that names the versions of Python and of the packages."""
    if results is None:
        return None
    python = str(notebook.metadata.get("language_info", {}).get("version", ""))
    return replace(results, ledger=with_environment(results.ledger, Environment(python, packages)))


def _name_kernel(notebook: NotebookNode, kernel: KernelChoice) -> None:
    """Write the kernel that was used into the metadata of the notebook."""
    if notebook.metadata.get("kernelspec", {}).get("name") != kernel.name:
        notebook.metadata["kernelspec"] = {
            "name": kernel.name,
            "display_name": kernel.spec.display_name,
            "language": kernel.spec.language,
        }


def _cannot_load(kernel: str, error: KernelCodeError) -> str:
    if error.ename == "ModuleNotFoundError":
        return f"kernel {kernel!r} has no cellgraph ({error}); install it in that kernel's environment"
    return f"cellgraph does not load in kernel {kernel!r}: {error}"


def _raised(error: str) -> str:
    """An error as the end of a sentence about its cell: ``raised ValueError: no such column``."""
    if error.startswith("StdinNotImplementedError"):
        return "asks for input, which nobody is there to give"
    return f"raised {error}" if error else ""

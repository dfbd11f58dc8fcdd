"""A client of a kernel, based on nbclient: it sends cells with their ids, as a front end does."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from pathlib import Path
from queue import Empty
from typing import Any, BinaryIO

import zmq
from nbclient import NotebookClient  # noqa: TID253 - only `cellgraph run` imports this module
from nbclient.exceptions import (  # noqa: TID253 - only `cellgraph run` imports this module
    CellControlSignal,
    DeadKernelError,
)

from cellgraph.notebooks.cell_order import CodeCell
from cellgraph.notebooks.errors import described, error_line
from cellgraph.notebooks.kernels import KernelChoice, OneKernel
from cellgraph.notebooks.stopping import cancelled

OUTPUT_SECONDS = 60
"""Seconds to wait for a cell's remaining output after the cell has ended: it may be many megabytes."""

POLL_SECONDS = 0.5

_SILENT = logging.getLogger("cellgraph.notebooks")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class KernelCodeError(Exception):
    """Code that cellgraph itself ran in the kernel raised ``ename: evalue``."""

    def __init__(self, ename: str, evalue: str) -> None:
        super().__init__(f"{ename}: {evalue}" if evalue else ename)
        self.ename = ename


class PatientClient(NotebookClient):
    """nbclient's client without two faults: late output is not lost, and it does not wait for ever.

    It waits for a cell's reply on a ZeroMQ socket. ZeroMQ signals an arrival once. If an ``Output`` widget
    makes the client send on that socket meanwhile, the signal is consumed, and the reply is never read.
    So the socket is polled at regular intervals.
    """

    def __init__(self, notebook: Any, **options: Any) -> None:
        super().__init__(notebook, iopub_timeout=OUTPUT_SECONDS, **options)

    async def async_execute_cell(self, cell: Any, cell_index: int, *rest: Any, **options: Any) -> Any:
        """Run a cell as nbclient does, and poll for its reply meanwhile."""
        polling = asyncio.ensure_future(self._poll_for_replies())
        try:
            return await super().async_execute_cell(cell, cell_index, *rest, **options)
        finally:
            polling.cancel()

    async def _poll_for_replies(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            assert self.kc is not None
            socket: Any = self.kc.shell_channel.socket
            socket.get(zmq.EVENTS)  # reading this property makes ZeroMQ signal what has arrived


class TrackedClient(PatientClient):
    """Starts a kernel, runs cells with their ids, and runs code of cellgraph's own silently.

    Errors are raised as exceptions. The log, which would repeat them, is switched off.
    """

    def __init__(self, notebook: Any, kernel: KernelChoice, **options: Any) -> None:
        super().__init__(notebook, log=_SILENT, kernel_name=kernel.name, **options)
        self._spec = kernel.spec
        self.lost: list[str] = []
        """Problems that did not stop the run, such as an output that could not be kept: a line each."""
        self.error = ""
        """The error of the cell that ran last (``ValueError: no such column``); empty if there was none."""
        self.on_cell_error = self._note_error

    def create_kernel_manager(self) -> Any:
        """A manager that starts the chosen kernel, even if another one of that name is installed."""
        manager: Any = super().create_kernel_manager()
        manager.kernel_spec_manager = OneKernel(self._spec)
        return manager

    async def start(self, log: BinaryIO, folder: Path | None = None) -> None:
        """Start the kernel and connect to it. Raises what the kernel manager raises.

        What the kernel process writes to standard output and error goes to ``log``. Outputs of cells are
        messages, and do not. With a ``folder`` the two talk through sockets that are files in it, else
        through ports of this machine.
        """
        # nbclient's own context manager would take the signals over: a Ctrl-C would then look
        # like a dead kernel, and what ran before it would be lost.
        self.reset_execution_trackers()
        manager = self.create_kernel_manager()
        if folder is not None:
            manager.transport, manager.ip = "ipc", str(folder / "socket")
        await self.async_start_new_kernel(stdout=log, stderr=log, env=_environment())
        await self.async_start_new_kernel_client()
        reply = await self._reply(self._connected().kernel_info(), seconds=60)
        self.nb.metadata["language_info"] = reply["language_info"]

    async def stop(self, *, at_once: bool = False) -> None:
        """Shut the kernel down. Does nothing if none was started. Raises nothing.

        The kernel has some seconds to end by itself, unless it is to end ``at_once``.
        """
        if self.km is None:
            return
        self.shutdown_kernel = "immediate" if at_once else "graceful"
        try:
            await self._async_cleanup_kernel()
        except asyncio.CancelledError:
            if not cancelled():
                raise
            await self.stop(at_once=True)
        except Exception as error:  # noqa: BLE001 - the run is over, and its results are worth more
            self.lost.append(f"the kernel did not shut down in good order ({described(error)})")

    def keep_widgets(self) -> None:
        """Put the state of the notebook's widgets into its metadata. Raises nothing."""
        try:
            self.set_widgets_metadata()
        except Exception as error:  # noqa: BLE001 - a widget's state may be of any form
            self.lost.append(f"the state of widgets could not be kept ({described(error)})")

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Handle a message as nbclient does. An output that it cannot handle is dropped."""
        try:
            return super().process_message(msg, cell, cell_index)
        except CellControlSignal:
            raise
        except Exception as error:  # noqa: BLE001 - a kernel's message may hold anything
            self.lost.append(f"an output of a cell could not be kept ({described(error)})")
            return None

    async def run_cell(self, code_cell: CodeCell) -> int | None:
        """Run a cell and return its execution count, or None if it was skipped.

        Afterwards ``error`` holds what the cell raised, whether that is allowed or not. Raises what
        ``NotebookClient.async_execute_cell`` raises.
        """
        cell = self.nb.cells[code_cell.index]
        before = cell.get("execution_count")
        self.error = ""
        # nbclient offers no way to set the metadata of an execute_request. Session.metadata is added to
        # every message.
        session = self._connected().session
        session.metadata = {"cellId": code_cell.cell}
        try:
            await self.async_execute_cell(cell, code_cell.index)
        finally:
            session.metadata = {}
        count = self.count(code_cell)
        return None if count == before else count

    def count(self, code_cell: CodeCell) -> int | None:
        """The execution count of the cell's latest run."""
        count: int | None = self.nb.cells[code_cell.index].get("execution_count")
        return count

    def expects_error(self, code_cell: CodeCell) -> bool:
        """Whether the cell is tagged as one that raises."""
        return "raises-exception" in self.nb.cells[code_cell.index].metadata.get("tags", ())

    def _note_error(self, cell: Any, cell_index: int, execute_reply: dict[str, Any]) -> None:
        raised = execute_reply["content"]
        if raised.get("ename") in (
            None,
            "",
            "NoneType",
        ):  # a display failed, not the code: the error is an output
            raised = next((output for output in cell.outputs if output.output_type == "error"), raised)
        name, text = (str(raised.get(part, "")) for part in ("ename", "evalue"))
        self.error = error_line(Exception(f"{name}: {text}" if text else name))

    async def run_unseen(self, code: str, seconds: float) -> None:
        """Run code as a silent request: no event of IPython, no execution count, no entry in the history.

        Raises KernelCodeError, TimeoutError or DeadKernelError.
        """
        while True:
            request = self._connected().execute(code, silent=True, store_history=False)
            content = await self._reply(request, seconds)
            if content["status"] == "ok":
                return
            if content["status"] == "error":
                raise KernelCodeError(content.get("ename", ""), content.get("evalue", ""))
            # "aborted": a kernel rejects requests that arrive right after an error.
            await asyncio.sleep(0.1)

    async def interrupt(self) -> None:
        """Interrupt the cell under way, as Ctrl-C or the stop button would. Raises nothing."""
        manager: Any = self.km
        try:
            await manager.interrupt_kernel()
        except Exception as error:  # noqa: BLE001 - a kernel that is gone cannot be interrupted
            self.lost.append(f"the kernel could not be interrupted ({described(error)})")

    async def alive(self) -> bool:
        """Whether the kernel's process is there."""
        return self.kc is not None and bool(await self._connected().is_alive())

    async def cause_of_death(self) -> str:
        """How the kernel's process ended, in words."""
        manager: Any = self.km
        return _death(await manager.provisioner.poll())

    def _connected(self) -> Any:
        assert self.kc is not None, "the kernel has not been started"
        return self.kc

    async def _reply(self, request: str, seconds: float) -> dict[str, Any]:
        """The content of the reply to ``request``, waiting for at most ``seconds``."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                message = await self._connected().get_shell_msg(timeout=1)
            except Empty:
                if not await self.alive():
                    raise DeadKernelError("Kernel died") from None
                continue
            if message["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = message["content"]
                return content
        raise TimeoutError(f"no reply from the kernel in {seconds:g} s")


def _death(code: int | None) -> str:
    """How a process ended, in words.

    ``code`` is its exit code, or minus the number of the signal that ended it, or None if it is unknown.
    """
    if code is None or code >= 0:
        return f"its process ended with exit code {code}" if code else "its process ended"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"killed by {name}, as a system does that runs out of memory" if code == -9 else f"ended by {name}"


def _environment() -> dict[str, str]:
    """This process's environment, without the name of a notebook that may have started it."""
    return {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}

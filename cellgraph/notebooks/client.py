"""A notebook client that runs cells under cellgraph, as a front end with cell ids would."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from queue import Empty
from typing import Any, BinaryIO

import zmq
from nbclient import NotebookClient  # noqa: TID253 - only `cellgraph run` imports this module
from nbclient.exceptions import (  # noqa: TID253 - only `cellgraph run` imports this module
    CellControlSignal,
    DeadKernelError,
)

from cellgraph.notebooks.errors import described, error_line
from cellgraph.notebooks.kernels import KernelChoice, OneKernel
from cellgraph.notebooks.cell_order import CodeCell

OUTPUT_SECONDS = 60
"""How long to wait for the rest of a cell's output once the cell has run: it may be many megabytes."""

LOOK_SECONDS = 0.5

_SILENT = logging.getLogger("cellgraph.notebooks")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class KernelCodeError(Exception):
    """Code that cellgraph itself ran in the kernel raised ``ename: evalue``."""

    def __init__(self, ename: str, evalue: str) -> None:
        super().__init__(f"{ename}: {evalue}" if evalue else ename)
        self.ename = ename


class PatientClient(NotebookClient):
    """nbclient's client, without its two ways of waiting for ever or losing what a cell printed.

    An ``Output`` widget has it send a message on the channel on which it waits for the end of the cell.
    ZeroMQ tells of what arrives there once only, and that sending takes the news away: the reply is there
    and nobody looks. So it is looked for at regular times.
    """

    def __init__(self, notebook: Any, **options: Any) -> None:
        super().__init__(notebook, iopub_timeout=OUTPUT_SECONDS, **options)

    async def async_execute_cell(self, cell: Any, cell_index: int, *rest: Any, **options: Any) -> Any:
        """As nbclient does."""
        looking = asyncio.ensure_future(self._look_for_replies())
        try:
            return await super().async_execute_cell(cell, cell_index, *rest, **options)
        finally:
            looking.cancel()

    async def _look_for_replies(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            assert self.kc is not None
            socket: Any = self.kc.shell_channel.socket
            socket.get(zmq.EVENTS)  # this hands on what has arrived


class TrackedClient(PatientClient):
    """Starts a kernel, runs code in it unseen, and runs cells with their ids.

    Errors are told by the exceptions raised, so the log, which would repeat them, is silent.
    """

    def __init__(self, notebook: Any, kernel: KernelChoice, **options: Any) -> None:
        super().__init__(notebook, log=_SILENT, kernel_name=kernel.name, **options)
        self._spec = kernel.spec
        self.lost: list[str] = []
        """What became of outputs that could not be kept, a line each."""
        self.error = ""
        """What the cell that ran last raised: ``ValueError: no such column``, or empty."""
        self.on_cell_error = self._note_error

    def create_kernel_manager(self) -> Any:
        """The manager of the kernel that was chosen, and of no other one of that name."""
        manager: Any = super().create_kernel_manager()
        manager.kernel_spec_manager = OneKernel(self._spec)
        return manager

    async def start(self, log: BinaryIO) -> None:
        """Start the kernel and connect to it. Raises what the kernel manager raises.

        What the kernel's process itself writes (no cell's output: that comes by messages) goes to ``log``.
        """
        # nbclient's own context manager would take the signals over: a Ctrl-C would then look
        # like a dead kernel, and what ran before it would be lost.
        self.reset_execution_trackers()
        self.create_kernel_manager()
        await self.async_start_new_kernel(stdout=log, stderr=log, env=_environment())
        await self.async_start_new_kernel_client()
        reply = await self._reply(self._connected().kernel_info(), seconds=60)
        self.nb.metadata["language_info"] = reply["language_info"]

    async def stop(self) -> None:
        """Shut the kernel down. Does nothing where none was started, and raises nothing."""
        if self.km is None:
            return
        try:
            await self._async_cleanup_kernel()
        except Exception as error:  # noqa: BLE001 - the run is over, and its results are worth more
            self.lost.append(f"the kernel did not shut down in good order ({described(error)})")

    def keep_widgets(self) -> None:
        """Put the state of the notebook's widgets into its metadata. Raises nothing."""
        try:
            self.set_widgets_metadata()
        except Exception as error:  # noqa: BLE001 - a widget's state may be of any form
            self.lost.append(f"the state of widgets could not be kept ({described(error)})")

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """As nbclient does, but an output that it cannot handle costs that output and not the run."""
        try:
            return super().process_message(msg, cell, cell_index)
        except CellControlSignal:
            raise
        except Exception as error:  # noqa: BLE001 - a kernel's message may hold anything
            self.lost.append(f"an output of a cell could not be kept ({described(error)})")
            return None

    async def run_cell(self, code_cell: CodeCell) -> int | None:
        """Run a cell and return its execution count (None where it was skipped).

        ``error`` tells afterwards what the cell raised, allowed or not. Raises what
        ``NotebookClient.async_execute_cell`` raises.
        """
        cell = self.nb.cells[code_cell.index]
        before = cell.get("execution_count")
        self.error = ""
        # Session.metadata goes with every message, which is the one way to the metadata of an
        # execute_request that nbclient leaves open.
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
        if raised.get("ename") in (None, "", "NoneType"):  # a display failed, not the code: it shows its error
            raised = next((output for output in cell.outputs if output.output_type == "error"), raised)
        name, text = (str(raised.get(part, "")) for part in ("ename", "evalue"))
        self.error = error_line(Exception(f"{name}: {text}" if text else name))

    async def run_unseen(self, code: str, seconds: float) -> None:
        """Run code that fires no hook, counts as no cell and leaves no trace in the history.

        Raises KernelCodeError, TimeoutError or DeadKernelError.
        """
        while True:
            request = self._connected().execute(code, silent=True, store_history=False)
            content = await self._reply(request, seconds)
            if content["status"] == "ok":
                return
            if content["status"] == "error":
                raise KernelCodeError(content.get("ename", ""), content.get("evalue", ""))
            # "aborted": a kernel refuses what comes in right after an error.
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
    """``code`` is the exit code of a process, or minus the number of the signal that ended it."""
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

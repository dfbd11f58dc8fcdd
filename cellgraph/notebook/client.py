"""A notebook client that runs cells under cellgraph, as a front end with cell ids would."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from queue import Empty
from typing import Any, BinaryIO

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient  # noqa: TID253 - only `cellgraph run` imports this module
from nbclient.exceptions import DeadKernelError  # noqa: TID253 - only `cellgraph run` imports this module

from cellgraph.notebook.errors import CannotRunError
from cellgraph.notebook.steps import Step

DEFAULT_KERNEL = "python3"

_SILENT = logging.getLogger("cellgraph.notebook")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class KernelCodeError(Exception):
    """Code that cellgraph itself ran in the kernel raised ``ename: evalue``."""

    def __init__(self, ename: str, evalue: str) -> None:
        super().__init__(f"{ename}: {evalue}" if evalue else ename)
        self.ename = ename


class TrackedClient(NotebookClient):
    """Starts a kernel, runs code in it unseen, and runs cells with their ids.

    Errors are told by the exceptions raised, so the log, which would repeat them, is silent.
    """

    def __init__(self, notebook: Any, **options: Any) -> None:
        super().__init__(notebook, log=_SILENT, **options)

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
        """Shut the kernel down. Does nothing where none was started."""
        if self.km is not None:
            await self._async_cleanup_kernel()

    async def run_cell(self, step: Step) -> int | None:
        """Run a cell and return its execution count (None where it was skipped).

        Raises what ``NotebookClient.async_execute_cell`` raises.
        """
        cell = self.nb.cells[step.index]
        before = cell.get("execution_count")
        # Session.metadata goes with every message, which is the one way to the metadata of an
        # execute_request that nbclient leaves open.
        session = self._connected().session
        session.metadata = {"cellId": step.cell}
        try:
            await self.async_execute_cell(cell, step.index)
        finally:
            session.metadata = {}
        count = self.count(step)
        return None if count == before else count

    def count(self, step: Step) -> int | None:
        """The execution count of the cell's latest run."""
        count: int | None = self.nb.cells[step.index].get("execution_count")
        return count

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
        """Interrupt the cell under way, as Ctrl-C or the stop button would."""
        manager: Any = self.km
        await manager.interrupt_kernel()

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


def find_kernel(chosen: str | None, notebook: Any) -> tuple[str, KernelSpec]:
    """The kernel to run with: the chosen one, else the notebook's, else Python's own.

    Raises CannotRunError where it is not installed or does not run Python.
    """
    name = chosen or notebook.metadata.get("kernelspec", {}).get("name") or DEFAULT_KERNEL
    manager = KernelSpecManager(log=_SILENT)
    try:
        spec = manager.get_kernel_spec(name)
    except NoSuchKernel:
        known = ", ".join(sorted(manager.find_kernel_specs())) or "none"
        raise CannotRunError(
            f"there is no kernel {name!r} here (installed: {known}); choose one with --kernel"
        ) from None
    if spec.language and spec.language.lower() not in ("python", "ipython"):
        raise CannotRunError(f"kernel {name!r} runs {spec.language}; cellgraph watches IPython kernels only")
    return name, spec

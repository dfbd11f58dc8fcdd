"""One contestant: a stock kernel in a process of its own that times cells on request.

Runs as a script and needs ipykernel only, so that it works in an environment without cellgraph.
Requests and answers are lines of JSON on standard input and output.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from inspect import signature
from time import perf_counter
from typing import Any

import psutil
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

Answer = dict[str, Any]


def kernel_class(contestant: str) -> str:
    """The kernel to start: FlowBook is a kernel of its own, everything else an extension."""
    flowbook = contestant == "flowbook"
    return (
        "flowbook.kernel.flowbook_kernel.FlowbookKernel" if flowbook else "ipykernel.ipkernel.IPythonKernel"
    )


def start_kernel(contestant: str, folder: str) -> Any:
    """A whole kernel, but for the loop that would serve a front end: cells are handed to it here.

    Its connection file lies in ``folder``: a kernel writes that file, and removes it when it ends.
    """
    config = Config()
    config.IPKernelApp.capture_fd_output = False
    config.HistoryManager.enabled = False
    config.IPKernelApp.connection_file = f"{folder}/kernel.json"
    app = IPKernelApp.instance(config=config, kernel_class=kernel_class(contestant))
    app.initialize([])
    return app.kernel


class Worker:
    """Runs cells and times them; ``order`` is the notebook as FlowBook asks to be told it."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel
        self.loop = asyncio.new_event_loop()
        self.order: list[str] = []
        self.takes_meta = "cell_meta" in signature(kernel.do_execute).parameters  # ipykernel 6.20 does not

    def run(self, code: str, cell: str, rounds: int = 1, first: int = 0) -> Answer:
        """Run a cell ``rounds`` times; ``{round}`` in the code or the cell's id counts from ``first``."""
        seconds, error = [], None
        for number in range(first, first + rounds):
            text, name = (t.replace("{round}", str(number)) for t in (code, cell))
            begin = perf_counter()
            reply = self._execute(text, name)
            seconds.append(perf_counter() - begin)
            error = error or (reply.get("evalue") if reply["status"] == "error" else None)
        return {"seconds": seconds, "error": error}

    def value(self, expression: str) -> Answer:
        """An expression's value, evaluated behind the extension's back."""
        return {"value": eval(expression, self.kernel.shell.user_ns)}

    def memory(self) -> Answer:
        """Resident memory of this process, in bytes."""
        return {"bytes": psutil.Process().memory_info().rss}

    def _execute(self, code: str, cell: str) -> Answer:
        if cell not in self.order:
            self.order.append(cell)
        meta = {"cellId": cell, "cell_order": self.order}
        self.kernel.set_parent([], self.kernel.session.msg("execute_request", metadata=meta))
        more = {"cell_meta": meta} if self.takes_meta else {}
        done = self.kernel.do_execute(code, silent=False, cell_id=cell, **more)
        reply: Answer = self.loop.run_until_complete(done)
        return reply


def main(contestant: str, folder: str) -> None:
    """Start the contestant's kernel and answer requests ``[method, arguments]`` until there are no more."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what cells and kernels print is nobody's answer
    worker = Worker(start_kernel(contestant, folder))
    replies.write(json.dumps({"ready": contestant}) + "\n")
    for line in sys.stdin:
        method, arguments = json.loads(line)
        replies.write(json.dumps(getattr(worker, method)(**arguments)) + "\n")
    os._exit(0)  # an idle kernel's threads have nothing left to say


if __name__ == "__main__":
    main(*sys.argv[1:])

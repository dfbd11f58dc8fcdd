"""A real kernel for tests: what a front end sends to it, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty
from time import monotonic
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

Message = dict[str, Any]

SECONDS_TO_START = 60.0
SECONDS_TO_RUN = 60.0


@dataclass(frozen=True)
class Outputs:
    """What one execution showed, by kind, each kind in the order it arrived.

    ``displays`` and ``updates`` are MIME bundles (``update_display`` alone makes updates), ``ids``
    their display ids where they have one. ``result`` is the bundle of the last expression.
    """

    stdout: str = ""
    stderr: str = ""
    displays: tuple[Message, ...] = ()
    updates: tuple[Message, ...] = ()
    ids: tuple[str, ...] = ()
    result: Message | None = None
    error: str | None = None
    """Name of the exception, None where there was none."""
    count: int | None = None
    messages: tuple[Message, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """All that a person could read without HTML: both streams, then every bundle's plain text."""
        bundles = [*self.displays, *self.updates, *([self.result] if self.result else [])]
        return "\n".join([self.stdout, self.stderr, *(b.get("text/plain", "") for b in bundles)])

    @property
    def html(self) -> str:
        """All HTML that was displayed."""
        return "\n".join(b.get("text/html", "") for b in [*self.displays, *self.updates])


class Kernel:
    """A running kernel and the client that talks to it as JupyterLab does."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

    def run(
        self,
        code: str,
        cell_id: str | None = None,
        *,
        deleted: tuple[str, ...] = (),
        metadata: Message | None = None,
        **content: bool,
    ) -> Outputs:
        """Execute code and wait until the kernel is idle again.

        ``cell_id`` and ``deleted`` go where JupyterLab puts them; ``metadata`` is sent as it is beside
        them; ``content`` sets fields of the request (``silent=True``, ``store_history=False``).
        """
        sent = self._send(code, _metadata(cell_id, deleted, metadata), content)
        messages = tuple(self._until_idle(sent))
        reply = self._reply(sent)
        return _outputs(messages, reply["content"].get("execution_count"))

    def run_queue(self, cells: Sequence[tuple[str, str]]) -> list[Outputs]:
        """Execute cells (id, code) that a person sends all at once, as Run All does."""
        person = {"allow_stdin": True}
        # What runs first holds the kernel until all others have arrived.
        self._send("import time; time.sleep(0.3)", {}, {"silent": True})
        sent = [self._send(code, _metadata(cell, (), None), person) for cell, code in cells]
        found = []
        for one in sent:
            messages = tuple(self._until_idle(one))
            found.append(_outputs(messages, self._reply(one)["content"].get("execution_count")))
        return found

    def run_before(self, code: str, cell_id: str, kind: str, content: Message) -> Outputs:
        """Execute a cell with another request of this kind waiting right behind it."""
        self._send("import time; time.sleep(0.3)", {}, {"silent": True})
        sent = self._send(code, _metadata(cell_id, (), None), {"allow_stdin": True})
        self.client.shell_channel.send(self.client.session.msg(kind, content))
        messages = tuple(self._until_idle(sent))
        return _outputs(messages, self._reply(sent)["content"].get("execution_count"))

    def messages_within(self, seconds: float) -> list[Message]:
        """What the kernel shows in that time, up to the first display."""
        deadline = monotonic() + seconds
        found: list[Message] = []
        with suppress(Empty):
            while (left := deadline - monotonic()) > 0:
                found.append(self.client.get_iopub_msg(timeout=left))
                if found[-1]["header"]["msg_type"] == "display_data":
                    break
        return found

    def value(self, expression: str) -> str:
        """``repr`` of an expression in the kernel, without a trace in its history or in the hooks."""
        sent = self._send("", {}, {"silent": True, "user_expressions": {"value": expression}})
        list(self._until_idle(sent))
        answer = self._reply(sent)["content"]["user_expressions"]["value"]
        return str(answer["data"]["text/plain"] if answer["status"] == "ok" else answer["ename"])

    def _send(self, code: str, metadata: Message, content: Message) -> str:
        fields = {"silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg(
            "execute_request",
            {"code": code, "stop_on_error": False, **fields, **content},
            metadata=metadata,
        )
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _until_idle(self, sent: str) -> Iterator[Message]:
        deadline = monotonic() + SECONDS_TO_RUN
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.0, deadline - monotonic()))
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["content"].get("execution_state") == "idle":
                return
            yield message

    def _reply(self, sent: str) -> Message:
        while True:
            reply: Message = self.client.get_shell_msg(timeout=SECONDS_TO_RUN)
            if reply["parent_header"].get("msg_id") == sent:
                return reply


STARTS = 3


@contextmanager
def running_kernel(**options: Any) -> Iterator[Kernel]:
    """A stock ``python3`` kernel of this environment, shut down at the end.

    ``options`` go to ``KernelManager.start_kernel`` (``cwd``, ``env``, ``extra_arguments``).
    """
    with ExitStack() as stack:
        yield Kernel(_first_that_answers(stack, options))


def _first_that_answers(stack: ExitStack, options: dict[str, Any]) -> BlockingKernelClient:
    """A client of a kernel that runs until ``stack`` is left.

    A kernel's ports are chosen before it binds them. Where another process takes one in between, as
    happens when suites run side by side, the kernel ends at once: then another one is started.
    """
    for _ in range(STARTS - 1):
        with suppress(RuntimeError):
            return stack.enter_context(_answering(options))
    return stack.enter_context(_answering(options))


@contextmanager
def _answering(options: dict[str, Any]) -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS_TO_START)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def _metadata(cell_id: str | None, deleted: tuple[str, ...], more: Message | None) -> Message:
    if cell_id is None and not deleted:
        return more or {}
    lab = {"trusted": True, "deletedCells": list(deleted), "recordTiming": False}
    return {**lab, **({"cellId": cell_id} if cell_id is not None else {}), **(more or {})}


def _outputs(messages: tuple[Message, ...], count: int | None) -> Outputs:
    def contents(kind: str) -> list[Message]:
        return [m["content"] for m in messages if m["msg_type"] == kind]

    def stream(name: str) -> str:
        return "".join(c["text"] for c in contents("stream") if c["name"] == name)

    shown, updated = contents("display_data"), contents("update_display_data")
    return Outputs(
        stdout=stream("stdout"),
        stderr=stream("stderr"),
        displays=tuple(c["data"] for c in shown),
        updates=tuple(c["data"] for c in updated),
        ids=tuple(c["transient"]["display_id"] for c in [*shown, *updated] if c.get("transient")),
        result=next((c["data"] for c in contents("execute_result")), None),
        error=next((c["ename"] for c in contents("error")), None),
        count=count,
        messages=messages,
    )

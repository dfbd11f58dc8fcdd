"""Verifies many notebooks, each in a process of its own: one that kills its process fails alone.

The processes are forked from a server that has loaded everything, so that each costs little.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.verification.options import VerifyOptions
from cellgraph.notebooks.verification.verdicts import NotebookVerdict

GRACE_SECONDS = 120.0
"""Seconds that a worker may take beyond the time for the whole notebook, to start and to end its kernels."""
_MOST_RUNS = 6
_POLL_SECONDS = 1.0
_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")

Begin = Callable[[str], None]


@dataclass(slots=True)
class _Worker:
    """A process with one notebook. ``folder`` is where it makes its copies."""

    path: str
    process: Any
    answer: Connection
    folder: TemporaryDirectory[str]
    begun: float = field(default_factory=time.monotonic)


def verify_all(
    paths: Sequence[str], options: VerifyOptions, jobs: int, begin: Begin | None = None
) -> Iterator[NotebookVerdict]:
    """The verdicts, in the order in which they are ready. At most ``jobs`` processes run at a time.

    ``begin`` is called with each path before its process starts.
    """
    waiting = deque(paths)
    running: list[_Worker] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                path = waiting.popleft()
                if begin is not None:
                    begin(path)
                running.append(_start(path, options))
            for worker in _ready(running, options):
                running.remove(worker)
                yield _verdict(worker)
    finally:
        for worker in running:
            _end(worker)


def verify_apart(path: str, options: VerifyOptions) -> NotebookVerdict:
    """The verdict on one notebook, from a process of its own."""
    return next(verify_all([path], options, 1))


def _start(path: str, options: VerifyOptions) -> _Worker:
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    folder = TemporaryDirectory(prefix="cellgraph-", ignore_cleanup_errors=True)
    process = context.Process(target=_work, args=(theirs, path, options, folder.name))
    with _without_main():
        process.start()
    theirs.close()
    return _Worker(path, process, ours, folder)


def _context() -> Any:
    """How processes are made: forked from a server where the system has that, else started anew."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cellgraph.notebooks.verification.loading"])
    return context


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep the new process from running the main program of this one again, whatever that is."""
    main = sys.modules["__main__"]
    names = [name for name in ("__file__", "__spec__") if name in main.__dict__]
    held: dict[str, Any] = {name: main.__dict__.pop(name) for name in names}
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(held)


def _work(answer: Connection, path: str, options: VerifyOptions, folder: str) -> None:
    """The whole life of a worker."""
    import cellgraph.notebooks.verification.loading  # noqa: F401 - see there
    from cellgraph.notebooks.verification.run import verify

    # Ctrl-C reaches every process of a terminal; the one that started the workers ends them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer.send(verify(Path(path), options, Path(folder)))
    answer.close()


def _ready(running: Sequence[_Worker], options: VerifyOptions) -> list[_Worker]:
    """The workers that have answered, have died, or have to be ended. Waits a little for one."""
    handles = [handle for worker in running for handle in (worker.answer, worker.process.sentinel)]
    found = wait(handles, timeout=_POLL_SECONDS)
    return [
        worker
        for worker in running
        if worker.answer in found or worker.process.sentinel in found or _is_late(worker, options)
    ]


def _is_late(worker: _Worker, options: VerifyOptions) -> bool:
    """Whether a worker has not kept to its own limit: something has stopped it."""
    if options.total is None:
        return False
    return time.monotonic() - worker.begun > _MOST_RUNS * options.total + GRACE_SECONDS


def _verdict(worker: _Worker) -> NotebookVerdict:
    """What the worker has found, or what became of it."""
    made = None
    try:
        if worker.answer.poll():
            made = worker.answer.recv()
    except (EOFError, OSError):
        worker.process.join(GRACE_SECONDS)  # its end of the pipe is closed a moment before it is gone
    alive = worker.process.is_alive()
    if made is None and not alive:
        worker.process.join()
    _end(worker)
    if isinstance(made, NotebookVerdict):
        return made
    seconds = time.monotonic() - worker.begun
    if alive:
        reason = "it stopped the process that ran it"
        return NotebookVerdict(worker.path, "timed out", reason=reason, seconds=seconds)
    reason = f"it killed the process that ran it ({_death(worker.process.exitcode)})"
    return NotebookVerdict(worker.path, "error", reason=reason, seconds=seconds)


def _death(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _end(worker: _Worker) -> None:
    """End the process, if it has not ended, and its kernels, and remove its copies."""
    worker.answer.close()
    if worker.process.is_alive():
        worker.process.join(timeout=_POLL_SECONDS)
    if worker.process.is_alive():
        _kill_tree(worker.process.pid)
    worker.process.join(timeout=10)
    worker.folder.cleanup()


def _kill_tree(pid: int) -> None:
    import psutil  # ipykernel needs it as well

    try:
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
    except psutil.Error:
        return
    for one in family:
        try:
            one.kill()
        except psutil.Error:  # it has ended meanwhile
            continue


def parse_shard(text: str) -> tuple[int, int]:
    """``2/5`` as a pair: the second of five parts. Raises CannotRunError."""
    found = _SHARD.fullmatch(text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise CannotRunError(f"--shard: {text!r} is no part; write it like 2/5, from 1/5 to 5/5")
    return int(found[1]), int(found[2])


def shard(paths: Sequence[str], part: tuple[int, int]) -> list[str]:
    """The paths of one part. All parts together hold each path once; neighbours are spread."""
    number, total = part
    return list(paths[number - 1 :: total])


def default_jobs() -> int:
    """As many workers as there are processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1

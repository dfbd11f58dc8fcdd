"""Verifies many notebooks on a cluster of dask's. Its workers must see the files under the same paths.

Each notebook runs in a process of its own below its worker, so that one that kills its process fails alone.
If a worker itself is lost, what ran there is begun again elsewhere, and the verdict says so. What loses
its worker again and again runs alone in the end, and is named.
"""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.verification.apart import verify_in_process
from cellgraph.notebooks.verification.options import VerifyOptions
from cellgraph.notebooks.verification.verdicts import NotebookVerdict

LOCAL = "local"
MOST_ATTEMPTS = 3
"""The last attempt runs alone: what loses its worker then has killed it."""
_TOPIC = "cellgraph-verify"

Begin = Callable[[str], None]


def verify_on_cluster(
    paths: Sequence[str],
    options: VerifyOptions,
    address: str,
    jobs: int,
    begin: Begin | None = None,
) -> Iterator[NotebookVerdict]:
    """The verdicts, in the order in which they are ready.

    ``address`` is that of a scheduler, or ``local`` for ``jobs`` workers on this machine. Raises
    CannotRunError.
    """
    with ExitStack() as stack:
        client = _connected(address, jobs, stack)
        yield from _Campaign(client, options, begin).run(paths)


def _connected(address: str, jobs: int, stack: ExitStack) -> Any:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise CannotRunError("--dask needs dask: pip install 'cellgraph[cluster]'") from None
    if address != LOCAL:
        try:
            return stack.enter_context(Client(address, timeout=30))
        except (OSError, ValueError, TimeoutError) as error:
            raise CannotRunError(f"there is no scheduler at {address} ({type(error).__name__})") from None
    # A task that loses its worker is given back at once, and is begun again here, where that is told.
    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0}))
    cluster = stack.enter_context(
        LocalCluster(n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None)
    )
    return stack.enter_context(Client(cluster))


def _task(path: str, options: VerifyOptions, topic: str, folder: str) -> NotebookVerdict:
    """What runs on a worker: it tells the scheduler that it begins, and verifies the notebook."""
    from distributed import get_worker

    worker = get_worker()
    worker.log_event(topic, {"begin": path, "worker": worker.address})
    return verify_in_process(path, options, cwd=folder)


class _Campaign:
    """All notebooks of one command on one cluster."""

    def __init__(self, client: Any, options: VerifyOptions, begin: Begin | None) -> None:
        self._client = client
        self._options = options
        self._begin = begin
        self._topic = f"{_TOPIC}-{uuid.uuid4().hex[:12]}"
        self._attempts: Counter[str] = Counter()
        self._running: dict[Any, str] = {}

    def run(self, paths: Sequence[str]) -> Iterator[NotebookVerdict]:
        """Give each worker one notebook at a time, so that a lost worker loses as little as can be."""
        from distributed import as_completed

        waiting, alone = deque(paths), deque[str]()
        done = as_completed()
        while waiting or self._running or alone:
            while waiting and len(self._running) < self._slots():
                done.add(self._submit(waiting.popleft()))
            if not self._running:
                done.add(self._submit(alone.popleft()))
            future = next(done)
            path = self._running.pop(future)
            verdict = self._result(future, path)
            if verdict is not None:
                yield verdict
            else:
                (alone if self._attempts[path] >= MOST_ATTEMPTS - 1 else waiting).append(path)

    def _slots(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def _submit(self, path: str) -> Any:
        if self._begin is not None:
            self._begin(path)
        self._attempts[path] += 1
        key = f"{self._topic}-{uuid.uuid4().hex[:12]}"
        future = self._client.submit(
            _task, path, self._options, self._topic, str(Path.cwd()), key=key, pure=False, retries=0
        )
        self._running[future] = path
        return future

    def _result(self, future: Any, path: str) -> NotebookVerdict | None:
        """The verdict on a notebook; None if its worker was lost and it is to be begun again."""
        if future.status == "finished":
            verdict: NotebookVerdict = future.result()
            return self._with_attempts(verdict, path)
        error = future.exception() if future.status == "error" else None
        if error is not None and type(error).__name__ != "KilledWorker":
            reason = f"a fault of cellgraph's own on the cluster: {type(error).__name__}: {error}"
            return NotebookVerdict(path, "not run", reason=reason[:300], attempts=self._attempts[path])
        if self._attempts[path] < MOST_ATTEMPTS:
            return None
        reason = f"its worker died each of the {self._attempts[path]} times that it ran, at last alone"
        return NotebookVerdict(path, "error", reason=reason, attempts=self._attempts[path])

    def _with_attempts(self, verdict: NotebookVerdict, path: str) -> NotebookVerdict:
        """The verdict with how often the notebook was begun, by this command or by the scheduler itself."""
        events = self._client.get_events(self._topic) or ()
        begun = sum(event.get("begin") == path for _, event in events if isinstance(event, dict))
        attempts = max(self._attempts[path], begun)
        if attempts == 1:
            return verdict
        note = f"begun {attempts} times: the worker that had it was lost"
        return replace(verdict, attempts=attempts, notes=(*verdict.notes, note))

"""A process that has IPython and cellgraph loaded and nothing else, and forks for each session.

With ``--stocked`` it has imported libraries beforehand and put them away (``stash.py``).

It reads pickled jobs from standard input and writes pickled answers: ``("ok", value)`` or
``("error", text)``.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Literal

from tests.restarts.play import play, restart
from tests.restarts.session import Session, files_from_outside
from tests.restarts.shell import builtins_restored
from tests.restarts.stash import put_libraries_away

SECONDS = 60.0
READY = (
    "cellgraph.session",
    "cellgraph.magic.queries",
    "cellgraph.extension",
    "cellgraph.render.text",
    "cellgraph.render.warnings",
    "bdb",
    "IPython.core.application",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.crashhandler",
    "IPython.core.logger",
    "IPython.core.magic_arguments",
    "IPython.core.magics",
    "IPython.core.oinspect",
)
"""What every session loads, so that it is loaded once. No library of the user's is among it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One process: the session, the restart in a new directory, or in the one that the session left."""

    what: Literal["session", "restart", "restart in place"]
    session: Session


class Server:
    """Runs jobs one after another. All have the same directory by name, so that no path differs."""

    def __init__(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="restarts-"))
        self.place = self.base / "notebook"
        self.left = self.base / "left"
        self.answer = self.base / "answer"

    def do(self, job: Job) -> tuple[str, Any]:
        """Run a job in a process of its own."""
        self._prepare(job)
        self.answer.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            self._child(job)
        status = _wait(child)
        if job.what == "session":
            shutil.rmtree(self.left, ignore_errors=True)
            shutil.copytree(self.place, self.left)
        if not self.answer.exists():
            return "error", "took too long" if status is None else f"died with status {status}"
        answer: tuple[str, Any] = pickle.loads(self.answer.read_bytes())
        return answer

    def _prepare(self, job: Job) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        if job.what == "restart in place":
            shutil.copytree(self.left, self.place)
            return
        self.place.mkdir()
        files = job.session.files if job.what == "session" else files_from_outside(job.session)
        for name, text in files.items():
            path = self.place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _child(self, job: Job) -> None:
        """Never returns: what follows a fork in the parent is not for the child."""
        try:
            self._answer(job)
        finally:
            os._exit(0)

    def _answer(self, job: Job) -> None:
        os.setsid()
        os.chdir(self.place)
        try:
            value = play(job.session) if job.what == "session" else restart(job.session)
            answer: tuple[str, Any] = ("ok", value)
        except BaseException:  # noqa: BLE001 - whatever it was is told to the one who asked
            with builtins_restored():
                answer = ("error", traceback.format_exc())
        with builtins_restored():
            partial = self.answer.with_suffix(".part")
            partial.write_bytes(pickle.dumps(answer))
            partial.rename(self.answer)

    def close(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.base, ignore_errors=True)


def _wait(child: int) -> int | None:
    """Wait for a process, end it where it takes too long, and end what it started."""
    until = time.monotonic() + SECONDS
    status: int | None = None
    while status is None and time.monotonic() < until:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = code
        else:
            time.sleep(0.005)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if status is None:
        os.waitpid(child, 0)
    return status


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer until no more is asked."""
    server = Server()
    try:
        while True:
            try:
                job = pickle.load(jobs)
            except EOFError:
                return
            pickle.dump(server.do(job), answers)
            answers.flush()
    finally:
        server.close()


def main() -> None:
    """Keep the two channels to ourselves: nothing that a session writes may get into them."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if "--loud" in sys.argv else (0, 1, 2):
        os.dup2(nothing, descriptor)
    for ready in READY:
        import_module(ready)
    heavy = {"numpy", "pandas", "matplotlib"} & set(sys.modules)
    assert not heavy, heavy
    if "--stocked" in sys.argv:
        put_libraries_away()
    serve(jobs, answers)


if __name__ == "__main__":
    main()

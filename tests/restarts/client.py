"""The other end of the servers: asks for sessions and restarts."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tests.restarts.play import Played, Screen
from tests.restarts.server import Job
from tests.restarts.session import Session
from tests.restarts.stash import imports_for_itself

ROOT = Path(__file__).parents[2]


class SessionFailed(Exception):
    """The process of a session or a restart did not answer as it should."""


def _environment() -> dict[str, str]:
    """As a kernel's. One directory for matplotlib's fonts, which take seconds to list."""
    fonts = Path(tempfile.gettempdir()) / "cellgraph-restarts-matplotlib"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))},
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": str(fonts),
        "IPYTHONDIR": str(Path(tempfile.gettempdir()) / "cellgraph-restarts-ipython"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


class Client:
    """Asks servers for sessions and restarts. Use it with ``with``.

    Of the sessions one in ten, by its steps, is played where nothing was imported beforehand. With
    ``itself=1`` all are: that is slower for many sessions, and is ready sooner.
    """

    def __init__(self, itself: int = 10) -> None:
        self._itself = itself
        self._servers: dict[bool, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers.values():
            _channel(server.stdin).close()
            server.wait(10)
            _channel(server.stdout).close()

    def play(self, session: Session) -> Played:
        """The session under cellgraph."""
        played: Played = self._ask(Job("session", session))
        return played

    def restart(self, session: Session) -> Screen:
        """Its notebook from top to bottom in a new process and a directory in which it never ran."""
        screen: Screen = self._ask(Job("restart", session))
        return screen

    def restart_in_place(self, session: Session) -> Screen:
        """The same in the directory that the session, which was played last, has left."""
        screen: Screen = self._ask(Job("restart in place", session))
        return screen

    def _ask(self, job: Job) -> Any:
        server = self._server(not imports_for_itself(repr(job.session.steps), self._itself))
        pickle.dump(job, _channel(server.stdin))
        _channel(server.stdin).flush()
        state, value = pickle.load(_channel(server.stdout))
        if state == "error":
            raise SessionFailed(f"{job.what} of {job.session.name!r}: {value}")
        return value

    def _server(self, stocked: bool) -> subprocess.Popen[bytes]:
        if stocked not in self._servers:
            self._servers[stocked] = subprocess.Popen(
                [sys.executable, "-m", "tests.restarts.server", *(["--stocked"] if stocked else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                cwd=ROOT,
            )
        return self._servers[stocked]


def _channel(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream

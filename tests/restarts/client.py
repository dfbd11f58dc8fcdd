"""The other end of a server: asks for sessions and restarts."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.restarts.play import Played, Screen
from tests.restarts.server import Job
from tests.restarts.session import Session

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
    """One server. Use it with ``with``."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.restarts.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            cwd=ROOT,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(job, self._process.stdin)
        self._process.stdin.flush()
        state, value = pickle.load(self._process.stdout)
        if state == "error":
            raise SessionFailed(f"{job.what} of {job.session.name!r}: {value}")
        return value

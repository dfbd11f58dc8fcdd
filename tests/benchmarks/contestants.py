"""Who is measured, and the process that each of them runs in."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

WORKER = Path(__file__).with_name("worker.py")
PATIENCE = 60.0
"""Seconds for one request; a contestant that takes longer is out of that workload."""

RIVALS = {"ipyflow": "ipyflow==0.0.231", "flowbook": "flowbook-python==0.1.5"}
LIBRARIES = ("ipykernel", "numpy", "pandas")


@dataclass(frozen=True)
class Contestant:
    """An interpreter and the cell that loads the extension (empty for a bare kernel)."""

    name: str
    python: str = sys.executable
    load: str = ""


PLAIN = Contestant("plain")
CONTROL = Contestant("control")
"""A second bare kernel: what is found for it is what the machine's noise is."""
CELLGRAPH = Contestant("cellgraph", load="%load_ext cellgraph")


class OutError(Exception):
    """A contestant that cannot go on in this workload; says why."""


class Process:
    """A contestant's running worker."""

    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        self._folder = TemporaryDirectory(prefix="cellgraph-benchmark-")
        self._process = subprocess.Popen(
            [contestant.python, str(WORKER), contestant.name, self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._answer()
        except OutError:
            self.end()
            raise

    def run(self, code: str, cell: str, rounds: int = 1, first: int = 0) -> list[float]:
        """Seconds of each round. Raises OutError where the cell raised or was rejected."""
        answer = self._ask("run", code=code, cell=cell, rounds=rounds, first=first)
        if answer["error"]:
            raise OutError(f"rejected the cell: {answer['error']}".splitlines()[0][:70])
        seconds: list[float] = answer["seconds"]
        return seconds

    def load(self) -> float:
        """Seconds that loading the extension took."""
        return self.run(self.contestant.load or "pass", "load")[0]

    def value(self, expression: str) -> Any:
        """A value that JSON can carry, read behind the extension's back."""
        return self._ask("value", expression=expression)["value"]

    def megabytes(self) -> float:
        """Resident memory."""
        return float(self._ask("memory")["bytes"]) / 1e6

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def _ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([method, arguments]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise OutError("its process ended") from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=PATIENCE)
        except queue.Empty:
            raise OutError(f"took more than {PATIENCE:.0f} s") from None
        if not line:
            raise OutError("its process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _environment() -> dict[str, str]:
    """This one, but for the switch that would make Python compile every module at every start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def started(contestant: Contestant) -> Iterator[Process]:
    """A fresh process of a contestant, ended afterwards. Nothing is loaded in it yet."""
    with ExitStack() as stack:
        process = Process(contestant)
        stack.callback(process.end)
        yield process


def rival(name: str, folder: Path) -> Contestant | None:
    """A rival in a virtual environment of its own below ``folder``; None where it does not install."""
    home = folder / name
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", RIVALS[name], *LIBRARIES], check=False
    )
    if installed.returncode:
        return None
    return Contestant(name, str(python), "" if name == "flowbook" else f"%load_ext {name}")

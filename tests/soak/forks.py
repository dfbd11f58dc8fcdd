"""A function in a process of its own, forked from this one: what it does to its process is gone with it."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.restarts.shell import builtins_restored

SECONDS = 60.0
ERRORS_SHOWN = 3_000


class LostError(Exception):
    """The process gave no answer: it died, took too long, or the function in it raised."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that each process starts in. All have the same by name, so that no path differs."""

    folder: Path
    answer: Path
    streams: Path


@contextmanager
def new_place() -> Iterator[Place]:
    """A place for processes that run one after another."""
    base = Path(tempfile.mkdtemp(prefix="soak-"))
    try:
        yield Place(base / "notebook", base / "answer", base / "streams")
    finally:
        shutil.rmtree(base, ignore_errors=True)


def in_fork(place: Place, function: Callable[..., Any], *arguments: Any, seconds: float = SECONDS) -> Any:
    """What the function gives in a child process, in an empty folder.

    Raises:
        LostError: There is no answer. The text says why.
    """
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True)
    place.answer.unlink(missing_ok=True)
    place.streams.unlink(missing_ok=True)
    with warnings.catch_warnings():
        # Newer Pythons warn where the process has threads. The child uses none of what these hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _child(place, function, arguments)
    status = _wait(child, seconds)
    if not place.answer.exists():
        shown = place.streams.read_text(errors="replace")[-ERRORS_SHOWN:] if place.streams.exists() else ""
        raise LostError(f"{_ending(status, seconds)}\n{shown}".strip())
    state, value = pickle.loads(place.answer.read_bytes())
    if state == "raised":
        raise LostError(value)
    return value


def _ending(status: int | None, seconds: float) -> str:
    if status is None:
        return f"the process took longer than {seconds:.0f} s"
    if os.WIFSIGNALED(status):
        return f"the process died of {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the process ended with {os.WEXITSTATUS(status)} and without an answer"


def _child(place: Place, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Never returns: what follows the fork in the parent is not for the child."""
    code = 0
    try:
        os.setsid()
        os.chdir(place.folder)
        random.seed(0)  # a fork draws another seed
        streams = os.open(place.streams, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        for descriptor in (1, 2):
            os.dup2(streams, descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        try:
            answer: tuple[str, Any] = ("gave", function(*arguments))
        except BaseException:  # noqa: BLE001 - whatever it was is told to the parent
            with builtins_restored():
                answer = ("raised", traceback.format_exc())
        with builtins_restored():
            partial = place.answer.with_suffix(".part")
            partial.write_bytes(pickle.dumps(answer))
            partial.rename(place.answer)
    except BaseException:  # noqa: BLE001 - the parent sees that there is no answer
        code = 70
    finally:
        os._exit(code)


def _wait(child: int, seconds: float) -> int | None:
    """The status of a process, None where it took too long. What it started is ended with it."""
    until = time.monotonic() + seconds
    status: int | None = None
    pause = 0.001
    while status is None and time.monotonic() < until:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = code
        else:
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    if status is None:
        os.waitpid(child, 0)
    return status

"""What runs in a session's own process: the session under cellgraph, or the restart without it."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cellgraph
from tests.restarts.session import Session, Step, final, stages
from tests.restarts.shell import JudgeShell, Shown, Trace, start
from tests.restarts.values import Frozen

MAGIC_CELL = "the cell of the magic"
MAX_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Said:
    """A finding."""

    code: str
    severity: str
    cell: str
    message: str
    remedy: tuple[str, ...]
    name: str = ""


@dataclass(slots=True)
class Screen:
    """The notebook at one moment: what it shows, what it made, and what cellgraph says of it.

    ``values`` are those of its variables at that moment, ``traces`` tells of the time when each cell ran.

    ``printed`` is what cellgraph said by itself during the last step, ``check`` the answer of
    ``%cellgraph check``.
    """

    shown: dict[str, Shown]
    traces: dict[str, Trace]
    said: tuple[Said, ...] = ()
    stale: tuple[str, ...] = ()
    check: str = ""
    printed: str = ""
    values: Mapping[str, Frozen] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether cellgraph asserts that a restart gives what is on the screen."""
        return self.check.startswith("clean")

    @property
    def flatly_clean(self) -> bool:
        """The same without a reservation."""
        return self.clean and "but for" not in self.check.partition("\n")[0]

    @property
    def warned(self) -> frozenset[str]:
        """The cells with a warning."""
        return frozenset(said.cell for said in self.said if said.severity == "warning")


@dataclass(slots=True)
class Played:
    """A session at its end, and once more after what cellgraph advised was done.

    ``rounds`` says how often it gave more advice before there was none left.
    """

    end: Screen
    remedied: Screen | None = None
    rounds: int = 0
    failures: list[str] = field(default_factory=list)


def restart(session: Session) -> Screen:
    """The notebook as it stands at the end, from top to bottom, through errors."""
    shell = start()
    for cell, text in final(session).items():
        shell.run_in_place(cell, text)
    return Screen(shell.in_place, shell.traces, values=shell.values())


def play(session: Session) -> Played:
    """The session under cellgraph, then the cells that it advises to run."""
    live = Live(start())
    live.notebook = {}
    for step, notebook in stages(session):
        live.do(step, notebook)
    played = Played(live.screen(), failures=live.failures)
    now = played.end
    while now.stale and played.rounds < MAX_ROUNDS:
        played.rounds += 1
        live.printed.clear()
        for cell in now.stale:
            if cell in live.notebook:
                live.run(cell)
        played.remedied = now = live.screen()
    live.failures += [text for text in live.all_printed if "Traceback" in text or "cellgraph failed" in text]
    return played


class Live:
    """The shell under tracking, and a front end that tells the order and the texts."""

    def __init__(self, shell: JudgeShell) -> None:
        self.shell = shell
        self.tracker = cellgraph.load(shell)
        self.printed: list[str] = []
        self.all_printed: list[str] = []
        self.failures: list[str] = []
        self.notebook: dict[str, str] = {}
        self.tracker._screen.show = self._keep  # type: ignore[method-assign]  # its words are no output

    def _keep(self, text: str, html: str) -> None:
        self.printed.append(text)
        self.all_printed.append(text)

    def do(self, step: Step, notebook: dict[str, str]) -> None:
        """One step of the session."""
        self.printed.clear()
        self.notebook = dict(notebook)
        if step.kind == "run":
            self.run(step.cell)
        elif step.kind == "interrupt":
            with _interrupted(step.after):
                self.run(step.cell)
        elif step.kind == "rerun":
            self._rerun()
        elif step.kind == "outside":
            exec(step.text or "", self.shell.user_ns)  # what a callback would do
        elif step.kind == "by hand":
            exec(step.text or "", dict(self.shell.user_ns))  # in a namespace of its own: nothing is observed
        elif step.kind == "file":
            Path(step.cell).write_text(step.text or "", encoding="utf-8")
        elif step.kind == "wait":
            time.sleep(step.after)
        self._tell()

    def run(self, cell: str) -> None:
        """Run a cell where it stands."""
        self._tell()
        self.shell.run_in_place(cell, self.notebook[cell])
        self._tell()

    def screen(self) -> Screen:
        """The notebook and what cellgraph says now."""
        try:
            return self._screen()
        except Exception as error:  # noqa: BLE001 - that it fails is what is told
            self.failures.append(f"{type(error).__name__}: {error}")
            return Screen(dict(self.shell.in_place), dict(self.shell.traces))

    def _screen(self) -> Screen:
        printed = "\n".join(self.printed)
        findings = self.tracker.findings()
        said = tuple(Said(f.code, f.severity, f.cell, f.message, tuple(f.remedy), f.name) for f in findings)
        stale = tuple(self.tracker.stale())
        self.printed.clear()
        self.shell.run_line_magic("cellgraph", "check")
        check = "\n".join(self.printed)
        shown, traces = dict(self.shell.in_place), dict(self.shell.traces)
        return Screen(shown, traces, said, stale, check, printed, self.shell.values())

    def _rerun(self) -> None:
        self.notebook = {**self.notebook, MAGIC_CELL: "%cellgraph rerun"}
        self.run(MAGIC_CELL)
        self.shell.in_place.pop(MAGIC_CELL)

    def _tell(self) -> None:
        self.tracker.set_cell_order(list(self.notebook), self.notebook)


@contextlib.contextmanager
def _interrupted(after: float) -> Iterator[None]:
    """Interrupt what runs: after so many printed lines, or after seconds."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stream: Any = sys.stdout
    if isinstance(after, int):
        stream.lines_left = after
    else:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        stream.lines_left = None
        signal.setitimer(signal.ITIMER_REAL, 0)

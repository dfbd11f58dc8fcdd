"""A random session played in a process of its own, and what was said held against restarts in other ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.oracle.session import Action, Notebook, Session
from tests.restarts.client import Client
from tests.restarts.judge import difference, doubtful
from tests.restarts.play import Played, Said, Screen
from tests.restarts.session import Session as Script
from tests.restarts.session import Step, final, ran
from tests.restarts.shell import Trace

DRAWS = re.compile(r"\b(random|torch)\.")
OLDER_OBJECT = "CG111"
SETTING = "setting:"
Remedy = Literal["", "done", "restart", "by hand", "unfinished", "wrong"]
"""What the advice led to.

Empty: there was nothing to tell. Done: the restart's notebook. Restart: all that is left is told, with a
restart as a way. By hand: it is told, and no cell is advised. Unfinished: the same, with more advice after
three rounds. Wrong: cells differ from the restart and are held to be good.
"""
Fault = Literal["missed", "false alarm", "false clean", "remedy wrong", "unfinished", "failed inside"]


@dataclass(frozen=True, slots=True)
class ProcessVerdict:
    """What was said at the end of a session, and what is true.

    Attributes:
        due: Cells whose output or bound values a restart changes, but for what chance decides.
        missed: Those without a warning.
        flagged: Cells with a warning.
        alarms: Those of them for which a restart shows, binds and reads the same.
        failing: Whether a cell's latest run failed.
        remedy: What the advice led to.
        left_over: Cells that differ after the remedy and are held to be good.
        differences: Cell → what is different, for people.
    """

    kind: str
    session: Session
    played: Played
    due: tuple[str, ...]
    missed: tuple[str, ...]
    flagged: tuple[str, ...]
    alarms: tuple[str, ...]
    failing: bool
    remedy: Remedy
    left_over: tuple[str, ...]
    differences: dict[str, str]

    @property
    def false_clean(self) -> bool:
        """Whether ``%cellgraph check`` says clean though a restart changes a cell."""
        return bool(self.due) and self.played.end.clean

    @property
    def faults(self) -> tuple[tuple[Fault, str], ...]:
        """Each thing that was wrong, with its cell."""
        found: list[tuple[Fault, str]] = [("missed", cell) for cell in self.missed]
        found += [("false alarm", cell) for cell in self.alarms]
        found += [("false clean", "")] if self.false_clean else []
        found += [("remedy wrong", cell) for cell in self.left_over] if self.remedy == "wrong" else []
        found += [("unfinished", "")] if self.remedy == "unfinished" else []
        found += [("failed inside", "")] if self.played.failures else []
        return tuple(found)


def judge_in_processes(kind: str, session: Session, client: Client) -> ProcessVerdict:
    """Play a session and restart its notebook: in a new directory, and in the one that it left."""
    script = as_script(kind, session)
    played = client.play(script)
    fresh = client.restart(script)
    draws = any(DRAWS.search(action.source) for action in session)
    again = client.restart_in_place(script) if draws or _has_files(played.end) or _has_files(fresh) else fresh
    return _verdict(kind, session, script, played, _Truth(fresh, again, draws))


def as_script(kind: str, session: Session) -> Script:
    """The session in the steps of written ones."""
    return Script(f"random {kind}", kind, tuple(_steps(session)))


def _steps(session: Session) -> Iterator[Step]:
    notebook = Notebook()
    for action in session:
        before = tuple(notebook.order)
        runs = notebook.apply(action)
        yield from _changes(action, before, tuple(notebook.order))
        if action.kind == "interrupt":
            yield from (Step("interrupt", cell, after=action.lines) for cell in runs)
        else:
            yield from (Step("run", cell) for cell in runs)


def _changes(action: Action, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Step]:
    """What an action does to the notebook, apart from runs. Nothing where its cell is not there."""
    if action.kind == "rerun":
        yield Step("rerun")
    elif action.kind in ("edit", "type") and action.cell in before:
        yield Step("edit", action.cell, action.source)
    if before == after:
        return
    if action.kind in ("insert", "add"):
        below = after.index(action.cell) + 1
        yield Step("insert", action.cell, action.source, above=after[below] if below < len(after) else "")
    elif action.kind == "delete":
        yield Step("delete", cells=(action.cell,))
    elif action.kind == "restore":
        yield Step("undo", action.cell)
        yield Step("order", cells=after)
    elif action.kind == "move":
        yield Step("order", cells=after)


@dataclass(frozen=True, slots=True)
class _Truth:
    """Two restarts of a notebook. Where they differ it is by what is on the disk, or by chance."""

    fresh: Screen
    again: Screen
    draws: bool

    def difference(self, cell: str, live: Screen) -> str:
        """How the cell differs from both; empty where it is as in one of them, or where chance decides."""
        if self.draws and difference(cell, self.fresh, self.again):
            return ""
        found = difference(cell, live, self.fresh)
        return found if found and (self.again is self.fresh or difference(cell, live, self.again)) else ""

    def has_otherwise(self, cell: str, name: str, live: Trace) -> bool:
        """Whether a setting that a finding names was another before the cell ran than in a restart."""
        fresh, setting = self.fresh.traces.get(cell), name.removeprefix(SETTING)
        if fresh is None or setting == name:
            return False
        kinds = [kind for kind in live.settings if setting.startswith(kind)]
        return any(live.settings[kind] != fresh.settings[kind] for kind in kinds)

    def doubtful(self, cell: str, live: Screen) -> bool:
        """Whether it shows, binds or reads anything else than in one of them."""
        return doubtful(cell, live, self.fresh) or doubtful(cell, live, self.again)


def _verdict(kind: str, session: Session, script: Script, played: Played, truth: _Truth) -> ProcessVerdict:
    end, texts = played.end, final(script)
    differences = {
        cell: text for cell in texts if cell in ran(script) and (text := truth.difference(cell, end))
    }
    flagged = tuple(cell for cell in texts if cell in end.warned)
    after = played.remedied or end
    remaining = [cell for cell in texts if cell in ran(script) and truth.difference(cell, after)]
    left_over = tuple(cell for cell in remaining if cell not in after.warned)
    return ProcessVerdict(
        kind,
        session,
        played,
        due=tuple(differences),
        missed=tuple(cell for cell in differences if cell not in end.warned),
        flagged=flagged,
        alarms=tuple(cell for cell in flagged if not _justified(cell, end, texts, truth)),
        failing=any(shown.error for shown in (*end.shown.values(), *truth.fresh.shown.values())),
        remedy=_remedy(played, bool(differences), remaining, left_over),
        left_over=left_over,
        differences=differences,
    )


def _justified(cell: str, end: Screen, texts: dict[str, str], truth: _Truth) -> bool:
    """Whether there is a reason to warn of a cell.

    A setting that it ran with is one, where a restart has it otherwise. A cell that was never run, or whose
    text is not what ran, is not up to date whatever a restart shows. Whether two values are the same object
    is not to be seen by what they hold.
    """
    trace = end.traces.get(cell)
    if trace is None or trace.source != texts[cell] or truth.doubtful(cell, end):
        return True
    warnings = [said for said in end.said if said.cell == cell and said.severity == "warning"]
    if any(truth.has_otherwise(cell, said.name, trace) for said in warnings):
        return True
    return {said.code for said in warnings} == {OLDER_OBJECT}


def _remedy(played: Played, due: bool, remaining: list[str], left_over: tuple[str, ...]) -> Remedy:
    if not due:
        return ""
    if not remaining:
        return "done"
    if left_over:
        return "wrong"
    after = played.remedied or played.end
    if all(any(_says_restart(said) for said in after.said if said.cell == cell) for cell in remaining):
        return "restart"
    return "unfinished" if played.remedied is not None and played.remedied.stale else "by hand"


def _says_restart(said: Said) -> bool:
    """Whether its advice, which follows the last dot, names a restart as a way."""
    return "restart" in said.message.rpartition("·")[2]


def _has_files(screen: Screen) -> bool:
    return any(name.startswith("file ") for trace in screen.traces.values() for name in trace.after)

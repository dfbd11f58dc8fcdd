"""A session's end held against its restart, cell by cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tests.restarts.client import Client
from tests.restarts.play import Played, Screen
from tests.restarts.session import Session, final, ran
from tests.restarts.shell import Shown, Trace
from tests.restarts.values import Frozen

ABSENT = Frozen("<absent>")
EMPTY = "dict()"
RESTART_ONLY = "CG113"
"""The code that says that running cells cannot help."""
Remedy = Literal["", "done", "by hand", "restart", "wrong"]
"""What became of the advice: nothing was to be done; it led to the restart's notebook; what is left is still
said to be in doubt; it says that only a restart helps; what is left is held to be good."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with what was said at the end of a session. Everything lists cells.

    Attributes:
        changed: Cells that a restart changes: what they show, or what they bind.
        due: Cells that must be told.
        missed: Those of them without a warning.
        alarms: Cells with a warning that nothing justifies.
        false_clean: Whether ``%cellgraph check`` says clean though a cell is due.
        unlisted: Cells that the restart changes and the table does not name: the table is wrong.
        unproven: Cells that the table says are changed, and are not: the table is wrong.
        remedy: What became of the advice.
        remedy_clean: Whether it says clean after its remedy, falsely.
        left_over: Cells that differ after the remedy and are held to be good.
        vague: Whether it says clean without a reservation though the table asks for one.
        never: What was said and must never be.
        differences: Cell → what is different, for people.
    """

    session: Session
    played: Played
    changed: tuple[str, ...]
    due: tuple[str, ...]
    missed: tuple[str, ...]
    alarms: tuple[str, ...]
    false_clean: bool
    unlisted: tuple[str, ...]
    unproven: tuple[str, ...]
    remedy: Remedy
    remedy_clean: bool
    left_over: tuple[str, ...]
    vague: bool
    never: str
    differences: Mapping[str, str]

    @property
    def wrong(self) -> list[str]:
        """Every complaint, in words. Empty where all is well."""
        complaints = {
            "not told": " ".join(self.missed),
            "false alarm": " ".join(self.alarms),
            'false "clean"': " ".join(self.due) if self.false_clean else "",
            "held to be good after the remedy": " ".join(self.left_over) if self.played.remedied else "",
            'false "clean" after the remedy': " ".join(self.left_over) if self.remedy_clean else "",
            "clean without a reservation": "check" if self.vague else "",
            "its advice does not lead to the restart": self.remedy if self._is_in_vain else "",
            "said": self.never,
            "failed inside": " ".join(self.played.failures),
        }
        return [f"{what}: {which}" for what, which in complaints.items() if which]

    @property
    def _is_in_vain(self) -> bool:
        return self.session.done and self.remedy != "done"

    @property
    def mistaken(self) -> list[str]:
        """Where the table is wrong about the restart."""
        complaints = {"changed, not in the table": self.unlisted, "told in vain": self.unproven}
        return [f"{what}: {' '.join(cells)}" for what, cells in complaints.items() if cells]


def judge(session: Session, client: Client) -> Verdict:
    """Play the session, restart its notebook, compare."""
    played = client.play(session)
    # A session that has not left other files than it found has one restart, not two.
    fresh = client.restart(session)
    left = client.restart_in_place(session) if session.left or _wrote_files(played.end) else fresh
    truth, other = (left, fresh) if session.left else (fresh, left)
    return verdict(session, played, truth, other)


def verdict(session: Session, played: Played, truth: Screen, other: Screen) -> Verdict:
    """Hold what was said against the restart. ``other`` is the restart in the other directory."""
    told, demanded, may = _cells(session.told), _cells(session.demanded), _cells(session.may)
    cells = [cell for cell in final(session) if cell in ran(session)]
    never_run = [cell for cell in final(session) if cell not in ran(session)]
    differences = {cell: text for cell in cells if (text := difference(cell, played.end, truth))}
    changed = [cell for cell in cells if cell in differences and cell not in may]
    changed += [cell for cell in never_run if cell in told]
    due = [cell for cell in final(session) if cell in {*changed, *told, *demanded}]
    warned = played.end.warned
    justified = {*due, *may, *never_run, *_edited(session, played.end)} | (set(warned) - set(final(session)))
    alarms = [
        cell
        for cell in sorted(warned)
        if cell in _quiet(session)
        or (cell not in justified and not any(doubtful(cell, played.end, fresh) for fresh in (truth, other)))
    ]
    after = played.remedied or played.end
    remaining = _remaining(session, after, truth, [cell for cell in due if cell not in demanded], may)
    left_over = [cell for cell in remaining if cell not in after.warned]
    return Verdict(
        session,
        played,
        changed=tuple(changed),
        due=tuple(due),
        missed=tuple(cell for cell in due if cell not in warned),
        alarms=tuple(alarms),
        false_clean=bool(due) and played.end.clean,
        unlisted=tuple(cell for cell in changed if cell not in told),
        unproven=tuple(sorted(told - set(changed))),
        remedy=_remedy(played, due, remaining, left_over),
        remedy_clean=bool(left_over) and played.remedied is not None and played.remedied.clean,
        left_over=tuple(left_over),
        vague=session.unclean and played.end.flatly_clean,
        never=_never(session, played),
        differences=differences,
    )


def difference(cell: str, live: Screen, fresh: Screen) -> str:
    """What a restart changes about a cell: what it shows or binds. Empty where nothing."""
    shown = _different_output(live.shown.get(cell, Shown()), fresh.shown.get(cell, Shown()))
    return shown or _different_values(cell, live, fresh)


def _different_output(live: Shown, fresh: Shown) -> str:
    for part in ("error", "text", "result", "displays", "errors"):
        here, there = getattr(live, part), getattr(fresh, part)
        if here != there:
            return f"{part} {here!r}, restart {there!r}"
    return ""


def _different_values(cell: str, live: Screen, fresh: Screen) -> str:
    ours, theirs = live.traces.get(cell), fresh.traces.get(cell)
    if ours is None or theirs is None:
        return "" if ours is theirs else "ran there only" if ours is None else "ran here only"
    for name in sorted({*_written(ours), *_written(theirs)}):
        here, there = ours.after.get(name, ABSENT), theirs.after.get(name, ABSENT)
        if here.text == there.text or _same_parts(name, ours, theirs):
            continue
        named = name in ours.reads | theirs.reads or name.startswith("file ")
        if named or (ABSENT not in (here, there) and _remains(name, live, fresh)):
            return f"{name} = {here.text}, restart {there.text}"
    return ""


def _remains(name: str, live: Screen, fresh: Screen) -> bool:
    """Whether a name that a cell changed through another one is there at both ends, with other values."""
    here, there = live.values.get(name), fresh.values.get(name)
    return here is not None and there is not None and here.text != there.text


def _written(trace: Trace) -> list[str]:
    names = trace.before.keys() | trace.after.keys()
    return [name for name in names if trace.before.get(name, ABSENT) != trace.after.get(name, ABSENT)]


def _same_parts(name: str, live: Trace, fresh: Trace) -> bool:
    """Whether the parts of a value that either run changed are the same after both."""
    sides = [(trace.before.get(name, ABSENT), trace.after.get(name, ABSENT)) for trace in (live, fresh)]
    if not all(side.parts or side.text == EMPTY for pair in sides for side in pair):
        return False
    changed = {
        key
        for before, after in sides
        for key in before.parts.keys() | after.parts.keys()
        if before.parts.get(key) != after.parts.get(key)
    }
    return all(sides[0][1].parts.get(key) == sides[1][1].parts.get(key) for key in changed)


def doubtful(cell: str, live: Screen, fresh: Screen) -> bool:
    """Whether a cell shows, binds or reads anything else than in a restart."""
    if difference(cell, live, fresh):
        return True
    here, there = live.traces.get(cell), fresh.traces.get(cell)
    if here is None or there is None:
        return True
    reads = here.reads | there.reads | {name for name in here.before if name.startswith("file ")}
    return any(_is_another(here.before.get(name), there.before.get(name)) for name in reads)


def _is_another(here: Frozen | None, there: Frozen | None) -> bool:
    """Whether a cell met another value: what its class gives to all instances is part of what it meets."""
    return here != there or (here is not None and there is not None and here.kind != there.kind)


def _edited(session: Session, live: Screen) -> list[str]:
    """The cells whose text is not what ran, apart from comments and layout: they are not up to date."""
    texts = final(session)
    return [
        cell for cell, trace in live.traces.items() if cell in texts and _differ(trace.source, texts[cell])
    ]


def _differ(one: str, other: str) -> bool:
    try:
        return one != other and ast.dump(ast.parse(one)) != ast.dump(ast.parse(other))
    except SyntaxError:
        return one.strip() != other.strip()


def _remaining(
    session: Session, after: Screen, truth: Screen, due: Iterable[str], may: frozenset[str]
) -> list[str]:
    """The cells that still differ from the restart after the remedy."""
    judged = {*ran(session), *due} - may
    return [cell for cell in final(session) if cell in judged and difference(cell, after, truth)]


def _remedy(played: Played, due: list[str], remaining: list[str], left_over: list[str]) -> Remedy:
    if not due:
        return ""
    if any(said.code == RESTART_ONLY for said in played.end.said):
        return "restart"
    if left_over:
        return "wrong"
    return "by hand" if remaining else "done"


def _never(session: Session, played: Played) -> str:
    if not session.never:
        return ""
    words = [played.end.printed, played.end.check, *(said.message for said in played.end.said)]
    found = re.search(session.never, "\n".join(words))
    return found.group() if found else ""


def _wrote_files(screen: Screen) -> bool:
    return any(name.startswith("file ") for trace in screen.traces.values() for name in trace.after)


def _cells(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _quiet(session: Session) -> frozenset[str]:
    """The cells that must not be flagged. A cell that is due cannot be among them."""
    if session.quiet == "*":
        return (
            frozenset(final(session)) - _cells(session.told) - _cells(session.demanded) - _cells(session.may)
        )
    return _cells(session.quiet)

"""How findings speak of what is used up by being read: generators, iterators, open files."""

from __future__ import annotations

import re

from cellgraph import rules
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.analyse.messages.common import Label, difference
from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Digest, Run

_ITERATORS = re.compile(r"used up|not started|under way|iterator|line \d+|\d+ left")
_FILES = re.compile(r"position \d+|open|closed")
_WHOSE = {
    rules.OUT_OF_ORDER.code: ", which stands below it",
    rules.DELETED_CELL.code: ", a cell that was deleted",
    rules.LEFTOVER.code: ", which did not do so again",
    rules.OWN_OUTPUT.code: ", an earlier run of that cell",
}


def consumed_doubt(doubt: StaleRead, label: Label) -> str:
    """The sentence of a warning about a consumable that a run used up; empty for any other."""
    read, origin, whose = doubt.read, doubt.origin, _WHOSE.get(doubt.code)
    if origin is None or whose is None or not _changed_by(origin, read.name):
        return ""
    done = _done_to(read.digest)
    if not done or doubt.slot is None or doubt.slot.digest is None:
        return ""
    how = difference(doubt.slot.digest, read.digest) if read.digest.quality != "opaque" else ""  # type: ignore[union-attr]
    told = f"{read.label} {done} {origin.label}{whose} {how}".rstrip()
    instead = f"Restart & Run All takes it as {label(doubt.slot.cell)} leaves it"
    return f"{label(doubt.cell)} used {read.label}, but {told}: {instead}"


def consumed_drift(drift: LiveDifference, label: Label) -> str:
    """The sentence of a note about a consumable that a later run used up; empty for any other."""
    done = _done_to(drift.read.digest)
    if drift.code != rules.MUTATED.code or drift.run is None or not done:
        return ""
    name = drift.read.label
    return f"{name} is not what {label(drift.cell)} saw: {name} {done} {drift.run.label} since"


def _changed_by(run: Run, name: str) -> bool:
    return any(write.name == name and write.kind == "mutate" for write in run.writes)


def _done_to(digest: Digest | None) -> str:
    """What is done to a value of this kind by using it; empty where using it up is not possible."""
    if digest is None:
        return ""
    if _ITERATORS.fullmatch(digest.size):
        return "was consumed by"
    if _FILES.fullmatch(digest.size):
        return "was closed by" if digest.size == "closed" else "was read or written by"
    return ""

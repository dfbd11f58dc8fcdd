"""Parts of all sentences: labels of cells, who made a value, how two values differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cellgraph import rules
from cellgraph.analyse.environment import UNKNOWN, StaleRead
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.code.source import first_line
from cellgraph.model import Digest, Read, Run
from cellgraph.record.ledger import Ledger

_LINE = 40
"""Characters of a cell's first line that stand for a cell without a number."""


@dataclass(frozen=True, slots=True)
class Label:
    """Gives a cell's label: that of its latest run, as the screen shows it."""

    ledger: Ledger
    texts: Mapping[str, str] = field(default_factory=dict)
    """The texts of cells that never ran."""

    def __call__(self, cell: str) -> str:
        """``[4]``; for a cell that never ran ``[ ]``, with its first line where that is known."""
        run = self.ledger.latest(cell)
        if run is not None:
            return run.label
        line = first_line(self.texts.get(cell, ""))
        return f"[ ] ({line[:_LINE]}{'…' * (len(line) > _LINE)})" if line else "[ ]"


def listed(labels: Iterable[str], most: int = 12) -> str:
    """Labels of cells, all of them up to ``most``: ``[1], [2]``, and beyond ``[1], … [99] (99 in all)``."""
    every = list(labels)
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[: most - 2])}, … {every[-1]} ({len(every)} in all)"


def maker(stale: StaleRead, label: Label, cell: str | None = None) -> str:
    """The run that made what was read, with the number that its cell shows now: ``[2] (now [5])``.

    ``cell`` is the cell to name, if that may be another than the run's.
    """
    origin = stale.origin
    if origin is None or (cell is not None and origin.cell != cell):
        return label(cell) if cell is not None else "a cell"
    now = label(origin.cell)
    return origin.label if now == origin.label else f"{origin.label} (now {now})"


def difference(before: Digest | None, after: Digest | None) -> str:
    """How two values differ, in brackets, as far as digests tell: ``(shape (3, 2) → (2, 2))``."""
    if before is None or after is None or after is UNKNOWN:
        return ""
    if "opaque" in (before.quality, after.quality):
        return f"(a {after.type or 'value'} cannot be compared)"
    if before.type != after.type and before.type and after.type:
        return f"({before.type} → {after.type})"
    if before.size != after.size and before.size and after.size:
        return f"({_shared_word(before.size, after.size)})"
    if before.preview and after.preview and before.preview != after.preview:
        old, new = _short(before.preview), _short(after.preview)
        return f"({old} → {new})" if old != new else f"({before.preview} → {after.preview})"
    return ""


def _short(preview: str) -> str:
    """A number; a fraction is given with at most six digits."""
    if "." not in preview:
        return preview
    try:
        return f"{float(preview):.6g}"
    except ValueError:
        return preview


def _shared_word(before: str, after: str) -> str:
    word, _, rest = after.partition(" ")
    return f"{before} → {rest}" if before.startswith(f"{word} ") else f"{before} → {after}"


Difference = Callable[[Digest | None, Digest | None], str]


def called(read: Read) -> str:
    """The words for a file in a sentence: ``file data/clean.csv``."""
    return read.name.label


def spoken(message: str, read: Read) -> str:
    """A sentence about variables, adapted to a file."""
    return message.replace(f"used {read.name}", f"read {called(read)}").replace(read.name, called(read))


def file_warning(stale: StaleRead, label: Label, difference: Difference) -> str | None:
    """What is wrong with a file that no cell above makes; None where the usual sentence says it."""
    if stale.slot is None or stale.slot.cell:
        return _rewritten(stale, label) if stale.read.is_module and stale.code == rules.STALE.code else None
    return _BY_CODE[stale.code](stale, label, difference) if stale.code in _BY_CODE else None


def file_fix(stale: StaleRead, label: Label) -> str:
    """What helps with a file where running cells does not."""
    reader, name = label(stale.cell), called(stale.read)
    if stale.read.digest is None:
        return f"put it back, then run {reader}, or restart"
    if stale.slot is not None and stale.slot.digest is None and not stale.slot.cell:
        return "put it back: a restart fails without it"
    if stale.read.is_module:
        return "restart and run all"
    if stale.code == rules.OUT_OF_ORDER.code and stale.cause:
        return f"move {label(stale.cause)} above {reader}, or restart without the file"
    if stale.code in (rules.DELETED_CELL.code, rules.LEFTOVER.code):
        return "put the code that made it back, or restart without the file"
    return f"remove {name}, then run {reader}, or restart without the file"


def file_note(changed: LiveDifference, label: Label) -> str | None:
    """How a file has changed by no cell's doing; None where the usual sentence says it."""
    if changed.run is not None:
        return None
    reader, name = label(changed.cell), called(changed.read)
    if changed.code == rules.DELETED.code:
        return f"{name}, which {reader} read, is gone: running {reader} again now would fail"
    return f"{name} is not what {reader} read: it has changed on disk since, by no cell"


def _rewritten(stale: StaleRead, label: Label) -> str:
    maker = label(stale.slot.cell) if stale.slot else ""
    file = stale.read.name.path
    return f"{label(stale.cell)} uses {file}, which {maker} has written since it was imported"


def _changed(stale: StaleRead, label: Label, difference: Difference) -> str:
    reader, name = label(stale.cell), called(stale.read)
    now = stale.slot.digest if stale.slot else None
    if stale.read.is_module:
        file = stale.read.name.path
        if now is None:
            return f"{reader} uses {file}, and the file is not there any more"
        return f"{reader} uses {file}, and the file has changed since it was imported"
    if stale.read.digest is None:
        return f"{reader} found no {name}, and there is one now"
    if now is None:
        return f"{reader} read {name}, and there is no such file any more: Restart & Run All fails here"
    how = difference(stale.read.digest, now)
    return f"{reader} read {name}, and the file has changed on disk since {how}".rstrip()


def _from_below(stale: StaleRead, label: Label, _: Difference) -> str:
    maker = label(stale.origin.cell) if stale.origin else "a cell"
    return (
        f"{label(stale.cell)} read {called(stale.read)} from {maker}, which stands below it: "
        "Restart & Run All reads what an earlier session left on disk, and fails where there is nothing"
    )


def _own(stale: StaleRead, label: Label, difference: Difference) -> str:
    reader = label(stale.cell)
    how = difference(stale.read.digest, stale.slot.digest if stale.slot else None)
    return (
        f"{reader} started from what it had written itself to {called(stale.read)} {how}".rstrip()
        + f": each run of {reader} goes on from the last, and so does Restart & Run All"
    )


def _left_behind(stale: StaleRead, label: Label, _: Difference) -> str:
    maker = stale.origin.label if stale.origin is not None else "a cell"
    deleted = stale.code == rules.DELETED_CELL.code
    why = "a cell that was deleted" if deleted else "whose code does not make it any more"
    read = f"{label(stale.cell)} read {called(stale.read)} from {maker}, {why}"
    return f"{read}: Restart & Run All finds it only where it is still on disk"


_BY_CODE: dict[str, Callable[[StaleRead, Label, Difference], str]] = {
    rules.STALE.code: _changed,
    rules.OUT_OF_ORDER.code: _from_below,
    rules.OWN_OUTPUT.code: _own,
    rules.DELETED_CELL.code: _left_behind,
    rules.LEFTOVER.code: _left_behind,
}


_ITERATORS = re.compile(r"used up|not started|under way|iterator|line \d+|(?<!\d)\d+ left")
_FILES = re.compile(r"position \d+|open|closed")
_WHOSE = {
    rules.OUT_OF_ORDER.code: ", which stands below it",
    rules.DELETED_CELL.code: ", a cell that was deleted",
    rules.LEFTOVER.code: ", which did not do so again",
    rules.OWN_OUTPUT.code: ", an earlier run of that cell",
}


def consumed_warning(stale: StaleRead, label: Label) -> str:
    """The sentence of a warning about a consumable that a run used up; empty for any other."""
    read, origin, whose = stale.read, stale.origin, _WHOSE.get(stale.code)
    if origin is None or whose is None or not _changed_by(origin, read.name):
        return ""
    done = _done_to(read.digest)
    if not done or stale.slot is None or stale.slot.digest is None:
        return ""
    how = difference(stale.slot.digest, read.digest) if read.digest.quality != "opaque" else ""  # type: ignore[union-attr]
    told = f"{read.label} {done} {origin.label}{whose} {how}".rstrip()
    instead = f"Restart & Run All takes it as {label(stale.slot.cell)} leaves it"
    return f"{label(stale.cell)} used {read.label}, but {told}: {instead}"


def consumed_note(changed: LiveDifference, label: Label) -> str:
    """The sentence of a note about a consumable that a later run used up; empty for any other."""
    done = _done_to(changed.read.digest)
    if changed.code != rules.MUTATED.code or changed.run is None or not done:
        return ""
    name = changed.read.label
    return f"{name} is not what {label(changed.cell)} saw: {name} {done} {changed.run.label} since"


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

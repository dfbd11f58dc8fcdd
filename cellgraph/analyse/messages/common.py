"""Parts of all sentences: labels of cells, who made a value, how two values differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

from cellgraph import rules
from cellgraph.analyse.environment import UNKNOWN, StaleRead
from cellgraph.analyse.file_replay import was_absent
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.code.source import first_line, same_code
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest, Order, Read, Run
from cellgraph.patterns import Pattern
from cellgraph.record.ledger import Ledger

T = TypeVar("T")

_WORDS = 32
"""Characters of a cell's first line that are said beside its number."""


@dataclass(frozen=True, slots=True)
class Label:
    """Says what a cell is called: by the number that stands beside it now, and by its first words.

    A deleted cell has no number any more.
    """

    ledger: Ledger
    order: Order = field(default_factory=Order)
    places: Mapping[str, str] = field(default_factory=dict)
    """What to call cells instead of by the number of their run (``cell 4``)."""

    def __call__(self, cell: str) -> str:
        """The number alone, ``[4]``. A cell that never ran is called by its first words too."""
        if cell in self.order.deleted:
            return self._words(cell) or "a deleted cell"
        if cell in self.places:
            return self.places[cell]
        run = self.ledger.latest(cell)
        return run.label if run is not None else f"[ ] {self._words(cell)}".rstrip()

    def named(self, cell: str) -> str:
        """The number and the first words: ``[4] `bill = 100 + tax```; of a deleted cell the words alone."""
        number = self(cell)
        words = self._words(cell)
        return number if not words or number.endswith(words) else f"{number} {words}"

    def of(self, run: Run) -> str:
        """What a run is called: by its cell and, if that has run again since, as an earlier run of it."""
        latest, named = self.ledger.latest(run.cell), self.named(run.cell)
        return named if latest is None or latest.number == run.number else f"an earlier run of {named}"

    def gone(self, cell: str) -> str:
        """What has become of a cell that no longer runs."""
        prose = cell in self.order.prose
        return "which holds no code any more" if prose else "a cell that was deleted"

    def _words(self, cell: str) -> str:
        run = self.ledger.latest(cell)
        line = first_line(self.order.texts.get(cell, run.source if run is not None else ""))
        # A backquote ends the words, and is shown as another.
        line = line[:_MOST_LOOKED_AT].replace("`", "'").rstrip(" :")
        return f"`{line[:_WORDS].rstrip()}{'…' * (len(line) > _WORDS)}`" if line else ""


_MOST_LOOKED_AT = 500
"""Characters of a first line that are looked at: pasted data may have millions."""


def listed(cells: Sequence[T], label: Callable[[T], str], most: int = 12) -> str:
    """Cells by their labels, all up to ``most``: ``[1], [2]``, and beyond ``[1], … [99] (99 in all)``."""
    if len(cells) <= most:
        return ", ".join(map(label, cells))
    return f"{', '.join(map(label, cells[: most - 2]))}, … {label(cells[-1])} ({len(cells)} in all)"


def what_became(stale: StaleRead, label: Label) -> str:
    """What has become of the cell that made what was read, which no longer runs."""
    return label.gone(stale.origin.cell if stale.origin is not None else "")


def maker(stale: StaleRead, label: Label, cell: str | None = None) -> str:
    """The cell that made what was read. ``cell`` is the cell to name, if that may be another."""
    found = cell if cell is not None else stale.origin.cell if stale.origin is not None else None
    if found is None:
        return "a cell"
    return "its own earlier run" if found == stale.cell else label.named(found)


def difference(before: Digest | None, after: Digest | None) -> str:
    """How two values differ, in brackets, as far as digests tell: ``(shape (3, 2) → (2, 2))``."""
    if before is None or after is None or after is UNKNOWN:
        return ""
    if "opaque" in (before.quality, after.quality):
        what = "the database in a module" if after.type == "module" else f"a {after.type or 'value'}"
        return f"({what} cannot be compared)"
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


def failed_again(stale: StaleRead, label: Label) -> str | None:
    """How the latest run of the cell that made what was read ended, as a verb; None if it did not fail."""
    latest = label.ledger.latest(stale.origin.cell) if stale.origin is not None else None
    if stale.code != rules.LEFTOVER.code or latest is None or latest.outcome not in ("error", "interrupted"):
        return None
    return ended(latest)


def ended(run: Run) -> str:
    """How a run ended that did not come to its end, as a verb."""
    return "was interrupted" if run.outcome == "interrupted" else f"raised {run.error}"


Difference = Callable[[Digest | None, Digest | None], str]


def called(read: Read) -> str:
    """The words for a file in a sentence: ``file data/clean.csv``."""
    return read.name.label


def spoken(message: str, read: Read) -> str:
    """A sentence about variables, adapted to a file."""
    return message.replace(f"uses {read.name}", f"reads {called(read)}").replace(read.name, called(read))


def file_warning(stale: StaleRead, label: Label, difference: Difference) -> str | None:
    """What is wrong with a file that no cell above makes; None where the usual sentence says it."""
    if stale.slot is None or stale.slot.cell:
        told = stale.read.is_module and stale.code in (rules.STALE.code, rules.RESTART_ONLY.code)
        return _rewritten(stale, label) if told else None
    return _BY_CODE[stale.code](stale, label, difference) if stale.code in _BY_CODE else None


def file_fix(stale: StaleRead, label: Label) -> str:
    """What helps with a file where running cells does not."""
    reader, name = label(stale.cell), called(stale.read)
    if stale.read.digest is None:
        return f"put {name} back, then run {reader}"
    if stale.slot is not None and stale.slot.digest is None and not stale.slot.cell:
        return "put it back: a restart fails without it"
    if stale.read.is_module:
        return "restart and run all"
    if _was_there(stale.read, label):  # to remove it would lose it: no cell makes it from nothing
        return f"put {name} back as it was at first, then run {reader}, or restart"
    return f"{_first(stale, label)}, or restart without the file"


def _first(stale: StaleRead, label: Label) -> str:
    """What to do about a file that the notebook itself has made."""
    reader = label(stale.cell)
    if stale.code == rules.OUT_OF_ORDER.code and stale.cause:
        return f"move {label(stale.cause)} above {reader}"
    if failed_again(stale, label) is not None:
        return f"see what {label(stale.cause or '')} needs to make it"
    lacks_code = stale.code == rules.LEFTOVER.code and _lacks_code(stale, label)
    if stale.code == rules.DELETED_CELL.code or lacks_code:
        return "put the code that made it back"
    cells = reader if stale.cause in (None, stale.cell) else f"{label(stale.cause or '')}, {reader}"
    return f"remove {called(stale.read)}, then run {cells}"


def _lacks_code(stale: StaleRead, label: Label) -> bool:
    """Whether the cell that made a file has run again with other code, that does not make it."""
    latest = label.ledger.latest(stale.origin.cell) if stale.origin is not None else None
    return latest is None or not same_code(latest.source, stale.origin.source)  # type: ignore[union-attr]


def file_note(changed: LiveDifference, label: Label) -> str | None:
    """How a file has changed by no cell's doing; None where the usual sentence says it."""
    if changed.run is not None:
        return None
    reader, name = label.named(changed.cell), called(changed.read)
    if changed.code == rules.DELETED.code:
        if changed.read.store_only:
            return f"{name}, which {reader} found, is gone"
        again = f"running {label(changed.cell)} again now would fail"
        return f"{name}, which {reader} read, is gone: {again}"
    return f"{name} is not what {reader} read: it has changed on disk since, by no cell"


def _rewritten(stale: StaleRead, label: Label) -> str:
    writer = label.named(stale.slot.cell) if stale.slot else ""
    file = stale.read.name.path
    return f"{label.named(stale.cell)} uses {file}, which {writer} has written since it was imported"


def _changed(stale: StaleRead, label: Label, difference: Difference) -> str:
    reader, name = label.named(stale.cell), called(stale.read)
    now = stale.slot.digest if stale.slot else None
    if stale.read.is_module:
        file = stale.read.name.path
        if now is None:
            return f"{reader} uses {file}, and the file is not there any more"
        return f"{reader} uses {file}, and the file has changed since it was imported"
    if stale.read.digest is None:
        return f"{reader} found no {name}, and there is one now"
    if now is None:
        fails = "" if stale.read.store_only else ": Restart & Run All fails here"
        return f"{reader} {_did(stale.read)} {name}, and there is no such file any more{fails}"
    how = difference(stale.read.digest, now)
    return f"{reader} read {name}, and the file has changed on disk since {how}".rstrip()


def _from_below(stale: StaleRead, label: Label, _: Difference) -> str:
    if stale.read.digest is None:
        found = f"{label.named(stale.cell)} found no {called(stale.read)}"
        return f"{found}: {maker(stale, label)}, which stands below it, had taken it away"
    read = f"{label.named(stale.cell)} {_did(stale.read)} {called(stale.read)} from {maker(stale, label)}"
    found = "only what an earlier session left on disk, if anything"
    if _was_there(stale.read, label):
        found = "it as it is on disk by then"
    return f"{read}, which stands below it: Restart & Run All finds {found}"


def _was_there(read: Read, label: Label) -> bool:
    """Whether a file that cells have written was there before any of them had."""
    first = label.ledger.first_write(read.name)
    return first is not None and not was_absent(label.ledger, read.name)


def _did(read: Read) -> str:
    """What a cell did with a file: of one that it listed, or asked for, the content does not count."""
    return "found" if read.store_only else "read"


def _own(stale: StaleRead, label: Label, difference: Difference) -> str:
    if stale.read.digest is None:
        found = f"{label.named(stale.cell)} found no {called(stale.read)}"
        return f"{found}: it had taken it away itself when it ran before, and so does each run"
    run = label.ledger.latest(stale.cell)
    if run is not None and not any(write.name == stale.read.name for write in run.writes):
        kept = "which an earlier run of it made" + " from other inputs" * (not stale.read.store_only)
        found = f"{label.named(stale.cell)} {_did(stale.read)} {called(stale.read)}, {kept}"
        return f"{found}: it makes it where there is none"
    how = difference(stale.read.digest, stale.slot.digest if stale.slot else None)
    start = f"{label.named(stale.cell)} started from what it had written itself to {called(stale.read)} {how}"
    on = f"each run of {label(stale.cell)} goes on from the last, and so does Restart & Run All"
    return f"{start.rstrip()}: {on}"


def _left_behind(stale: StaleRead, label: Label, _: Difference) -> str:
    deleted = stale.code == rules.DELETED_CELL.code
    failed = failed_again(stale, label)
    why = what_became(stale, label) if deleted else "whose code does not make it any more"
    if failed is not None:
        why = f"which has run again and {failed} before it made it"
    read = f"{label.named(stale.cell)} read {called(stale.read)} from {maker(stale, label)}, {why}"
    return f"{read}: Restart & Run All finds it only where it is still on disk"


_BY_CODE: dict[str, Callable[[StaleRead, Label, Difference], str]] = {
    rules.STALE.code: _changed,
    rules.OUT_OF_ORDER.code: _from_below,
    rules.OWN_OUTPUT.code: _own,
    rules.DELETED_CELL.code: _left_behind,
    rules.LEFTOVER.code: _left_behind,
}


_ITERATORS = Pattern(r"used up|not started|under way|iterator|line \d+|(?<!\d)\d+ left")
_FILES = Pattern(r"position \d+|open|closed")
_WHOSE = {
    rules.OUT_OF_ORDER.code: ", which stands below it",
    rules.LEFTOVER.code: ", which did not do so again",
    rules.OWN_OUTPUT.code: "",
}


def consumed_warning(stale: StaleRead, label: Label) -> str:
    """The sentence of a warning about a consumable that a run used up; empty for any other."""
    read, origin, whose = stale.read, stale.origin, _WHOSE.get(stale.code)
    if stale.code == rules.DELETED_CELL.code:
        whose = f", {what_became(stale, label)}"
    if origin is None or whose is None or not _changed_by(origin, read.name):
        return ""
    done = _done_to(read.digest)
    if not done or stale.slot is None or stale.slot.digest is None:
        return ""
    how = difference(stale.slot.digest, read.digest) if read.digest.quality != "opaque" else ""  # type: ignore[union-attr]
    by = "an earlier run of that cell" if origin.cell == stale.cell else label.named(origin.cell)
    told = f"{read.words} {done} {by}{whose} {how}".rstrip()
    instead = f"Restart & Run All takes it as {label(stale.slot.cell)} leaves it"
    return f"{label.named(stale.cell)} uses {read.words}, but {told}: {instead}"


def consumed_note(changed: LiveDifference, label: Label) -> str:
    """The sentence of a note about a consumable that a later run used up; empty for any other."""
    done = _done_to(changed.read.digest)
    if changed.code != rules.MUTATED.code or changed.run is None or not done:
        return ""
    name = changed.read.words
    by = label.of(changed.run)
    return f"{name} is not what {label.named(changed.cell)} saw: {name} {done} {by} since"


def _changed_by(run: Run, name: str) -> bool:
    return any(write.name == name and write.kind == "mutate" for write in run.writes)


def _done_to(digest: Digest | None) -> str:
    """What is done to a value of this kind by using it; empty where using it up is not possible."""
    if digest is None or not digest.size:
        return ""
    if _ITERATORS.fullmatch(digest.size):
        return "was consumed by"
    if _FILES.fullmatch(digest.size):
        return "was closed by" if digest.size == "closed" else "was read or written by"
    return ""

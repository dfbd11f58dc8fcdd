"""What all sentences are made with: labels of cells, who made a value, how two values differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Digest
from cellgraph.record.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Label:
    """Gives a cell's label: that of its latest run, which is what the screen shows."""

    ledger: Ledger

    def __call__(self, cell: str) -> str:
        """``[4]``, or ``[ ]`` for a cell that never ran."""
        run = self.ledger.latest(cell)
        return run.label if run is not None else "[ ]"


def listed(labels: Iterable[str], most: int = 12) -> str:
    """Labels of cells, all of them up to ``most``: ``[1], [2]``, and beyond ``[1], … [99] (99 in all)``."""
    every = list(labels)
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[: most - 2])}, … {every[-1]} ({len(every)} in all)"


def maker(doubt: StaleRead, label: Label, cell: str | None = None) -> str:
    """The run that made what was read, and where its cell shows another number now: ``[2] (now [5])``.

    ``cell`` is who is to blame, where that may be another cell.
    """
    origin = doubt.origin
    if origin is None or (cell is not None and origin.cell != cell):
        return label(cell) if cell is not None else "a cell"
    now = label(origin.cell)
    return origin.label if now == origin.label else f"{origin.label} (now {now})"


def difference(before: Digest | None, after: Digest | None) -> str:
    """How two values differ, in brackets, as far as digests tell: ``(shape (3, 2) → (2, 2))``."""
    if before is None or after is None:
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
    """A number with six digits at the most, where it is one with a fraction."""
    if "." not in preview:
        return preview
    try:
        return f"{float(preview):.6g}"
    except ValueError:
        return preview


def _shared_word(before: str, after: str) -> str:
    word, _, rest = after.partition(" ")
    return f"{before} → {rest}" if before.startswith(f"{word} ") else f"{before} → {after}"

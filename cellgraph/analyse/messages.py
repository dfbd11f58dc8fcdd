"""The sentences of findings. A cell is called by the number that the front end shows beside it."""

from __future__ import annotations

from collections.abc import Callable

from cellgraph.analyse.determinism import Draw
from cellgraph.analyse.live import Drift
from cellgraph.analyse.replay import Doubt
from cellgraph.model import Digest, Order, Run
from cellgraph.record.ledger import Ledger

Label = Callable[[str], str]

_REMEDY_SHOWN = 12
"""Cells that a message lists. The finding's remedy holds all of them."""


def labels(ledger: Ledger) -> Label:
    """Gives a cell's label: that of its latest run, which is what the screen shows."""

    def label(cell: str) -> str:
        run = ledger.latest(cell)
        return run.label if run is not None else "[ ]"

    return label


def doubt_message(doubt: Doubt, label: Label) -> str:
    """What is wrong and why, without the remedy."""
    return _DOUBTS[doubt.code](doubt, label)


def drift_message(drift: Drift, label: Label) -> str:
    """What a cell would see if it ran now."""
    name, reader = drift.read.label, label(drift.cell)
    by = drift.run.label if drift.run is not None else ""
    if drift.code == "CG202":
        gone = f"was deleted by {by}" if by else "is gone"
        return f"{name}, which {reader} used, {gone}: running {reader} again now would fail"
    if drift.code == "CG203":
        return f"{name} is not what {reader} saw: {by} changed it since"
    if drift.code == "CG201":
        return f"{name} is not what {reader} saw: {by} redefined it since"
    return f"{reader} used {name}, which no cell made (it was there before, or a thread or widget made it)"


def draw_message(draw: Draw, order: Order, label: Label) -> str:
    """Why a cell's result is left to chance."""
    cell, what = label(draw.cell), draw.subject
    library = "numpy.random" if what == "numpy" else what
    if draw.kind == "observed":
        another = "result" if what.startswith("Out[") else what
        return f"{cell} gave another {another} when it ran again with the same inputs"
    if draw.kind == "reseeded":
        return f"{cell} seeds {library} without a value: it draws other numbers each time"
    if draw.kind == "elsewhere":
        return f"{cell} drew other numbers ({library}) than Restart & Run All would"
    draws = f"{cell} draws random numbers ({library}) and no cell above sets the seed"
    return draws + _seeder(draw, order, label)


def _seeder(draw: Draw, order: Order, label: Label) -> str:
    seeder = draw.seeder
    if seeder is None or seeder.cell == draw.cell:
        return ""
    if seeder.cell in order.cells[order.cells.index(draw.cell) :]:
        return f" ({label(seeder.cell)} does, below it)"
    return f" ({seeder.label} did, a cell that was deleted)" if seeder.cell in order.deleted else ""


def with_remedy(message: str, remedy: tuple[str, ...], label: Label) -> str:
    """The message with the cells to run behind it."""
    if not remedy:
        return message
    shown = [label(cell) for cell in remedy]
    if len(shown) > _REMEDY_SHOWN:
        shown = [*shown[: _REMEDY_SHOWN - 2], f"… {shown[-1]} ({len(shown)} in all)"]
    return f"{message} · run {', '.join(shown)}"


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
        return f"({before.preview} → {after.preview})"
    return ""


def _shared_word(before: str, after: str) -> str:
    word, _, rest = after.partition(" ")
    return f"{before} → {rest}" if before.startswith(f"{word} ") else f"{before} → {after}"


def _stale(doubt: Doubt, label: Label) -> str:
    slot, name = doubt.slot, doubt.read.label
    if doubt.read.digest is None and slot is not None:
        made = label(slot.cell)
        return f"{label(doubt.cell)} ran when there was no {doubt.read.name}; {made} has made it since"
    used = f"{label(doubt.cell)} used {name}"
    if doubt.origin is None or slot is None:
        return f"{used}, and it is different now"
    since = f"{label(slot.cell)} has run since"
    if slot.cell == doubt.origin.cell:
        since = _run_again(doubt.origin, label)
    return f"{used} from {doubt.origin.label}; {since} and {name} {_different(doubt)}"


def _run_again(origin: Run, label: Label) -> str:
    now = label(origin.cell)
    if now == origin.label:
        return f"{now} has been run again since"
    return f"that cell has been run again since (now {now})"


def _different(doubt: Doubt) -> str:
    seen, there = doubt.read.digest, doubt.slot.digest if doubt.slot else None
    how = difference(seen, there) if not doubt.read.path else ""
    opaque = seen is not None and there is not None and "opaque" in (seen.quality, there.quality)
    word = "may be different now" if opaque else "is different now"
    return f"{word} {how}".rstrip()


def _upstream(doubt: Doubt, label: Label) -> str:
    maker = label(doubt.cause or "")
    return f"{label(doubt.cell)} used {doubt.read.label} from {maker}, which is itself in doubt"


def _out_of_order(doubt: Doubt, label: Label) -> str:
    maker = label(doubt.origin.cell) if doubt.origin else "another cell"
    used = f"{label(doubt.cell)} used {doubt.read.label} from {maker}"
    if doubt.slot is None or doubt.slot.digest is None:
        return f"{used}, which stands below it: {_fails(doubt)}"
    how = difference(doubt.read.digest, doubt.slot.digest)
    return f"{used}, out of order: Restart & Run All takes it from {label(doubt.slot.cell)} {how}".rstrip()


def _deleted_cell(doubt: Doubt, label: Label) -> str:
    maker = doubt.origin.label if doubt.origin else "a cell"
    used = f"{label(doubt.cell)} used {doubt.read.label} from {maker}"
    return f"{used}, a cell that was deleted: {_instead(doubt, label)}"


def _leftover(doubt: Doubt, label: Label) -> str:
    maker = doubt.origin.label if doubt.origin else "a cell"
    now = label(doubt.origin.cell) if doubt.origin else maker
    edited = maker if now == maker else f"{maker} (now {now})"
    used = f"{label(doubt.cell)} used {doubt.read.label} from {edited}"
    return f"{used}, whose code no longer makes it: {_instead(doubt, label)}"


def _instead(doubt: Doubt, label: Label) -> str:
    if doubt.slot is None or doubt.slot.digest is None:
        return _fails(doubt)
    return f"Restart & Run All takes it from {label(doubt.slot.cell)}"


def _fails(doubt: Doubt) -> str:
    return f"Restart & Run All fails here (no {doubt.read.name})"


def _own_output(doubt: Doubt, label: Label) -> str:
    there = doubt.slot.digest if doubt.slot else None
    how = difference(there, doubt.read.digest)
    start = f"{label(doubt.cell)} started from its own earlier result of {doubt.read.label} {how}".rstrip()
    if there is None or doubt.slot is None:
        return f"{start}: {_fails(doubt)}"
    return f"{start}, not from what {label(doubt.slot.cell)} makes"


def _deleted_name(doubt: Doubt, label: Label) -> str:
    used = f"{label(doubt.cell)} used {doubt.read.label}"
    return f"{used}, which {label(doubt.cause or '')} above it deletes: {_fails(doubt)}"


def _edited(doubt: Doubt, label: Label) -> str:
    used = f"{label(doubt.cell)} used {doubt.read.label} from {label(doubt.cause or '')}"
    return f"{used}, whose text has been edited since it ran"


_DOUBTS: dict[str, Callable[[Doubt, Label], str]] = {
    "CG101": _stale,
    "CG102": _upstream,
    "CG103": _out_of_order,
    "CG104": _deleted_cell,
    "CG105": _leftover,
    "CG106": _own_output,
    "CG107": _deleted_name,
    "CG108": _edited,
}

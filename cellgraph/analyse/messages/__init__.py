"""The sentences of findings. A cell is called by the number that the front end shows beside it.

In comes a stale read, a live difference or a cause of chance. Out comes one sentence, and what helps.

Open first: this file, which chooses; ``warnings`` has the sentences of CG1xx. ``files`` and ``consumables``
have those of files, modules and iterators, and ``common`` what they share.
"""

from __future__ import annotations

from cellgraph.analyse.determinism import NondeterminismCause
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.analyse.messages.common import Label, difference
from cellgraph.analyse.messages.consumables import consumed_drift
from cellgraph.analyse.messages.files import file_doubt, file_drift, spoken
from cellgraph.analyse.messages.warnings import manual_fix, sentence
from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Order
from cellgraph.record.ledger import Ledger
from cellgraph.trace.files.file_names import is_file

_REMEDY_SHOWN = 12
"""Cells that a message lists. The finding's remedy holds all of them."""


def labels(ledger: Ledger) -> Label:
    """The labels of a session's cells."""
    return Label(ledger)


def doubt_message(doubt: StaleRead, label: Label) -> str:
    """What is wrong and why, without the remedy."""
    if is_file(doubt.read.name):
        found = file_doubt(doubt, label, difference)
        return found or spoken(sentence(doubt, label), doubt.read)
    return sentence(doubt, label)


def doubt_cure(doubt: StaleRead, label: Label) -> str:
    """What helps where running cells does not; empty where that is not known."""
    return "" if is_file(doubt.read.name) else manual_fix(doubt, label)


def drift_message(drift: LiveDifference, label: Label) -> str:
    """What a cell would see if it ran now."""
    if is_file(drift.read.name):
        found = file_drift(drift, label)
        return found or spoken(_drift_message(drift, label), drift.read)
    return _drift_message(drift, label)


def _drift_message(drift: LiveDifference, label: Label) -> str:
    name, reader = drift.read.label, label(drift.cell)
    by = drift.run.label if drift.run is not None else ""
    if drift.code == "CG202":
        gone = f"was deleted by {by}" if by else "is gone"
        return f"{name}, which {reader} used, {gone}: running {reader} again now would fail"
    if drift.code == "CG203":
        changed = f"{name} is not what {reader} saw: {by} changed it since"
        return consumed_drift(drift, label) or changed
    if drift.code == "CG201":
        return f"{name} is not what {reader} saw: {by} redefined it since"
    return f"{reader} used {name}, which no cell made (it was there before, or a thread or widget made it)"


def draw_message(draw: NondeterminismCause, order: Order, label: Label) -> str:
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


def _seeder(draw: NondeterminismCause, order: Order, label: Label) -> str:
    seeder = draw.seeder
    if seeder is None or seeder.cell == draw.cell:
        return ""
    if seeder.cell in order.cells[order.cells.index(draw.cell) :]:
        return f" ({label(seeder.cell)} does, below it)"
    return f" ({seeder.label} did, a cell that was deleted)" if seeder.cell in order.deleted else ""


def with_remedy(message: str, remedy: tuple[str, ...], label: Label, first: str = "") -> str:
    """The message with the cells to run behind it, and with what has to be done first."""
    if not remedy:
        return message
    shown = [label(cell) for cell in remedy]
    if len(shown) > _REMEDY_SHOWN:
        shown = [*shown[: _REMEDY_SHOWN - 2], f"… {shown[-1]} ({len(shown)} in all)"]
    return f"{message} · {first}run {', '.join(shown)}"

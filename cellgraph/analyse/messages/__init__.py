"""The sentences of findings. A cell is called by the number that the front end shows beside it.

In comes a stale read, a live difference or a cause of chance. Out comes one sentence, and what helps.

Open first: this file, which chooses; ``warnings`` has the sentences of CG1xx. ``files`` and ``consumables``
have those of files, modules and iterators, and ``common`` what they share.
"""

from __future__ import annotations

from cellgraph import rules
from cellgraph.analyse.determinism import NondeterminismCause
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.analyse.messages.common import Label, difference, listed
from cellgraph.analyse.messages.consumables import consumed_drift
from cellgraph.analyse.messages.files import file_doubt, file_drift, spoken
from cellgraph.analyse.messages.warnings import manual_fix, sentence
from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Order
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


def labels(ledger: Ledger) -> Label:
    """The labels of a session's cells."""
    return Label(ledger)


def doubt_message(doubt: StaleRead, label: Label) -> str:
    """What is wrong and why, without the remedy."""
    if doubt.read.name.is_file:
        found = file_doubt(doubt, label, difference)
        return found or spoken(sentence(doubt, label), doubt.read)
    return sentence(doubt, label)


def doubt_cure(doubt: StaleRead, label: Label) -> str:
    """What helps where running cells does not; empty where that is not known."""
    return "" if doubt.read.name.is_file else manual_fix(doubt, label)


def drift_message(drift: LiveDifference, label: Label) -> str:
    """What a cell would see if it ran now."""
    if drift.read.name.is_file:
        found = file_drift(drift, label)
        return found or spoken(_drift_message(drift, label), drift.read)
    return _drift_message(drift, label)


def _drift_message(drift: LiveDifference, label: Label) -> str:
    by = drift.run.label if drift.run is not None else ""
    gone = f"was deleted by {by}" if by else "is gone"
    usual = rules.RULES[drift.code].sentence.format(
        reader=label(drift.cell), name=drift.read.label, cause=by, gone=gone
    )
    return consumed_drift(drift, label) or usual


def draw_message(draw: NondeterminismCause, order: Order, label: Label) -> str:
    """Why a cell's result is left to chance."""
    cell, what = label(draw.cell), draw.subject
    library = "numpy.random" if what == "numpy" else what
    if draw.kind == "observed":
        another = "result" if Name(what).is_result else what
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
    """The message with the cells to run behind it, and with what has to be done first.

    The message lists a dozen of them at most. The finding's remedy holds all.
    """
    return f"{message} · {first}run {listed(map(label, remedy))}" if remedy else message

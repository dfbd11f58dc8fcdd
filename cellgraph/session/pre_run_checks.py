"""What can be said before a cell runs: that it is about to read what is gone, or has changed."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping

from cellgraph import rules
from cellgraph.analyse.live_comparison import drifts
from cellgraph.analyse.messages import drift_message, labels
from cellgraph.analyse.replay import EnvironmentEntry, Replay
from cellgraph.model import Read
from cellgraph.record.recorder import Recorder, block_of
from cellgraph.trace.static_backend import surmise


def pre_run_messages(cell: str | None, text: str, recorder: Recorder, replayed: Replay) -> list[str]:
    """Lines to show above the output of a cell that is about to run; mostly none.

    ``cell`` is None where the front end gives no id.
    """
    lines = list(_missing_or_orphaned(text, recorder, replayed))
    if cell is not None:
        lines += _changed(cell, text, recorder, replayed)
    return lines


def _missing_or_orphaned(text: str, recorder: Recorder, replayed: Replay) -> Iterator[str]:
    ledger, deleted = recorder.ledger, replayed.order.deleted
    if not ledger.has_deletions and not deleted:
        return
    label = labels(ledger)
    for name in _reads(text, recorder):
        last = ledger.writer(name)
        if last is None:
            continue
        run, write = last
        if write.kind == "delete" and name not in recorder.namespace and not hasattr(builtins, name):
            yield f"this cell reads {name}, which was deleted by {run.label}"
        elif run.cell in deleted and name in recorder.namespace:
            yield f"this cell reads {name}, which comes from {label(run.cell)}, a cell that was deleted"


def _reads(text: str, recorder: Recorder) -> list[str]:
    # The text's own names, without what functions reach: enough for a line ahead of time.
    return list(surmise(block_of(recorder.source(text)), {}).reads)


def _changed(cell: str, text: str, recorder: Recorder, replayed: Replay) -> Iterator[str]:
    """For a cell that runs again with the same text: inputs that are not what it read before.

    Nothing is said of a value that is what Restart & Run All would give: then to run the cell again is
    the remedy.
    """
    ledger = recorder.ledger
    run = ledger.latest(cell)
    if run is None or not recorder.same_code(run.source, text):
        return
    for drift in drifts(ledger, [cell], recorder.live):
        told = drift.code == rules.MUTATED.code or (drift.code == rules.REDEFINED.code and drift.kept)
        if told and not _as_it_should_be(drift.read, recorder, replayed.inputs.get(cell, {})):
            yield drift_message(drift, labels(ledger))


def _as_it_should_be(read: Read, recorder: Recorder, inputs: Mapping[str, EnvironmentEntry | None]) -> bool:
    slot, now = inputs.get(read.name), recorder.live(read.name)
    if slot is None or slot.digest is None or now is None:
        return False
    return slot.digest.agrees(now)

"""The ledger: what it answers, however its runs have come in and whichever of them are packed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.model import Run
from cellgraph.record import ledger as ledger_module
from cellgraph.record.jsonl import dumps, loads
from cellgraph.record.ledger import Ledger
from tests.ledgers import CELLS, NAMES, made_runs, runs


def answers(ledger: Ledger, drawn: list[Run]) -> dict[str, Any]:
    """What a ledger says of all names, cells and runs."""
    of_names = {
        name: (
            ledger.writer(name),
            ledger.first_write(name),
            list(ledger.readers(name)),
            list(ledger.makers(name)),
            [list(ledger.writers(name, number)) for number in range(len(drawn) + 2)],
        )
        for name in NAMES
    }
    of_cells = {
        cell: (ledger.latest(cell), ledger.shown(cell), list(ledger.runs_of(cell)), ledger.times(cell))
        for cell in CELLS
    }
    of_runs = [
        ([ledger.origin(run, read) for read in run.reads], ledger.with_count(run.number)) for run in drawn
    ]
    nodes = list(ledger.history.nodes())
    return {"names": of_names, "cells": of_cells, "runs": of_runs, "all": list(ledger.runs), "nodes": nodes}


@pytest.fixture(autouse=True, scope="module")
def _few_runs_stay() -> Any:
    """Runs are packed at once, so that short sessions have some that are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_module, "KEPT", 1)
        patch.setattr(ledger_module, "PACKED", 2)
        yield


@given(runs, st.integers(0, 10))
def test_runs_that_come_at_once_are_as_runs_that_come_one_by_one(drawn: list[Run], at: int) -> None:
    """A ledger that is loaded answers as the session did that saved it, and goes on as that would."""
    grown, filled = Ledger(), Ledger(drawn[:at])
    for run in drawn[:at]:
        grown.append(run)
    assert answers(filled, drawn[:at]) == answers(grown, drawn[:at])
    for run in drawn[at:]:
        grown.append(run)
        filled.append(run)
    assert answers(filled, drawn) == answers(grown, drawn)


@given(runs)
def test_a_ledger_made_anew_answers_as_before(drawn: list[Run]) -> None:
    """What an interrupt has left half done is made anew from the runs."""
    ledger = Ledger(drawn)
    before = answers(ledger, drawn)
    ledger._is_whole = False
    ledger.mend()
    assert answers(ledger, drawn) == before


def test_what_is_equal_in_several_lines_is_one_object() -> None:
    """Equal runs of a loaded ledger share their reads, writes and texts."""
    drawn = made_runs([("one", ["a"], [("b", 1)]), ("two", ["a"], [("b", 1)])])
    one, two = loads(dumps(drawn)).runs
    assert one.reads is two.reads
    assert one.writes is two.writes


def test_old_runs_are_packed_whichever_way_they_come() -> None:
    """Hardly any run of a long session is kept as it is."""
    drawn = made_runs([("one", [], [("a", number)]) for number in range(100)])
    filled, grown = Ledger(drawn), Ledger()
    for run in drawn:
        grown.append(run)
    for ledger in (filled, grown):
        assert sum(ledger.history.is_packed(run.number) for run in drawn) >= 96
        assert list(ledger.runs) == drawn

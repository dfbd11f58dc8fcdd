"""Runs that only bind names to numbers and texts: recorded in a shorter way, and as in the long one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cellgraph
from cellgraph.model import Run
from cellgraph.record import recorder
from cellgraph.record.plain_runs import plain_changes
from tests.shells import fresh_shell

VALUES = (
    "1",
    "2.5",
    "'a text'",
    "None",
    "True",
    "-a",
    "a",
    "b",
    "c",
    "a + b",
    "b * 2 + c",
    "a - a",
    "_",
    "zz",
)
TARGETS = ("a", "b", "c", "a = b", "b = c", "_")
STATEMENTS = st.builds("{} = {}".format, st.sampled_from(TARGETS), st.sampled_from(VALUES))
OTHERS = (
    "a",
    "b = [c]; c = b",
    "del b",
    "a, b = 1, c",
    "def f():\n    global c\n    c = a",
    "f()",
    "globals()['b'] = 3",
    "a += 1",
    "c = 2 ** 5000",
    "b = {}",
    "ref = b",
)
PLAIN = st.lists(STATEMENTS, min_size=1, max_size=4).map("\n".join)
SESSIONS = st.lists(st.tuples(st.sampled_from("pqr"), PLAIN | st.sampled_from(OTHERS)), max_size=12)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each run that may be a plain one whether it was recorded as such."""
    found: list[bool] = []

    def counting(*arguments: Any) -> object:
        changes = plain_changes(*arguments)
        found.append(changes is not None)
        return changes

    monkeypatch.setattr(recorder, "plain_changes", counting)
    return found


def recorded(session: list[tuple[str, str]]) -> tuple[list[Run], list[Any], list[str]]:
    """The runs of a session, without their times, and its findings.

    What written values share stands apart: it does not count where writes are compared.
    """
    with fresh_shell() as shell:
        tracker = cellgraph.load(shell)
        try:
            for cell, text in session:
                shell.run_cell(text, store_history=True, cell_id=cell)
            runs = [replace(run, started=0.0, duration=0.0) for run in tracker.runs]
            shares = [write.shares for run in runs for write in run.writes]
            return runs, shares, [f"{finding.cell}: {finding.message}" for finding in tracker.findings()]
        finally:
            cellgraph.unload(shell)


def in_the_long_way(call: Callable[[], Any]) -> Any:
    """What a call gives while no run is recorded in the shorter way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "plain_changes", lambda *_: None)
        return call()


@pytest.mark.parametrize("sessions", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_the_short_way_records_what_the_long_way_does(sessions: int) -> None:
    """The same runs, with all their reads, writes, sources and shared objects, and the same findings."""

    @settings(max_examples=sessions, deadline=None)
    @given(SESSIONS)
    def compare(session: list[tuple[str, str]]) -> None:
        assert recorded(session) == in_the_long_way(lambda: recorded(session))

    compare()


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("y = x + 1", True),
        ("y = x\nz = y + x\nx = z", True),
        ("y = z = x", True),
        ("y = x / 0", False),  # it fails
        ("y = [x]", False),
        ("held = 1", False),  # the list that is let go may be another name's as well
        ("y = other + x", False),
    ],
)
def test_what_is_a_plain_run(text: str, is_plain: bool, counted: list[bool]) -> None:
    """It binds names to numbers and texts, and it lets none but these go."""
    recorded([("a", "x = y = z = 1\nheld = [2]\nother = 1j.conjugate"), ("b", text)])
    is_seen = sys.version_info >= (3, 12)  # before, it is the text alone that tells what a run accesses
    assert any(counted) == (is_plain and is_seen)

"""An analysis is worked out once a change, and read by all: message, marks, panel, front end, magic."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.analyse import incremental_replay, replay, report
from cellgraph.frontends.comm import FrontEnd
from cellgraph.session import Tracker
from tests.test_panel import Comm, told

CELLS = (("one", "x = 1"), ("two", "y = x + 1"), ("three", "z = y"))


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the notebook was replayed since ``clear``, in whole or in part, and reports were made."""
    counted: Counter[str] = Counter()
    for module, name, as_ in (
        (replay, "replay", "whole"),
        (incremental_replay, "extended", "part"),
        (incremental_replay, "repeat", "part"),
        (report, "make_report", "reports"),
    ):
        monkeypatch.setattr(module, name, _counting(getattr(module, name), counted, as_))
    return counted


def _counting(function: Callable[..., Any], counted: Counter[str], name: str) -> Callable[..., Any]:
    def counting(*arguments: Any) -> Any:
        made = function(*arguments)
        counted[name] += made is not None  # a shortcut that does not apply costs no replay
        return made

    return counting


@pytest.fixture
def watched(shell: InteractiveShell, counts: Counter[str]) -> Any:
    """A tracker with everything on: panel, marks, a front end that tells how the notebook stands."""
    pytest.importorskip("anywidget", reason="the live panel needs anywidget")
    from cellgraph.frontends.live_panel import panel

    shell.kernel = object()  # what makes a front end one that draws
    tracker = cellgraph.load(shell)
    tracker.config.marks = True
    comm = Comm()
    FrontEnd(tracker, comm)
    run(shell, *CELLS)
    comm.say(told(*CELLS))
    made = panel(tracker)
    counts.clear()
    yield tracker, comm
    made.close()
    cellgraph.unload(shell)
    del shell.kernel


def run(shell: InteractiveShell, *cells: tuple[str, str]) -> None:
    """Run cells under their ids."""
    for cell, text in cells:
        shell.run_cell(text, store_history=True, cell_id=cell)


def ask(tracker: Tracker) -> None:
    """Ten questions, some of them twice."""
    for _ in range(2):
        tracker.findings()
        tracker.stale()
        tracker.report()
        tracker.cell_graph()
        tracker.explain("x")
    repr(tracker)


RUNS = (
    ("that brings others into doubt", ("one", "x = 5"), {"whole": 1, "reports": 1}),
    ("that makes the same again", ("one", "x = 1"), {"part": 1, "reports": 1}),
    ("of a new cell at the bottom", ("four", "w = z"), {"part": 1, "reports": 1}),
)


@pytest.mark.parametrize(("cell", "expected"), [row[1:] for row in RUNS], ids=[row[0] for row in RUNS])
def test_a_run_costs_one_replay_and_one_report(
    cell: tuple[str, str],
    expected: dict[str, int],
    shell: InteractiveShell,
    watched: tuple[Tracker, Comm],
    counts: Counter[str],
) -> None:
    """With panel, marks and front end on, a run is replayed once and reported once, however many show it."""
    run(shell, cell)
    assert counts == Counter(expected)
    ask(watched[0])
    run(shell, ("asks", "%cellgraph status"), ("asks too", "%cellgraph check"))
    assert counts == Counter(expected)


EDITS = (
    ("of a cell that others depend on", (("one", "x = 7"), *CELLS[1:]), {"whole": 1, "reports": 1}),
    ("that moves a cell", (*CELLS[1:], CELLS[0]), {"whole": 1, "reports": 1}),
    ("that deletes a cell", CELLS[1:], {"whole": 1, "reports": 1}),
    ("of layout alone", (("one", "x  =  1  # one"), *CELLS[1:]), {}),
    ("that adds a cell", (*CELLS, ("four", "w = z")), {"whole": 1, "reports": 1}),
)


@pytest.mark.parametrize(("shown", "expected"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edit_costs_one_replay_and_one_report(
    shown: tuple[tuple[str, str], ...],
    expected: dict[str, int],
    watched: tuple[Tracker, Comm],
    counts: Counter[str],
) -> None:
    """An edit that the front end tells is replayed once; one that changes nothing, not at all."""
    tracker, comm = watched
    comm.say(told(*shown))
    assert counts == Counter(expected)
    ask(tracker)
    assert counts == Counter(expected)


def test_questions_without_a_change_cost_nothing(
    shell: InteractiveShell, tracker: Tracker, counts: Counter[str]
) -> None:
    """Ten getters in a row replay nothing, and the report is the same object each time."""
    run(shell, *CELLS, CELLS[0])
    counts.clear()
    first = tracker.report()
    ask(tracker)
    assert counts == {"reports": 1}
    assert tracker.report() is first


def test_a_session_without_watchers_makes_no_report(
    shell: InteractiveShell, tracker: Tracker, counts: Counter[str]
) -> None:
    """Where nothing is to be said and nobody watches, a run costs the part of a replay that is new."""
    run(shell, *CELLS, CELLS[0])
    assert counts == {"part": len(CELLS) + 1}


def test_a_file_that_changes_without_a_run_is_noticed_by_the_next_question(
    shell: InteractiveShell, tracker: Tracker, counts: Counter[str], tmp_path: Path
) -> None:
    """What is on disk may change at any time: one more replay, and the finding is there."""
    data = tmp_path / "data.txt"
    data.write_text("1")
    run(shell, ("read", f"with open({str(data)!r}) as file: text = file.read()"))
    assert tracker.findings() == []
    counts.clear()
    data.write_text("2")
    os.utime(data, (1, 1))
    assert [finding.code for finding in tracker.findings()] == ["CG101"]
    ask(tracker)
    assert counts == {"whole": 1, "reports": 1}


def test_what_a_name_holds_now_is_compared_anew_after_each_look(
    shell: InteractiveShell, tracker: Tracker
) -> None:
    """A name that is gone by no cell's doing is noted once cellgraph has looked: before the next cell."""
    run(shell, *CELLS)
    assert tracker.findings() == []
    del shell.user_ns["x"]
    tracker._recorder.take_stock(1.0)
    assert [(finding.code, finding.cell) for finding in tracker.findings()] == [("CG202", "two")]


def test_ignoring_a_code_takes_effect_at_once(shell: InteractiveShell, tracker: Tracker) -> None:
    """The options that findings depend on are part of what an analysis is known by."""
    run(shell, *CELLS, ("one", "x = 5"))
    assert "CG101" in {finding.code for finding in tracker.findings()}
    tracker.config.ignore = ["CG101"]
    assert "CG101" not in {finding.code for finding in tracker.findings()}


def test_a_replay_that_fails_is_made_anew(
    shell: InteractiveShell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renewing uses the former replay up: after a failure midway nothing of it is taken over."""
    run(shell, *CELLS)

    def broken(*arguments: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(incremental_replay, "renewed", broken)
        run(shell, ("one", "x = 5"))
    assert tracker.stale() == ["two", "three"]


def test_a_tracker_shows_what_it_knows(shell: InteractiveShell, tracker: Tracker) -> None:
    """Cells, runs, how many cells are in doubt, and whether recording is off."""
    assert repr(tracker) == "<Tracker: 0 cells, 0 runs, none in doubt>"
    run(shell, *CELLS, ("one", "x = 5"))
    assert repr(tracker) == "<Tracker: 3 cells, 4 runs, 2 in doubt>"
    tracker.pause()
    assert repr(tracker) == "<Tracker: 3 cells, 4 runs, 2 in doubt, paused>"

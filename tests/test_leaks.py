"""Nothing of a session outlives ``%cellgraph reset`` or unloading: no recorder, ledger or digest store."""

from __future__ import annotations

import gc
import weakref

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.frontends.comm import FrontEnd
from cellgraph.session import Tracker
from tests.test_panel import Comm, told

TIMES = (20, pytest.param(500, marks=pytest.mark.slow))
"""How many resets, or loads and unloads. 500 leaked objects would not fit into any cache."""
CELLS = ("%time x = [1]", "y = x + [2]  # of {x}", "!true {x}", "x = [3]")
"""IPython's syntax and plain Python, and in the end a cell in doubt."""


def held(tracker: Tracker) -> list[weakref.ref[object]]:
    """The session's objects that hold what was recorded, weakly."""
    recorder = tracker._recorder
    return [weakref.ref(part) for part in (recorder, tracker.ledger, recorder.store, recorder.files)]


def alive(references: list[weakref.ref[object]]) -> list[str]:
    """The types of those that somebody still holds."""
    gc.collect()
    return [type(part).__name__ for reference in references if (part := reference()) is not None]


def use(shell: InteractiveShell, *cells: str) -> None:
    """Run cells and ask about them."""
    for cell in cells:
        shell.run_cell(cell, store_history=True)


@pytest.mark.parametrize("times", TIMES)
def test_a_reset_lets_go_of_what_was_recorded(shell: InteractiveShell, tracker: Tracker, times: int) -> None:
    """After many resets there is one ledger, one recorder and one digest store: the present ones."""
    former: list[weakref.ref[object]] = []
    use(shell, *CELLS, "%cellgraph check", "%cellgraph status", "%cellgraph why x")
    for turn in range(times):
        former += held(tracker)
        use(shell, f"z = {turn}", "%cellgraph reset")
        if turn % 100 == 0:
            use(shell, *CELLS)
            tracker.report()
    assert alive(former) == []
    assert len(alive(held(tracker))) == 4


@pytest.mark.parametrize("times", TIMES)
def test_unloading_lets_go_of_what_was_recorded(shell: InteractiveShell, times: int) -> None:
    """After many loads and unloads nobody holds a tracker, a ledger, a recorder or a digest store."""
    former: list[weakref.ref[object]] = []
    for turn in range(times):
        tracker = cellgraph.load(shell)
        use(shell, f"%time z = {turn}")
        if turn % 100 == 0:
            use(shell, *CELLS, "%cellgraph check", "%cellgraph graph")
            tracker.report()
        former += [weakref.ref(tracker), *held(tracker)]
        del tracker
        cellgraph.unload(shell)
    assert alive(former) == []


def test_unloading_lets_go_of_the_front_end_too(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front end that told of its notebook, and a panel that is still shown, hold no tracker afterwards."""
    former: list[weakref.ref[object]] = []
    comms: list[Comm] = []
    panels: list[object] = []

    def connect(tracker: Tracker) -> FrontEnd:
        comms.append(Comm())
        return FrontEnd(tracker, comms[-1])

    monkeypatch.setattr("cellgraph.frontends.comm.connect", connect)
    shell.kernel = object()  # what makes a front end one that draws
    for turn in range(10):
        tracker = cellgraph.load(shell)
        tracker.config.marks = True
        shell.run_cell(f"z = {turn}", store_history=True, cell_id="one")
        comms[-1].say(told(("one", "z = 0")))
        panels += _panels(tracker)
        shell.run_cell(f"z = -{turn}", store_history=True, cell_id="one")
        former += [weakref.ref(tracker), *held(tracker)]
        del tracker
        cellgraph.unload(shell)
    assert all(comm.closed and comm.sent for comm in comms)
    assert alive(former) == []


def _panels(tracker: Tracker) -> list[object]:
    try:
        from cellgraph.frontends.live_panel import PanelError, panel

        return [panel(tracker)]
    except PanelError:
        return []  # anywidget is an extra

"""Cells that Hypothesis makes, each run in twin processes with and without cellgraph."""

from __future__ import annotations

from dataclasses import dataclass

from tests.soak.cells import sessions
from tests.soak.forks import Place, new_place
from tests.soak.outcome import Row, Task, drawn
from tests.soak.twins import check_same, prepare

CELLS_A_SESSION = 4.5
"""How many cells a session has on average."""


@dataclass
class _Counted:
    """Checks sessions, and counts the cells until the first fault."""

    place: Place
    cells: int = 0

    def check(self, session: list[str]) -> None:
        self.cells += len(session)
        check_same(self.place, session)


def run(task: Task) -> list[Row]:
    """About as many cells as the length says; the first fault, made small."""
    prepare()
    with new_place() as place:
        counted = _Counted(place)
        examples = max(1, round(task.length.cells / CELLS_A_SESSION))
        faults = drawn(sessions, counted.check, task, examples)
    return [Row("generated", "cells of Hypothesis in twin processes", counted.cells, faults=faults)]

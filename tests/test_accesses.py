"""What a cell reads and writes, judged in a real shell: one row for each way of touching a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.session import Tracker
from tests.cases import ACCESSES, Case
from tests.cases.accesses import CONSERVATIVE, recorded

SLOW = {"recursion to the limit", "5,000 lines"}
"""Names of cases that take long."""


@pytest.fixture
def tracker(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracker]:
    """cellgraph in ``shell``; cells here leave hooks of their own (``%%bash`` a thread)."""
    monkeypatch.chdir(tmp_path)  # before loading: files are called as seen from there
    yield cellgraph.load(shell)
    cellgraph.unload(shell)


def row(case: Case) -> Any:
    """The case as a parameter; one that cannot be met yet has to fail, or its reason goes."""
    marks = [pytest.mark.xfail(reason=case.fails, strict=True)] if case.fails else []
    marks += [pytest.mark.slow] if case.name in SLOW else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.filterwarnings("ignore")  # what users' code warns about is none of the table's business
@pytest.mark.parametrize("case", [row(case) for case in ACCESSES])
def test_a_run_records_what_it_read_from_outside_and_what_it_wrote(
    case: Case, shell: Any, tracker: Tracker
) -> None:
    """The last cell's run holds what it took from outside, and all that it bound, changed or deleted."""
    for number, text in enumerate(case.texts):
        shell.run_cell(text, store_history=True, cell_id=f"cell-{number}")
    *before, last = tracker.runs
    assert [run.error for run in before if run.error and run.error != last.error] == []
    assert last.error == case.error
    assert recorded(last, parts=case.tells_parts) == case.expected


def test_every_case_has_a_name_of_its_own() -> None:
    """Two cases of one name could not be told apart in a report."""
    names = [case.name for case in ACCESSES]
    assert len(set(names)) == len(names)


def test_only_python_3_11_is_conservative(shell: Any, tracker: Tracker) -> None:
    """From 3.12 on runs are observed; before that they are worked out from the text, and say so."""
    shell.run_cell("x = 1", store_history=True)
    assert tracker.runs[-1].conservative is CONSERVATIVE

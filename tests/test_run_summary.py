"""The head of a report: what was run, and how its labels relate to the notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from cellgraph.notebooks.cell_order import CodeCell
from cellgraph.notebooks.run_summary import facts
from cellgraph.notebooks.run_types import Execution, Ran
from cellgraph.notebooks.source import NotebookFile


def execution(*numbers: int, stopped: str = "", behind: bool = False) -> Execution:
    """A run of the cells with these numbers; 0 is a cell that got no execution count."""
    counts = iter(range(1, len(numbers) + 1))
    ran = (
        Ran(CodeCell(number, number, str(number), ""), next(counts) if number else None) for number in numbers
    )
    return Execution(new_notebook(), "python3", tuple(ran), 1.25, stopped, None, behind)


SOURCE = NotebookFile(Path("folder/n.ipynb"), new_notebook(), ())


@dataclass(frozen=True)
class Case:
    numbers: tuple[int, ...]
    order: str


CASES = (
    Case((), "from top to bottom"),
    Case((1, 2, 3), "from top to bottom"),
    Case((1, 2, 4), "[1] to [2] are cells 1 to 2; [3] is cell 4"),
    Case((2, 1), "[1] is cell 2; [2] is cell 1"),
    Case((1, 2, 3, 2, 3), "[1] to [3] are cells 1 to 3; [4] to [5] are cells 2 to 3"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.numbers))
def test_the_order_maps_execution_counts_to_cells(case: Case) -> None:
    """A reader can tell from the label of a cell which cell of the notebook it is."""
    assert (
        facts(SOURCE, execution(*case.numbers))["Order"].removesuffix(", counting code cells from the top")
        == case.order
    )


def test_cells_that_took_no_part_are_counted() -> None:
    """A partial run says so; an empty cell is not missed."""
    cells = tuple(CodeCell(number, number, str(number), "" if number == 3 else "x") for number in (1, 2, 3))
    source = NotebookFile(SOURCE.path, SOURCE.notebook, cells)
    assert facts(source, execution(1))["Cells run"].endswith("; 1 of the notebook's 2 did not run")
    assert "did not run" not in facts(source, execution(1, 2))["Cells run"]


def test_a_run_that_went_through_says_no_more_than_needed() -> None:
    """Four facts, in the order to show them."""
    assert list(facts(SOURCE, execution(1))) == ["Notebook", "Kernel", "Cells run", "Order"]


def test_a_run_that_stopped_says_why_and_what_is_missing() -> None:
    """A report of a part of a run says that it is one."""
    found = facts(SOURCE, execution(1, stopped="the kernel died", behind=True))
    assert found["Stopped"] == "the kernel died"
    assert "last cells" in found["Incomplete"]

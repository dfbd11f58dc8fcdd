"""The order of cells and their deaths, put together from all that a front end tells."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cellgraph.frontends.notebook_order import NotebookOrder, NotebookSnapshot, read_request

Step = tuple[str, str]
"""What is told (``ran``, ``given``, ``saved`` or ``hint``), and of which cells."""


def tell(arrangement: NotebookOrder, kind: str, cells: tuple[str, ...]) -> None:
    """Tell an arrangement one thing."""
    if kind == "ran":
        for cell in cells:
            arrangement.ran(cell)
    elif kind == "hint":
        arrangement.report_deleted(cells)
    else:
        (arrangement.set_order if kind == "given" else arrangement.set_saved_order)(NotebookSnapshot(cells))


@dataclass(frozen=True)
class Case:
    name: str
    steps: tuple[Step, ...]
    order: str
    deleted: str = ""

    def __str__(self) -> str:
        return self.name


# A table: the shorter a row, the more rows are in view.
# fmt: off
CASES = (
    Case("nobody tells", (("ran", "b a b"),), "b a"),
    Case("given", (("ran", "b a"), ("given", "a b")), "a b"),
    Case("given without a cell", (("ran", "a b"), ("given", "b")), "b", "a"),
    Case("new cell after an order was given", (("ran", "a b"), ("given", "a b"), ("ran", "c")), "a b c"),
    Case("saved", (("ran", "b a"), ("saved", "a b")), "a b"),
    Case("new cell after saving stands behind the one that ran before",
         (("ran", "a"), ("saved", "a z"), ("ran", "b")), "a b z"),
    Case("missing from the second save", (("ran", "a b"), ("saved", "a b"), ("saved", "b")), "b", "a"),
    Case("never in the file is not deleted", (("ran", "a b"), ("saved", "b")), "b a"),
    Case("hint", (("ran", "a b"), ("hint", "a")), "b", "a"),
    Case("hint about a cell that runs again", (("ran", "a b"), ("hint", "a"), ("ran", "a")), "a b"),
    Case("hint about a cell in the file", (("ran", "a b"), ("hint", "a"), ("saved", "a b")), "a b"),
    Case("an order that is given ends hints", (("ran", "a b"), ("hint", "a"), ("given", "a b")), "a b"),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_was_told_makes_this_order(case: Case) -> None:
    """The surest source counts, and a cell that runs or stands in the file lives."""
    arrangement = NotebookOrder()
    for kind, cells in case.steps:
        tell(arrangement, kind, tuple(cells.split()))
    order = arrangement.order(lambda *_: False)
    assert " ".join(order.cells) == case.order
    assert order.deleted == set(case.deleted.split())


class Info:
    def __init__(self, cell_id: str | None = None, cell_meta: object = None) -> None:
        self.cell_id, self.cell_meta = cell_id, cell_meta


@pytest.mark.parametrize(
    ("info", "metadata", "cell"),
    [
        (Info("a"), {}, "a"),
        (Info(None, {"cellId": "b"}), {}, "b"),
        (Info(), {"cellId": "c"}, "c"),
        (Info(), {"colab": {"cell_id": "d"}}, "d"),
        (Info(), {"commandId": "e"}, "e"),
        (Info(), {}, None),
        (None, None, None),
    ],
)
def test_every_front_end_tells_the_cell_in_its_own_way(
    info: object, metadata: object, cell: str | None
) -> None:
    """Lab, VS Code, Colab and Databricks each have a place for it, others say nothing."""
    assert read_request(info, lambda: {"metadata": metadata}).cell == cell


def test_a_front_end_that_fails_to_tell_tells_nothing() -> None:
    """No kernel, or a message of another shape: the cell is unknown, and nothing is raised."""
    assert read_request(Info(), lambda: 1 / 0).cell is None
    assert read_request(Info(cell_meta={"deletedCells": ["x", 3]}), dict).deleted == ("x", "3")

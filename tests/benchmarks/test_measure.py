"""The benchmark itself works: it pairs, it reports who is out, and its cells are valid code."""

from __future__ import annotations

import ast

import pytest

from tests.benchmarks import workloads
from tests.benchmarks.contestants import PLAIN, Contestant
from tests.benchmarks.measure import figure, timed
from tests.benchmarks.workloads import Workload

WORKLOADS = (
    *workloads.TRIVIAL_CELLS,
    *workloads.CODE,
    *workloads.VALUES,
    *(workload for pair in workloads.FLAT for workload in pair),
)

SMALL = Workload("small", "y = x + {round}", 1.5, setup=("x = 1",), rounds=4)


def test_a_burst_of_noise_does_not_move_a_figure() -> None:
    """One round in five that took a hundred times as long leaves median and spread alone."""
    assert figure([1.0, 1.0, 1.0, 1.0, 100.0]).value == 1.0


@pytest.mark.slow
def test_every_contestant_gets_a_figure() -> None:
    """A second bare kernel is measured against the first one."""
    row = timed(SMALL, [PLAIN, Contestant("another")])
    assert row.plain is not None
    assert row.figures["another"].missing == ""


@pytest.mark.slow
def test_a_contestant_that_cannot_go_on_is_out_with_the_reason() -> None:
    """An extension that does not load costs the contestant its place, and nobody else theirs."""
    row = timed(SMALL, [PLAIN, Contestant("broken", load="raise RuntimeError('no such extension')")])
    assert row.plain is not None
    assert "no such extension" in row.figures["broken"].missing


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_every_cell_is_valid(workload: Workload) -> None:
    """A typing error in a workload is found here, not after ten minutes of measuring."""
    for code in (*workload.setup, workload.cell.replace("{round}", "0")):
        ast.parse(code)

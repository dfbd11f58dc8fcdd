"""``cellgraph run`` on notebooks shaped like real ones, held against a plain run of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.judge import judge
from tests.corpus.made import MADE, Made

pytestmark = pytest.mark.slow  # each notebook runs twice, in real kernels


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_a_notebook_runs_as_without_cellgraph(made: Made, tmp_path: Path) -> None:
    """The same outputs, no warning, the right exit code; report, notebook and ledger are there and whole."""
    row = judge(made.write(tmp_path), tmp_path, seconds=100, twice=made.twice)
    assert row.wrong == ()
    assert row.exit == made.exit
    assert made.says in row.said

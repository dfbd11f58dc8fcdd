"""A report's way from the kernel to another process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cellgraph.model import CellState, Edge, Finding, Report
from cellgraph.notebooks.kernel_results import (
    LEDGER_FILE,
    REPORT_FILE,
    export,
    report_from_json,
    report_to_json,
)

FULL = Report(
    cells=(
        CellState("a", "[1]", "good", "x = 'ü'\n", runs=2, duration=0.25, reads=(), writes=("x",)),
        CellState("b", "[2]", "stale", "x\ud800", outcome="error", reads=("x", 'df["a"]')),
    ),
    edges=(Edge("a", "b", ("x", "y"), frozenset({"y", "x"})),),
    findings=(
        Finding("CG101", "warning", "b", "x", "a", "[2] used x", ("b",)),
        Finding("CG204", "note", "b", "y", None, "y is foreign"),
    ),
    plan=("b",),
    conservative=True,
)


@pytest.mark.parametrize("report", [FULL, Report(cells=())], ids=["full", "empty"])
def test_a_report_comes_back_equal(report: Report) -> None:
    """Every field survives, with its type."""
    back = report_from_json(report_to_json(report))
    assert back == report
    assert isinstance(back.cells, tuple)
    assert all(isinstance(edge.stale, frozenset) for edge in back.edges)


def test_other_versions_are_understood() -> None:
    """A field that the reader does not know is left out; one that is missing takes its default."""
    plain = json.loads(report_to_json(FULL))
    plain["colour"] = "red"
    del plain["plan"]
    del plain["cells"][0]["writes"]
    back = report_from_json(json.dumps(plain))
    assert back.plan == ()
    assert back.cells[0].writes == ()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"cells": [1]}', '{"cells": 1}', '{"cells": [{}]}']
)
def test_other_text_is_a_value_error(text: str) -> None:
    """What is no report raises ValueError, and nothing else."""
    with pytest.raises(ValueError):  # noqa: PT011 - the message of a JSON error is not ours
        report_from_json(text)


class FakeTracker:
    """A tracker that fails on demand."""

    broken = False

    def report(self, places: Mapping[str, str]) -> Report:
        return FULL

    def save(self, path: str) -> None:
        Path(path).write_text("half" if self.broken else "whole", encoding="utf-8")
        if self.broken:
            raise OSError("disk full")


def test_an_export_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    """Files are replaced whole: a kernel that dies in the middle leaves the last good results."""
    tracker = FakeTracker()
    export(tracker, str(tmp_path))
    tracker.broken = True
    with pytest.raises(OSError, match="disk full"):
        export(tracker, str(tmp_path))
    assert (tmp_path / LEDGER_FILE).read_text(encoding="utf-8") == "whole"
    assert report_from_json((tmp_path / REPORT_FILE).read_text(encoding="utf-8")) == FULL

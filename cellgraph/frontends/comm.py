"""What the tracker and the notebook's front end tell each other, where that has cellgraph's extension.

The kernel opens a comm when cellgraph is loaded. A front end without the extension leaves it alone,
and then it costs nothing: until the notebook has been told nothing is ever computed for it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from cellgraph.frontends.tracked import OrderedNotebook
from cellgraph.model import Finding, Report
from cellgraph.render.theme import LOOKS

TARGET = "cellgraph"


class FrontEnd:
    """One side of the comm: takes in how the notebook stands, and gives what its cells are worth."""

    def __init__(self, tracker: OrderedNotebook, comm: Any) -> None:
        self._tracker = weakref.ref(tracker)
        self._comm = comm
        self._texts: dict[str, str] = {}
        self._told: dict[str, Any] = {}
        self._stop: Callable[[], None] | None = None
        comm.on_msg(self._take)
        comm.on_close(lambda _: self._rest())

    def close(self) -> None:
        """Hang up."""
        self._rest()
        self._comm.close()

    def _take(self, message: Mapping[str, Any]) -> None:
        tracker = self._tracker()
        data = message["content"]["data"]
        if tracker is None or not isinstance(data, dict) or data.get("kind") != "notebook":
            return
        if self._stop is None:
            self._stop = tracker.watch(self._tell)
        self._told = {}
        self._place(tracker, data)

    def _place(self, tracker: OrderedNotebook, data: Mapping[str, Any]) -> None:
        cells = [str(cell) for cell in data["cells"]]
        self._texts.update({str(cell): str(text) for cell, text in data["texts"].items()})
        self._texts = {cell: self._texts[cell] for cell in cells if cell in self._texts}
        tracker.set_cell_order(cells, self._texts)

    def _tell(self) -> None:
        tracker = self._tracker()
        if tracker is None:
            return
        told = state(tracker.report())
        if told != self._told:
            self._told = told
            self._comm.send(told)

    def _rest(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None


def connect(tracker: OrderedNotebook) -> FrontEnd:
    """Call the front end of the kernel that ``tracker`` is in."""
    from comm import create_comm

    return FrontEnd(tracker, create_comm(target_name=TARGET))


def state(report: Report) -> dict[str, Any]:
    """All that a front end marks: cells that are not simply good, the plan, and what leads where."""
    found = report.findings_by_cell()
    marked = (cell for cell in report.cells if cell.state != "good")
    return {
        "kind": "state",
        "cells": {
            cell.cell: {
                "state": cell.state,
                "label": cell.label,
                "word": LOOKS[cell.state].word,
                "reasons": [_reason(finding) for finding in found.get(cell.cell, ())],
            }
            for cell in marked
        },
        "plan": list(report.plan),
        "edges": [[edge.source, edge.target] for edge in report.edges],
    }


def _reason(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "cause": finding.cause,
        "severity": finding.severity,
    }

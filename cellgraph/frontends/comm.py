"""The comm protocol between the kernel and cellgraph's extension of the front end.

The kernel opens a comm (target ``cellgraph``) when cellgraph is loaded. The front end sends messages of
kind ``notebook``: ``cells`` (ids from top to bottom) and ``texts`` (id to text, changed ones are enough).
The kernel answers each with a message of kind ``state`` (see ``state``), and sends one after each run
that changes it. A message of kind ``run`` (``cells``: ids, in order) asks the front end to run cells
where they stand. A front end without the extension sends nothing, and then nothing is computed for it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cellgraph.frontends.message_board import Message
from cellgraph.frontends.tracked import OrderedNotebook
from cellgraph.model import Finding, Report
from cellgraph.render.theme import STATE_STYLES

TARGET = "cellgraph"


class FrontEnd:
    """The kernel's end of the comm. It holds a weak reference to the tracker."""

    def __init__(self, tracker: OrderedNotebook, comm: Any) -> None:
        self._tracker = weakref.ref(tracker)
        self._comm = comm
        self._texts: dict[str, str] = {}
        self._sent: dict[str, Any] = {}
        self._end: Callable[[], None] | None = None
        comm.on_msg(self._receive)
        comm.on_close(lambda _: self._unsubscribe())

    def close(self) -> None:
        """End the subscription and close the comm."""
        self._unsubscribe()
        self._comm.close()

    def _receive(self, message: Mapping[str, Any]) -> None:
        tracker = self._tracker()
        data = _notebook_in(message)
        if tracker is None or data is None:
            return
        if self._end is None:
            self._end = tracker.subscribe(self._send_state)
            tracker.run_cells_by(self._run)
        self._sent = {}
        self._update_order(tracker, data)

    def _update_order(self, tracker: OrderedNotebook, data: Mapping[str, Any]) -> None:
        cells: list[str] = data["cells"]
        self._texts.update(data["texts"])
        # Texts of deleted cells are kept: the front end does not send them again after an undo.
        tracker.set_cell_order(cells, {cell: self._texts[cell] for cell in cells if cell in self._texts})

    def _send_state(self) -> None:
        tracker = self._tracker()
        if tracker is None:
            return
        message = state(tracker.report(), tracker.messages)
        if message != self._sent:
            self._sent = message
            self._comm.send(message)

    def _run(self, cells: Sequence[str]) -> None:
        self._comm.send({"kind": "run", "cells": list(cells)})

    def _unsubscribe(self) -> None:
        if self._end is not None:
            self._end()
            self._end = None
            tracker = self._tracker()
            if tracker is not None:
                tracker.run_cells_by(None)


def _notebook_in(message: object) -> Mapping[str, Any] | None:
    """What a message of kind ``notebook`` holds; None for any other, and for one that is not as it should be.

    Anything may arrive: other versions of the extension and other programs can open the comm's target. An
    exception would be shown to the user.
    """
    content = message.get("content") if isinstance(message, Mapping) else None
    data = content.get("data") if isinstance(content, Mapping) else None
    if not isinstance(data, dict) or data.get("kind") != "notebook":
        return None
    cells, texts = data.get("cells"), data.get("texts")
    if not isinstance(cells, list) or not isinstance(texts, dict):
        return None
    told = (*cells, *texts, *texts.values())
    return data if all(isinstance(one, str) for one in told) else None


def connect(tracker: OrderedNotebook) -> FrontEnd:
    """Open a comm to the front end of the kernel that ``tracker`` is in. Raises what ``comm`` raises."""
    from comm import create_comm

    return FrontEnd(tracker, create_comm(target_name=TARGET))


def state(report: Report, messages: Mapping[str, Message] = MappingProxyType({})) -> dict[str, Any]:
    """The message of kind ``state``, ready for JSON.

    ``cells``: id to state, label, word and reasons, for cells whose state is not ``good``. ``plan``: ids of
    the cells to run, in order. ``edges``: pairs of ids, from the cell that makes to the cell that reads.
    ``messages``: id of a cell to the HTML that belongs below it.
    """
    found = report.findings_by_cell()
    marked = (cell for cell in report.cells if cell.state != "good")
    return {
        "kind": "state",
        "cells": {
            cell.cell: {
                "state": "noted" if cell.state == "foreign" else cell.state,
                "label": cell.label,
                "word": STATE_STYLES[cell.state].word,
                "reasons": [_reason(finding) for finding in found.get(cell.cell, ())],
            }
            for cell in marked
        },
        "plan": list(report.plan),
        "edges": [[edge.source, edge.target] for edge in report.edges],
        "messages": {cell: message.html for cell, message in messages.items()},
    }


def _reason(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "cause": finding.cause,
        "severity": finding.severity,
    }

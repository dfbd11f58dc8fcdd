"""The comm protocol between the kernel and cellgraph's extension of the front end.

The kernel opens a comm (target ``cellgraph``) when cellgraph is loaded, and the front end speaks first. These
kinds of messages come from the front end:

- ``notebook``: ``cells`` (ids of code cells from top to bottom), ``texts`` (id to text, changed ones are
  enough) and ``prose`` (ids of the other cells; it may be missing). The kernel answers with ``state`` (see
  ``state``), and sends one after each run that changes it.
- ``queue``: ``more`` says whether further cells follow the next one. Until then the kernel says nothing. It
  answers with the ``state`` of this moment, which has the question's number ``asked``.
- ``watch``: ``on`` says whether a panel is looked at. While one is, each change is followed by a
  ``picture``: the first has the panel's ``model``, the others what has changed of it (see ``Sent``).
- ``frame`` and ``layers``: a panel's questions, which are answered by the same kind.

The kernel also sends ``run`` (``cells``: ids, in order), to have cells run where they stand, and ``open``, to
have the panel shown. A front end without the extension sends nothing, and then nothing is computed for it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cellgraph.frontends.display import Message
from cellgraph.frontends.pictures import Sent, Spaced, answer, picture
from cellgraph.model import Finding, Report

if TYPE_CHECKING:
    from cellgraph.frontends.tracked import FollowedSession

TARGET = "cellgraph"

_AFTER_CELL_S = 0.03
"""Seconds that everything waits that follows a run, so that the cell has ended before it is worked out."""


class FrontEnd:
    """The kernel's end of the comm. It holds a weak reference to the tracker."""

    def __init__(self, tracker: FollowedSession, comm: Any) -> None:
        self._tracker = weakref.ref(tracker)
        self._comm = comm
        self._texts: dict[str, str] = {}
        self._sent: dict[str, Any] = {}
        self._end: Callable[[], None] | None = None
        self._watched = False
        self._drawn = Sent()
        self._show = Spaced(self._send_news, _AFTER_CELL_S)
        comm.on_msg(self._receive)
        comm.on_close(lambda _: self._unsubscribe())

    def close(self) -> None:
        """End the subscription and close the comm."""
        self._unsubscribe()
        self._comm.close()

    def run_cells(self, cells: Sequence[str]) -> None:
        """Have the front end run cells where they stand, in order."""
        self._comm.send({"kind": "run", "cells": list(cells)})

    def open_panel(self) -> None:
        """Have the front end show the panel at the side of the notebook."""
        self._comm.send({"kind": "open"})

    def _receive(self, message: Mapping[str, Any]) -> None:
        tracker, data = self._tracker(), _data_in(message)
        if tracker is None or data is None:
            return
        kind = data.get("kind")
        if kind == "notebook":
            self._take_notebook(tracker, data)
        elif kind == "queue" and isinstance(data.get("more"), bool):
            tracker.expect_more(data["more"])
            self._comm.send({**self._state(tracker), "asked": data.get("asked")})
        elif kind == "watch" and isinstance(data.get("on"), bool):
            self._watched = data["on"]
            self._drawn.forget()
            self._send_picture()
        else:
            told = answer(tracker, data)
            if told is not None:
                self._comm.send(told)

    def _take_notebook(self, tracker: FollowedSession, data: Mapping[str, Any]) -> None:
        if not _is_notebook(data):
            return
        if self._end is None:
            self._end = tracker.subscribe(self._changed)
            tracker.acted_by(self)
        self._sent = {}
        cells: list[str] = data["cells"]
        self._texts.update(data["texts"])
        # Texts of deleted cells are kept: the front end does not send them again after an undo.
        texts = {cell: self._texts[cell] for cell in cells if cell in self._texts}
        tracker.set_cell_order(cells, texts, data.get("prose", []))

    def _changed(self) -> None:
        tracker = self._tracker()
        self._show(in_queue=tracker is not None and tracker.in_queue)

    def _send_news(self) -> None:
        tracker = self._tracker()
        if tracker is None or self._end is None:
            return
        known, message = self._sent, self._state(tracker)
        if message != known:
            self._comm.send(message)
        self._send_picture()

    def _state(self, tracker: FollowedSession) -> dict[str, Any]:
        """The message of kind ``state`` of this moment, which is sent by whoever asks for it."""
        self._sent = state(tracker.report(), tracker.messages, saves=tracker.saves_messages)
        return self._sent

    def _send_picture(self) -> None:
        tracker = self._tracker()
        if tracker is not None and self._watched and self._end is not None:
            self._comm.send(self._drawn.message(picture(tracker)))

    def _unsubscribe(self) -> None:
        self._watched = False
        if self._end is not None:
            self._end()
            self._end = None
            tracker = self._tracker()
            if tracker is not None:
                tracker.acted_by(None)


def _data_in(message: object) -> dict[str, Any] | None:
    """What a message holds; None if it is not as it should be.

    Anything may arrive: other versions of the extension and other programs can open the comm's target. An
    exception would be shown to the user.
    """
    content = message.get("content") if isinstance(message, Mapping) else None
    data = content.get("data") if isinstance(content, Mapping) else None
    return data if isinstance(data, dict) else None


def _is_notebook(data: Mapping[str, Any]) -> bool:
    """Whether a message of kind ``notebook`` is as it should be."""
    cells, texts, prose = data.get("cells"), data.get("texts"), data.get("prose", [])
    if not isinstance(cells, list) or not isinstance(texts, dict) or not isinstance(prose, list):
        return False
    return all(isinstance(one, str) for one in (*cells, *texts, *texts.values(), *prose))


def connect(tracker: FollowedSession) -> FrontEnd:
    """Open a comm to the front end of the kernel that ``tracker`` is in. Raises what ``comm`` raises."""
    from comm import create_comm

    return FrontEnd(tracker, create_comm(target_name=TARGET))


def state(
    report: Report, messages: Mapping[str, Message] = MappingProxyType({}), *, saves: bool = False
) -> dict[str, Any]:
    """The message of kind ``state``, ready for JSON.

    ``heading``: how the notebook stands, in one line. ``cells``: id to state, label, word and reasons, for
    cells whose state is not ``good``. ``plan``: ids of the cells to run, in order; ``seconds``: how long
    those of them took that have run before. ``edges``: pairs of ids, from the maker to the reader.
    ``messages``: id of a cell to the HTML that belongs below it. ``saves``: messages are outputs
    instead, and stay.
    """
    # Only a front end with the extension asks for it: no other kernel loads the words of findings for that.
    from cellgraph.render.alt_text import heading
    from cellgraph.render.theme import STATE_STYLES

    found = report.findings_by_cell()
    marked = (cell for cell in report.cells if cell.state != "good")
    return {
        "kind": "state",
        "heading": heading(report),
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
        "seconds": _seconds(report),
        "edges": [[edge.source, edge.target] for edge in report.edges],
        "messages": {cell: message.html for cell, message in messages.items()},
        "saves": saves,
    }


def _seconds(report: Report) -> dict[str, float]:
    """How long the cells of the plan took, without those that never ran."""
    planned = frozenset(report.plan)
    return {cell.cell: round(cell.duration, 3) for cell in report.cells if cell.cell in planned and cell.runs}


def _reason(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "cause": finding.cause,
        "severity": finding.severity,
    }

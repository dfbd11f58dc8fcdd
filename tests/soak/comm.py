"""Junk on the comm to the front end: nothing is raised, and what is no message changes nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.frontends.comm import FrontEnd
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.junk import changed, changes, junk
from tests.soak.outcome import FaultError, Row, Task, drawn
from tests.soak.twins import load, prepare

GOOD: dict[str, Any] = {
    "kind": "notebook",
    "cells": ["one", "two", "three"],
    "texts": {"one": "x = 1", "two": "y = x + 1"},
}
CELLS = {"one": "x = 1", "two": "y = x + 1", "three": "z = y"}
WHOLE = {"content": {"data": GOOD, "comm_id": "c"}, "header": {"msg_type": "comm_msg"}, "buffers": []}
MESSAGES_A_SESSION = 10
messages: st.SearchStrategy[list[Any]] = st.lists(
    st.one_of(
        changes.map(lambda done: changed(WHOLE, done)),
        junk,
        junk.map(lambda data: {"content": {"data": data}}),
        st.just(WHOLE),
    ),
    min_size=1,
    max_size=MESSAGES_A_SESSION,
)


class _Comm:
    """A comm without a front end."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def on_msg(self, take: Any) -> None:
        self.take = take

    def on_close(self, take: Any) -> None:
        self.hang_up = take

    def send(self, data: Any, **_: Any) -> None:
        self.sent.append(data)

    def close(self, **_: Any) -> None:
        """Nobody is told."""


def _is_message(data: Any) -> bool:
    """Whether a front end may send this: the ids of cells, and texts of cells."""
    if not isinstance(data, dict) or data.get("kind") != "notebook":
        return False
    cells, texts = data.get("cells"), data.get("texts")
    return (
        isinstance(cells, list)
        and all(isinstance(cell, str) for cell in cells)
        and isinstance(texts, dict)
        and all(isinstance(text, str) for text in texts.values())
    )


def _receive(sent: list[Any]) -> list[str]:
    """What is wrong after these messages."""
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    comm = _Comm()
    front_end = FrontEnd(tracker, comm)
    for cell, text in CELLS.items():
        shell.run_cell(text, store_history=True, cell_id=cell)
    comm.take(WHOLE)
    wrong: list[str] = []
    for message in sent:
        before = tracker.report()
        try:
            comm.take(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, ipykernel would show it to the user
            wrong.append(f"{message!r} raised {type(error).__name__}: {error}")
        data = message["content"].get("data") if _is_whole(message) else None
        if not _is_message(data) and tracker.report() != before:
            wrong.append(f"{message!r} changed the report")
    comm.take(WHOLE)
    shell.run_cell("x = 5", store_history=True, cell_id="one")
    if tracker.stale() != ["two", "three"]:
        wrong.append(f"afterwards stale() gives {tracker.stale()}")
    front_end.close()
    return wrong + [text for text in said if "internal error" in text]


def _is_whole(message: Any) -> bool:
    return isinstance(message, dict) and isinstance(message.get("content"), dict)


def run(task: Task) -> list[Row]:
    """So many junk messages, ten to a session; the first fault, made small."""
    prepare()
    with new_place() as place:
        faults = drawn(
            messages,
            lambda sent: _check(place, sent),
            task,
            max(1, task.length.messages // MESSAGES_A_SESSION),
        )
    return [Row("comm", "junk messages of a front end", task.length.messages, faults=faults)]


def _check(place: Place, sent: list[Any]) -> None:
    try:
        wrong = in_fork(place, _receive, sent)
    except LostError as lost:
        wrong = [str(lost), repr(sent)]
    if wrong:
        raise FaultError("\n".join(f"  - {line}" for line in wrong))

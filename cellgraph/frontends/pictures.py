"""The picture that a panel shows, as data: how it stands now, earlier moments of it, and when it is redrawn.

The panel below a cell and the one at the side of the notebook take the same data and ask the same questions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cellgraph.model import Report

if TYPE_CHECKING:
    from cellgraph.frontends.tracked import RecordedSession


def picture(tracker: RecordedSession) -> dict[str, Any]:
    """All that a panel shows at this moment, ready for JSON."""
    from cellgraph.render.panel.model import panel_model

    return panel_model(tracker.report(), tracker.ledger)


class Sent:
    """What a front end was sent of a picture, so that it is sent only what has changed since.

    Each message has a ``number``. One with ``changes`` belongs to the model that the message before made.
    """

    def __init__(self) -> None:
        self._number = 0
        self._model: dict[str, Any] | None = None

    def forget(self) -> None:
        """Send the next picture whole."""
        self._model = None

    def message(self, model: dict[str, Any]) -> dict[str, Any]:
        """The message of kind ``picture`` that brings the front end to this model."""
        before, self._model = self._model, model
        self._number += 1
        content = {"model": model} if before is None else {"changes": changed_parts(before, model)}
        return {"kind": "picture", "number": self._number, **content}


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What has changed of a model, by its keys, which are the same in both.

    Of lists and dictionaries the elements that are new or different (``at``), with the ``length`` that a list
    has now, and the keys that have ``gone`` from a dictionary. Of anything else the ``whole``.
    """
    return {key: _change(before[key], value) for key, value in after.items() if before[key] != value}


def _change(before: Any, after: Any) -> dict[str, Any]:
    if isinstance(before, list) and isinstance(after, list):
        known = dict(enumerate(before))
        at = {str(place): one for place, one in enumerate(after) if place not in known or known[place] != one}
        return {"length": len(after), "at": at}
    if isinstance(before, dict) and isinstance(after, dict):
        at = {key: one for key, one in after.items() if key not in before or before[key] != one}
        return {"gone": [key for key in before if key not in after], "at": at}
    return {"whole": after}


def answer(tracker: RecordedSession, question: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer to a panel's question; None for one that is not known or not as it should be.

    ``frame`` asks for the moment after ``run``; ``layers`` for the picture in layers, now or after ``run``.
    The answer has the question's ``kind`` and its number ``asked``.
    """
    kind, run, around = question.get("kind"), question.get("run"), question.get("around")
    if not (_is_run(tracker, run) and (around is None or isinstance(around, str))):
        return None
    told: dict[str, Any]
    if kind == "frame":
        from cellgraph.render.panel.model import frame

        told = {"frame": frame(_report(tracker, run))}
    elif kind == "layers":
        from cellgraph.render.layers import layers_answer

        told = layers_answer(_report(tracker, run), names=bool(question.get("names")), around=around)
    else:
        return None
    return {**told, "kind": kind, "asked": question.get("asked")}


def _is_run(tracker: RecordedSession, run: object) -> bool:
    return run is None or (type(run) is int and 1 <= run <= len(tracker.ledger))


def _report(tracker: RecordedSession, run: int | None) -> Report:
    return tracker.report() if run is None else tracker.after_run(run)


_SHARE, SHARE_IN_QUEUE = 0.1, 0.04
"""Of the time, what goes into showing changes at most: between cells that a person runs, and in a queue."""


class Spaced:
    """Calls ``act`` now, or a little later where the last call was a moment ago; the last one is never lost.

    So only a small share of the time goes into it, however fast cells follow each other. ``wait``: seconds
    that every call waits, so that a cell has ended before anything is drawn. Without an event loop, as in a
    plain shell, every call is carried out at once.
    """

    def __init__(self, act: Callable[[], None], wait: float = 0.0) -> None:
        self._act = act
        self._wait = wait
        self._began = self._took = 0.0
        """When the last call began, and the seconds it took."""
        self._waiting: tuple[float, asyncio.TimerHandle] | None = None
        """When the next call is due, and what will make it."""

    def __call__(self, *, in_queue: bool = False) -> None:
        """Call ``act``, now or soon. ``in_queue``: more cells wait to be run, so it may be later."""
        now = time.monotonic()
        share = SHARE_IN_QUEUE if in_queue else _SHARE
        due = max(self._began + self._took / share, now + self._wait)
        if due <= now:
            self._now()
        elif self._waiting is None or due < self._waiting[0]:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._now()
            else:
                self._drop()
                self._waiting = due, loop.call_later(due - now, self._now)

    def _now(self) -> None:
        self._drop()
        self._began = time.monotonic()
        self._act()
        self._took = time.monotonic() - self._began

    def _drop(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting[1].cancel()

"""The picture that a panel shows, as data: how it stands now, earlier moments of it, and when it is redrawn.

The panel below a cell and the one at the side of the notebook take the same data and ask the same questions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from cellgraph.frontends.tracked import RecordedSession
from cellgraph.model import Report


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


class Spaced:
    """Calls ``act`` now, or a little later where the last call was a moment ago; the last one is never lost.

    While a queue of cells runs, drawing takes a tenth of the time at most. ``wait``: seconds that every call
    waits, so that a cell has ended before anything is drawn. Without an event loop, as in a plain shell,
    every call is carried out at once.
    """

    def __init__(self, act: Callable[[], None], wait: float = 0.0) -> None:
        self._act = act
        self._wait = wait
        self._free = 0.0
        self._waiting = False

    def __call__(self) -> None:
        """Call ``act``, now or soon."""
        early = max(self._free - time.monotonic(), self._wait)
        if early <= 0:
            self._now()
        elif not self._waiting:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._now()
            else:
                self._waiting = True
                loop.call_later(early, self._now)

    def _now(self) -> None:
        self._waiting = False
        began = time.monotonic()
        self._act()
        took = time.monotonic() - began
        self._free = began + 10 * took

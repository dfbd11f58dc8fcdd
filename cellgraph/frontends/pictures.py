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

"""``%cellgraph watch``: the live panel, an anywidget that is redrawn after each run.

anywidget is an extra (``pip install 'cellgraph[panel]'``) and is imported when a panel is asked for.
"""

from __future__ import annotations

import asyncio
import json
import time
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

from cellgraph.frontends.tracked import RecordedSession
from cellgraph.model import Report
from cellgraph.render.layers import layers_answer
from cellgraph.render.panel.model import frame, panel_model
from cellgraph.render.panel.script import css, module

STILL = "cellgraph-of-panel"
"""CSS class of the static picture below a panel.

It is hidden while the panel is shown. In a saved notebook, where there is no panel, it is visible.
"""


class PanelError(RuntimeError):
    """The panel cannot be shown. The message says what to install."""


def panel(tracker: RecordedSession) -> Any:
    """A live panel of ``tracker``, to be displayed. It stops following when it is closed.

    Raises:
        PanelError: anywidget is not installed.
    """
    made = _panel_class()(graph=_graph(tracker))
    _follow(tracker, made)
    return made


@cache
def _panel_class() -> type[Any]:
    """The widget's class, made when the first panel is asked for."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise PanelError("the live panel needs anywidget: pip install 'cellgraph[panel]'") from error

    # ``graph`` is the panel's model as JSON. A message ``frame`` asks for an earlier moment, and
    # ``layers`` for the picture in layers.
    content = {
        "_esm": module(),
        "_css": css(),
        "graph": traitlets.Unicode().tag(sync=True),
        "__repr__": lambda _: "the live cell graph",
        "__module__": __name__,
    }
    return type("Panel", (anywidget.AnyWidget,), content)


def _graph(tracker: RecordedSession) -> str:
    return json.dumps(panel_model(tracker.report(), tracker.ledger))


def _follow(tracker: RecordedSession, made: Any) -> None:
    """Redraw ``made`` after each change until it is closed, and answer its requests for earlier moments.

    Only weak references to the panel and the tracker are kept.
    """
    held, following = weakref.ref(made), weakref.ref(tracker)

    def redraw() -> None:
        widget, source = held(), following()
        if widget is None or source is None or widget.comm is None:
            stop()
            return
        widget.graph = _graph(source)

    def answer(widget: Any, content: Any, buffers: Any) -> None:
        source = following()
        if source is not None:
            told = _answer(source, content)
            if told is not None:
                widget.send({**told, "kind": content["kind"], "asked": content.get("asked")})

    stop: Callable[[], None] = tracker.subscribe(_Spaced(redraw))
    made.on_msg(answer)


class _Spaced:
    """Calls ``act`` now, or a little later where the last call was a moment ago; the last one is never lost.

    While a queue of cells runs, drawing takes a tenth of the time at most. Without an event loop, as in a
    plain shell, every call is carried out at once.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._free = 0.0
        self._waiting = False

    def __call__(self) -> None:
        early = self._free - time.monotonic()
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


def _answer(tracker: RecordedSession, question: Any) -> dict[str, Any] | None:
    """The answer to a message of the panel; None for one that is not known."""
    if question.get("kind") == "frame":
        return {"frame": frame(_report(tracker, question))}
    if question.get("kind") == "layers":
        names, around = bool(question.get("names")), question.get("around")
        return layers_answer(_report(tracker, question), names=names, around=around)
    return None


def _report(tracker: RecordedSession, question: Any) -> Report:
    run = question.get("run")
    return tracker.report() if run is None else tracker.after_run(int(run))

"""``%cellgraph watch``: the live panel, an anywidget that is redrawn after each run.

anywidget is an extra (``pip install 'cellgraph[panel]'``) and is imported when a panel is asked for.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

from cellgraph.frontends.pictures import Spaced, answer, picture
from cellgraph.frontends.tracked import RecordedSession
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
    return json.dumps(picture(tracker))


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

    def asked(widget: Any, question: Any, buffers: Any) -> None:
        source = following()
        told = answer(source, question) if source is not None else None
        if told is not None:
            widget.send(told)

    drawing = Spaced(redraw)

    def changed() -> None:
        source = following()
        drawing(in_queue=source is not None and source.in_queue)

    stop: Callable[[], None] = tracker.subscribe(changed)
    made.on_msg(asked)

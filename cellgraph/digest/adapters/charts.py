"""plotly and bokeh charts, by the data they would send to the browser.

altair charts and seaborn grids are plain objects and need no handler.
"""

from __future__ import annotations

from typing import Any

from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.forms import own_class
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests, ignore_cache_fields

ignore_cache_fields(  # ids, documents and themes, which differ on each page that shows the model
    "bokeh",
    "_id _document _temp_document _callbacks _event_callbacks _unstable_themed_values _initialized"
    " _owners _parent",
)

_DEEPEST = 20

ignore_cache_fields("seaborn", "ids")
"""By which seaborn tells which vectors it was given: their addresses in memory."""


@digests("plotly.BaseFigure", "plotly.BaseFigureWidget", mutable=True, whole=True)
def _figure(value: Any, walk: Walk) -> bytes:
    """Traces, layout and frames.

    The objects that ``fig.data`` and ``fig.layout`` return are views of these.
    """
    state = state_of(value)
    traces = [_trace(held, walk) for held in state.get("_data") or ()]
    rest = walk.visit(state.get("_layout")) + walk.sequence(tuple(state.get("_frame_objs") or ()))
    return own_class(value, walk) + b"%d:" % len(traces) + b"".join(traces) + rest


def _trace(props: Any, walk: Walk) -> bytes:
    """A trace without the random id that a widget gives it."""
    if type(props) is dict and "uid" in props:
        return walk.visit_temporary({key: held for key, held in props.items() if key != "uid"})
    return walk.visit(props)


@digests("plotly.BasePlotlyType", mutable=True, whole=True)
def _part(value: Any, walk: Walk) -> bytes:
    """A trace, a layout or a part of one.

    The figure it belongs to is noted, because a change of the part changes it.
    """
    props = _props(value, walk, 0)
    return _trace(props, walk)


def _props(value: Any, walk: Walk, depth: int) -> Any:
    """The properties of a part. The figure keeps them if the part belongs to one; otherwise the part does."""
    state = state_of(value)
    parent = state.get("_parent")
    if parent is None or depth > _DEEPEST:
        return state.get("_orphan_props")
    walk.note(parent)
    above = state_of(parent)
    if "_data_objs" in above:
        return _of_figure(value, above)
    held = _props(parent, walk, depth + 1)
    name = state.get("_plotly_name")
    found = held.get(name) if type(held) is dict and type(name) is str else None
    if type(found) is not list:
        return found
    place = _place(value, (above.get("_compound_array_props") or {}).get(name) or ())
    return found[place] if place is not None and place < len(found) else None


def _of_figure(value: Any, figure: dict[str, Any]) -> Any:
    place = _place(value, figure.get("_data_objs") or ())
    if place is not None:
        return figure["_data"][place]
    return (
        figure.get("_layout") if figure.get("_layout_obj") is value else state_of(value).get("_orphan_props")
    )


def _place(value: Any, among: Any) -> int | None:
    return next((place for place, held in enumerate(among) if held is value), None)

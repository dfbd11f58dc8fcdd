"""pyplot's current figure: where ``plt.plot``, seaborn and pandas draw if they are given no axes.

A run reads it if it draws on the figure that was there already, or asks for it. What a run does to a
figure by its own variables (``ax.plot``) is told by these. A backend that closes all figures after each cell
leaves none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from cellgraph.digest.class_reflection import instance_dict_getter, module_root
from cellgraph.trace.settings.libraries import members
from cellgraph.trace.settings.provider import Provider, Values
from cellgraph.trace.settings.text_events import Event

PYPLOT = "pyplot"
"""The name of the setting."""
KEY = "current figure"
_BUDGET_S = 0.05
_PYPLOT = frozenset({"plt", "pyplot"})
_ASKING = frozenset({"gca", "gcf"})
_APART = frozenset(
    "figure subplots subplot_mosaic close show style use rc rcParams rcdefaults rc_context rc_file ion ioff"
    " xkcd cm colormaps get_cmap color_sequences get_fignums fignum_exists switch_backend get_backend"
    " isinteractive imread imsave set_loglevel Figure Axes Line2D Normalize".split()
)
"""What pyplot does for no figure, or for a new one."""


def _held(value: object) -> Mapping[str, Any]:
    getter = instance_dict_getter(type(value))
    return getter(value) if getter is not None else {}


def _current() -> object:
    """The current figure; None where there is none."""
    managers = getattr(members("matplotlib._pylab_helpers").get("Gcf"), "figs", None)
    last = next(reversed(managers.values()), None) if managers else None
    return _held(_held(last).get("canvas")).get("figure")


def _axes(figure: object) -> list[object]:
    stack = _held(figure).get("_axstack")
    axes = _held(stack).get("_axes")
    return list(axes) if type(axes) is dict else []


def _token() -> object:
    figure = _current()
    if figure is None:
        return None
    axes = _axes(figure)
    told = tuple((id(one), len(_held(one).get("_children", ())), *_texts(one)) for one in axes)
    return id(figure), _place(figure, axes), told


def _texts(axes: object) -> tuple[object, ...]:
    """What the axes say about themselves, and which part of the data they show."""
    held = _held(axes)
    title, both = _held(held.get("title")).get("_text"), (held.get("xaxis"), held.get("yaxis"))
    labels = (_held(_held(axis).get("label")).get("_text") for axis in both)
    limits = _held(held.get("_viewLim")).get("_points")
    shown = limits.tobytes() if limits is not None else b""
    return (title, *labels, shown, id(held.get("legend_")))


def _place(figure: object, axes: list[object]) -> int:
    """Which of its axes are the current ones."""
    order = _held(_held(figure).get("_axstack")).get("_axes")
    return max(range(len(axes)), key=lambda at: order[axes[at]], default=-1) if type(order) is dict else -1


def _values() -> Values:
    figure = _current()
    if figure is None:
        return {}
    from cellgraph.digest import Digester

    return {KEY: f"{Digester(_BUDGET_S).look(figure).digest.value}:{_place(figure, _axes(figure))}"}


def _identity(token: object) -> object:
    return token[0] if isinstance(token, tuple) else None


def is_read(before: object, after: object, events: Iterable[Event], names: Mapping[str, Any]) -> bool:
    """Whether a run used the current figure that it found: it drew on it, or asked for it.

    ``before`` and ``after`` are the tokens around the run, ``events`` those of its text.
    """
    found, left = _identity(before), _identity(after)
    if found is not None and found != left:
        return False
    used = list(events)
    asked = any(map(_asks, used))
    if found is None or before == after:
        return asked
    made = {name for event in used if not _is_given_axes(event, names) for name in event.bound}
    return asked or not any(_is_explicit(event, names) for event in used if event.dotted[0] not in made)


def _asks(event: Event) -> bool:
    words = event.dotted
    if words[-1] in _ASKING:
        return True
    if words[0] not in _PYPLOT or len(words) < 2:
        return False
    return words[1] not in _APART or (words[1] == "figure" and bool(event.keys))


def _is_given_axes(event: Event, names: Mapping[str, Any]) -> bool:
    """Whether a call is told where to draw: ``ax = sns.lineplot(x, ax=axes[0])``, ``line = ax.plot(x)``."""
    return "ax" in event.named or "**" in event.named or _is_explicit(event, names)


def _is_explicit(event: Event, names: Mapping[str, Any]) -> bool:
    """Whether an event uses a figure, or a part of one, that a variable holds."""
    value = names.get(event.dotted[0])
    return event.kind != "store" and module_root(type(value)) == "matplotlib"


_MAKING = frozenset({"figure", "subplots", "subplot_mosaic"})
"""What pyplot makes a figure by, whose size may be given."""


def is_sized(event: Event) -> bool:
    """Whether a call makes a figure whose size it says."""
    return event.dotted[-1] in _MAKING and "figsize" in event.named


def asks_no_size(event: Event, value: object, is_there: bool) -> bool:
    """Whether an event leaves the usual size of figures alone: it makes none, or says its size.

    ``value`` is what its first word holds. ``is_there``: the text has made a figure on which pyplot draws.
    """
    if type(value) is not ModuleType and module_root(type(value)) == "matplotlib":
        return True
    if event.kind != "call" or not {"ax", "figsize"}.isdisjoint(event.named):
        return event.kind == "call"
    if type(value) is not ModuleType:
        return False
    return event.dotted[-1] not in _MAKING and (is_there or event.dotted[-1] in _APART)


FIGURES = Provider(
    PYPLOT,
    "matplotlib.pyplot",
    token=_token,
    values=_values,
    defaults=dict,
    is_read=is_read,
)

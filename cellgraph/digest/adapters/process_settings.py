"""Objects through which settings of the process are changed.

Settings are compared key by key, under their own names.

``from matplotlib import rcParams`` gives a variable to such an object. Its digest is constant, so that one
changed option is reported once, as a setting.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_identity
from cellgraph.digest.log_targets import known_loggers, log_targets
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

digests("cellgraph.Tracker", whole=True)(by_identity)  # it leads to all that was recorded


@digests("matplotlib.RcParams", mutable=True)
def _rc_params(value: Any, walk: Walk) -> bytes:
    """All settings of a copy except the backend, which is chosen at the first use."""
    module = sys.modules.get("matplotlib")
    held = ModuleType.__getattribute__(module, "__dict__") if isinstance(module, ModuleType) else {}
    if held.get("rcParams") is value:
        return b""
    kept = {key: setting for key, setting in dict.items(value) if not key.startswith("backend")}
    return walk.visit_temporary(dict(sorted(kept.items())))


@digests("os._Environ", mutable=True)
def _environment(value: Any, walk: Walk) -> bytes:
    return b"" if value is os.environ else walk.mark_opaque(value)


@digests("pandas._config.config.DictWrapper", "pandas.DictWrapper")
def _options(value: Any, walk: Walk) -> bytes:
    return b""


_LOGGER_FIELDS = frozenset(
    "name level parent propagate handlers disabled filters manager root _cache".split()
)


@digests("logging.Logger", "logging.RootLogger", mutable=True)
def _logger(value: Any, walk: Walk) -> bytes:
    """One that ``logging.getLogger`` gives goes by its name: its level, handlers and filters are settings."""
    getter = class_reflection.instance_dict_getter(type(value))
    state = getter(value) if getter is not None else {}
    name = state.get("name")
    root = class_reflection.namespace(sys.modules["logging"].Logger).get("root")
    known = value is root or (type(name) is str and known_loggers().get(name) is value)
    if not known:
        return walk.mark_opaque(value)
    for buffer in log_targets(state.get("handlers")):
        walk.visit(buffer)  # only so that it is known to be written to: it is no part of the logger's value
    own = {key: held for key, held in state.items() if key not in _LOGGER_FIELDS}
    return (
        walk.visit(name)
        + walk.visit_untracked(sorted(own))
        + walk.sequence([own[key] for key in sorted(own)])
    )


@digests("logging.LoggerAdapter", mutable=True)
def _adapter(value: Any, walk: Walk) -> bytes:
    """Its logger, and what it adds to each message."""
    getter = class_reflection.instance_dict_getter(type(value))
    state = getter(value) if getter is not None else {}
    return walk.sequence([state.get("logger"), state.get("extra")])


@digests("logging.Handler", mutable=True, whole=True)
def _handler(value: Any, walk: Walk) -> bytes:
    """One of a class of the user's, without its lock: what it keeps of the messages is in its attributes."""
    getter = class_reflection.instance_dict_getter(type(value))
    if getter is None or not class_reflection.made_by_user(type(value)):
        return walk.mark_opaque(value)
    state = {name: held for name, held in getter(value).items() if name != "lock"}
    return walk.visit(type(value)) + walk.visit_temporary(dict(sorted(state.items())))


@digests("logging.StreamHandler", mutable=True)
def _stream_handler(value: Any, walk: Walk) -> bytes:
    """Opaque; a buffer in memory that it writes to is known to be held by it."""
    for buffer in log_targets([value]):
        walk.visit(buffer)
    return walk.mark_opaque(value)

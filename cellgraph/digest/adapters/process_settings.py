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
    known = value is root or (type(name) is str and _known_loggers().get(name) is value)
    if not known:
        return walk.mark_opaque(value)
    own = {key: held for key, held in state.items() if key not in _LOGGER_FIELDS}
    return (
        walk.visit(name)
        + walk.visit_untracked(sorted(own))
        + walk.sequence([own[key] for key in sorted(own)])
    )


def _known_loggers() -> dict[str, Any]:
    logger = class_reflection.namespace(sys.modules["logging"].Logger)
    manager = logger.get("manager")
    held = getattr(manager, "loggerDict", None)
    return held if type(held) is dict else {}

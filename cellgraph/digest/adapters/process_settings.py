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

from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests


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

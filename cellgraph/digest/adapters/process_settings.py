"""Objects through which settings of the process are changed: they are compared as settings, key by key.

``from matplotlib import rcParams`` gives a name to what ``matplotlib.rcParams`` is. Whose option was set is
told by the setting, so that such a name is no second way to the same change.
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
    module = sys.modules.get("matplotlib")
    held = ModuleType.__getattribute__(module, "__dict__") if isinstance(module, ModuleType) else {}
    return b"" if held.get("rcParams") is value else walk.visit_temporary(dict(sorted(dict.items(value))))


@digests("os._Environ", mutable=True)
def _environment(value: Any, walk: Walk) -> bytes:
    return b"" if value is os.environ else walk.mark_opaque(value)


@digests("pandas._config.config.DictWrapper", "pandas.DictWrapper")
def _options(value: Any, walk: Walk) -> bytes:
    return b""

"""The paths that name the parts of a value, written as the code that reads them."""

from __future__ import annotations

import functools
from json import dumps, loads

FITTING = frozenset({".fit", ".fit_transform", ".fit_predict", ".fit_resample"})
"""Paths of the methods by which estimators are fitted anew."""
LOOKUP = ".get"
"""What a value is asked for by a key: ``.get["lr"]`` stands for ``cfg.get("lr")`` and for ``"lr" in cfg``."""
PARAMETERS = ".get_params()"
"""The path of the part of an estimator that stands for all parameters, with those of estimators in it."""


@functools.lru_cache(maxsize=4096, typed=True)
def item_path(key: str | int) -> str:
    """The path of an item: ``["price"]``, as in ``df["price"]``."""
    return f"[{dumps(key, ensure_ascii=False)}]"


def attribute_path(name: str) -> str:
    """The path of an attribute: ``.coef_``, as in ``model.coef_``."""
    return f".{name}"


@functools.lru_cache(maxsize=4096)
def key_of(path: str) -> str:
    """The key in an item's path: ``price`` for ``["price"]``. Any other path is returned as it is."""
    try:
        return str(loads(path[1:-1])) if path.startswith("[") else path
    except ValueError:
        return path

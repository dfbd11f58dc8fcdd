"""How the parts of a value are named: as the code that reads them."""

from __future__ import annotations

import functools
import json


@functools.lru_cache(maxsize=4096, typed=True)
def item_path(key: str | int) -> str:
    """``["price"]``, as ``df["price"]`` is read."""
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def attribute_path(name: str) -> str:
    """``.coef_``, as ``model.coef_`` is read."""
    return f".{name}"


@functools.lru_cache(maxsize=4096)
def key_of(path: str) -> str:
    """The key that an item's path stands for: ``price`` for ``["price"]``; any other path itself."""
    try:
        return str(json.loads(path[1:-1])) if path.startswith("[") else path
    except ValueError:
        return path

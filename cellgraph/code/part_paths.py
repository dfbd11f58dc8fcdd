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

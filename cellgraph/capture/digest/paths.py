"""How the parts that are compared by themselves are named."""

from __future__ import annotations

import json

MAX_PARTS = 200


def item_path(key: str) -> str:
    """``["price"]``, as ``df["price"]`` is read."""
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def attribute_path(name: str) -> str:
    """``.coef_``, as ``model.coef_`` is read."""
    return f".{name}"

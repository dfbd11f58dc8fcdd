"""A report as JSON, for other programs."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellgraph.model import Report

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


def report_json(report: Report, indent: int | None = 2) -> str:
    """The report as a JSON object with the field names of ``model``; ``schema`` is its version.

    The answer is ASCII, so that it can be written in any encoding.
    """
    return json.dumps({"schema": SCHEMA, **_plain(report)}, indent=indent)


def _plain(value: Any) -> Any:
    """Dataclasses as objects, tuples as arrays, sets as sorted arrays."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value

"""A report as JSON, for other programs."""

from __future__ import annotations

import json

from cellgraph.model import Report, as_json

SCHEMA = 1
"""Version of the form. It grows if a field changes its meaning or is removed, not if one is added."""


def report_json(report: Report, indent: int | None = 2) -> str:
    """The report as a JSON object with the field names of ``model``; ``schema`` is its version.

    The answer is ASCII, so that it can be written in any encoding.
    """
    return json.dumps({"schema": SCHEMA, **as_json(report)}, indent=indent)

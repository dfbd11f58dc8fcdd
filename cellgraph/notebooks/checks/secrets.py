"""Keys, tokens and passwords in sources and outputs, by detect-secrets (the extra ``secrets``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cellgraph import rules
from cellgraph.notebooks.checks.document import CodeCell, Document, joined
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make

_WORTH_A_LOOK = re.compile(
    r"secret|passw|pwd|token|api[_-]?key|apikey|auth|private|credential|BEGIN |://[^/\s:]+:[^/\s@]+@|AKIA|eyJ|gh[pousr]_|xox|sk_|sk-|AIza|hf_|npm_|SG\.",
    re.IGNORECASE,
)
"""Lines that a detector could find something in.

The detectors take a millisecond a line, this a microsecond.
"""
_IN_OUTPUTS = ("text/plain", "text/html", "application/json")
_LONGEST = 2000
_NOT_BY_CHANCE = ("Base64 High Entropy String", "Hex High Entropy String", "IP Public (ipv4)")
"""Detectors that take hashes and random text for secrets."""


def is_available() -> bool:
    """Whether detect-secrets is installed."""
    from importlib.util import find_spec

    return find_spec("detect_secrets") is not None


def secret_findings(document: Document) -> Iterator[CheckFinding]:
    """One finding for each line and kind. The secret itself is never in a message."""
    for cell in document.cells:
        for number, line in enumerate(cell.source.splitlines(), 1):
            for kind in _kinds(line):
                yield _found(document, cell, Span(number, 1, number, len(line) + 1), kind, "source")
        told: set[str] = set()
        for line in _output_lines(cell):
            for kind in _kinds(line):
                if kind not in told:
                    told.add(kind)
                    yield _found(document, cell, Span(), kind, "output")


def _found(document: Document, cell: CodeCell, span: Span, kind: str, where: str) -> CheckFinding:
    from dataclasses import replace

    found = make(
        rules.SECRET,
        document,
        cell,
        span,
        {"kind": kind, "where": where},
        severity="warning",
        name=f"{kind} {where}",
    )
    return replace(found, text="")  # no report repeats it


def _kinds(line: str) -> set[str]:
    if len(line) > _LONGEST or not _WORTH_A_LOOK.search(line):
        return set()
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    with default_settings():
        return {secret.type for secret in scan_line(line) if secret.type not in _NOT_BY_CHANCE}


def _output_lines(cell: CodeCell) -> Iterator[str]:
    for output in cell.outputs:
        for text in _texts(output):
            yield from text.splitlines()[:2000]


def _texts(output: dict[str, Any]) -> Iterator[str]:
    yield joined(output.get("text", ""))
    data = output.get("data")
    if isinstance(data, dict):
        yield from (joined(data[kind]) for kind in _IN_OUTPUTS if kind in data)
    traceback = output.get("traceback")
    if isinstance(traceback, list):
        yield joined(traceback)

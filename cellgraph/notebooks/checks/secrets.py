"""Keys, tokens and passwords in sources and outputs, by detect-secrets (the extra ``secrets``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cellgraph import rules
from cellgraph.notebooks.checks.document import CodeCell, Document, joined
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make

_WORTH_A_LOOK = re.compile(
    r"secret|passw|pwd|token(?!i[sz])|api[_-]?key|apikey|auth(?!or)|private|credential|BEGIN |://[^/\s:]+:[^/\s@]+@|AKIA|eyJ|gh[pousr]_|xox|\bsk[-_]|AIza|hf_|npm_|SG\.",
    re.IGNORECASE,
)
"""Lines that a detector could find something in.

The detectors take a millisecond a line, this a microsecond.
"""
_SOME_WORD = (
    "secret passw pwd token api-key api_key apikey auth private credential begin :// akia eyj"
    " ghp_ gho_ ghu_ ghs_ ghr_ xox sk_ sk- aiza hf_ npm_ sg."
).split()
"""In small letters, what a text that has such a line holds. A search for words is faster than the pattern."""
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
    candidates = [*_candidates(document)]
    if not candidates:
        return
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    told: set[tuple[int, int, str]] = set()
    with default_settings():
        for cell, number, line in candidates:
            for kind in dict.fromkeys(secret.type for secret in scan_line(line)):
                if kind in _NOT_BY_CHANCE or (cell.number, number, kind) in told:
                    continue
                told.add((cell.number, number, kind))
                span = Span(number, 1, number, len(line) + 1) if number else Span()
                yield _found(document, cell, span, kind, "source" if number else "output")


def _candidates(document: Document) -> Iterator[tuple[CodeCell, int, str]]:
    """The lines that are worth a look, with their numbers in the cell's text; 0 for those of its outputs."""
    for cell in document.cells:
        for number, line in enumerate(_lines(cell.source), 1):
            if _is_worth_a_look(line):
                yield cell, number, line
        for output in cell.outputs:
            for text in _texts(output):
                yield from ((cell, 0, line) for line in _lines(text)[:2000] if _is_worth_a_look(line))


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


def _is_worth_a_look(line: str) -> bool:
    return len(line) <= _LONGEST and _WORTH_A_LOOK.search(line) is not None


def _lines(text: str) -> list[str]:
    """The lines of a text; none if no detector could find something in any."""
    small = text.lower()
    return text.splitlines() if any(word in small for word in _SOME_WORD) else []


def _texts(output: dict[str, Any]) -> Iterator[str]:
    yield joined(output.get("text", ""))
    data = output.get("data")
    if isinstance(data, dict):
        yield from (joined(data[kind]) for kind in _IN_OUTPUTS if kind in data)
    traceback = output.get("traceback")
    if isinstance(traceback, list):
        yield joined(traceback)

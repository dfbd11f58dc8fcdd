"""Sessions written for the soak, read from ``tests/soak/sessions``.

A line ``## name`` starts a session, ``---`` parts its cells. ``## name (needs library)`` needs a library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.cases.safety import Case

FOLDER = Path(__file__).parent / "sessions"
TITLE = re.compile(r"^## (.*?)(?: \(needs (\w+)\))?$", re.MULTILINE)
RETURNS = "\\r\\n"
"""How a line end of Windows is written."""


def cases_in(text: str) -> Iterator[Case]:
    """The sessions of a text."""
    _, *pieces = TITLE.split(text)
    for name, needs, body in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        yield Case(name, body.strip("\n").replace(RETURNS, "\r\n"), needs or "")


HOSTILE = tuple(cases_in((FOLDER / "hostile.txt").read_text(encoding="utf-8")))
"""Those that mean harm: what a process does with them takes as long as all the others."""
WRITTEN: tuple[Case, ...] = tuple(
    case
    for path in sorted(FOLDER.glob("*.txt"))
    if path.name != "hostile.txt"
    for case in cases_in(path.read_text(encoding="utf-8"))
)
"""The others."""

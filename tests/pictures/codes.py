"""The README's table of codes, written from the registry of findings."""

from __future__ import annotations

import re
from pathlib import Path

from cellgraph.rules import RULES

_ROWS = re.compile(r"(?:^\| CG\d+ \|.*\n)+", flags=re.MULTILINE)


def write(readme: Path) -> None:
    """Put a row for each code in place of the rows that are there. Raises ValueError if there are none."""
    rows = "".join(f"| {rule.code} | {rule.severity} | {rule.meaning} |\n" for rule in RULES.values())
    text, found = _ROWS.subn(rows, readme.read_text(encoding="utf-8"))
    if found != 1:
        raise ValueError(f"{readme} has {found} tables of codes")
    readme.write_text(text, encoding="utf-8")

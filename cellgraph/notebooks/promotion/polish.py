"""The module as tools want it: formatted and clean for ruff, clean for mypy, each under its default settings.

Both are the extra ``cellgraph[promote]``. Where one is missing the module is written without its help, and
that is said.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from cellgraph.code.source import parsed

_FIXED = "F401,F541,F841,F811,E401,E703,I001,W291,W293,E711,E712,E713,E714"
_SAFE = "F401,F541,E401,E703,I001,E713,E714"
_MYPY = re.compile(r"^.*?:(\d+): error: .*\[([\w-]+)\]$")
_SECONDS = 180


def polished(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as ruff and mypy want it, and what could not be done."""
    notes: list[str] = []
    with TemporaryDirectory(prefix="cellgraph-") as folder:
        path = Path(folder, "steps.py")
        path.write_text(text, encoding="utf-8")
        has_ruff = find_spec("ruff") is not None
        if has_ruff:
            _ruff(path, "check", "--fix", "--select", _SAFE)
            _ruff(path, "check", "--fix", "--unsafe-fixes", "--select", "F841")
            _ruff(path, "format")
        else:
            notes.append("not formatted: install cellgraph[promote]")
        if find_spec("mypy") is not None:
            notes += _typed(path, folder)
        else:
            notes.append("not checked by mypy: install cellgraph[promote]")
        if has_ruff:
            _ruff(path, "check", "--add-noqa")
            _ruff(path, "format")
        return path.read_text(encoding="utf-8"), tuple(notes)


def formatted(text: str) -> str:
    """A text as ruff formats it, or as it is without ruff."""
    if find_spec("ruff") is None:
        return text
    with TemporaryDirectory(prefix="cellgraph-") as folder:
        path = Path(folder, "text.py")
        path.write_text(text, encoding="utf-8")
        _ruff(path, "format")
        return path.read_text(encoding="utf-8")


def _ruff(path: Path, command: str, *options: str) -> None:
    _run(["ruff", command, "--isolated", "--no-cache", "--quiet", *options, path.name], path.parent)


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own tools on our own file
            [sys.executable, "-m", *command],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _typed(path: Path, folder: str) -> list[str]:
    """Mark the lines that mypy cannot follow, as its own comments do."""
    Path(folder, "mypy.ini").write_text("[mypy]\n", encoding="utf-8")
    options = (
        "--config-file=mypy.ini",
        "--no-error-summary",
        "--hide-error-context",
        "--no-pretty",
        "--no-color-output",
    )
    cache = Path.home() / ".cache" / "cellgraph" / "mypy"
    for _ in range(2):
        told = _run(["mypy", *options, f"--cache-dir={cache}", path.name], path.parent)
        errors = [match for line in told.splitlines() if (match := _MYPY.match(line))]
        if not errors:
            return [] if told == "" or "Success" in told else ["mypy gave no answer"]
        path.write_text(_ignored(path.read_text(encoding="utf-8"), errors), encoding="utf-8")
    return []


def _ignored(text: str, errors: Sequence[re.Match[str]]) -> str:
    codes: dict[int, set[str]] = {}
    for match in errors:
        codes.setdefault(int(match[1]), set()).add(match[2])
    lines = text.split("\n")
    wanted = _shape(text)
    for number, found in codes.items():
        before = lines[number - 1]
        known = re.search(r"  # type: ignore\[([\w, -]+)\]", before)
        every = sorted(found | set(known[1].split(", ") if known else ()))
        bare = before.replace(known[0], "") if known else before
        code, sign, comment = _comment(bare)
        lines[number - 1] = (
            f"{code.rstrip()}  # type: ignore[{', '.join(every)}]{'  ' + sign + comment if sign else ''}"
        )
        if _shape("\n".join(lines)) != wanted:  # the line ends inside a string
            lines[number - 1] = before
    return "\n".join(lines)


def _comment(line: str) -> tuple[str, str, str]:
    """A line's code and its comment."""
    for place, letter in enumerate(line):
        if letter == "#" and parsed(line[:place].strip().rstrip(":,([{")) is not None:
            return line[:place], "#", line[place + 1 :]
    return line, "", ""


def _shape(text: str) -> str:
    tree = parsed(text)
    return ast.dump(tree) if tree is not None else ""

"""What to report: codes, severities, files.

From ``[tool.cellgraph]`` in ``pyproject.toml`` and the command line.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from cellgraph.model import Severity
from cellgraph.notebooks.checks.finding import CheckFinding
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.rules import SAVED_RULES

_COMMENT = re.compile(r"#[ \t]*+cellgraph:[ \t]*+ignore(?:\[([^\]\n]{0,200})\])?")
_KEYS = frozenset({"select", "ignore", "severity", "per-file-ignores", "exclude", "baseline"})


@dataclass(frozen=True)
class Settings:
    """``select`` and ``ignore`` hold codes or their beginnings (``CG30``).

    ``folder`` is what the patterns are relative to.
    """

    select: tuple[str, ...] = ("CG3",)
    ignore: tuple[str, ...] = ()
    severity: Severity = "note"
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    baseline: str = ""
    folder: str = ""

    def wants(self, code: str) -> bool:
        """Whether a code is looked for in some file. The longer of two beginnings decides, as in ruff."""
        selected = max((len(start) for start in self.select if code.startswith(start)), default=0)
        ignored = max((len(start) for start in self.ignore if code.startswith(start)), default=0)
        return selected > ignored

    def keeps(self, found: CheckFinding) -> bool:
        """Whether a finding is reported, comments in the cell apart."""
        if self.severity == "warning" and found.severity == "note":
            return False
        return self.wants(found.code) and not self._ignored_in_file(found)

    def _ignored_in_file(self, found: CheckFinding) -> bool:
        return any(
            found.code.startswith(tuple(codes)) and matches(found.path, pattern, self.folder)
            for pattern, codes in self.per_file_ignores.items()
            if codes
        )

    def excludes(self, path: str) -> bool:
        """Whether a file that lies in a folder to be checked is left out."""
        return any(matches(path, pattern, self.folder) for pattern in self.exclude)


def matches(path: str, pattern: str, folder: str) -> bool:
    """Whether a file is meant by a pattern.

    Its name, its path from the settings' folder, or a folder that it lies in.
    """
    file = Path(path).absolute()
    base = Path(folder).absolute() if folder else Path.cwd()
    try:
        relative = file.relative_to(base).as_posix()
    except ValueError:
        relative = file.as_posix()
    pattern = pattern.rstrip("/")
    if "/" not in pattern:
        return any(fnmatch.fnmatch(part, pattern) for part in PurePath(relative).parts)
    return fnmatch.fnmatch(relative, pattern) or fnmatch.fnmatch(relative, f"{pattern}/*")


def ignored_by_comment(source: str) -> tuple[str, ...]:
    """The codes that a cell silences by ``# cellgraph: ignore[CODE, …]``; without codes all of them."""
    if "cellgraph" not in source:
        return ()
    found: list[str] = []
    for match in _COMMENT.finditer(source):
        found += re.findall(r"CG\d+", match[1]) if match[1] is not None else SAVED_RULES
    return tuple(found)


def read_settings(start: Path, file: Path | None = None) -> Settings:
    """The settings of ``file``, or of the nearest ``pyproject.toml`` that has some, at ``start`` or above."""
    if file is not None:
        return _settings(_toml(file), file)
    for folder in (start, *start.parents):
        candidate = folder / "pyproject.toml"
        if candidate.is_file():
            table = _toml(candidate)
            if isinstance(table.get("tool"), dict) and "cellgraph" in table["tool"]:
                return _settings(table, candidate)
    return Settings()


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise CannotRunError(f"{file} is not TOML: {error}") from None


def _settings(table: Mapping[str, Any], file: Path) -> Settings:
    tool = table.get("tool")
    own = tool.get("cellgraph", {}) if isinstance(tool, dict) else {}
    unknown = sorted(set(own) - _KEYS)
    if unknown:
        raise CannotRunError(
            f"{file}: [tool.cellgraph] has no key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}"
        )
    made = Settings(folder=str(file.parent))
    for key, value in own.items():
        made = replace(made, **{key.replace("-", "_"): _value(key, value, file)})
    return made


def _value(key: str, value: Any, file: Path) -> Any:
    where = f"{file}: [tool.cellgraph] {key}"
    if key == "per-file-ignores":
        if not isinstance(value, dict):
            raise CannotRunError(f"{where} is a table of patterns and codes")
        return {pattern: check_codes(_words(codes, where), where) for pattern, codes in value.items()}
    if key == "severity":
        if value not in ("note", "warning"):
            raise CannotRunError(f"{where} is 'note' or 'warning'")
        return value
    if key == "baseline":
        return str(file.parent / str(value))
    words = _words(value, where)
    return words if key == "exclude" else check_codes(words, where)


def _words(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise CannotRunError(f"{where} is a list of texts")
    return tuple(value)


def check_codes(words: Iterable[str], where: str) -> tuple[str, ...]:
    """The codes in capitals. Raises CannotRunError for one that no rule begins with."""
    codes = tuple(word.strip().upper() for word in words if word.strip())
    codes = tuple("CG" if code == "ALL" else code for code in codes)
    for code in codes:
        if not any(known.startswith(code) for known in SAVED_RULES):
            raise CannotRunError(f"{where}: there is no code {code!r}; there are {', '.join(SAVED_RULES)}")
    return codes

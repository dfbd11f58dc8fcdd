"""The plugin of pytest: each code cell of the notebooks that it collects is a test.

Use it by ``pytest -p cellgraph.cli.pytest_plugin --cellgraph``. It is no entry point: pytest would then
import cellgraph in each run, with a loader of its own.

A cell fails if it has a warning. Nothing is executed. It is off unless the option, or ``cellgraph = true`` in
pytest's settings, switches it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cellgraph.notebooks.checks.finding import CheckFinding


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--cellgraph``."""
    group = parser.getgroup("cellgraph")
    group.addoption(
        "--cellgraph", action="store_true", help="check saved notebooks, a test for each code cell"
    )
    parser.addini("cellgraph", "check saved notebooks, as with --cellgraph", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect notebooks, where it is switched on."""
    if file_path.suffix != ".ipynb" or ".ipynb_checkpoints" in file_path.parts:
        return None
    config = parent.config
    if not (config.getoption("cellgraph") or config.getini("cellgraph")):
        return None
    return NotebookItems.from_parent(parent, path=file_path)


class FindingsError(Exception):
    """A cell has findings."""


class NotebookItems(pytest.File):
    """A notebook: an item for each code cell, and one for the file if it cannot be read."""

    def collect(self) -> Iterator[pytest.Item]:
        """Check the file once and hand its findings to its cells."""
        from cellgraph.notebooks.checks.check import check_path
        from cellgraph.notebooks.checks.settings import read_settings

        checked = check_path(str(self.path), read_settings(self.path.parent))
        found: dict[int, list[CheckFinding]] = {number: [] for number in range(1, checked.cells + 1)}
        for one in checked.findings:
            found.setdefault(one.cell, []).append(one)
        for number, findings in sorted(found.items()):
            name = f"cell {number}" if number else "file"
            yield CellItem.from_parent(
                self, name=name, findings=findings, skipped=checked.skipped or checked.error
            )


class CellItem(pytest.Item):
    """A code cell."""

    def __init__(self, *, findings: list[CheckFinding], skipped: str, **more: Any) -> None:
        super().__init__(**more)
        self.findings = findings
        self.skipped = skipped

    def runtest(self) -> None:
        """Fail if there is a warning."""
        if self.skipped:
            pytest.skip(self.skipped)
        if any(one.severity == "warning" for one in self.findings):
            raise FindingsError

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings as ``cellgraph check`` prints them."""
        from cellgraph.render.check_text import text_lines

        if not isinstance(excinfo.value, FindingsError):
            return super().repr_failure(excinfo)
        return "\n".join(line for one in self.findings for line in text_lines(one))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file, the line of the first finding, and the cell."""
        line = self.findings[0].file_line - 1 if self.findings else None
        return self.path, line, f"{self.path.name}::{self.name}"

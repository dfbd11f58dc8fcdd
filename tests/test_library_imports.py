"""While a library is imported nobody asks about its functions; about the user's own, always."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.session import Tracker

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")

SPY = """
import sys
monitoring = sys.monitoring
tool = next(tool for tool in range(6) if monitoring.get_tool(tool) == "cellgraph")
asked = bool(monitoring.get_events(tool) & monitoring.events.PY_START)
"""
"""A module that finds out, while it is imported, whether functions that start are asked about."""


@dataclass(frozen=True)
class Case:
    """A cell that imports ``module``, and whether what starts meanwhile is asked about."""

    name: str
    code: str
    module: str
    asked: bool

    def __str__(self) -> str:
        return self.name


CASES = (
    Case("a library", "import installed", "installed", asked=False),
    Case("under another name", "import installed as lib", "installed", asked=False),
    Case("a name of it", "from installed import asked", "installed", asked=False),
    Case("in a package", "from packed.inner import asked", "packed.inner", asked=False),
    Case("after another", "import json\nimport installed", "installed", asked=False),
    Case("a module of the user's", "import mine", "mine", asked=True),
    Case(
        "where it may fail",
        "try:\n    import installed\nexcept ImportError:\n    pass",
        "installed",
        asked=True,
    ),
    Case("in a function", "def load():\n    import installed\nload()", "installed", asked=True),
)


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules that look installed, and one that does not."""
    installed = tmp_path / "site-packages"
    (installed / "packed").mkdir(parents=True)
    for name in ("installed.py", "packed/inner.py"):
        (installed / name).write_text(SPY)
    (installed / "packed" / "__init__.py").touch()
    (installed / "broken.py").write_text("raise ImportError('broken')")
    (tmp_path / "mine.py").write_text(SPY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(installed))
    yield
    for name in ("installed", "packed", "packed.inner", "broken", "mine"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_what_cannot_start_the_users_code_goes_unasked(
    case: Case, shell: InteractiveShell, tracker: Tracker
) -> None:
    """An import of an installed library at the top of a cell, whose failure would end it."""
    assert shell.run_cell(case.code, store_history=True).success
    assert sys.modules[case.module].asked is case.asked


def test_another_thread_may_start_a_function_meanwhile(shell: InteractiveShell, tracker: Tracker) -> None:
    """Where a thread of the user's runs, all that starts is asked about."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert shell.run_cell("import installed", store_history=True).success
    finally:
        done.set()
        thread.join()
    assert sys.modules["installed"].asked is True


@pytest.mark.parametrize("first", ["import installed", "import broken"])
def test_what_starts_after_an_import_is_seen(first: str, shell: InteractiveShell, tracker: Tracker) -> None:
    """Reads of a function that is called for the first time after an import, whether that failed or not."""
    shell.run_cell("x = 1\ndef f():\n    return x", store_history=True)
    shell.run_cell(first, store_history=True)
    shell.run_cell(f"import installed\ny = f()\n{first}", store_history=True)
    assert {read.name for read in tracker.runs[-1].reads} == {"f", "x"}

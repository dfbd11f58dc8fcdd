"""Files that hold sources are no more open to other users than the notebook that these come from."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.cli.command_line import main
from cellgraph.notebooks.outputs import close_as, least_open
from cellgraph.notebooks.promotion.package import write_package
from cellgraph.session import Tracker

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
MODES = (0o600, 0o640, 0o644)
CELL = {
    "cell_type": "code",
    "id": "a",
    "metadata": {},
    "outputs": [],
    "execution_count": None,
    "source": "y = x",
}
NOTEBOOK = json.dumps({"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """By the umask others might read and write everything."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with a finding."""
    path = tmp_path / "n.ipynb"
    path.write_text(NOTEBOOK, encoding="utf-8")
    return path


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("open_to", MODES, ids=oct)
def test_a_report_of_check(open_to: int, notebook: Path) -> None:
    """In each format it quotes the cells."""
    notebook.chmod(open_to)
    written = notebook.with_name("out.json")
    main(["check", str(notebook), "--format", "json", "-o", str(written)])
    assert mode(written) == open_to


def test_a_report_on_several_notebooks(notebook: Path) -> None:
    """It is as closed as the one that the fewest may read."""
    other = notebook.with_name("other.ipynb")
    other.write_bytes(notebook.read_bytes())
    notebook.chmod(0o644)
    other.chmod(0o600)
    assert least_open([notebook, other]) == least_open([other, notebook]) == other
    assert least_open([]) is None


@pytest.mark.parametrize("open_to", MODES, ids=oct)
def test_saved_contracts(open_to: int, notebook: Path, shell: InteractiveShell, tracker: Tracker) -> None:
    """They hold categories and ranges of the data."""
    notebook.chmod(open_to)
    shell.user_ns["__vsc_ipynb_file__"] = str(notebook)
    shell.run_cell("x = 1", store_history=True, cell_id="a")
    tracker.contracts.make("x")
    written = notebook.with_name("contracts.json")
    assert tracker.contracts.save(written) == 1
    assert mode(written) == open_to


@pytest.mark.parametrize("open_to", MODES, ids=oct)
def test_a_promoted_package_and_its_tests(open_to: int, notebook: Path) -> None:
    """The steps are the notebook's cells, and the tests hold its data."""
    notebook.chmod(open_to)
    package = notebook.with_name("steps")
    write_package(package, {"steps.py": "x = 1\n"}, notebook)
    assert mode(package / "steps.py") == open_to
    data = package / "tests" / "data"
    data.mkdir(parents=True)
    (data / "x.json").write_text("1")
    close_as(package / "steps.py", package / "tests")
    assert mode(data / "x.json") == open_to

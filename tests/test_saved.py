"""The saved notebook as the kernel reads it: quickly, and never with an exception."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cellgraph.notebooks import saved
from cellgraph.notebooks.saved import SavedCell, notebook_path, read_saved


def write(path: Path, content: Any) -> str:
    """A file with this text, or with this value as JSON."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def code(source: Any, **more: Any) -> dict[str, Any]:
    """A code cell as it is in a file."""
    return {"cell_type": "code", "source": source, **more}


def test_code_cells_come_in_order_and_others_are_left_out(tmp_path: Path) -> None:
    """Code cells are read top to bottom; markdown and raw cells are no cells here."""
    prose = {"cell_type": "markdown", "source": "# x", "id": "words"}
    cells = [code("x = 1", id="a"), prose, {"cell_type": "raw", "source": ""}, code("x", id="b")]
    notebook = read_saved(write(tmp_path / "n.ipynb", {"cells": cells}))
    assert notebook is not None
    assert notebook.cells == (SavedCell("a", "x = 1"), SavedCell("b", "x"))
    assert notebook.prose == {"words"}
    assert notebook.mtime == (tmp_path / "n.ipynb").stat().st_mtime


def test_source_may_be_lines_and_ids_may_be_missing(tmp_path: Path) -> None:
    """A list of lines is joined as it is, and a 4.4 file has cells without ids."""
    notebook = read_saved(write(tmp_path / "n.ipynb", {"cells": [code(["x = 1\n", "y = 2"])]}))
    assert notebook is not None
    assert notebook.cells == (SavedCell(None, "x = 1\ny = 2"),)


@dataclass(frozen=True)
class Broken:
    name: str
    content: str


BROKEN = (
    Broken("nothing", ""),
    Broken("half a file", '{"cells": [{"cell_type": "code", "sour'),
    Broken("another JSON value", "[1, 2]"),
    Broken("no cells", '{"metadata": {}}'),
    Broken("worksheets of nbformat 3", '{"worksheets": [{"cells": []}]}'),
    Broken("cells that are no list", '{"cells": {"a": 1}}'),
    Broken("a cell that is no object", '{"cells": [1]}'),
    Broken("a code cell without source", '{"cells": [{"cell_type": "code"}]}'),
    Broken("a source of numbers", '{"cells": [{"cell_type": "code", "source": [1]}]}'),
    Broken("nesting beyond the stack", "[" * 200_000),
)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_a_broken_file_is_none(case: Broken, tmp_path: Path) -> None:
    """What is not plainly a notebook is None, whatever it is."""
    assert read_saved(write(tmp_path / "n.ipynb", case.content)) is None


def test_bytes_that_are_no_text_are_none(tmp_path: Path) -> None:
    """A binary file is no notebook."""
    path = tmp_path / "n.ipynb"
    path.write_bytes(b"\x80\x81\xff")
    assert read_saved(str(path)) is None


def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    """A missing file and a directory are None; so is a path that no system allows."""
    assert read_saved(str(tmp_path / "missing.ipynb")) is None
    assert read_saved(str(tmp_path)) is None
    assert read_saved("a\0b") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in the file system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe under the notebook's name is None at once: opening it would block for ever."""
    os.mkfifo(tmp_path / "n.ipynb")
    assert read_saved(str(tmp_path / "n.ipynb")) is None


def test_a_file_over_the_limit_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than the limit is not read."""
    path = write(tmp_path / "n.ipynb", {"cells": []})
    assert read_saved(path) is not None
    monkeypatch.setattr(saved, "SIZE_LIMIT", 5)
    assert read_saved(path) is None


@pytest.mark.parametrize("key", ["__vsc_ipynb_file__", "__session__"])
def test_the_path_is_found_in_the_namespace(key: str, tmp_path: Path) -> None:
    """VS Code and jupyter_server leave the path in the namespace."""
    path = write(tmp_path / "n.ipynb", {"cells": []})
    assert notebook_path({key: path}, {}) == path


def test_the_path_is_found_in_the_environment(tmp_path: Path) -> None:
    """jupyter_server gives it in the environment too."""
    path = write(tmp_path / "n.ipynb", {"cells": []})
    assert notebook_path({}, {"JPY_SESSION_NAME": path}) == path


def test_vs_code_comes_first(tmp_path: Path) -> None:
    """Where both speak, VS Code is believed: the session may be named after something else."""
    code_path = write(tmp_path / "code.ipynb", {"cells": []})
    other = write(tmp_path / "other.ipynb", {"cells": []})
    assert notebook_path({"__vsc_ipynb_file__": code_path, "__session__": other}, {}) == code_path


def test_what_is_no_path_of_a_notebook_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative paths, directories, other files and non-strings are None; the next hint is tried."""
    path = write(tmp_path / "n.ipynb", {"cells": []})
    monkeypatch.chdir(tmp_path)
    script, gone = write(tmp_path / "n.py", ""), str(tmp_path / "gone.ipynb")
    for useless in ("n.ipynb", str(tmp_path), gone, script, 3, "\0"):
        assert notebook_path({"__session__": useless}, {}) is None
        assert notebook_path({"__session__": useless}, {"JPY_SESSION_NAME": path}) == path


@pytest.mark.slow
def test_reading_imports_no_notebook_library() -> None:
    """The kernel pays for ``json`` only: nbformat stays unimported."""
    program = "import sys, cellgraph.notebooks.saved; sys.exit('nbformat' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

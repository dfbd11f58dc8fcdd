"""The notebook file that ``cellgraph run`` is given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from cellgraph.notebook.errors import CannotRunError
from cellgraph.notebook.source import notebook_text, read_source


def code(source: str, **more: Any) -> dict[str, Any]:
    """A code cell as it is in a file."""
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    return {**cell, **more}


def markdown(source: str, **more: Any) -> dict[str, Any]:
    """A text cell as it is in a file."""
    return {"cell_type": "markdown", "source": source, "metadata": {}, **more}


def notebook(*cells: dict[str, Any], minor: int = 5) -> str:
    """The text of a notebook file."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor})


def write(folder: Path, text: str) -> Path:
    """A notebook file with this text."""
    path = folder / "n.ipynb"
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_are_numbered_among_code_cells_and_keep_their_ids(tmp_path: Path) -> None:
    """Numbers count code cells from the top; an index counts all cells."""
    text = notebook(markdown("# A", id="m"), code("x", id="a"), markdown("", id="n"), code("y", id="b"))
    cells = read_source(write(tmp_path, text)).cells
    assert [(cell.number, cell.index, cell.cell) for cell in cells] == [(1, 1, "a"), (2, 3, "b")]


def test_an_older_notebook_gets_ids_for_the_run_and_keeps_its_version(tmp_path: Path) -> None:
    """nbformat 4.4 has no ids: they are made up for the run, and not written."""
    source = read_source(write(tmp_path, notebook(code("x"), code("x"), minor=4)))
    assert len({cell.cell for cell in source.cells}) == 2
    written = json.loads(notebook_text(source.notebook))
    assert written["nbformat_minor"] == 4
    assert all("id" not in cell for cell in written["cells"])
    nbformat.validate(written)


def test_ids_that_are_missing_or_taken_are_made_unique(tmp_path: Path) -> None:
    """A broken 4.5 notebook runs, and what is written is valid."""
    text = notebook(code("x", id="a"), code("y", id="a"), code("z"), code("w", id="cell-3"))
    source = read_source(write(tmp_path, text))
    assert source.cells[0].cell == "a"
    assert source.cells[3].cell == "cell-3"
    assert len({cell.cell for cell in source.cells}) == 4
    nbformat.validate(json.loads(notebook_text(source.notebook)))


def test_outputs_of_earlier_runs_are_taken_out(tmp_path: Path) -> None:
    """What is written shows this run and nothing else."""
    output = {"output_type": "stream", "name": "stdout", "text": "old"}
    source = read_source(write(tmp_path, notebook(code("x", id="a", outputs=[output], execution_count=7))))
    assert source.notebook.cells[0].outputs == []
    assert source.notebook.cells[0].execution_count is None


def test_a_notebook_of_version_3_is_converted(tmp_path: Path) -> None:
    """An old notebook runs as a notebook of version 4."""
    cell = {"cell_type": "code", "input": "x = 1", "language": "python", "outputs": [], "metadata": {}}
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [cell]}]}
    source = read_source(write(tmp_path, json.dumps(old)))
    assert [step.source for step in source.cells] == ["x = 1"]


@dataclass(frozen=True)
class Broken:
    name: str
    text: str
    says: str


BROKEN = (
    Broken("empty file", "", "is not a notebook"),
    Broken("half a file", notebook(code("x"))[:40], "is not a notebook"),
    Broken("plain text", "x = 1\n", "is not a notebook"),
    Broken("a list", "[]", "is not a notebook"),
    Broken("an object", "{}", "is not a notebook"),
    Broken("a number", "3", "is not a notebook"),
    Broken("cells that are no list", '{"cells": 3, "metadata": {}, "nbformat": 4}', "is no"),
    Broken("a cell that is no object", notebook(3), "is no"),  # type: ignore[arg-type]
    Broken("a cell without source", notebook({"cell_type": "code", "metadata": {}}), "is no"),
    Broken("a cell without metadata", notebook({"cell_type": "code", "source": ""}), "is no"),
    Broken("a version to come", '{"cells": [], "metadata": {}, "nbformat": 99}', "is no"),
)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_a_broken_file_is_refused_in_one_line(case: Broken, tmp_path: Path) -> None:
    """Whatever is wrong with the file, the message is one line that names it."""
    path = write(tmp_path, case.text)
    with pytest.raises(CannotRunError) as caught:
        read_source(path)
    message = str(caught.value)
    assert str(path) in message
    assert case.says in message
    assert "\n" not in message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A binary file is refused as one."""
    path = tmp_path / "n.ipynb"
    path.write_bytes(b"\x80\xff")
    with pytest.raises(CannotRunError, match="not UTF-8"):
        read_source(path)


def test_a_missing_file_says_what_is_near(tmp_path: Path) -> None:
    """Where only the suffix was left out, the message says so."""
    path = write(tmp_path, notebook())
    with pytest.raises(CannotRunError, match=r"there is no file .*did you mean .*n\.ipynb\?"):
        read_source(path.with_suffix(""))
    with pytest.raises(CannotRunError, match=r"there is no file .*other\.ipynb$"):
        read_source(tmp_path / "other.ipynb")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """A directory is refused, and the message says what to do."""
    with pytest.raises(CannotRunError, match="is a directory; name a notebook in it"):
        read_source(tmp_path)

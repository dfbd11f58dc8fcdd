"""The notebook file that ``cellgraph run`` is given."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.kernels import choose_kernel
from cellgraph.notebooks.outputs import write_text
from cellgraph.notebooks.source import executed_text, notebook_text, read_source


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


@dataclass(frozen=True)
class Flawed:
    """A file that breaks its format, and what is said of it."""

    name: str
    text: str
    says: str


FLAWED = (
    Flawed(
        "no metadata", notebook(code("x"), minor=4).replace('"metadata": {}, "nbformat"', '"nbformat"'), ""
    ),
    Flawed("a cell without metadata", notebook({"cell_type": "code", "source": ""}, minor=4), ""),
    Flawed("no minor version", '{"cells": [], "metadata": {}, "nbformat": 4}', ""),
    Flawed("no ids", notebook(code("x"), markdown("m")), "cell ids"),
    Flawed("ids of text cells", notebook(code("x", id="a"), markdown("m", id="a")), "cell ids"),
    Flawed(
        "ids that are no ids",
        notebook(code("x", id="a b"), code("y", id=3), code("z", id="z" * 65)),
        "cell ids",
    ),
    Flawed(
        "ids too early", notebook(code("x", id="a"), minor=4), "cell ids, which this version does not have"
    ),
    Flawed(
        "fields of another version",
        notebook(code("x", prompt_number=3, collapsed=True), minor=4),
        "unknown fields",
    ),
    Flawed(
        "fields of the whole",
        notebook(minor=4)[:-1] + ', "signature": "s", "worksheets": []}',
        "unknown fields",
    ),
    Flawed("outputs of a text", notebook(markdown("m", outputs=[]), minor=4), "unknown fields"),
    Flawed("tags that are a text", notebook(code("x", metadata={"tags": "a"}), minor=4), "metadata (tags)"),
    Flawed(
        "tags with commas", notebook(markdown("x", metadata={"tags": ["a,b"]}), minor=4), "metadata (tags)"
    ),
    Flawed(
        "words for booleans",
        notebook(code("x", metadata={"collapsed": "no"}), minor=4),
        "metadata (collapsed)",
    ),
    Flawed(
        "a kernel that is a number",
        notebook(minor=4).replace("{}", '{"kernelspec": 5}'),
        "metadata (kernelspec)",
    ),
    Flawed(
        "a heading in format 4",
        notebook(markdown("x", cell_type="heading", level=2), minor=4),
        "cells of type 'heading'",
    ),
    Flawed(
        "a type that nobody knows", notebook(markdown("x", cell_type="zzz"), minor=4), "cells of type 'zzz'"
    ),
    Flawed(
        "attachments that are none",
        notebook(markdown("x", attachments={"a": 3}), minor=4),
        "",
    ),
    Flawed("a byte order mark", "\ufeff" + notebook(code("x"), minor=4), ""),
)


@pytest.mark.parametrize("case", FLAWED, ids=lambda case: case.name)
def test_a_flawed_file_runs_and_is_written_valid(case: Flawed, tmp_path: Path) -> None:
    """What breaks the format is mended and told; the version stays."""
    source = read_source(write(tmp_path, case.text))
    written = json.loads(executed_text(source, source.notebook))
    nbformat.validate(written)
    given = json.loads(case.text.lstrip("\ufeff"))
    assert written["nbformat_minor"] == given.get("nbformat_minor", 4)
    assert case.says in ", ".join(source.flaws)
    assert bool(case.says) == bool(source.flaws)


INVALID_OUTPUTS = (
    {"output_type": "display_data", "data": {"text/plain": 3, "image/png": ["a", 1]}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/html": None}, "metadata": None},
    {"output_type": "stream", "name": "stdout", "text": "a", "data": {}},
    {"output_type": "error", "ename": 3, "evalue": None, "traceback": [1]},
    {"output_type": "execute_result", "data": {"text/plain": "a"}, "metadata": {}},
)


@pytest.mark.parametrize("output", INVALID_OUTPUTS, ids=str)
def test_an_output_that_no_file_may_hold_is_mended(output: dict[str, Any], tmp_path: Path) -> None:
    """A kernel sends what a cell displays, and a cell may display anything."""
    source = read_source(write(tmp_path, notebook(code("x"), minor=4)))
    source.notebook.cells[0].outputs = [nbformat.from_dict(output), OUTPUTS[0]]
    written = json.loads(executed_text(source, source.notebook))
    nbformat.validate(written)
    assert len(written["cells"][0]["outputs"]) == 2


def test_half_a_character_is_kept(tmp_path: Path) -> None:
    """JSON can hold half a surrogate pair, which is no text; what is written reads back as the same."""
    source = read_source(write(tmp_path, notebook(markdown("a \ud800 b"), minor=4)))
    write_text(tmp_path / "out.ipynb", executed_text(source, source.notebook))
    written = json.loads((tmp_path / "out.ipynb").read_text(encoding="utf-8"))
    assert "".join(written["cells"][0]["source"]) == "a \ud800 b"


def test_outputs_of_earlier_runs_are_taken_out(tmp_path: Path) -> None:
    """What is written shows this run and nothing else."""
    output = {"output_type": "stream", "name": "stdout", "text": "old"}
    source = read_source(write(tmp_path, notebook(code("x", id="a", outputs=[output], execution_count=7))))
    assert source.notebook.cells[0].outputs == []
    assert source.notebook.cells[0].execution_count is None


def old(*cells: dict[str, Any], major: int = 3) -> str:
    """The text of a notebook file of format 3 or 2, with two worksheets."""
    sheets = [{"cells": cells[:1], "metadata": {}}, {"cells": cells[1:]}]
    head = {"metadata": {"name": "old"}, "nbformat": major}
    return json.dumps({**head, **({"nbformat_minor": 0} if major == 3 else {}), "worksheets": sheets})


OLD_CELLS = (
    {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
    {"cell_type": "markdown", "source": "# no heading", "metadata": {}},
    {"cell_type": "code", "input": ["x = 1\n", "x"], "language": "python", "metadata": {}, "outputs": []},
)


@pytest.mark.parametrize("major", [2, 3])
def test_an_older_format_is_written_back_as_it_was(major: int, tmp_path: Path) -> None:
    """Worksheets, headings and names stay; the outputs and counts of the run are put in."""
    source = read_source(write(tmp_path, old(*OLD_CELLS, major=major)))
    (step,) = source.cells
    done = deepcopy(source.notebook)
    done.cells[step.index].update(outputs=OUTPUTS, execution_count=1)
    written = json.loads(executed_text(source, done))
    assert (written["nbformat"], written["metadata"]["name"]) == (major, "old")
    assert [len(sheet["cells"]) for sheet in written["worksheets"]] == [1, 2]
    kinds = [cell["cell_type"] for sheet in written["worksheets"] for cell in sheet["cells"]]
    assert kinds == (["heading", "markdown", "code"] if major == 3 else ["markdown", "markdown", "code"])
    cell = written["worksheets"][1]["cells"][1]
    assert cell["prompt_number"] == 1
    assert [output["output_type"] for output in cell["outputs"]] == [
        "stream",
        "pyout",
        "display_data",
        "pyerr",
    ]
    if major == 3:
        nbformat.validate(written)
        again = nbformat.reads(json.dumps(written), as_version=4)
        assert json.loads(again.cells[2].outputs[2].data["application/vnd.plotly.v1+json"]) == {"data": []}


OUTPUTS = [
    nbformat.v4.new_output("stream", text="out\n"),
    nbformat.v4.new_output("execute_result", {"text/plain": "1", "text/html": "<b>1</b>"}, execution_count=1),
    nbformat.v4.new_output("display_data", {"application/vnd.plotly.v1+json": {"data": []}}),
    nbformat.v4.new_output("error", ename="E", evalue="v", traceback=["t"]),
]


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
    Broken("a source that is a number", notebook({**code(""), "source": 3}), "lacks its type or source"),
    Broken("brackets without end", "[" * 100_000, "is not JSON"),
    Broken("sheets that are no list", '{"nbformat": 3, "metadata": {}, "worksheets": 3}', "is not"),
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


def refusal(path: Path) -> str:
    """Read a notebook, choose a kernel and write it again; why that is refused, or an empty text."""
    try:
        source = read_source(path)
        choose_kernel(None, source.notebook.metadata, source.language)
        write_text(path, executed_text(source, source.notebook))
    except CannotRunError as error:
        return str(error)
    return ""


ODD_VALUES = (
    5,
    None,
    [],
    [1],
    {"name": 5},
    {"name": [1]},
    {"name": "\ud800"},
    {"name": "a\0b"},
    "text",
    {"a": {}},
)


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
@pytest.mark.parametrize("key", ["kernelspec", "language_info", "widgets", "jupytext", "\udfff"])
def test_odd_metadata_is_read_or_refused_in_one_line(key: str, value: object, tmp_path: Path) -> None:
    """Metadata of any form: a kernel is chosen and the notebook can be written, or one line says why not."""
    cell = {"cell_type": "code", "id": "a", "metadata": {key: value}, "source": "x = 1", "outputs": []}
    found = {"cells": [cell], "metadata": {key: value}, "nbformat": 4, "nbformat_minor": 5}
    assert "\n" not in refusal(write(tmp_path, json.dumps(found)))


@pytest.mark.parametrize("minor", [-1, "5", None, [], 10**30, 99])
def test_an_odd_minor_version_is_no_fault_of_ours(minor: object, tmp_path: Path) -> None:
    """It is mended or refused."""
    found = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    assert "\n" not in refusal(write(tmp_path, json.dumps(found)))

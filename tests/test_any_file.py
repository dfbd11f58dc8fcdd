"""Any file at all: each command says in one line what it is, and none ever fails by a fault of its own."""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cellgraph.cli import main
from cellgraph.notebooks.checks.document import Document, UnreadableError, read_document
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.source import read_source
from cellgraph.notebooks.verification.judge import FreshCell, SavedCell, judge_cell
from cellgraph.notebooks.verification.text import Tolerance
from cellgraph.render.check_reports import CHECK_FORMATS

Steps = tuple[str | int, ...]

_STAMP = {
    "version": 1,
    "packages": {"a": "1"},
    "runs": [{"cell": "a", "code": "x", "inputs": [["x", 1, "d"]], "files": {"d.csv": "1"}}],
}
_DATA = {
    "text/plain": ["2"],
    "text/html": "<table><tr><td>1</td></tr></table>",
    "image/png": "aGk=",
    "application/json": {"a": 1},
    "application/vnd.plotly.v1+json": {"data": [{"x": [1]}], "layout": {}},
}
_FOUR: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {
        "kernelspec": {"name": "python3", "language": "python"},
        "language_info": {"name": "python", "version": "3.12.1"},
        "cellgraph": {"stamp": _STAMP},
    },
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# title"], "attachments": {}},
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {"tags": ["parameters"]},
            "execution_count": 1,
            "source": ["x = 1\n", "print(x)"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}],
        },
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "execution_count": 2,
            "source": "y = x + z\ny",
            "outputs": [
                {"output_type": "execute_result", "execution_count": 2, "metadata": {}, "data": _DATA},
                {"output_type": "error", "ename": "E", "evalue": "no", "traceback": ["a", "b"]},
            ],
        },
    ],
}
_THREE_CELL = {
    "cell_type": "code",
    "collapsed": False,
    "input": ["x = 1\n", "x"],
    "language": "python",
    "metadata": {},
    "prompt_number": 1,
    "outputs": [
        {"output_type": "pyout", "prompt_number": 1, "text": ["1"], "html": ["<b>"], "png": "aGk="},
        {"output_type": "stream", "stream": "stdout", "text": "s"},
        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t"]},
    ],
}
_HEADING = {"cell_type": "heading", "level": 1, "source": "h", "metadata": {}}
_THREE: dict[str, Any] = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "x"},
    "worksheets": [{"metadata": {}, "cells": [_HEADING, _THREE_CELL]}],
}
_JUNK: tuple[Any, ...] = (
    None, [], {}, "", 0, -1, True, 1.5, 10**400, float("nan"), "\ud800", "x", [[]], [None], {"a": {}},
    {"": None}, ["\ud800"], "\x00", "ü\u2028", "%%", "(((", [1, "a"],
)  # fmt: skip
_SOME = 250
"""Broken notebooks that the quick test looks at, of about 3,000."""


def _places(part: Any, at: Steps = ()) -> Iterator[Steps]:
    """Where something stands in a notebook."""
    yield at
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        yield from _places(value, (*at, key))


def _broken() -> list[Any]:
    """Notebooks in which one thing is gone, or is something that it should not be."""
    found: list[Any] = list(_JUNK)
    for base in (_FOUR, _THREE):
        for place in _places(base):
            for junk in (*_JUNK, ...) if place else ():
                made = copy.deepcopy(base)
                inner: Any = made
                for step in place[:-1]:
                    inner = inner[step]
                if junk is ...:
                    del inner[place[-1]]
                else:
                    inner[place[-1]] = junk
                found.append(made)
    return found


def _texts(broken: list[Any]) -> Iterator[bytes]:
    """The same as files, and files that are cut off or have wrong bytes in them."""
    draw = random.Random(1)
    for made in broken:
        yield json.dumps(made).encode()
        whole = json.dumps(made, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
        yield whole
        at = draw.randrange(len(whole) + 1)
        yield whole[:at]
        yield whole[:at] + draw.randbytes(3) + whole[at:]


def _judge(document: Document) -> None:
    """Compare the outputs of each cell with those of the cell below it, and with none."""
    cells = [SavedCell(one.number, one.source, one.outputs, one.count, one.id) for one in document.cells]
    for saved, other in zip(cells, [*cells[1:], SavedCell(0, "", [])], strict=False):
        fresh = FreshCell(other.outputs, ran=True)
        judge_cell(saved, [fresh], Tolerance())
        judge_cell(saved, [fresh, FreshCell(saved.outputs, ran=True)], Tolerance())


_LOOKING = ("check n.ipynb --format json", "graph n.ipynb", "slice n.ipynb x", "check n.ipynb")
"""Commands that run nothing."""


def _look(data: bytes, capsys: pytest.CaptureFixture[str], commands: Sequence[str] = _LOOKING) -> None:
    """What these commands say of the bytes, and what those that run the notebook begin with."""
    path = Path("n.ipynb")
    path.write_bytes(data)
    for command in commands:
        code = main(command.split())
        said = capsys.readouterr()
        assert code in (0, 1, 2)
        assert "cellgraph's own" not in said.out + said.err, (command, data)
        if command.endswith("json"):
            assert not json.loads(said.out)["files"][0].get("error"), (said.out, data)
    try:
        read_source(path)
    except CannotRunError:
        pass
    try:
        document = read_document("n.ipynb", data)
    except UnreadableError:
        return
    _judge(document)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_what_is_broken_in_a_notebook_is_never_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """Some of all places, each with some of all that can stand there."""
    for data in random.Random(0).sample([*_texts(_broken())], _SOME):
        _look(data, capsys)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_that_is_broken_in_a_notebook_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """All places, each with all that can stand there, each read by one command in turn."""
    for made, command in zip(_broken(), itertools.cycle(_LOOKING), strict=False):
        _look(json.dumps(made).encode(), capsys, [command])


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _circle(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere.ipynb")


_MAKERS: tuple[Callable[[Path], object], ...] = (Path.mkdir, _pipe, _circle, _dangling)
_COMMANDS = ("check", "graph", "slice n.ipynb x", "run", "verify", "promote n.ipynb -o out --yes", "merge")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("make", _MAKERS)
@pytest.mark.parametrize("command", _COMMANDS, ids=lambda text: text.split()[0])
def test_what_is_no_file_is_said_and_not_waited_for(
    make: Callable[[Path], object], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is called like a notebook, a pipe without a writer, a link to itself, one to nothing."""
    make(Path("n.ipynb"))
    code = main(command.split() if " " in command else [command, "n.ipynb"])
    said = capsys.readouterr()
    told = said.out + said.err
    assert code == (1 if make is _pipe and command == "check" else 2)
    assert told.strip()
    assert "cellgraph's own" not in told
    assert "Traceback" not in told


def test_pipes_in_a_folder_are_left_out_and_circles_end(capsys: pytest.CaptureFixture[str]) -> None:
    """What is beside them is checked."""
    Path("sub").mkdir()
    Path("sub/again").symlink_to(Path.cwd(), target_is_directory=True)
    Path("sub/good.ipynb").write_text(json.dumps({**_FOUR, "cells": _FOUR["cells"][:2]}))
    if hasattr(os, "mkfifo"):
        os.mkfifo("sub/pipe.ipynb")
    main(["check", ".", "--format", "json"])
    assert [one["path"] for one in json.loads(capsys.readouterr().out)["files"]] == ["sub/good.ipynb"]


@pytest.mark.parametrize("form", CHECK_FORMATS)
def test_every_report_takes_what_cannot_be_read(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason in it."""
    Path("n.ipynb").write_bytes(b'{"cells": [')
    assert main(["check", "n.ipynb", "--format", form]) == 1
    assert "cut off" in capsys.readouterr().out

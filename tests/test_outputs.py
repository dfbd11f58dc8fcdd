"""Where a run's files go, decided and checked before the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.outputs import Outputs, choose_outputs, write_text

NAMES = ("n.executed.ipynb", "n.report.html", "n.ledger.jsonl")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The notebook that is run."""
    path = tmp_path / "n.ipynb"
    path.write_text("{}", encoding="utf-8")
    return path


def test_files_take_the_name_of_the_notebook(source: Path, tmp_path: Path) -> None:
    """Unnamed files go to the folder, which is made, and nothing is written yet."""
    folder = tmp_path / "a" / "b"
    outputs = choose_outputs(source, folder, Outputs())
    assert tuple(path for _, path in outputs.named()) == tuple(folder / name for name in NAMES)
    assert list(folder.iterdir()) == []


def test_files_that_are_there_stay_as_they_are(source: Path, tmp_path: Path) -> None:
    """The check for writing leaves an older report untouched."""
    report = tmp_path / "old.html"
    report.write_text("old", encoding="utf-8")
    outputs = choose_outputs(source, tmp_path, Outputs(report=report))
    assert outputs.report == report
    assert report.read_text(encoding="utf-8") == "old"


def test_the_notebook_itself_is_never_replaced(source: Path, tmp_path: Path) -> None:
    """No output may be the notebook, by whatever path it is named."""
    link = tmp_path / "link.ipynb"
    link.symlink_to(source)
    for path in (source, tmp_path / "." / "n.ipynb", link):
        with pytest.raises(CannotRunError, match="never changed"):
            choose_outputs(source, tmp_path, Outputs(notebook=path))


def test_two_outputs_are_not_the_same_file(source: Path, tmp_path: Path) -> None:
    """One output does not replace another."""
    with pytest.raises(CannotRunError, match="the report would replace the executed notebook"):
        choose_outputs(source, tmp_path, Outputs(notebook=tmp_path / "x", report=tmp_path / "x"))


def test_a_place_that_cannot_be_written_is_told(source: Path, tmp_path: Path) -> None:
    """A directory in the place of a file, and a missing directory, are told before the run."""
    for path in (tmp_path, tmp_path / "missing" / "out.html", source / "out.html"):
        with pytest.raises(CannotRunError, match="cannot write the report to"):
            choose_outputs(source, tmp_path, Outputs(report=path))
    with pytest.raises(CannotRunError, match="cannot make the directory"):
        choose_outputs(source, source / "folder", Outputs())


def test_a_write_that_fails_is_told(tmp_path: Path) -> None:
    """A disk that fills up in the end gives one line too."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(CannotRunError, match="cannot write"):
        write_text(tmp_path / "file" / "x", "text")

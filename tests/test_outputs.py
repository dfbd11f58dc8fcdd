"""Where a run's files go, decided and checked before the run."""

from __future__ import annotations

import os
import sys
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


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
@pytest.mark.parametrize(
    ("notebook", "umask", "mode"), [(0o644, 0o022, 0o644), (0o600, 0o022, 0o600), (0o666, 0o077, 0o600)]
)
def test_a_file_is_no_more_open_than_the_notebook(
    notebook: int, umask: int, mode: int, source: Path, tmp_path: Path
) -> None:
    """The umask counts as well; a file that was there and was more open is so no more."""
    source.chmod(notebook)
    path = tmp_path / "n.report.html"
    path.write_text("older", encoding="utf-8")
    before = os.umask(umask)
    try:
        write_text(path, "newer", source)
    finally:
        os.umask(before)
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("newer", mode)
    write_text(path, "alone")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("there", [True, False])
def test_no_link_is_followed(there: bool, source: Path, tmp_path: Path) -> None:
    """Neither to a file nor to a place where one could be made. A device may be written to."""
    other, link = tmp_path / "other", tmp_path / "n.report.html"
    if there:
        other.write_text("mine", encoding="utf-8")
    link.symlink_to(other)
    for act in (lambda: choose_outputs(source, None, Outputs()), lambda: write_text(link, "x", source)):
        with pytest.raises(CannotRunError, match="symbolic link"):
            act()
    assert other.exists() == there
    assert not there or other.read_text(encoding="utf-8") == "mine"
    write_text(Path(os.devnull), "x", source)
    assert Path(os.devnull).exists()
    assert not Path(os.devnull).is_file()


def test_a_write_that_fails_leaves_the_former_file(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no other one beside it."""
    path = tmp_path / "n.ledger.jsonl"
    write_text(path, "former", source)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CannotRunError, match=f"cannot write {path}: No space left"):
        write_text(path, "new", source)
    assert path.read_text(encoding="utf-8") == "former"
    assert {one.name for one in tmp_path.iterdir()} == {source.name, path.name}

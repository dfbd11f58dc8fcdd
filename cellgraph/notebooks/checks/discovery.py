"""Which files are meant: paths, folders and patterns of a command line."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cellgraph.notebooks.checks.document import may_be_text_notebook
from cellgraph.notebooks.checks.settings import Settings

_SKIPPED = frozenset(
    {".ipynb_checkpoints", "node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"}
)
_TEXT = (".py", ".md")


def find_files(paths: Sequence[str], settings: Settings) -> tuple[list[str], list[str]]:
    """The files, each once and in a settled order, and the paths that lead to nothing."""
    found: dict[str, None] = {}
    missing: list[str] = []
    for path in paths:
        if path == "-":
            found[path] = None
            continue
        places = (
            [path]
            if Path(path).exists() or not glob.has_magic(path)
            else sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        )
        if not places or not Path(places[0]).exists():
            missing.append(path)
        for place in places:
            if not Path(place).is_dir():
                found[place] = None
            else:
                found.update(dict.fromkeys(_below(place, settings)))
    return [file for file in found if file == "-" or Path(file).exists()], missing


def _below(folder: str, settings: Settings) -> Iterator[str]:
    """The notebooks below a folder; folders that hold other people's code, or none, are left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(files):
            path = os.path.normpath(str(Path(here) / name)) if here != "." else name
            wanted = name.endswith(".ipynb") or (name.endswith(_TEXT) and _is_text_notebook(path))
            if wanted and not settings.excludes(path) and _may_be_read(path):
                yield path


def _may_be_read(path: str) -> bool:
    """Whether it is a file, or a link to nothing, which is told; pipes and sockets are left out."""
    return os.path.isfile(path) or not os.path.exists(path)  # noqa: PTH110, PTH113 - many files


def _is_text_notebook(path: str) -> bool:
    """Whether a text file in a folder is a notebook by jupytext's own header.

    One with bare cell marks has to be named.
    """
    try:
        if not Path(path).is_file():
            return False
        with Path(path).open("rb") as file:
            head = file.read(3000)
    except OSError:
        return False
    return b"jupytext:" in head and may_be_text_notebook(head)

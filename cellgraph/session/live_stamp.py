"""The stamp of a live session, written beside the notebook's file.

A kernel cannot write into the file itself: the front end has it open and would replace it with the next save.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellgraph.notebooks.saved import notebook_path

if TYPE_CHECKING:
    from cellgraph.model import Report
    from cellgraph.notebooks.checks.document import CodeCell
    from cellgraph.notebooks.stamps.making import ShownCell
    from cellgraph.notebooks.stamps.stamp import Stamp
    from cellgraph.record.ledger import Ledger

_SHARE = 20
"""Writing a stamp after runs takes at most one part in so many of the time."""


class NoNotebookError(ValueError):
    """There is no file of a notebook to write a stamp beside. The message says what to do."""


class LiveStamp:
    """Writes the stamp of one session. ``namespace`` is the user's, in which front ends name the notebook."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace
        self._folder = Path.cwd() if _has_folder() else Path()
        self._next = 0.0

    def write(self, ledger: Ledger, report: Report, file: str = "") -> tuple[Path, int]:
        """Write the stamp and return its path, and of how many cells it is.

        Raises NoNotebookError and OSError.
        """
        from cellgraph.notebooks.outputs import write_file
        from cellgraph.notebooks.stamps.storage import stamp_file, to_text

        notebook = self._notebook(file)
        stamp = self._stamp(ledger, report, notebook)
        path = stamp_file(notebook)
        write_file(path, to_text(stamp).encode("utf-8", "backslashreplace"))
        return path, sum(run.shown for run in stamp.runs)

    def after_run(self, ledger: Ledger, report: Any) -> None:
        """Write the stamp if it is time for it, and the notebook is known. ``report`` makes the report."""
        begin = time.monotonic()
        if begin < self._next or notebook_path(self._namespace, os.environ) is None:
            return
        try:
            self.write(ledger, report())
        except (NoNotebookError, OSError):
            return
        finally:
            end = time.monotonic()
            self._next = end + _SHARE * (end - begin)

    def _notebook(self, file: str) -> Path:
        path = Path(file).expanduser() if file else None
        if path is None:
            known = notebook_path(self._namespace, os.environ)
            if known is None:
                raise NoNotebookError(
                    "the notebook's file is not known; name it: %cellgraph stamp NOTEBOOK.ipynb"
                )
            path = Path(known)
        if not path.is_file():
            raise NoNotebookError(f"there is no file {path}; save the notebook first")
        return path

    def _stamp(self, ledger: Ledger, report: Report, notebook: Path) -> Stamp:
        from cellgraph.notebooks.checks.document import UnreadableError, read_document
        from cellgraph.notebooks.stamps.making import Circumstances, make_stamp
        from cellgraph.notebooks.stamps.packages import used_modules
        from cellgraph.notebooks.stamps.surroundings import versions

        try:
            cells = read_document(str(notebook), notebook.read_bytes()).cells
        except UnreadableError as error:
            raise NoNotebookError(f"{notebook} cannot be read: {error}") from None
        sources = (run.source for run in map(ledger.latest, ledger.cells) if run is not None)
        around = Circumstances(
            self._folder, notebook, versions(used_modules(sources)), sys.version.partition(" ")[0]
        )
        return make_stamp(ledger, [*_shown(ledger, cells)], report, around)


def _has_folder() -> bool:
    try:
        Path.cwd()
    except OSError:  # it has been removed
        return False
    return True


def _shown(ledger: Ledger, cells: list[CodeCell]) -> Iterator[ShownCell]:
    """The cells of the file that have run, by their ids, or by their texts where the kernel has other ids.

    Their outputs are known if the file was saved since the run. Otherwise the execution count tells later
    whether they are those of the run.
    """
    from cellgraph.notebooks.stamps.code_digests import code_digests
    from cellgraph.notebooks.stamps.making import ShownCell
    from cellgraph.notebooks.stamps.surroundings import outputs_hash

    by_text = {run.source: name for name in ledger.cells if (run := ledger.latest(name)) is not None}
    for cell in cells:
        name = cell.id if ledger.latest(cell.id) is not None else by_text.get(cell.source, "")
        run = ledger.shown(name) or ledger.latest(name)
        if run is None:
            continue
        same = cell.count == run.count and code_digests(cell.source).whole == code_digests(run.source).whole
        yield ShownCell(name, outputs_hash(cell.outputs) if same else "", run.count)

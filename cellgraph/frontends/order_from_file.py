"""The saved file as a source of order, texts and deletions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cellgraph.code.magic_cells import is_own
from cellgraph.frontends.notebook_order import NotebookSnapshot
from cellgraph.notebooks.saved import SavedNotebook, notebook_path, read_saved
from cellgraph.record.ledger import Ledger


class SavedFile:
    """Reads the notebook's file again after each save. Without a save it costs one ``stat``."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._stamp: tuple[str, float, int] | None = None
        self._saved: SavedNotebook | None = None
        self._by_id = False
        self._runs = 0

    def shown(self, ledger: Ledger) -> NotebookSnapshot | None:
        """The notebook as it was saved; None where that is the same as at the last call.

        Where the cells of the file are matched with those that ran by their texts, each run may match
        another one: then the answer is new after each run.
        """
        if not self._read() and (self._saved is None or self._by_id or self._runs == len(ledger)):
            return None
        if self._saved is None:
            return None
        self._runs = len(ledger)
        self._by_id = any(ledger.latest(cell.id) for cell in self._saved.cells if cell.id is not None)
        return _by_id(self._saved) if self._by_id else _by_text(self._saved, _texts(ledger))

    def _read(self) -> bool:
        """Whether the file has been saved since, and could be read."""
        path = notebook_path(self._namespace, os.environ)
        if path is None:
            return False
        try:
            status = Path(path).stat()
        except OSError:
            return False
        stamp = (path, status.st_mtime, status.st_size)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        saved = read_saved(path)
        self._saved = saved or self._saved
        return saved is not None


def _texts(ledger: Ledger) -> Mapping[str, str]:
    latest = ((cell, ledger.latest(cell)) for cell in ledger.cells)
    return {cell: run.source for cell, run in latest if run is not None}


def _by_id(saved: SavedNotebook) -> NotebookSnapshot:
    texts = {cell.id: cell.source for cell in saved.cells if cell.id is not None}
    return NotebookSnapshot(tuple(texts), texts, saved.mtime)


def _by_text(saved: SavedNotebook, ran: Mapping[str, str]) -> NotebookSnapshot:
    """Match the file's cells with those that ran by their texts.

    For ids of another kind: VS Code's, or those that a front end makes up for an old file.
    """
    texts = [cell.source for cell in saved.cells if not is_own(cell.source)]
    matched = _edited(_same(texts, ran), list(ran))
    found = {cell: text for cell, text in zip(matched, texts, strict=True) if cell is not None}
    return NotebookSnapshot(tuple(found), found, saved.mtime, complete=None not in matched)


def _same(texts: Sequence[str], ran: Mapping[str, str]) -> list[str | None]:
    """For each text the cell that ran with it, None where none did."""
    waiting: dict[str, list[str]] = {}
    for cell, text in ran.items():
        waiting.setdefault(text.strip(), []).append(cell)
    queues = (waiting.get(text.strip()) for text in texts)
    return [queue.pop(0) if queue else None for queue in queues]


def _edited(matched: Sequence[str | None], ran: Sequence[str]) -> list[str | None]:
    """The same, where a text that no cell ran with is taken for the new text of one that ran.

    Of the one that ran right after the cell above, unless that one has its place elsewhere.
    """
    following = dict(zip([None, *ran], ran, strict=False))
    used = set(matched)
    cells: list[str | None] = []
    for cell in matched:
        above = cells[-1] if cells else None
        near = following.get(above) if above is not None or not cells else None
        cells.append(cell or (near if near not in used else None))
        used.add(cells[-1])
    return cells

"""Which cell is running, and the order, texts and deletions of the cells, as front ends report them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from cellgraph.code.source import is_own
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Order
from cellgraph.notebooks.saved import SavedNotebook, notebook_path, read_saved
from cellgraph.record.ledger import Ledger

CELL_IDS: tuple[tuple[str, ...], ...] = (
    ("colab", "cell_id"),  # Colab
    ("cellId",),  # JupyterLab, Notebook 7, `cellgraph run`
    ("commandId",),  # Databricks
)
"""Where front ends put the id of the cell into the metadata of an execution request.

Each place is a path of keys from the outside in. The first place that holds an id counts.
"""


class RequestInfo(NamedTuple):
    """Content of one execution request: the cell's id (None if there is none), and ids of deleted cells.

    ``by_hand``: a person may sit there. nbclient and papermill say that nobody can answer a question.
    """

    cell: str | None = None
    deleted: tuple[str, ...] = ()
    by_hand: bool = True


def read_request(info: Any, parent: Callable[[], Any]) -> RequestInfo:
    """Read IPython's ``ExecutionInfo`` and the request's metadata, for every front end known.

    ``parent`` gives the request message (``shell.get_parent``); it may raise, or give anything.
    """
    request = _request(parent)
    metadata, content = getattr(info, "cell_meta", None), _part(request, "content")
    if not isinstance(metadata, Mapping) or not metadata:
        metadata = _part(request, "metadata")
    cell = getattr(info, "cell_id", None) or _cell_id(metadata)
    deleted = metadata.get("deletedCells")
    ids = tuple(str(one) for one in deleted) if isinstance(deleted, list | tuple) else ()
    return RequestInfo(str(cell) if cell else None, ids, content.get("allow_stdin") is not False)


def _request(parent: Callable[[], Any]) -> Any:
    """The request message; None if there is none."""
    try:
        return parent()
    except Exception:  # noqa: BLE001 - no kernel
        return None


def _part(request: Any, name: str) -> Mapping[str, Any]:
    """One part of the request message; empty if there is none."""
    try:
        part = request.get(name, {})
    except Exception:  # noqa: BLE001 - no request, or one of another form
        return {}
    return part if isinstance(part, Mapping) else {}


def _cell_id(metadata: Mapping[str, Any]) -> object:
    """The first cell id at one of the places ``CELL_IDS``; None if there is none."""
    for place in CELL_IDS:
        found: object = metadata
        for key in place:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found:
            return found
    return None


@dataclass(frozen=True, slots=True)
class NotebookSnapshot:
    """A notebook as one source reports it: cells from top to bottom, and their texts where known."""

    cells: tuple[str, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    since: float = 0.0
    """POSIX time at which it was so. A run that started later may have another text."""
    complete: bool = True
    """False if some of its cells could not be matched with cells that ran. Then a cell that is missing from
    ``cells`` may still be in the notebook.
    """
    prose: frozenset[str] = frozenset()
    """Cells that hold no code, where known: Markdown, raw text, or nothing. One may have held some before."""


class NotebookOrder:
    """The order of the cells, from the most reliable source that has reported one.

    An order from the front end (``set_order``) is taken as it is. So is that of the saved file, but a
    cell that ran after the save is put behind the cell that ran before it. Without either, it is the
    order of first run. A reported deletion counts until the cell runs again or is in a saved file.
    """

    def __init__(self) -> None:
        self._given: NotebookSnapshot | None = None
        self._saved: NotebookSnapshot | None = None
        self._ran: dict[str, None] = {}
        self._hinted: set[str] = set()
        self._vanished: set[str] = set()
        self._stood: set[str] = set()
        self._after_given: set[str] = set()
        self._order = Order()
        self._outdated = False

    def set_order(self, shown: NotebookSnapshot) -> None:
        """Take the order and the texts from a front end that knows them."""
        self._given = shown
        self._after_given = set()
        self._vanished = set()
        self._hinted = set()
        self._outdated = True

    def set_saved_order(self, shown: NotebookSnapshot) -> None:
        """Take the order and the texts from the saved file.

        A cell that was in an earlier saved state and is missing now counts as deleted.
        """
        self._stood |= set(shown.cells)
        self._vanished -= set(shown.cells)
        if shown.complete:
            self._vanished |= self._stood - set(shown.cells)
        self._saved = shown
        self._outdated = True

    def report_deleted(self, deleted: Iterable[str]) -> None:
        """Note cells that an execution request lists as deleted."""
        for cell in deleted:
            self._hinted.add(cell)
            self._outdated = True

    def ran(self, cell: str) -> None:
        """Note that a cell has run: so it is not deleted."""
        known = cell in self._ran
        if self._given is not None and cell not in self._given.cells:
            self._after_given.add(cell)
        self._ran[cell] = None
        if cell in self._hinted or cell in self._vanished or self._given or self._saved:
            self._hinted.discard(cell)
            self._vanished.discard(cell)
            self._stood.discard(cell)
            self._outdated = True
        elif not self._outdated and not known:
            self._order = self._order.with_cell(cell)

    @property
    def texts(self) -> Mapping[str, str]:
        """The present texts of the notebook's cells, where they are known."""
        shown = self._given or self._saved
        return shown.sources if shown is not None else {}

    def order(self, edited: Callable[[str, str, float], bool]) -> Order:
        """The order now. If it is equal to the last one, it is the same object.

        ``edited(cell, text, since)`` must say whether the latest run of ``cell`` had another text.
        """
        if self._outdated:
            now = self._arranged(edited)
            self._order = self._order if now == self._order else now
            self._outdated = False
        return self._order

    def _arranged(self, edited: Callable[[str, str, float], bool]) -> Order:
        shown = self._given or self._saved
        if shown is None:
            dead = frozenset(cell for cell in self._ran if cell in self._hinted)
            return Order(tuple(cell for cell in self._ran if cell not in dead), dead)
        dead = self._dead(shown)
        cells = _insert(shown.cells, [cell for cell in self._ran if cell not in dead])
        changed = frozenset(cell for cell, text in shown.sources.items() if edited(cell, text, shown.since))
        # What stands below all that ran changes nothing for it, and most of a notebook does so at first.
        last = max((place for place, cell in enumerate(cells) if cell in self._ran), default=-1)
        unrun = [cell for cell in cells[: last + 1] if cell not in self._ran]
        told = ((cell, shown.sources.get(cell, "")) for cell in unrun)
        texts = {cell: text for cell, text in told if text.strip() and not is_own(text)}
        texts |= {cell: text for cell, text in shown.sources.items() if cell in changed}
        return Order(tuple(cells), dead, changed, texts, prose=dead & shown.prose)

    def _dead(self, shown: NotebookSnapshot) -> frozenset[str]:
        present = set(shown.cells)
        if shown is self._given:
            gone = {cell for cell in self._ran if cell not in self._after_given} | self._hinted
        else:
            gone = self._hinted | self._vanished
        return frozenset(gone - present)


def _insert(shown: Iterable[str], ran: Iterable[str]) -> list[str]:
    """``shown``, with each cell of ``ran`` that it lacks put behind the cell that first ran before it."""
    cells = list(shown)
    present = set(cells)
    previous: str | None = None
    for cell in ran:
        if cell not in present:
            at = cells.index(previous) + 1 if previous in present else len(cells)
            cells.insert(at, cell)
            present.add(cell)
        previous = cell
    return cells


class SavedFile:
    """Reads the notebook's file again after each save. Another call costs one ``stat``."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._stamp: tuple[str, float, int] | None = None
        self._saved: SavedNotebook | None = None
        self._by_id = False
        self._runs = 0

    def shown(self, ledger: Ledger) -> NotebookSnapshot | None:
        """The notebook as it was saved; None if the result is the same as at the last call.

        Without usable ids, the file's cells are matched by text with cells that ran. Each run can change
        that match, so then there is a new result after each run.
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
    return NotebookSnapshot(tuple(texts), texts, saved.mtime, prose=saved.prose)


def _by_text(saved: SavedNotebook, ran: Mapping[str, str]) -> NotebookSnapshot:
    """Match the file's cells with those that ran by their texts.

    It is needed if the kernel gets other ids than the file holds: from VS Code, or for a file whose
    format has no ids.
    """
    texts = [cell.source for cell in saved.cells if not is_own(cell.source)]
    matched = _edited(_same(texts, ran), list(ran))
    found = {cell: text for cell, text in zip(matched, texts, strict=True) if cell is not None}
    return NotebookSnapshot(tuple(found), found, saved.mtime, complete=None not in matched)


def _same(texts: Sequence[str], ran: Mapping[str, str]) -> list[str | None]:
    """For each text the cell that ran with it; None if no cell did."""
    waiting: dict[str, list[str]] = {}
    for cell, text in ran.items():
        waiting.setdefault(text.strip(), []).append(cell)
    queues = (waiting.get(text.strip()) for text in texts)
    return [queue.pop(0) if queue else None for queue in queues]


def _edited(matched: Sequence[str | None], ran: Sequence[str]) -> list[str | None]:
    """``matched`` with some of its None replaced: a text that no cell ran with may be that of an edited cell.

    It is given to the cell that first ran right after the cell above it, unless that cell is matched
    with another text.
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

"""A notebook session as data: what the user did, and what that makes of the notebook.

A session stays meaningful when actions are taken out of it (the shrinker lives on that): an action
on a cell that is not there does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

ActionKind = Literal[
    "insert", "edit", "run", "run_all", "move", "delete", "restore", "add", "type", "interrupt", "rerun"
]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that the user does.

    ``insert`` and ``edit`` run the cell at once; ``add`` and ``type`` do not. ``place`` is the index at which
    a cell is inserted, moved to or restored. ``interrupt`` runs a cell and interrupts it once it has printed
    so many ``lines``. ``rerun`` is ``%cellgraph rerun``.
    """

    kind: ActionKind
    cell: str = ""
    source: str = ""
    place: int = 0
    lines: int = 0


Session = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The notebook's cells from top to bottom after an action, and the cell that runs now (or none)."""

    order: tuple[str, ...]
    cell: str | None = None
    source: str = ""


@dataclass(slots=True)
class Notebook:
    """The cells in order and every text, those of deleted cells too (they may be restored)."""

    order: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def apply(self, action: Action) -> tuple[str, ...]:
        """Do one action; return the cells that it runs."""
        if action.kind == "run_all":
            return tuple(self.order)
        if action.kind in ("insert", "add", "restore"):
            return self._add(action)
        if action.cell not in self.order:
            return ()
        return self._change(action)

    def _add(self, action: Action) -> tuple[str, ...]:
        restoring = action.kind == "restore"
        if action.cell in self.order or restoring != (action.cell in self.sources):
            return ()
        self.order.insert(action.place, action.cell)
        self.sources.setdefault(action.cell, action.source)
        return (action.cell,) if action.kind == "insert" else ()

    def _change(self, action: Action) -> tuple[str, ...]:
        if action.kind in ("move", "delete"):
            self.order.remove(action.cell)
        if action.kind == "move":
            self.order.insert(action.place, action.cell)
        if action.kind in ("edit", "type"):
            self.sources[action.cell] = action.source
        return (action.cell,) if action.kind in ("run", "edit", "interrupt") else ()


def steps(session: Session) -> Iterator[Step]:
    """The session as single runs and changes of structure, in time."""
    notebook = Notebook()
    for action in session:
        runs = notebook.apply(action)
        order = tuple(notebook.order)
        yield Step(order)
        for cell in runs:
            yield Step(order, cell, notebook.sources[cell])


def final(session: Session) -> tuple[tuple[str, str], ...]:
    """The notebook as it stands at the end, from top to bottom: cells and their texts."""
    notebook = Notebook()
    for action in session:
        notebook.apply(action)
    return tuple((cell, notebook.sources[cell]) for cell in notebook.order)

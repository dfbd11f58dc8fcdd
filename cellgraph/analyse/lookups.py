"""What the replay of one cell looks up: where it would find the same again, it would come to the same.

A replay asks the environment and the ledger. Both note here what they are asked while a cell is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import Any

from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Run, Write
from cellgraph.record.ledger import Ledger, Made
from cellgraph.record.older_objects import Older


@dataclass(slots=True)
class Lookups:
    """The entries, the latest runs of cells and the names about which the ledger was asked.

    The entries are as they were at the first look at them.
    """

    entries: dict[str, EnvironmentEntry | None] = field(default_factory=dict)
    cells: dict[str, Run | None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    is_whole: bool = True
    """Whether nothing else was looked up, or what else there was cannot change."""
    has_all_entries: bool = True
    """Whether no entry was taken out, and they were not gone over."""


class NotedEnvironment(dict[str, EnvironmentEntry]):
    """An environment that notes the entries which are looked at or put, while it has ``notes``."""

    notes: Lookups | None = None

    def look(self, keys: Iterable[str]) -> tuple[EnvironmentEntry | None, ...]:
        """The entries of some keys. Nothing is noted."""
        return tuple(map(super().get, keys))

    def get(self, key: str, default: Any = None) -> Any:
        """As for any dict."""
        if self.notes is not None:
            self.notes.entries.setdefault(key, super().get(key))
        return super().get(key, default)

    def __getitem__(self, key: str) -> EnvironmentEntry:
        self.get(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None  # type: ignore[arg-type]

    def __setitem__(self, key: str, entry: EnvironmentEntry) -> None:
        self.get(key)
        super().__setitem__(key, entry)

    def __delitem__(self, key: str) -> None:
        self._go_over()
        super().__delitem__(key)

    def pop(self, *arguments: Any) -> Any:
        """As for any dict."""
        self._go_over()
        return super().pop(*arguments)

    def __iter__(self) -> Iterator[str]:
        self._go_over()
        return super().__iter__()

    def _go_over(self) -> None:
        if self.notes is not None:
            self.notes.is_whole = self.notes.has_all_entries = False


class NotedLedger(Ledger):
    """A view of a ledger that notes what it is asked, while it has ``notes``.

    What is said of a past run does not change: which run made what it read, what was there before it. It is
    not noted. What all runs together decide makes the notes incomplete.
    """

    __slots__ = ("notes",)

    def __init__(self, ledger: Ledger) -> None:
        self.__dict__ = ledger.__dict__
        self.notes: Lookups | None = None

    def _note_cell(self, cell: str) -> None:
        if self.notes is not None:
            self.notes.cells.setdefault(cell, super().latest(cell))

    def _note_name(self, name: str) -> None:
        if self.notes is not None:
            self.notes.names.add(name)

    def _note_all(self) -> None:
        if self.notes is not None:
            self.notes.is_whole = False

    def latest(self, cell: str) -> Run | None:
        """As of the ledger."""
        self._note_cell(cell)
        return super().latest(cell)

    def runs_of(self, cell: str) -> Sequence[Run]:
        """As of the ledger."""
        self._note_cell(cell)
        return super().runs_of(cell)

    def times(self, cell: str) -> int:
        """As of the ledger."""
        self._note_cell(cell)
        return super().times(cell)

    def shown(self, cell: str) -> Run | None:
        """As of the ledger."""
        self._note_cell(cell)
        return super().shown(cell)

    def writer(self, name: str, path: str = "") -> Made | None:
        """As of the ledger."""
        self._note_name(name)
        return super().writer(name, path)

    def recent_writers(self, name: str, most: int) -> Iterable[Run]:
        """As of the ledger."""
        self._note_name(name)
        return super().recent_writers(name, most)

    def first_write(self, name: str) -> Write | None:
        """As of the ledger."""
        self._note_name(name)
        return super().first_write(name)

    def seeder(self, library: str) -> Run | None:
        """As of the ledger."""
        self._note_all()
        return super().seeder(library)

    def readers(self, name: str) -> Iterable[str]:
        """As of the ledger."""
        self._note_all()
        return super().readers(name)

    def makers(self, name: str) -> Iterable[str]:
        """As of the ledger."""
        self._note_all()
        return super().makers(name)

    def users(self, name: str) -> set[str]:
        """As of the ledger."""
        self._note_all()
        return super().users(name)

    def would_use_older(self, run: Run) -> tuple[Older, ...]:
        """As of the ledger."""
        self._note_all()
        return super().would_use_older(run)

    def holds(self, name: str, older: Older) -> bool:
        """As of the ledger."""
        self._note_all()
        return super().holds(name, older)

    def shares_with(self, name: str, other: str) -> bool:
        """As of the ledger."""
        self._note_all()
        return super().shares_with(name, other)

    def holds_present(self, name: str, other: str) -> bool:
        """As of the ledger."""
        self._note_all()
        return super().holds_present(name, other)

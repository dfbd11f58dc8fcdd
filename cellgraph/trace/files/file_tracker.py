"""The files that the notebook's cells have to do with, and what is in them now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cellgraph.model import Digest
from cellgraph.names import Name
from cellgraph.trace.files.content import Content, Stat, content, stat_of
from cellgraph.trace.files.file_names import file_name

_MOST = 200
"""Files that are followed. Each costs a look at its time and size before and after every cell."""

Snapshot = Mapping[str, Digest | None]
"""What is in each followed file: None where there is none."""


@dataclass(slots=True)
class _Entry:
    path: str
    content: Content | None
    ours: bool = False
    """Whether a cell has written it: it may be open still, and change while another cell runs."""


class Disk:
    """Follows files by name. Times and sizes first, contents where those differ."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._entries: dict[str, _Entry] = {}
        self._snapshot: Snapshot = {}

    @property
    def snapshot(self) -> Snapshot:
        """What was in each file at the last look. The same object as long as nothing changes."""
        return self._snapshot

    @property
    def names(self) -> Iterable[str]:
        """The files that are followed."""
        return self._entries.keys()

    def name(self, path: str) -> Name:
        """What the file at an absolute path is called."""
        return file_name(path, self.base)

    def path(self, name: str) -> str:
        """The absolute path of a file by its name."""
        return os.path.join(self.base, os.path.expanduser(Name(name).path))

    def follow(self, path: str, ours: bool = False) -> Name | None:
        """Follow the file at an absolute path from now on; its name, or None where there are too many."""
        name = self.name(path)
        entry = self._entries.get(name)
        if entry is None:
            if len(self._entries) >= _MOST:
                return None
            entry = self._entries[name] = _Entry(path, content(path))
        elif (now := content(path, entry.content)) is not entry.content:
            entry.content = now
        entry.ours = entry.ours or ours
        return name

    def refresh(self) -> dict[str, Digest | None]:
        """Look at every file again; give those whose content is another, with what it was."""
        changed: dict[str, Digest | None] = {}
        for name, entry in self._entries.items():
            known = entry.content
            if known is not None and not known.fresh and stat_of(entry.path) == known.stat:
                continue
            now = content(entry.path, known)
            if now is not known:
                entry.content = now
                before = known.digest if known is not None else None
                if before != (now.digest if now is not None else None):
                    changed[name] = before
        return changed

    def publish(self) -> None:
        """Make what was seen last the snapshot."""
        now = {name: entry.content.digest if entry.content else None for name, entry in self._entries.items()}
        if now != self._snapshot:
            self._snapshot = now

    def is_ours(self, name: str) -> bool:
        """Whether a cell has written the file."""
        entry = self._entries.get(name)
        return entry is not None and entry.ours

    def digest(self, name: str) -> Digest | None:
        """What is in a followed file, as of the last look."""
        entry = self._entries.get(name)
        return entry.content.digest if entry is not None and entry.content is not None else None

    def seen(self, path: str, stat: Stat) -> Digest | None:
        """What was in a file when it had this size and time; None where it was not looked at then."""
        entry = self._entries.get(self.name(path))
        known = entry.content if entry is not None else None
        return known.digest if known is not None and known.stat == stat else None

"""What one run does with files, noted while it runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from cellgraph.code.bytecode import is_function
from cellgraph.model import Digest
from cellgraph.trace.files.content import Stat, made_since, stat_of
from cellgraph.trace.files.file_names import as_path
from cellgraph.trace.files.file_syscalls import FileOperation
from cellgraph.trace.files.ignored_paths import is_skipped, own_roots
from cellgraph.trace.files.path_literals import Mention, code_mentions

_MOST = 50
"""Files of one run that are told apart. A run that opens more works on a data set, and it is the
program that reads it which is state, not each of its files."""
_MOST_SKIPPED = 5000
_TARGETS = ("target", "real_dst", "dst", "destination", "dest")
"""What the libraries' functions that move a file call the place where it goes."""


@dataclass(slots=True)
class FileAccess:
    """A file that a run opened or moved: how it stood at first, and the line of the cell.

    ``read`` is what it held when it was opened again unchanged: what a run read before it wrote.
    ``elsewhere`` tells that it was opened again at another line: either may have written it.
    """

    path: str
    before: Stat | None
    line: int
    opened: bool
    read: Digest | None = None
    again: bool = False
    elsewhere: bool = False


class Watch:
    """Notes the files of one run. ``started`` is when it began, in nanoseconds; ``look`` gives a digest."""

    def __init__(
        self, namespace: Mapping[str, Any], base: str, started: int, look: Callable[[str], Digest | None]
    ) -> None:
        self._namespace = namespace
        self._base = base
        self._started = started
        self._look = look
        self._own = own_roots(base)
        self._spelt: dict[str, FileAccess | None] = {}
        self.sights: dict[str, FileAccess] = {}
        """By absolute path, in order of first use."""
        self.named: dict[str, Mention] = {}
        """Paths that functions which ran have among their constants."""
        self.spawned = False
        """Whether another program was started: it may have changed any file."""
        self.moved = False
        """Whether any file was moved or removed."""

    def note(self, deed: FileOperation, first: object, frame: FrameType) -> None:
        """Take in a call, before it is carried out; ``first`` is its first argument."""
        if deed == "spawn":
            self.spawned = True
            return
        self.moved = self.moved or deed == "move"
        path = as_path(first)
        if path is not None:
            self._sight(path, frame, opened=deed == "open")
        if deed == "move" and is_function(frame.f_code):
            for target in _targets(frame):
                self._sight(target, frame, opened=False)

    def ran(self, code: CodeType) -> None:
        """A function of the user's has started; the cell's own text is analysed by itself."""
        if is_function(code) and len(self.named) < _MOST:
            self.named.update((mention.path, mention) for mention in code_mentions(code))

    def _sight(self, path: str, frame: FrameType, opened: bool) -> None:
        if path.startswith(self._own) and ".." not in path:
            return  # as most of them: what libraries read of theirs
        known = self._spelt.get(path)
        if known is not None:
            self._again(known, frame)
        elif path not in self._spelt and len(self.sights) < _MOST and len(self._spelt) < _MOST_SKIPPED:
            self._spelt[path] = self._first(path, frame, opened)

    def _first(self, path: str, frame: FrameType, opened: bool) -> FileAccess | None:
        absolute = os.path.abspath(path)
        if (known := self.sights.get(absolute)) is not None:
            self._again(known, frame)
            return known
        if is_skipped(absolute, self._base):
            return None
        before = stat_of(absolute)
        if before is None and os.path.lexists(absolute):
            return None  # a folder, a pipe, a device
        if before is not None and made_since(absolute, self._started):
            before = None  # by this run itself, in a way that was not seen: it is no file that was there
        sight = FileAccess(absolute, before, cell_line(frame, self._namespace), opened)
        self.sights[absolute] = sight
        return sight

    def _again(self, sight: FileAccess, frame: FrameType) -> None:
        """It may be written now: the last moment to see what was read."""
        if not sight.elsewhere:
            sight.elsewhere = cell_line(frame, self._namespace) != sight.line
        if not sight.again and sight.opened and sight.before is not None:
            if stat_of(sight.path) == sight.before:
                sight.read = self._look(sight.path)
            sight.again = True


def _targets(frame: FrameType) -> list[str]:
    held = frame.f_locals
    found = (as_path(held[name]) for name in _TARGETS if name in held)
    return [path for path in found if path is not None]


def cell_line(frame: FrameType, namespace: Mapping[str, Any]) -> int:
    """The line of the cell that is running in the frames around; 0 where none is (a thread)."""
    line = 0
    current: FrameType | None = frame
    while current is not None:
        if current.f_globals is namespace and not is_function(current.f_code):
            line = current.f_lineno
        current = current.f_back
    return line

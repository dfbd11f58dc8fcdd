"""After a run: which files it read and which it wrote."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from string import digits
from typing import Any

from cellgraph.code.source import Source
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest
from cellgraph.names import Name, lists
from cellgraph.trace.files.content import Content, Stat, begins_with, content, is_folder, stat_of
from cellgraph.trace.files.file_observer import FileAccess, FileObserver
from cellgraph.trace.files.folder_listings import (
    FolderListings,
    folder_digest,
    observed_places,
    opens_files,
    places_in_text,
)
from cellgraph.trace.files.path_literals import Mention, asks_for_files, calls, lists_names_only, mentions
from cellgraph.trace.files.paths import absolute_path, file_name, is_skipped

_UNSEEN = Digest("unseen", "opaque")
"""Stands for what was in a file that nobody had looked at."""
_DIGITS = 10
"""A number with as many is none that anybody counts up: it is a time, or a key."""
_MOST = 200
"""Files that are followed. Each costs a look at its time and size before and after every cell."""

Snapshot = Mapping[str, Digest | None]
"""What is in each followed file: None where there is none."""


@dataclass(slots=True)
class _Entry:
    """A file that is followed: where it lies, and what was in it at the last look."""

    path: str
    content: Content | None
    ours: bool = False
    """Whether a cell has written it: it may be open still, and change while another cell runs."""
    by_program: bool = False
    """Whether a program that a cell started has written it: the program may go on while others run."""


def _is_written_again(before: Content | None, now: Content | None) -> bool:
    """Whether the bytes of a database are others."""
    return before is not None and now is not None and before.image != now.image


class FileContents:
    """Follows files by name. It compares times and sizes first, and contents if those differ."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._entries: dict[str, _Entry] = {}
        self._listings = FolderListings()
        self.listed: dict[str, Digest | None] = {}
        """What the folders give that cells have listed, by their names."""
        self._folders: dict[str, _Entry] = {}
        """Folders that cells have made in those."""
        self.in_run = False
        self.snapshot: Snapshot = {}
        """What was in each file at the last look. The same object as long as nothing changes."""

    @property
    def followed(self) -> Sequence[Collection[str]]:
        """Live views of what is looked at around each cell: files, listings, folders made by cells."""
        return self._entries.keys(), self.listed.keys(), self._folders.keys()

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

    def follow_listing(self, place: str) -> Name | None:
        """Follow the names in a folder, or those that fit a pattern; None where it cannot be followed."""
        made = [entry.path for entry in self._entries.values() if entry.ours]
        if not self._listings.follow(place, [*made, *(entry.path for entry in self._folders.values())]):
            return None
        self.listed.update((self._listing_name(place), digest) for place, digest in self._listings.digests())
        return self._listing_name(place)

    def follow_folder(self, path: str) -> Name | None:
        """Follow whether a folder is there that a cell has made; its name, or None for one too many."""
        name = self.name(path)
        if name not in self._folders and len(self._folders) >= _MOST:
            return None
        self._folders[name] = _Entry(path, None, ours=True)
        return name

    @property
    def folders(self) -> Mapping[str, str]:
        """The absolute paths of the folders that cells have made, by their names."""
        return {name: entry.path for name, entry in self._folders.items()}

    def appeared(self) -> list[Name]:
        """What has appeared in listed folders while a cell ran. It is followed from now on."""
        found: list[Name] = []
        for path in self._listings.look(self.in_run):
            if not is_folder(path):
                name = self.follow(path, ours=True)
                found += [name] if name is not None else []
            elif (name := self.follow_folder(path)) is not None:
                found.append(name)
        self.listed.update((self._listing_name(place), digest) for place, digest in self._listings.digests())
        return found

    def _listing_name(self, place: str) -> Name:
        if place == f"{self.base}/":
            return Name.of_file("./")
        return Name.of_file(f"{self.name(place.rstrip('/')).path}{'/' * place.endswith('/')}")

    def refresh(self) -> dict[str, Digest | None]:
        """Look at every file again. Returns those whose content changed, with their former content.

        During a run databases of cells, too, whose tables were written anew and are the same.
        """
        if not self.in_run and self.listed:
            self.appeared()
        changed: dict[str, Digest | None] = {}
        for name, entry in self._entries.items():
            known = entry.content
            if known is not None and not known.fresh and stat_of(entry.path) == known.stat:
                continue
            now = content(entry.path, known)
            if now is not known:
                entry.content = now
                before = known.digest if known is not None else None
                again = self.in_run and entry.ours and _is_written_again(known, now)
                if again or before != (now.digest if now is not None else None):
                    changed[name] = before
        return changed

    def publish(self) -> None:
        """Make the result of the last look the snapshot."""
        now = {name: entry.content.digest if entry.content else None for name, entry in self._entries.items()}
        if self.listed or self._folders:
            folders = {name: folder_digest(entry.path) for name, entry in self._folders.items()}
            now = {**now, **self.listed, **folders}
        if now != self.snapshot:
            self.snapshot = now

    def is_ours(self, name: str) -> bool:
        """Whether a cell has written the file."""
        entry = self._entries.get(name)
        return entry is not None and entry.ours

    def is_by_program(self, name: str) -> bool:
        """Whether a program that a cell started has written the file last."""
        entry = self._entries.get(name)
        return entry is not None and entry.by_program

    def note_writers(self, written: Iterable[str], opened: Collection[str], spawned: bool) -> None:
        """A run has written these files, and opened those itself. ``spawned``: it has started programs."""
        for name in written:
            if name in self._entries:
                self._entries[name].by_program = spawned and name not in opened

    def of_cells(self) -> Iterator[tuple[str, str]]:
        """The files that cells have written or removed, with their absolute paths."""
        for name, entry in (*self._entries.items(), *self._folders.items()):
            if entry.ours:
                yield name, entry.path

    def digest(self, name: str) -> Digest | None:
        """What is in a followed file, as of the last look."""
        folder = self._folders.get(name)
        if folder is not None:
            return folder_digest(folder.path)
        entry = self._entries.get(name)
        if entry is None:
            return self.listed.get(name)
        return entry.content.digest if entry.content is not None else None

    def seen(self, path: str, stat: Stat) -> Digest | None:
        """The content of a file when it had this size and time. None if it was not read then."""
        entry = self._entries.get(self.name(path))
        known = entry.content if entry is not None else None
        return known.digest if known is not None and known.stat == stat else None

    def is_kept(self, path: str) -> bool:
        """Whether a followed file still holds what it held at the last look.

        Its times do not tell: what was written just before a run may bear a later time than the run's
        beginning, and to give a file another time does not change what it holds.
        """
        entry = self._entries.get(self.name(path))
        if entry is None or entry.content is None:
            return False
        now = content(path, entry.content)
        return now is not None and now.digest == entry.content.digest


class Use(NamedTuple):
    """A file that a run read or wrote, at a line of the cell (0: not known which).

    ``digest`` is None where there was no file to read, or where it was removed.
    ``before`` is what a file held that was written, where that is known. ``there``: it counts that it is
    there, and not what it holds.
    """

    name: str
    digest: Digest | None
    line: int
    before: Digest | None = None
    there: bool = False


class ReadAgain(NamedTuple):
    """A file that a text writes at some lines and reads at others, below the first of them.

    ``written`` is empty where nothing tells which line wrote it: a program did. Both are empty in code that a
    magic runs, where any call may have done either.
    """

    name: str
    written: frozenset[int]
    read: frozenset[int]


class FileUses(NamedTuple):
    """The existing files that a run read, and the files that it changed.

    ``again`` are files that the run has written, and that its text reads further down. ``beside`` are those
    that a program of an earlier run has gone on to write meanwhile.
    """

    reads: tuple[Use, ...] = ()
    writes: tuple[Use, ...] = ()
    again: tuple[ReadAgain, ...] = ()
    beside: tuple[Use, ...] = ()


@dataclass(slots=True)
class _Named:
    """A file that the text names: its state before the run, and the lines that read and write it.

    ``held`` is what was in it, where the text says that it is read and then written. ``tested`` is the first
    line that asks whether it is there, ``shown_to`` the first that names it to another program, ``moved`` the
    first that may give it another name, ``added_to`` the first that goes on behind what it holds.
    """

    before: Stat | None
    reads: set[int] = field(default_factory=set)
    writes: set[int] = field(default_factory=set)
    held: Digest | None = None
    tested: int | None = None
    shown_to: int | None = None
    moved: int | None = None
    added_to: int | None = None

    def add(self, mention: Mention) -> None:
        """Add one more place that names it."""
        if mention.updated:
            self.added_to = min(mention.line, self.added_to or mention.line)
        if mention.use == "test":
            self.tested = min(mention.line, self.tested or mention.line)
            return
        if mention.use == "read" or mention.updated:
            self.reads.add(mention.line)
        if mention.use == "move":
            self.moved = min(mention.line, self.moved or mention.line)
        if mention.use == "any":
            self.shown_to = min(mention.line, self.shown_to or mention.line)
        if mention.use != "read" or mention.updated:
            self.writes.add(mention.line)

    @property
    def read(self) -> int | None:
        """The first line that reads it."""
        return min(self.reads, default=None)

    @property
    def written(self) -> int | None:
        """The first line that writes it, or may do so."""
        return min(self.writes, default=None)

    @property
    def is_written(self) -> bool:
        """Whether the text says that it is written, and not only that something may be done with it."""
        return self.written is not None and self.shown_to is None and self.moved is None

    @property
    def read_first(self) -> bool:
        """Whether it is read, and before it is written."""
        return self.read is not None and (self.written is None or self.read <= self.written)


@dataclass(slots=True)
class Observation:
    """A run in progress: what is recorded, what its text names, and the named files' state before it."""

    watch: FileObserver
    source: Source
    started: int
    named: dict[str, _Named] = field(default_factory=dict)


def begin(source: Source, namespace: Mapping[str, Any], disk: FileContents) -> Observation:
    """A run is about to start. ``disk`` was looked at just now."""
    for place in places_in_text(source, namespace, disk.base) if calls(source) else ():
        disk.follow_listing(place)  # what the run makes there is told from what was there
    disk.in_run = True
    started = _clock()
    watch = FileObserver(namespace, disk.base, started, lambda path: _look(path, disk), disk.is_kept)
    observation = Observation(watch, source, started)
    for path, mention in _named(source, namespace, disk.base):
        if path not in observation.named:
            observation.named[path] = _Named(stat_of(path))
        observation.named[path].add(mention)
    for path, named in observation.named.items():
        updated = named.read_first and named.written is not None
        if named.before is not None and (updated or named.moved is not None):
            named.held = _look(path, disk)
    return observation


def end(
    observation: Observation, namespace: Mapping[str, Any], disk: FileContents, known: Callable[[str], bool]
) -> FileUses:
    """The run is over. ``known`` tells whether any run has read or written a file."""
    held = {path: named.held for path, named in observation.named.items() if named.held is not None}
    taker = _Taker(observation.watch, disk, known, disk.refresh(), held)
    for access in list(observation.watch.accesses.values()):  # in one step: threads add to it
        taker.access(access)
    observation.named = _all_named(observation, namespace, disk)
    for path, named in observation.named.items():
        taker.named(path, named)
    taker.rest()
    taker.appeared(disk.appeared())
    taker.folders()
    disk.in_run = False
    for place, names_only in _listed(observation, namespace, disk).items():
        taker.listed(place, names_only)
    if any(asks_for_files(code) for code in observation.watch.codes):
        taker.next_numbers(observation.source.text, _numbers_given(observation.source, namespace))
    disk.publish()
    again = tuple(taker.read_again(observation.named))
    disk.note_writers(taker.writes, taker.opened, observation.watch.spawned)
    return FileUses(tuple(taker.reads.values()), tuple(taker.writes.values()), again, tuple(taker.beside))


def _all_named(
    observation: Observation, namespace: Mapping[str, Any], disk: FileContents
) -> dict[str, _Named]:
    """The named files, with those that variables bound by the run name, and those in functions that ran."""
    found = dict(observation.named)
    spelt = _usable(list(observation.watch.named.values()), disk.base)
    for path, mention in [*_named(observation.source, namespace, disk.base), *spelt]:
        if path in observation.named and mention.use != "test":
            continue  # what the cell's own text does with it counts
        if path not in found:
            stat = stat_of(path)
            made = stat is not None and stat[1] > observation.started and not disk.is_kept(path)
            found[path] = _Named(None if made else stat)
        found[path].add(mention)
    return found


def _lines(access: FileAccess) -> Iterator[int]:
    """The lines at which a file was opened, unless it was read before it was written."""
    yield from (line for line in (access.line, *access.later) if line and access.read is None)


class _Taker:
    """Turns the recorded calls into reads and writes, by what became of the files."""

    def __init__(
        self,
        watch: FileObserver,
        disk: FileContents,
        known: Callable[[str], bool],
        changed: Mapping[str, Digest | None],
        held: Mapping[str, Digest],
    ) -> None:
        self._watch = watch
        self._disk = disk
        self._known = known
        self._changed = changed
        self._held = held
        self.reads: dict[str, Use] = {}
        self.writes: dict[str, Use] = {}
        self.beside: list[Use] = []

    @property
    def opened(self) -> frozenset[str]:
        """The files that Python code has opened, moved or removed."""
        return frozenset(map(self._disk.name, self._watch.accesses))

    def access(self, access: FileAccess) -> None:
        """A file that was opened, moved or removed by Python code."""
        now = stat_of(access.path)
        if now == access.before and self._disk.name(access.path) not in self._changed:
            if now is not None and access.opened:
                self._read(access.path, access.line, None)
            elif now is None and access.opened:
                self._missed(access.path, access.line)
            return
        before = access.read or self._held.get(access.path) or self._extended(access)
        if before is not None:
            self._read(access.path, access.line, before)
        self._written(access.path, 0 if access.elsewhere else access.line, now, access.before is not None)
        name = self._disk.name(access.path)
        if access.extended and access.before is None and now is not None and name in self.writes:
            self.reads.setdefault(name, Use(name, None, access.line))

    def _extended(self, access: FileAccess) -> Digest | None:
        """What a file held that a function has put something behind, or tried to."""
        name = self._disk.name(access.path)
        if not access.extended or access.before is None:
            return None
        if name not in self._changed:
            return self._disk.digest(name)  # it was written to, and holds the same
        held = self._changed[name]
        if held is None:
            return None
        if held == self._disk.digest(self._disk.name(access.path)):
            return None  # a table was made anew, with the same rows
        updated = access.extended.startswith("r") or begins_with(access.path, access.before[0], held)
        return held if updated else None

    def named(self, path: str, named: _Named) -> None:
        """A file that the text names. Its state afterwards tells whether it was written."""
        name, now = self._disk.name(path), stat_of(path)
        if now == named.before:
            self._left_alone(path, named)
            return
        kept = named.moved is not None and now is not None  # ``replace`` is a method of texts too
        if named.held is not None and not kept and name not in self.reads and name not in self.writes:
            self._read(path, named.read or named.moved or 0, named.held)
        if name not in self.writes:
            self._written(path, named.written or 0, now, named.before is not None)
        if named.added_to == named.written and named.before is None and name in self.writes:
            self.reads.setdefault(name, Use(name, None, named.added_to or 0))

    def read_again(self, mentioned: Mapping[str, _Named]) -> Iterator[ReadAgain]:
        """The files that the run wrote, and that its text reads, or the run has opened, further down."""
        opened = {path: tuple(_lines(access)) for path, access in self._watch.accesses.items()}
        for path, named in mentioned.items():
            first, name = named.written or 0, self._disk.name(path)
            below = frozenset(at for at in named.reads if at >= first)
            if below and name in self.writes:
                written = named.writes or opened.get(path, ())[:-1]
                yield ReadAgain(name, frozenset(written), below)
                opened.pop(path, None)
        written_by_name = (path for path in opened if self._disk.name(path) in self.writes)
        again = {path: opened[path] for path in written_by_name}
        again |= {path: tuple(_lines(access)) for path, access in self._watch.scratch.items()}
        for path, lines in again.items():
            if len(set(lines)) > 1:
                yield ReadAgain(self._disk.name(path), frozenset(lines[:-1]), frozenset(lines[1:]))

    def _left_alone(self, path: str, named: _Named) -> None:
        """A file that the text names and the run did not change: it may have read it, or missed it."""
        name, now = self._disk.name(path), named.before
        if name in self.reads | self.writes:
            return
        line = named.shown_to if named.read is None else named.read
        if line is not None and now is not None:
            self._read(path, line, None)
        elif named.tested is not None and now is not None and self._known(name):
            self._read(path, named.tested, None)
        elif named.tested is not None and self._disk.snapshot.get(name) is not None and is_folder(path):
            self.reads[name] = Use(name, self._disk.digest(name), named.tested, there=True)
        line = named.tested if named.read is None else named.read
        if line is not None and now is None:
            self._missed(path, line)

    def listed(self, place: str, there: bool) -> None:
        """A folder, or a pattern, whose files were listed: the files that cells have made there are read.

        Other files that come and go are not followed. ``there``: only the names were asked for.
        """
        for name, path in self._disk.of_cells():
            inside = lists(place, path.replace(os.sep, "/"))
            if inside and name not in self.reads and name not in self.writes:
                self.reads[name] = Use(name, self._disk.digest(name), 0, there=there)
        listing = self._disk.follow_listing(place)
        if listing is not None:
            self.reads[listing] = Use(listing, self._disk.digest(listing), 0)

    def appeared(self, names: Iterable[str]) -> None:
        """What has appeared in folders that cells have listed."""
        for name in names:
            if name not in self.writes:
                self.writes[name] = Use(name, self._disk.digest(name), 0)

    def folders(self) -> None:
        """Folders of cells that the run has made, met or removed."""
        there = self._disk.snapshot  # as it was when the run began
        for path, (line, met) in self._watch.made.items():
            if met:
                known = self._disk.name(path)
                if known in self._disk.folders:
                    self.reads[known] = Use(known, there.get(known), line, there=True)
            elif is_folder(path) and (made := self._disk.follow_folder(path)) is not None:
                self.writes[made] = Use(made, self._disk.digest(made), line, there.get(made))
        for name in self._disk.folders:
            before = there.get(name)
            if before is not None and self._disk.digest(name) is None:
                self.writes[name] = Use(name, None, 0, before)

    def next_numbers(self, text: str, given: Collection[int]) -> None:
        """Where the run has made ``run_4`` and a cell has made ``run_3``, it has found that one there.

        This is asked of runs that look what is there. Where the text says the number, or takes it from a
        variable, it is ``given``.
        """
        for use in list(self.writes.values()):
            before = _one_less(use.name, given) if use.before is None and use.digest is not None else ""
            if not before or before in self.writes or before in self.reads or Name(use.name).path in text:
                continue
            digest = self._disk.digest(before)
            if digest is not None and (before in self._disk.folders or self._disk.is_ours(before)):
                self.reads[before] = Use(before, digest, 0, there=True)

    def rest(self) -> None:
        """Files that changed meanwhile, and that the run may have changed without a trace."""
        for name in self._changed:
            if name in self.writes:
                continue
            digest = self._disk.digest(name)
            if self._disk.is_by_program(name) and not self._watch.spawned:
                self.beside.append(Use(name, digest, 0, self._changed[name]))
                continue
            removed = digest is None and self._watch.moved
            other = self._watch.spawned or removed
            if other or self._disk.is_ours(name):
                self.writes[name] = Use(name, digest, 0, self._changed[name])
            if not other and digest is not None and self._changed[name] not in (None, digest):
                # A stream that an earlier run has opened goes on where it was: behind what was there.
                self.reads.setdefault(name, Use(name, self._changed[name], 0))

    def _read(self, path: str, line: int, digest: Digest | None) -> None:
        name = self._disk.follow(path)
        if name is not None:
            now = digest or self._disk.digest(name)
            if now is not None:
                self.reads[name] = Use(name, now, line)

    def _missed(self, path: str, line: int) -> None:
        """A file that is to be read and is not there. This matters if it exists later.

        Any word of a call may look like a path.
        One without a suffix counts where a cell has had a file there.
        """
        is_file = bool(os.path.splitext(path)[1]) or self._known(self._disk.name(path))
        if not is_file or os.path.lexists(path):
            return
        name = self._disk.follow(path)
        if name is not None:
            self.reads[name] = Use(name, None, line)

    def _is_known(self, path: str) -> bool:
        """Whether a run has used a file."""
        return self._known(self._disk.name(path)) or self._disk.name(path) in self.reads

    def _written(self, path: str, line: int, now: Stat | None, existed: bool) -> None:
        if now is None and not existed and not self._is_known(path):
            return  # made and gone again
        known = self._disk.digest(self._disk.name(path))  # nothing where it was not followed yet
        name = self._disk.follow(path, ours=True)
        if name is not None:
            before = self._changed.get(name, known) or (_UNSEEN if existed else None)
            self.writes[name] = Use(name, self._disk.digest(name), line, before)


def _listed(observation: Observation, namespace: Mapping[str, Any], disk: FileContents) -> dict[str, bool]:
    """The places that a run has listed, and whether it asked for the names of the files alone."""
    source, watch = observation.source, observation.watch
    known = places_in_text(source, namespace, disk.base) if calls(source) else []
    here = f"{disk.base}/"
    if here in known and watch.sees_calls and disk.base not in watch.folders and not watch.spawned:
        known.remove(here)  # the text does not say which folder it lists, or the run did not get there
    if not watch.folders:
        return dict.fromkeys(known, known != [] and lists_names_only(source))
    found = dict.fromkeys(known, lists_names_only(source))
    names_only = not opens_files(watch.codes)
    return found | dict.fromkeys(observed_places(watch.folders, watch.codes, known), names_only)


def _named(source: Source, namespace: Mapping[str, Any], base: str) -> Iterator[tuple[str, Mention]]:
    try:
        found = mentions(source, namespace)
    except RecursionError:
        return
    yield from _usable(found, base)


def _usable(found: Iterable[Mention], base: str) -> Iterator[tuple[str, Mention]]:
    for mention in found:
        path = absolute_path(mention.path)
        if not is_skipped(path, base) and (mention.use == "test" or not is_folder(path)):
            yield path, mention


def _numbers_given(source: Source, namespace: Mapping[str, Any]) -> set[int]:
    """The numbers in variables that the text takes and does not set."""
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name)] if source.tree else []
    set_here = {node.id for node in nodes if not isinstance(node.ctx, ast.Load)}
    taken = (namespace.get(node.id) for node in nodes if node.id not in set_here)
    return {value for value in taken if type(value) is int}


def _one_less(name: str, given: Collection[int]) -> str:
    """The name with the number before the last one in it: ``run_3.txt`` for ``run_4.txt``; else empty."""
    end = max((at for at, letter in enumerate(name, 1) if letter in digits), default=0)
    start = len(name[:end].rstrip(digits))
    number = name[start:end]
    if "/" in name[end:] or not 0 < len(number) < _DIGITS or int(number) == 0 or int(number) in given:
        return ""
    return f"{name[:start]}{int(number) - 1:0{len(number) if number.startswith('0') else 1}}{name[end:]}"


def _look(path: str, disk: FileContents) -> Digest | None:
    stat = stat_of(path)
    known = disk.seen(path, stat) if stat is not None else None
    if known is not None:
        return known
    found = content(path)
    return found.digest if found is not None else None


def _clock() -> int:
    """The present time in nanoseconds, by the clock that the kernel stamps files with."""
    coarse = getattr(time, "CLOCK_REALTIME_COARSE", None)
    return time.clock_gettime_ns(coarse) if coarse is not None else time.time_ns()

"""Places whose files a cell has listed, by its text and by the folders that it was seen to list.

What appears or goes while a cell runs is a matter of that cell: it is followed by itself, as a file. What
appears or goes between two cells is nobody's, and changes what the listing gives.

A place is a folder with a slash at its end, ``/data/``, or a pattern, ``/data/*.csv``. ``**`` in a pattern
stands for any folders between, or none: ``/data/**/*.csv``. A place is absolute.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from glob import has_magic
from time import time_ns
from types import CodeType, ModuleType
from typing import Any

from cellgraph.code.expression_names import last_word
from cellgraph.code.source import Source
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest
from cellgraph.names import lists
from cellgraph.trace.files.content import is_folder
from cellgraph.trace.files.path_expressions import path_of
from cellgraph.trace.files.path_literals import READERS, Call, calls, paths_of
from cellgraph.trace.files.paths import absolute_path

_stat, _scandir = os.stat, os.scandir
"""As they are now: a cell can replace those of the module."""
_MOST, _MOST_NAMES, _MOST_FOLDERS = 32, 2000, 100
"""Places that are followed, and the names and folders that are looked at in one of them."""
_TICK_NS = 50_000_000
"""Nanoseconds. What was changed a moment ago may be changed again and bear the same time."""
_AS_A_WHOLE = Digest("folder", type="folder", size="folder")
_TOO_MANY = Digest("", type="listing", size="many entries")
"""What a place gives that is too large to look at: only the files that cells make there are told."""


def folder_digest(path: str) -> Digest | None:
    """A folder is equal to any other: what is in it is followed by itself. None where there is none."""
    return _AS_A_WHOLE if is_folder(path) else None


class _Found(NamedTuple):
    """The names in a place, relative to its folder, and when each folder that was looked at last changed."""

    names: frozenset[str]
    times: dict[str, int]


@dataclass(slots=True)
class _Listing:
    """``given`` are the names that no cell has made, ``seen`` those at the last look; None: too many."""

    given: frozenset[str] | None
    seen: _Found


class FolderListings:
    """Follows places by their text."""

    def __init__(self) -> None:
        self._listings: dict[str, _Listing] = {}

    def follow(self, place: str, made: Collection[str]) -> bool:
        """Follow a place from now on; False where it cannot be. ``made`` are the paths that cells made."""
        if place in self._listings:
            return True
        if len(self._listings) >= _MOST:
            return False
        now, folder = _look(place), folder_of(place)
        own = {_relative(path, folder) for path in made if lists(place, path)}
        given = now.names - own if now is not None else None
        self._listings[place] = _Listing(given, now or _Found(frozenset(), {}))
        return True

    def look(self, in_run: bool) -> list[str]:
        """Look again. Gives the paths that have appeared while a cell ran."""
        appeared: list[str] = []
        for place, listing in self._listings.items():
            if listing.given is None or not _may_differ(listing.seen.times):
                continue
            now = _look(place)
            if now is None:
                listing.given = None
                continue
            new = now.names - listing.seen.names
            if in_run:
                appeared += [f"{folder_of(place)}/{name}".replace("/", os.sep) for name in sorted(new)]
            else:
                listing.given = (listing.given | new) - (listing.seen.names - now.names)
            listing.seen = now
        return appeared

    def digests(self) -> Iterator[tuple[str, Digest]]:
        """What each place gives, apart from what cells have made."""
        for place, listing in self._listings.items():
            yield place, _TOO_MANY if listing.given is None else _digest(listing.given)


def _digest(names: frozenset[str]) -> Digest:
    count = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}"
    return Digest("\n".join(sorted(names)), type="listing", size=count)


def _relative(path: str, folder: str) -> str:
    return path.replace(os.sep, "/").removeprefix(folder).removeprefix("/")


def _may_differ(times: dict[str, int]) -> bool:
    now = time_ns()
    return any(_time(folder) != time or now - time <= _TICK_NS for folder, time in times.items())


def _time(folder: str) -> int:
    try:
        return _stat(folder).st_mtime_ns
    except (OSError, ValueError):
        return 0


def _look(place: str) -> _Found | None:
    """What a place gives, without hidden names; None for too many."""
    folder = folder_of(place)
    pattern = place.removeprefix(folder).removeprefix("/") or "*"
    depth = None if "**" in pattern else pattern.count("/")
    names: set[str] = set()
    times: dict[str, int] = {}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        whole = f"{folder}/{inside}"
        times[whole] = _time(whole)
        below, folders = _entries(whole)
        found = (inside + name for name in below)
        names.update(name for name in found if pattern in ("*", "**") or lists(pattern, name))
        if depth is None or inside.count("/") < depth:
            waiting += [f"{inside}{name}/" for name in folders]
        if len(below) > _MOST_NAMES or len(names) > _MOST_NAMES or len(times) > _MOST_FOLDERS:
            return None
    return _Found(frozenset(names), times)


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """The names in a folder, and those of them that are folders, without links to any."""
    try:
        with _scandir(folder) as found:
            entries = [each for each in found if each.name[:1] != "." and each.name != "__pycache__"]
            return [each.name for each in entries], [
                each.name for each in entries if each.is_dir(follow_symlinks=False)
            ]
    except (OSError, ValueError):
        return [], []


_TREES = frozenset({"walk", "fwalk"})
_DEEP = frozenset({*_TREES, "rglob"})
"""Functions that list the folders below as well."""
_GLOBS = frozenset({"glob", "iglob", "rglob"})
_MODULES = frozenset({"os", "glob"})
"""Modules with functions that list, by the names that they have in most notebooks."""
_KEYWORDS = ("path", "top", "pathname", "pattern")
"""What the functions call the path or the pattern that they are given."""
_TOOLS = frozenset("ls ll dir find tree du wc cat head tail grep zip tar rsync".split())
"""Programs that list folders, or read what fits a pattern."""
_OF_HERE = frozenset("ls ll dir find tree du".split())
"""Those of them that list the present folder where they are given no other."""


def places_in_text(source: Source, namespace: Mapping[str, Any], base: str) -> list[str]:
    """The places that the text lists; ``base`` as a place where it does not say which."""
    found = [place for call in calls(source) for place in _places(call, namespace)]
    return [_absolute(place) if place else f"{base}/" for place in dict.fromkeys(found)]


def observed_places(
    folders: Collection[str], ran: Iterable[CodeType], in_text: Iterable[str]
) -> Iterator[str]:
    """The places of a run that was seen to list ``folders``, apart from those that its text tells.

    Which files were asked for there is told by the patterns among the constants of the code that ``ran``.
    """
    known = list(in_text)
    codes = list(ran)
    words = [text for code in codes for text in code.co_consts if type(text) is str and len(text) < 200]
    patterns = [word for word in words if has_magic(word) and ":" not in word and not word.split()[1:]]
    deep = any("/" in pattern for pattern in patterns) or any(_DEEP & {*code.co_names} for code in codes)
    for folder in folders:
        above = any(_is_below(folder, other) for other in folders)
        if above or any(_lists_folder(place, folder) for place in known):
            continue
        tree = deep or any(_is_below(other, folder) for other in folders)
        top = f"{folder}/**" if tree else folder
        names = dict.fromkeys(os.path.basename(pattern) for pattern in patterns)
        yield from (f"{top}/{name}" for name in names) if names else [top if tree else f"{folder}/"]


def opens_files(ran: Iterable[CodeType]) -> bool:
    """Whether code that ran may look into the files that it lists."""
    return any(map(READERS.match, (name for code in ran for name in code.co_names)))


def folder_of(place: str) -> str:
    """The folder in which all files of a place lie: the part before the first wildcard."""
    parts = place.split("/")
    stop = next((at for at, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
    return "/".join(parts[:stop])


def _is_below(folder: str, other: str) -> bool:
    return folder != other and folder.startswith(other.rstrip("/") + "/")


def _lists_folder(place: str, folder: str) -> bool:
    """Whether a place says which files in a folder are listed."""
    top = folder_of(place)
    goes_down = "**" in place or os.path.dirname(place) != top
    return folder == top or (goes_down and _is_below(folder, top))


def _absolute(place: str) -> str:
    return absolute_path(place).replace(os.sep, "/") + "/" * place.endswith("/")


def _places(call: Call, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The places that a call lists. An empty one if the text does not say which."""
    if call.use == "list":
        yield from (_listed(node, namespace) for node in call.parts if isinstance(node, ast.Call))
    elif call.use == "read":
        yield from _taken_whole(paths_of(call, namespace))
    elif call.use == "any" and not _TOOLS.isdisjoint(call.words):
        found = [*_taken_whole(paths_of(call, namespace))]
        yield from found or ([""] if not _OF_HERE.isdisjoint(call.words) else [])


def _taken_whole(paths: Iterable[str]) -> Iterator[str]:
    """What a reader is given that takes all files in a folder, or all that fit a pattern."""
    for path in paths:
        if has_magic(path) and _names_files(path):
            yield path
        elif is_folder(absolute_path(path)):
            yield os.path.join(path, "**")


def _names_files(pattern: str) -> bool:
    """Whether a text with wildcards is a pattern of files, and no SQL and no separator of columns."""
    spaced = len(pattern.split()) > 1 or "\\" in pattern
    return not spaced and ("/" in pattern or os.path.splitext(pattern)[1][1:].isalnum())


def _listed(node: ast.Call, namespace: Mapping[str, Any]) -> str:
    word = last_word(node.func)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_method = receiver is not None and not _is_module(receiver, namespace)
    parts = [keywords["root_dir"]] if "root_dir" in keywords else []
    parts += [receiver] if is_method and receiver is not None else []
    takes_path = word in _GLOBS or not is_method
    parts += [*node.args[:1], *(keywords[key] for key in _KEYWORDS if key in keywords)] if takes_path else []
    known = [path for part in parts if (path := path_of(part, namespace))]
    if len(known) < len(parts):
        return ""
    if word not in _GLOBS:
        return os.path.join(*(known or ["."]), "**" if word in _TREES else "")
    if word == "rglob":
        known.insert(-1, "**")
    whole = os.path.join(*known) if known else ""
    recursive = is_method or _is_true(keywords.get("recursive"))
    return whole if recursive else whole.replace("**", "*")


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_module(node: ast.expr, namespace: Mapping[str, Any]) -> bool:
    if not isinstance(node, ast.Name):
        return False
    value = namespace.get(node.id)
    return isinstance(value, ModuleType) if value is not None else node.id in _MODULES

"""Which files a run lists: by its text, and by the folders that it was seen to list.

A place is a folder with a slash at its end, ``/data/``, or a pattern, ``/data/*.csv``. ``**`` in a pattern
stands for any folders between, or none: ``/data/**/*.csv``. A place is absolute.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from glob import has_magic
from types import CodeType, ModuleType
from typing import Any

from cellgraph.code.expression_names import last_word
from cellgraph.code.source import Source
from cellgraph.trace.files.content import is_folder
from cellgraph.trace.files.path_expressions import path_of
from cellgraph.trace.files.path_literals import READERS, Call, calls, paths_of
from cellgraph.trace.files.paths import absolute_path

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

"""Files that a cell's text names in a call. Some libraries open files without Python's help."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any, Literal

from cellgraph.code.expression_names import last_word, root_name
from cellgraph.code.fast_ast import children
from cellgraph.code.source import Source
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern
from cellgraph.trace.files.path_expressions import path_of
from cellgraph.trace.files.paths import as_path

Use = Literal["read", "write", "any", "test", "list", "move"]
"""``move``: the call may rename a file, and so read it.
``test``: the call asks whether the file is there. ``list``: it lists a folder, or what fits a pattern; the
only part of such a call is its own node."""

_READING = (
    r"read|scan(?!dir)|load|open|from_|imread|fromfile|memmap|connect|genfromtxt|parse|run$|(?<!\w)\w*File$"
)
_WRITING = "write|to_|sink|save|dump|export|imwrite|tofile|copy|move|rename|replace|remove|unlink|touch"
_FOLDER_CHANGES = Pattern(r"(?:makedirs|mkdir|rmtree|rmdir|removedirs)$")
_LISTING = r"listdir$|scandir$|f?walk$|i?glob$|rglob$|iterdir$"
_LISTERS = Pattern(_LISTING)
_NAMING = Pattern(
    r"listdir|scandir|f?walk|i?glob|rglob|iterdir|sorted|len|list|set|tuple|str|print|display|join|basename|dirname"
    r"|splitext|split|Path|PurePath|exists|isfile|isdir|is_file|is_dir|startswith|endswith|relative_to|with_suffix"
    r"|as_posix|lower|upper|sum|max|min|any|all|next|enumerate|zip|filter|append|extend|add|makedirs|mkdir|cwd|getcwd"
)
"""Calls that ask for the names of files alone, or work with such names."""
_TESTING = r"exists$|isfile$|is_file$|isdir$|is_dir$|getsize$|getmtime$|stat$"
READERS, _WRITERS, _TESTERS = Pattern(_READING), Pattern(_WRITING), Pattern(_TESTING)
_QUERIES = frozenset({"sql", "query", "execute", "from_query", "read_sql", "connect"})
_MOVERS = Pattern("(?:move|rename|replace|renames)$")
_SHELLS = frozenset({"system", "getoutput", "run_cell_magic", "run_line_magic"})
_PROGRAMS = frozenset({"run", "Popen", "popen", "call", "check_call", "check_output"})
"""Functions of ``subprocess`` and ``os`` that start a program, given as a list of words or as a line."""
_NAMED = "|".join(sorted(_QUERIES | _SHELLS | _PROGRAMS))
_SPEAKS_OF_FILES = Pattern(
    rf"[%!]|\b(?:{_NAMED}|{_WRITING}|{f'{_READING}|{_TESTING}|{_LISTING}'.replace('$', '')})"
)
"""Text that may call something to do with files, as magics do, and lines for a shell."""
_QUOTED_FILE = Pattern(r"'([^'\s;]+\.\w{2,8})'")
_LIKE_FILE = Pattern(r"[^\n\0*?]{1,300}\.\w{1,8}")
_WORDS = Pattern(r"[^\s'\"|;&<>()]+")
_ADDED_TO = Pattern(r"(?:>>|\btee[ \t]+-a\b)[ \t]*['\"]?([^\s'\"|;&<>()]+)")
_BEGUN = Pattern(r"(?<!>)>[ \t]*['\"]?([^\s'\"|;&<>()]+)")
"""In a shell line the files behind whose content something is put, and those that are written anew."""
_INTERPOLATED = Pattern(r"\{(\w+)\}|\$(\w+)")
_SCRIPTS = frozenset({"bash", "sh", "script", "system", "sx", "!"})
_FILE_READERS = frozenset({"run", "pycat", "load", "loadpy", "pfile"})
"""Magics that read the file that they are given first."""
_LIKE_PROGRAMS = frozenset({"writefile", "ls", "ll", "cat", "less", "more"})
"""Magics that are given files as a program is."""
MADE_ANEW = Pattern(r"w[bt]?\+?[bt]?")
UPDATED = Pattern(r"r(?:b?t?\+|\+b?t?)|a[bt]?\+?[bt]?")
"""Modes in which a file keeps what it held: it is read, as far as others can tell, and written."""
_FOR_WRITING = Pattern(r"[wax][bt]?\+?[bt]?")


class Call(NamedTuple):
    """A call that may name files: what it would do with them, and the expressions that may be paths.

    ``words`` are paths as they stand in a shell line or in SQL, ``added_to`` those of them to which the line
    adds something.
    """

    line: int
    use: Use
    parts: tuple[ast.expr, ...]
    words: tuple[str, ...] = ()
    added_to: tuple[str, ...] = ()


class Mention(NamedTuple):
    """A path in the text. ``updated``: the file is opened for reading and writing at once."""

    path: str
    line: int
    use: Use
    updated: bool = False


def mentions(source: Source, namespace: Mapping[str, Any]) -> list[Mention]:
    """The paths in the text, as far as constants and the user's variables give them."""
    found: list[Mention] = []
    for call in calls(source):
        if call.use == "list":
            continue
        added_to = (_expanded(word, namespace) for word in call.added_to)
        found += [Mention(path, call.line, "write", updated=True) for path in added_to]
        told = paths_of(call, namespace)
        updated = not call.words and any(map(UPDATED.fullmatch, told))
        found += [Mention(path, call.line, call.use, updated) for path in told]
        if call.use == "move" and len(told) > 1:
            found[-1] = found[-1]._replace(use="write")  # where it goes
    return found


def folders_changed(source: Source, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The folders that a text would make or remove now, as far as constants and variables give them."""
    if source.tree is None or ("dir" not in source.text and "rmtree" not in source.text):
        return
    for node in _calls_in(source.tree):
        if _FOLDER_CHANGES.match(last_word(node.func)):
            receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            paths = (path_of(part, namespace) for part in (*node.args[:1], *receiver))
            known = (path for path in paths if path is not None and _may_be_path(path))
            yield from (path for path in known if _would_change(path, last_word(node.func)))


def code_folders_changed(code: CodeType) -> Iterator[str]:
    """The folders among the constants of a function that has run, if it would make or remove folders."""
    verbs = [name for name in code.co_names if _FOLDER_CHANGES.match(name)]
    texts = (text for text in code.co_consts if verbs and type(text) is str and _may_be_path(text))
    yield from (text for text in texts if any(_would_change(text, verb) for verb in verbs))


def _would_change(path: str, verb: str) -> bool:
    """Whether there is no folder that would be made, or one that would be removed."""
    return os.path.isdir(path) is verb.startswith("r")


def paths_of(call: Call, namespace: Mapping[str, Any]) -> list[str]:
    """The paths that a call is given, as far as its text and the user's variables say them."""
    words = (_expanded(word, namespace) for word in call.words)
    given = (path for part in call.parts if (path := path_of(part, namespace)) is not None)
    return [path for path in (*words, *given) if _may_be_path(path)]


@lru_cache(maxsize=128)
def lists_names_only(source: Source) -> bool:
    """Whether nothing in a text but its listings can look at files: what they hold does not matter to it."""
    if source.tree is None or not source.plain:
        return False
    return all(
        isinstance(call.func, ast.Attribute | ast.Name) and _NAMING.fullmatch(last_word(call.func))
        for call in _calls_in(source.tree)
    ) and not any(isinstance(node, ast.FunctionDef | ast.Lambda) for node in ast.walk(source.tree))


def _expanded(word: str, namespace: Mapping[str, Any]) -> str:
    """A word of a shell line or of a magic with the variables that IPython puts into it."""

    def value(found: re.Match[str]) -> str:
        return as_path(namespace.get(found[1] or found[2])) or found[0]

    return _INTERPOLATED.sub(value, word) if "{" in word or "$" in word else word


def _may_be_path(text: str) -> bool:
    return 0 < len(text) < 1024 and "\n" not in text and "\0" not in text and "://" not in text


@lru_cache(maxsize=128)
def calls(source: Source) -> tuple[Call, ...]:
    """The calls in a text that may have to do with files."""
    if source.tree is None or not source.text or not _SPEAKS_OF_FILES.search(source.text):
        return ()  # like most texts: looking at each call takes a tenth of a millisecond
    return tuple(call for node in _calls_in(source.tree) if (call := _call(node)) is not None)


def _calls_in(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls that run with the cell itself, without those inside functions that it defines."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += children(node)


def code_mentions(code: CodeType) -> Iterator[Mention]:
    """The paths among the constants of a function that has run, if it calls readers, writers or testers."""
    texts = [text for text in code.co_consts if type(text) is str and _may_be_path(text)]
    like_files = [text for text in texts if _LIKE_FILE.fullmatch(text)]
    writes = bool(like_files) and any(map(_WRITERS.match, code.co_names))
    if writes or (like_files and any(map(READERS.match, code.co_names))):
        yield from (Mention(text, 0, "write" if writes else "read") for text in like_files)
    elif texts and any(map(_TESTERS.match, code.co_names)):
        yield from (Mention(text, 0, "test") for text in texts)


def asks_for_files(code: CodeType) -> bool:
    """Whether code may ask which files or folders are there."""
    return any(_TESTERS.match(name) or _LISTERS.match(name) for name in code.co_names)


def _call(node: ast.Call) -> Call | None:
    name = last_word(node.func)
    texts = [part.value for part in node.args if isinstance(part, ast.Constant)]
    words = [text for text in texts if isinstance(text, str)]
    if name in _SHELLS:
        return _shell(name, words, node.lineno)
    if _LISTERS.match(name):
        return Call(node.lineno, "list", (node,))
    if name in _PROGRAMS and (line := _command(node)):
        return _shell("system", [line], node.lineno)
    if name in _QUERIES:
        quoted = tuple(path for text in words for path in _QUOTED_FILE.findall(text))
        if quoted:
            copied = any(re.match(r"\s*copy\b", text, re.IGNORECASE) for text in words)
            return Call(node.lineno, "any" if copied else "read", (), quoted)
    is_method = isinstance(node.func, ast.Attribute) and name == "open"  # p.open("w")
    use = _use(name, words[0 if is_method and len(words) == 1 else 1 :])
    if use is None:
        return None
    parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return Call(node.lineno, use, (*receiver, *parts))


def _use(name: str, modes: list[str]) -> Use | None:
    if READERS.match(name):
        return "write" if any(map(_FOR_WRITING.fullmatch, modes)) else "read"
    if _MOVERS.match(name):
        return "move"
    if _WRITERS.match(name):
        return "write"
    return "test" if _TESTERS.match(name) else None


def _command(node: ast.Call) -> str:
    """The line that a call gives to another program, as far as its words are constants; else empty."""
    first = node.args[0] if node.args else None
    is_list = isinstance(first, ast.List | ast.Tuple)
    parts = first.elts if isinstance(first, ast.List | ast.Tuple) else [first]
    words = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return " ".join(words) if is_list or root_name(node.func) in ("os", "subprocess") else ""


def _shell(method: str, words: list[str], line: int) -> Call | None:
    """A shell line or a magic. What another program does with the files shows in the files."""
    if method == "run_line_magic" and words and words[0] in _FILE_READERS:
        return Call(line, "read", (), tuple(words[1].split()[:8]) if len(words) > 1 else ())
    if method.startswith("run_"):
        if not words or words[0] not in _SCRIPTS | _LIKE_PROGRAMS:
            return None
        words = words[words[0] in _SCRIPTS :]
        words = words[:2] if words[0] == "writefile" else words  # what stands below is not run
    text = " ".join(words)
    tokens, begun = _WORDS.findall(text)[:200], _BEGUN.findall(text)
    added_to = tuple(word for word in _ADDED_TO.findall(text) if word not in begun)
    named = tuple(dict.fromkeys(word for word in tokens if not word.startswith("-") and word not in added_to))
    return Call(line, "move" if tokens[:1] == ["mv"] else "any", (), named, added_to)

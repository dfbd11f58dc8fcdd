"""Record what one run does with files while it runs."""

from __future__ import annotations

import io
import os
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from types import CodeType, FrameType
from typing import Any, Literal

from cellgraph.code.bytecode import is_function
from cellgraph.digest.code_origin import absolute
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest
from cellgraph.trace.files.content import Stat, is_folder, made_since, stat_of
from cellgraph.trace.files.path_literals import MADE_ANEW, UPDATED, Mention, code_mentions
from cellgraph.trace.files.paths import as_path, common_temporary_folder, is_skipped, own_roots

FileOperation = Literal["open", "move", "rename", "spawn", "list", "mkdir"]

_OPEN = frozenset("open io_open bltn_open _builtin_open builtins_open FileIO open_code".split())
_SPAWN = frozenset("fork_exec _fork_exec forkpty posix_spawn system fork".split())
_MOVE = frozenset("remove unlink rename replace".split())
_FOLDERS = frozenset({"listdir", "scandir", "mkdir"})
_OWN = _OPEN | _SPAWN | _MOVE | _FOLDERS | {"connect"}
_IGNORED = frozenset(
    # These open files of their own: code, settings, sockets, the terminal.
    "cellgraph importlib _frozen_importlib_external linecache tokenize inspect zipimport pkgutil site"
    " sysconfig warnings traceback tempfile ipykernel jupyter_client jupyter_core traitlets jedi parso zmq"
    " tornado debugpy pydevd _pydevd_bundle coverage _pytest pytest pluggy numba certifi ssl mimetypes locale"
    " gettext zoneinfo platform ctypes multiprocessing mlflow wandb tensorboard tensorboardX execnet".split()
)
_IPYTHON = tuple(
    f"IPython.{module}"
    for module in "core.magics core.interactiveshell core.display lib.display utils.py3compat".split()
)
"""What of IPython opens files for the user: magics, and what shows images, pages and texts of files."""
_IGNORED_MODULES = frozenset({"matplotlib.font_manager", "joblib.memory", "joblib.func_inspect"})


_LATER = (("_posixsubprocess", "fork_exec", "spawn"), ("_sqlite3", "connect", "open"))
"""Functions of modules that may be imported at any time: the module, the function, what it does."""


def known_libraries() -> tuple[bool, ...]:
    """Which modules with operations on files have been imported so far."""
    return tuple(module in sys.modules for module, _, _ in _LATER)


def file_operations() -> dict[int, FileOperation]:
    """The functions to look for, by id: builtins, which live as long as the interpreter."""
    found: dict[int, FileOperation] = {id(f): "open" for f in (io.open, io.open_code, io.FileIO, os.open)}
    found |= {id(f): "move" for f in (os.remove, os.unlink)}
    found |= {id(f): "rename" for f in (os.rename, os.replace)}
    found |= {id(os.listdir): "list", id(os.scandir): "list", id(os.mkdir): "mkdir"}
    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system"):
        if hasattr(os, name):
            found[id(getattr(os, name))] = "spawn"
    for module, name, operation in _LATER:
        function = getattr(sys.modules.get(module), name, None)
        if function is not None:
            found[id(function)] = operation  # type: ignore[assignment]
    return found


_CERTAIN = _OPEN | _SPAWN | _FOLDERS
"""Names that nothing else has."""
_DATABASES = frozenset({"sqlite3", "loaded_dbapi"})
"""Words of code that opens databases; the second is SQLAlchemy's for sqlite3, and for other drivers."""
TELLING = _CERTAIN | _DATABASES | {"os"}
"""Names without which library code is no opener, as most is: told without a call."""


def mentions(code: CodeType) -> bool:
    """Whether the user's own code names one of the functions."""
    return not _OWN.isdisjoint(code.co_names)


def is_opener(code: CodeType, globals_: Mapping[str, Any]) -> bool:
    """Whether a library's code names one of the functions, and opens files for the user, not for itself."""
    names = code.co_names
    if _CERTAIN.isdisjoint(names) and not _moves(names):
        return False
    module = globals_.get("__name__")
    if type(module) is not str or module in _IGNORED_MODULES:
        return False
    root = module.partition(".")[0]
    if root == "tempfile":
        return "mkdir" in names  # its folders are told by who made them, its files by their names
    return module.startswith(_IPYTHON) if root == "IPython" else root not in _IGNORED


def _moves(names: tuple[str, ...]) -> bool:
    # Texts and lists have methods of the same names.
    return ("os" in names and not _MOVE.isdisjoint(names)) or not _DATABASES.isdisjoint(names)


class ObservedCode:
    """Library code of which more than its start is observed, held weakly.

    Code whose callback returned DISABLE does not report its next start, not even to the next monitor. So what
    was found is remembered for as long as the code lives.
    """

    def __init__(self) -> None:
        self._known: dict[int, weakref.ref[CodeType]] = {}

    def add(self, code: CodeType) -> None:
        """Remember a code object, by id."""
        key = id(code)
        known = self._known
        known[key] = weakref.ref(code, lambda _: known.pop(key, None))

    def __iter__(self) -> Iterator[CodeType]:
        codes = (reference() for reference in list(self._known.values()))
        return (code for code in codes if code is not None)


OPENERS = ObservedCode()
"""Functions whose calls are observed, as they open files."""


_MOST = 50
"""Files of one run that are told apart. A run that opens more works on a data set, and it is the
program that reads it which is state, not each of its files."""
_MOST_SKIPPED = 5000
_NO_ARGUMENT: Any = getattr(getattr(sys, "monitoring", None), "MISSING", None)
"""Stands for the first argument of a call that has none."""
_TARGETS = ("target", "real_dst", "dst", "destination", "dest")
"""What the libraries' functions that move a file call the place where it goes."""


@dataclass(slots=True)
class FileAccess:
    """A file that a run opened or moved: its state at first, and the line of the cell.

    ``read`` is its content when it was opened again unchanged: what a run read before it wrote. ``later`` are
    the lines at which it was opened again. ``extended`` is the mode
    in which it was opened to go on with what it holds, as far as the code around tells.
    """

    path: str
    before: Stat | None
    line: int
    opened: bool
    read: Digest | None = None
    again: bool = False
    later: list[int] = field(default_factory=list)
    extended: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether it was opened again at another line: either may have written it."""
        return any(line != self.line for line in self.later)


class FileObserver:
    """Records the files of one run.

    ``started`` is when it began, in nanoseconds. ``look`` digests a file. ``is_kept`` tells of a
    file whether it holds what it is known to have held when the run began.
    """

    sees_calls = False
    """Whether calls are reported at all: without them nothing tells which folders were listed."""

    def __init__(
        self,
        namespace: Mapping[str, Any],
        base: str,
        started: int,
        look: Callable[[str], Digest | None],
        is_kept: Callable[[str], bool],
    ) -> None:
        self._namespace = namespace
        self._base = base
        self._started = started
        self._look = look
        self._is_kept = is_kept
        self._own = own_roots(base)
        self._by_spelling: dict[str, FileAccess | None] = {}
        self.accesses: dict[str, FileAccess] = {}
        """By absolute path, in order of first use."""
        self.named: dict[str, Mention] = {}
        """Paths that functions which ran have among their constants."""
        self.spawned = False
        """Whether another program was started: it may have changed any file."""
        self.moved = False
        """Whether any file was moved or removed."""
        self.folders: dict[str, None] = {}
        """The folders that were listed, by absolute path, in order of first use."""
        self.made: dict[str, tuple[int, bool]] = {}
        """The folders that were to be made, with the line of the cell, and whether they were there already.

        Of those that were there only where that is an error.
        """
        self.scratch: dict[str, FileAccess] = {}
        """Temporary files that this run has made, by absolute path. They are no state."""
        self._temporary: list[str] = []
        """The temporary folders that this run has made, each with a slash at its end."""
        self.codes: list[CodeType] = []
        """The user's code that ran: what it looks for in those folders is among its constants."""

    def note(self, operation: FileOperation, first: object, frame: FrameType) -> None:
        """Add a call before it is executed; ``first`` is its first argument."""
        if operation == "spawn":
            self._note_program(frame)
            return
        if operation == "list":
            self._note_listing(first, frame)
            return
        if operation == "mkdir":
            self._note_folder(first, frame)
            return
        self.moved = self.moved or operation in ("move", "rename")
        path = as_path(first)
        if path is not None:
            self._note_access(path, frame, opened=operation == "open")
        if operation == "rename" and path is not None:
            self._keep_content(path)
        if operation in ("move", "rename") and is_function(frame.f_code):
            for target in _targets(frame):
                self._note_access(target, frame, opened=False)

    def note_library(self, path: object, frame: FrameType) -> None:
        """A library's function is given a file that code of its own opens, in another language."""
        spelling = as_path(path)
        if spelling:
            self._note_access(spelling, frame, opened=True)

    def _note_program(self, frame: FrameType) -> None:
        """Another program is started. It may read what this run has written for it."""
        self.spawned = True
        for access in self.scratch.values():
            self._again(access, frame)

    def _keep_content(self, path: str) -> None:
        """A file that gets another name is read thereby: this is the last moment to see what it holds."""
        access = self.accesses.get(absolute(path))
        if access is not None and access.before is not None and stat_of(access.path) == access.before:
            access.read = access.read or self._look(access.path)

    def _note_listing(self, first: object, frame: FrameType) -> None:
        """A folder is listed. Removing a tree lists it, too, and so does the search for a module.

        In the common folder for temporary files those of all programs come and go.
        """
        path = "." if first is None or first is _NO_ARGUMENT else as_path(first)
        if path is None or len(self.folders) >= _MOST or frame.f_code.co_name.startswith("_rmtree"):
            return
        full = absolute(path)
        skipped = full == common_temporary_folder() or is_skipped(os.path.join(full, "x"), self._base)
        if not skipped and not _is_import(frame):
            self.folders[full.replace(os.sep, "/")] = None

    def _note_folder(self, first: object, frame: FrameType) -> None:
        """A folder is about to be made."""
        path = as_path(first)
        full = absolute(path) if path is not None and len(self.made) < _MOST else ""
        if not full:
            return
        if os.path.lexists(full):
            if not (is_function(frame.f_code) and frame.f_locals.get("exist_ok") is True):
                self.made[full] = self._line(frame), True
        elif is_skipped(os.path.join(full, "x"), self._base):
            self._temporary.append(full + os.sep)
        else:
            self.made[full] = self._line(frame), False

    def ran(self, code: CodeType) -> None:
        """Code of the user's has started. The paths in the cell's own text are looked for separately."""
        if len(self.codes) < _MOST:
            self.codes.append(code)
        if is_function(code) and len(self.named) < _MOST:
            self.named.update((mention.path, mention) for mention in code_mentions(code))

    def _note_access(self, path: str, frame: FrameType, opened: bool) -> None:
        if path.startswith(self._own) and ".." not in path:
            return  # like most files: a library reads its own
        known = self._by_spelling.get(path)
        if known is not None:
            self._again(known, frame)
        elif (
            path not in self._by_spelling
            and len(self.accesses) < _MOST
            and len(self._by_spelling) < _MOST_SKIPPED
        ):
            self._by_spelling[path] = self._first(path, frame, opened)

    def _first(self, path: str, frame: FrameType, opened: bool) -> FileAccess | None:
        full = absolute(path)
        if (known := self.accesses.get(full)) is not None:
            self._again(known, frame)
            return known
        if is_skipped(full, self._base, temporary=False):
            return None
        before = stat_of(full)
        if before is None and os.path.lexists(full):
            return None  # a folder, a pipe, a device
        if before is not None and made_since(full, self._started) and not self._is_kept(full):
            before = None  # made by this run itself, unseen: the file did not exist before
        if before is None and is_skipped(full, self._base) and not self._is_in_older_folder(full):
            return self.scratch.setdefault(full, FileAccess(full, None, self._line(frame), opened))
        extended = _mode_to_extend(frame) if opened else ""
        access = FileAccess(full, before, self._line(frame), opened, extended=extended)
        self.accesses[full] = access
        return access

    def _line(self, frame: FrameType) -> int:
        return cell_line(frame, self._namespace)

    def _is_in_older_folder(self, full: str) -> bool:
        """Whether a file is to lie in a temporary folder that was made before this run."""
        folder = os.path.dirname(full)
        outlives = is_skipped(os.path.join(folder, "x"), self._base) and is_folder(folder)
        return outlives and not full.startswith(tuple(self._temporary))

    def _again(self, access: FileAccess, frame: FrameType) -> None:
        """The file is opened again and may now be written: the last moment to digest what was read."""
        if len(access.later) < _MOST:
            access.later.append(self._line(frame))
        if not access.again and access.opened and access.before is not None:
            if stat_of(access.path) == access.before:
                access.read = self._look(access.path)
            access.again = True


def _mode_to_extend(frame: FrameType) -> str:
    """The mode in which a function opens a file and keeps what it holds; empty for any other mode.

    It is what the function was given (IPython's own ``open`` hands ``args`` on), else one of its constants.
    A function that has a mode to make files anew as well, as Pillow's, is not held to update them: whether
    it appended to one is seen afterwards, for then the file begins with what it held.
    """
    if not is_function(frame.f_code):
        return ""  # the text of a cell is read by itself
    if not _DATABASES.isdisjoint(frame.f_code.co_names):
        return "r+"  # what is done there goes on with what it holds
    held = frame.f_locals
    mode, args, words = held.get("mode"), held.get("args"), held.get("kwargs")
    given: Iterable[object] = frame.f_code.co_consts
    if type(mode) is str:
        given = [mode]
    elif type(args) is tuple and type(words) is dict:
        given = [*args[:1], words.get("mode")]
    found = [word for word in given if type(word) is str]
    modes = [word for word in found if UPDATED.fullmatch(word)]
    anew = any(map(MADE_ANEW.fullmatch, found)) if modes else False
    return next((mode for mode in modes if not (anew and mode.startswith("r"))), "")


def _is_import(frame: FrameType) -> bool:
    """Whether a module is being imported. What it does then is its own doing."""
    current: FrameType | None = frame
    while current is not None:
        if current.f_code.co_filename.startswith("<frozen importlib"):
            return True
        current = current.f_back
    return False


def _targets(frame: FrameType) -> list[str]:
    held = frame.f_locals
    found = (as_path(held[name]) for name in _TARGETS if name in held)
    return [path for path in found if path is not None]


def cell_line(frame: FrameType, namespace: Mapping[str, Any]) -> int:
    """The line of the cell that is running in the frames around. 0 if there is none (in a thread)."""
    line = 0
    current: FrameType | None = frame
    while current is not None:
        if current.f_globals is namespace and not is_function(current.f_code):
            line = current.f_lineno
        current = current.f_back
    return line

"""A real IPython shell that keeps what each cell shows and which values it leaves."""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import re
import signal
import sqlite3
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from tests.restarts.process_state import process_state
from tests.restarts.values import Frozen, frozen, plain

BUILTINS = dict(vars(builtins))
PLACE_OF_WARNING = re.compile(r"^\S.*?:\d+: (?=\w*(?:Warning|Error)\b)", re.MULTILINE)
INPUT_NUMBER = re.compile(r"(?<=<ipython-input-)\d+-")
QUERY_NAME = re.compile(r"[@{$]([a-zA-Z_]\w*)")


@dataclass(slots=True)
class Shown:
    """What stands under a cell: text, the result, what it displayed, and the error."""

    text: str = ""
    errors: str = ""
    result: str | None = None
    displays: list[str] = field(default_factory=list)
    error: str = ""


@dataclass(slots=True)
class Trace:
    """The values and files before a run and after it; ``settings`` are those of the process before it."""

    source: str
    before: Mapping[str, Frozen]
    after: Mapping[str, Frozen]
    reads: frozenset[str]
    settings: Mapping[str, str] = field(default_factory=dict)


class Stream(io.TextIOBase):
    """Standard output for the life of the process, as in a kernel: a logging handler keeps hold of it.

    ``lines_left`` is the number of lines until the user interrupts.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.lines_left: int | None = None

    def write(self, text: str) -> int:
        self.pieces.append(text)
        if self.lines_left is not None:
            self.lines_left -= text.count("\n")
            if self.lines_left <= 0:
                self.lines_left = None
                signal.raise_signal(signal.SIGINT)
        return len(text)

    def writable(self) -> bool:
        return True

    def take(self) -> str:
        """What was written since the last call."""
        text, self.pieces = "".join(self.pieces), []
        return text


def _bundle(data: Mapping[str, Any]) -> str:
    """What a person sees of something displayed: the text, or the picture."""
    pictures = [f"{kind} {_digest(item)}" for kind, item in data.items() if kind.startswith("image/")]
    text = plain(str(data.get("text/plain", "")))
    if pictures:
        return " ".join(pictures)
    return plain(str(data["text/html"])) if "text/html" in data and text.startswith("<IPython.") else text


def _digest(item: Any) -> str:
    return hashlib.sha1(item if isinstance(item, bytes) else str(item).encode()).hexdigest()


class KeepingDisplayHook(DisplayHook):
    """Keeps the results in place of printing them."""

    def write_output_prompt(self) -> None:
        """No prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        earlier = self.shell.shown.result
        self.shell.shown.result = "\n".join(filter(None, [earlier, _bundle(format_dict)]))


class KeepingPublisher(DisplayPublisher):
    """Keeps what is displayed."""

    def publish(self, data: Any, metadata: Any = None, **options: Any) -> None:
        self.shell.shown.displays.append(_bundle(data))

    def clear_output(self, wait: bool = False) -> None:
        self.shell.shown.displays.clear()
        sys.stdout.take()  # type: ignore[attr-defined]  # the stream is ours


class JudgeShell(InteractiveShell):
    """Keeps what each cell shows where it stands, and a trace of each run, nested ones too."""

    displayhook_class = Type(KeepingDisplayHook)
    display_pub_class = Type(KeepingPublisher)

    def __init__(self, **options: Any) -> None:
        self.shown = Shown()
        self.in_place: dict[str, Shown] = {}
        self.traces: dict[str, Trace] = {}
        self.hidden: frozenset[str] = frozenset()
        super().__init__(**options)

    def showtraceback(self, *args: Any, **options: Any) -> None:
        """The result holds the error already."""

    def showsyntaxerror(self, *args: Any, **options: Any) -> None:
        """The result holds the error already."""

    def _format_exception_for_storage(self, *args: Any, **options: Any) -> list[str]:
        """New IPythons keep every traceback as text, which takes longer than most cells."""
        return []

    def enable_gui(self, gui: str | None = None) -> None:
        """There are no windows, as in most kernels."""

    def run_in_place(self, cell: str, text: str) -> None:
        """Run a cell as a front end does: its output replaces what stands under it."""
        self.shown = Shown()
        _streams_taken()
        result = self.run_cell(text, store_history=True, cell_id=cell)
        self.shown.text, self.shown.errors = (plain(written) for written in _streams_taken())
        self.shown.errors = PLACE_OF_WARNING.sub("", self.shown.errors)
        self.shown.error = _described(result.error_before_exec or result.error_in_exec)
        self.in_place[cell] = self.shown

    def run_cell(self, raw_cell: str, *args: Any, **options: Any) -> Any:
        before, settings = self.values(), _settings()
        reads = self._names_in(raw_cell)
        result = super().run_cell(raw_cell, *args, **options)
        cell = options.get("cell_id")
        if cell:
            reads |= self._names_in(raw_cell)
            self.traces[cell] = Trace(raw_cell, before, self.values(), reads, settings)
        return result

    def values(self) -> dict[str, Frozen]:
        """The user's variables, and the files in the directory."""
        with builtins_restored(), redirect_stderr(io.StringIO()):  # a look may warn: no cell has shown that
            return self._values()

    def _values(self) -> dict[str, Frozen]:
        names = {
            name: frozen(value)
            for name, value in list(self.user_ns.items())
            if name not in self.hidden and name[0] != "_"
        }
        here = {
            f"file {path}": Frozen(_file_content(path))
            for path in Path().rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        return {**names, **here}

    def _names_in(self, text: str) -> frozenset[str]:
        """The names that a cell may read, through functions too. Rather too many than too few."""
        try:
            with builtins_restored():
                tree = ast.parse(self.transform_cell(text))
        except SyntaxError:
            return frozenset()
        found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        found |= set(QUERY_NAME.findall(text))
        todo = list(found)
        while todo:
            for name in _names_of(self.user_ns.get(todo.pop())) - found:
                found.add(name)
                todo.append(name)
        return frozenset(found)


def _names_of(value: Any) -> set[str]:
    value = getattr(value, "__wrapped__", value) if callable(value) else value
    if isinstance(value, types.FunctionType):
        return _names_of_code(value.__code__)
    kind = value if isinstance(value, type) else type(value)
    methods = vars(kind).values() if kind.__module__ == "__main__" else ()
    return {
        name
        for item in methods
        if isinstance(item, types.FunctionType)
        for name in _names_of_code(item.__code__)
    }


def _names_of_code(code: types.CodeType) -> set[str]:
    inner = (item for item in code.co_consts if isinstance(item, types.CodeType))
    return {*code.co_names, *(name for item in inner for name in _names_of_code(item))}


def _described(error: BaseException | None) -> str:
    return "" if error is None else INPUT_NUMBER.sub("", plain(f"{type(error).__name__}: {error}"))


def _settings() -> dict[str, str]:
    with builtins_restored():
        return process_state()


def _streams_taken() -> tuple[str, str]:
    return sys.stdout.take(), sys.stderr.take()  # type: ignore[attr-defined]  # the streams are ours


@contextmanager
def builtins_restored() -> Iterator[None]:
    """The builtins as they were when this process started. A cell may have replaced them."""
    patched = dict(vars(builtins))
    vars(builtins).update(BUILTINS)
    try:
        yield
    finally:
        vars(builtins).update(patched)


def start() -> JudgeShell:
    """The shell of this process, its streams and its search path as in a kernel."""
    sys.stdout, sys.stderr = Stream(), Stream()
    sys.path.insert(0, "")
    sys.dont_write_bytecode = True  # a file that is rewritten within a second would be found unchanged
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.update({"colors": "nocolor", "autocall": 0})
    shell = JudgeShell.instance(config=config)
    shell.displayhook.flush = lambda: None
    shell.hidden = frozenset(shell.user_ns)
    return shell


def _file_content(path: Path) -> str:
    """What stands for a file: its bytes; of an SQLite database its tables, as the bytes count its changes."""
    held = path.read_bytes()
    if held.startswith(b"SQLite format 3\0"):
        database = sqlite3.connect(":memory:")
        with suppress(sqlite3.Error):  # one that is written ahead has another file beside it
            database.deserialize(held)
            held = "\n".join(database.iterdump()).encode()
        database.close()
    return hashlib.sha1(held).hexdigest()

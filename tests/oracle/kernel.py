"""A real shell for each session, with an eye on what every cell shows, reads and writes."""

from __future__ import annotations

import atexit
import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from tests.oracle.freeze import freeze, plain
from tests.oracle.parts import ABSENT

Values = Mapping[str, object]
"""Frozen values by name."""
Files = Mapping[str, bytes]
"""What is in files, by their names."""

QUERY_NAME = re.compile(r"@([a-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the user sees of a run: the text, the result's repr (or None) and the error."""

    stdout: str = ""
    result: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """One run, seen from outside: the names in it as they were before it and after it.

    ``reads`` are the names that it took from the namespace; empty where nobody looked.
    """

    outcome: Outcome
    before: Values
    after: Values
    reads: frozenset[str] = frozenset()
    source: str = ""

    def around(self, name: str) -> tuple[object, object]:
        """A name's value before and after the run."""
        return self.before.get(name, ABSENT), self.after.get(name, ABSENT)

    @property
    def inputs(self) -> dict[str, object]:
        """What the run read, as it was when the run started."""
        return {name: self.before.get(name, ABSENT) for name in self.reads}

    @property
    def written(self) -> dict[str, object]:
        """The names that have another value after the run than before it."""
        names = self.before.keys() | self.after.keys()
        after = {name: self.after.get(name, ABSENT) for name in names}
        return {name: after[name] for name in names if self.before.get(name, ABSENT) != after[name]}


class WatchedNamespace(dict[str, Any]):
    """A namespace that notes which names are looked up in it.

    Python looks names up in a dict subclass through ``__getitem__``, functions too, so this sees what
    the bytecode does without cellgraph's help. It is slower and is used only where cellgraph is not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reads: set[str] = set()
        self.bound: set[str] = set()

    def start(self) -> None:
        """Forget what was noted: a cell starts."""
        self.reads, self.bound = set(), set()

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __delitem__(self, name: str) -> None:
        self._note(name)
        super().__delitem__(name)
        self.bound.add(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        super().__setitem__(name, value)

    def _note(self, name: object) -> None:
        if isinstance(name, str) and name not in self.bound:
            self.reads.add(name)


class KeepingDisplayHook(DisplayHook):
    """Shows nothing, keeps the result's repr as it was when it would have been shown."""

    shown: str | None = None

    def write_output_prompt(self) -> None:
        """No prompt."""

    def compute_format_data(self, result: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """The repr alone: no HTML tables."""
        self.shown = repr(result)
        return {"text/plain": self.shown}, {}

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """No text."""


class OracleShell(InteractiveShell):
    """Shows no tracebacks and keeps nothing on disk; notes reads only while a cell's code runs."""

    displayhook_class = Type(KeepingDisplayHook)
    seen: frozenset[str] = frozenset()
    """The names looked up since somebody emptied this."""

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """The result holds the error already."""

    def _format_exception_for_storage(self, *args: Any, **kwargs: Any) -> list[str]:
        """New IPythons keep every traceback as text: most of the time that an oracle run took."""
        return []

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """The result holds the error already."""

    async def run_code(self, *args: Any, **kwargs: Any) -> bool:
        """Runs one statement or more of a cell; several times a cell."""
        if not isinstance(self.user_ns, WatchedNamespace):
            return await super().run_code(*args, **kwargs)
        earlier = self.user_ns.reads
        self.user_ns.reads = set()
        try:
            return await super().run_code(*args, **kwargs)
        finally:
            self.seen |= self.user_ns.reads
            self.user_ns.reads = earlier


@dataclass(slots=True)
class Kernel:
    """One shell and what it takes to run cells in it and look at them."""

    shell: OracleShell
    looking: bool = True
    """Whether values are frozen: looking at a generator's variables leaves a trace in it."""
    hidden: frozenset[str] = frozenset()
    latest: dict[str, Trace] = field(default_factory=dict)
    """Each cell's latest run."""
    now: Values = field(default_factory=dict)
    """The user's variables after the latest run."""

    def run(self, cell: str, source: str) -> Trace:
        """Run a cell as a front end does, errors and all."""
        before = self.now
        outcome, reads = self._execute(cell, source)
        self.now = self.values() if self.looking else {}
        self.latest[cell] = Trace(outcome, before, self.now, reads, source)
        return self.latest[cell]

    def files(self) -> Files:
        """What the cells have left in the directory."""
        return {path.name: path.read_bytes() for path in Path.cwd().iterdir()}

    def values(self) -> Values:
        """The user's variables, frozen."""
        names = dict.items(self.shell.user_ns)
        return {name: freeze(value) for name, value in names if name not in self.hidden and name[0] != "_"}

    def _execute(self, cell: str, source: str) -> tuple[Outcome, frozenset[str]]:
        self.shell.seen = frozenset()
        self.shell.displayhook.shown = None
        text = io.StringIO()
        if isinstance(self.shell.user_ns, WatchedNamespace):
            self.shell.user_ns.start()
        with (
            contextlib.redirect_stdout(text),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            result = self.shell.run_cell(source, store_history=True, cell_id=cell)
        error = result.error_before_exec or result.error_in_exec
        outcome = Outcome(
            plain(text.getvalue()),
            None if self.shell.displayhook.shown is None else plain(self.shell.displayhook.shown),
            _described(error),
        )
        return outcome, self.shell.seen | frozenset(QUERY_NAME.findall(source))


def _described(error: BaseException | None) -> str:
    if isinstance(error, RecursionError):
        return "RecursionError"  # its text tells where the stack ended, which the namespace's own calls shift
    return "" if error is None else plain(f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def kernel(*, watched: bool = False, looking: bool = True, files: Files | None = None) -> Iterator[Kernel]:
    """A fresh shell with an empty namespace, in a directory with these files.

    ``watched`` says to note reads, ``looking`` to freeze values.
    """
    with TemporaryDirectory() as place, contextlib.chdir(place):
        for name, content in (files or {}).items():
            Path(name).write_bytes(content)
        with _shell(watched=watched, looking=looking) as started:
            yield started


@contextlib.contextmanager
def _shell(*, watched: bool, looking: bool) -> Iterator[Kernel]:
    config = Config()
    config.HistoryManager.enabled = False
    shell = OracleShell(config=config, user_ns=WatchedNamespace() if watched else None)
    shell.displayhook.flush = lambda: None
    try:
        yield Kernel(shell, looking, frozenset(dict.keys(shell.user_ns)))
    finally:
        atexit.unregister(shell.atexit_operations)
        shell.restore_sys_module_state()

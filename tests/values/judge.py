"""Puts a row to the test: its cells run in a real IPython shell, and what cellgraph recorded is judged."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, Literal

from IPython.utils.capture import capture_output

import cellgraph
from cellgraph.model import Digest, Run
from tests.shells import fresh_shell
from tests.values.row import Row

Answer = Literal["yes", "no", "–", "opaque"]
"""``–``: there is nothing to see, as nothing can change the value."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What cellgraph saw of one type. ``error`` is that of a cell of the row which does not run."""

    caught: Answer
    quiet: Answer
    alias: Answer
    looks: Answer
    quality: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """A shell with cellgraph loaded that runs the cells of one row."""

    shell: Any
    tracker: Any

    def run(self, cell: str, code: str) -> Run:
        """Run a cell as a front end does. Raises what the cell raised."""
        with capture_output():
            result = self.shell.run_cell(code, store_history=True, cell_id=cell)
        result.raise_error()
        last: Run = self.tracker.runs[-1]
        return last

    def clear(self) -> None:
        """Forget what was run: the next row finds no name and no run."""
        self.shell.reset()
        self.tracker.reset()
        gc.freeze()  # what is left are libraries, and the next collection need not walk through them

    def started(self, row: Row) -> Run:
        """Run the row's cells up to the one that makes the value."""
        if row.setup:
            self.run("setup", row.setup)
        return self.run("make", row.make)


@contextmanager
def own_folder() -> Iterator[None]:
    """An empty folder for the files that rows write, and for the modules that they import from it."""
    path, no_bytecode = list(sys.path), sys.dont_write_bytecode
    with TemporaryDirectory() as folder, chdir(folder):
        try:
            yield
        finally:
            sys.path[:], sys.dont_write_bytecode = path, no_bytecode


@contextmanager
def new_bench() -> Iterator[Bench]:
    """A bench for rows. The budget is ample, as a slow machine shall give no other verdict."""
    with fresh_shell() as shell:
        tracker = cellgraph.load(shell)
        tracker.config.budget_ms = 10_000
        try:
            yield Bench(shell, tracker)
        finally:
            cellgraph.unload(shell)


def missing(row: Row) -> str:
    """The modules that the row needs and that are not installed; empty where all are."""
    return ", ".join(name for name in row.needs if not _installed(name))


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that the module would be in
        return False


def judge(row: Row, bench: Bench) -> Verdict:
    """Run the row's cells and tell what cellgraph made of them. A failing cell fails every answer."""
    bench.clear()
    try:
        return _judged(row, bench)
    except Exception as error:  # noqa: BLE001 - a library may raise anything, and the table shall stand
        return Verdict("no", "no", "no", "no", "", f"{type(error).__name__}: {error}"[:200])


def _judged(row: Row, bench: Bench) -> Verdict:
    first = _written(bench.started(row), "v")
    bench.run("alias", row.alias)
    looked = [bench.run("looks", row.looks) for _ in range(2)]
    # Only so far: the same cell, run again, makes an equal value.
    again = _written(bench.run("make", row.make), "v")
    assert first is not None, "the cell that makes it binds no v"
    assert again is not None, "the cell that makes it binds no v"
    known: dict[str, Digest | None] = {"v": again, "w": _written(bench.run("alias", row.alias), "w")}
    caught, alias = _changes(row, bench, known)
    return Verdict(
        caught,
        "opaque" if again.quality == "opaque" else _answer(again.agrees(first)),
        alias,
        _answer(not any(_written(run, name) for run in looked for name in ("v", "w"))),
        again.quality,
    )


def _changes(row: Row, bench: Bench, known: dict[str, Digest | None]) -> tuple[Answer, Answer]:
    """Whether the change of the value was recorded, and the one of the name that shares it."""
    if not row.change:
        return "–", "–"
    run = bench.run("change", row.change)
    if any(write.name.is_patch or write.name.is_setting for write in run.writes):
        return "yes", "yes" if row.alias else "–"  # a name of its own: every name of the module reads it
    caught = _answer(_differs(run, "v", known))
    return caught, _answer(_differs(run, "w", known)) if row.alias else "–"


def _differs(run: Run, name: str, known: dict[str, Digest | None]) -> bool:
    """Whether the run wrote something else than was there: a store of the same is a write as well."""
    now, before = _written(run, name), known[name]
    return now is not None and (before is None or not now.agrees(before) or now.parts != before.parts)


def _written(run: Run, name: str) -> Digest | None:
    digests: Sequence[Digest | None] = [write.digest for write in run.writes if write.name == name]
    return digests[-1] if digests else None


def _answer(holds: bool) -> Answer:
    return "yes" if holds else "no"

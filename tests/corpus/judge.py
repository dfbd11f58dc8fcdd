"""Runs one notebook plainly and with cellgraph, and says what differs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import nbformat

from cellgraph.record.jsonl import LedgerFormatError, loads

Cell = Mapping[str, Any]

_PROCESS_NUMBER = re.compile(r"ipykernel_\d+")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_VOID = frozenset({"meta", "img", "br", "path", "link", "input", "hr"})


@dataclass(frozen=True)
class Row:
    """What came out for one notebook. ``wrong`` is empty where everything is as it should be."""

    name: str
    version: str = ""
    cells: int = 0
    plain: str = ""
    """How the plain run ended: ``ok``, the name of the error, or why there was none."""
    exit: int | None = None
    differ: int = 0
    """Cells with another output or count than in either plain run."""
    varies: int = 0
    """Cells whose outputs differ between the two plain runs."""
    warnings: int = 0
    notes: int = 0
    said: str = ""
    """Standard error, without the progress."""
    seconds: float = 0.0
    plain_seconds: float = 0.0
    wrong: tuple[str, ...] = field(default=())

    @property
    def executes(self) -> bool:
        """Whether the notebook runs through without cellgraph."""
        return self.plain == "ok"


@dataclass(frozen=True)
class Written:
    """The files that ``cellgraph run`` wrote; None where there is none."""

    notebook: Path | None
    report: Path | None
    ledger: Path | None

    def cells(self) -> tuple[Cell, ...]:
        """The code cells of the executed notebook, as format 4."""
        if self.notebook is None:
            return ()
        notebook = nbformat.from_dict(nbformat.read(self.notebook, as_version=4))
        return tuple(cell for cell in notebook.cells if cell.cell_type == "code")

    def page(self) -> _Page:
        """The report; an empty page where there is none."""
        return _Page("" if self.report is None else self.report.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Plain:
    """A plain run: its code cells, and the error that it ended with (``ok`` where it ended well)."""

    cells: tuple[Cell, ...]
    end: str
    seconds: float


def judge(notebook: Path, root: Path, *, seconds: float = 600, twice: bool = True) -> Row:
    """Run ``notebook``, a path below ``root``, and say how it went.

    Each run has a copy of ``root`` of its own. ``seconds`` is the longest time for one run.
    """
    name = str(notebook.relative_to(root))
    plain = _plain(notebook, root, seconds)
    again = _plain(notebook, root, seconds) if twice and plain.end == "ok" else plain
    version = _version(notebook)
    with TemporaryDirectory(prefix="corpus-") as folder:
        copy, out = Path(folder, "copy"), Path(folder, "out")
        _copy(root, copy)
        begun = monotonic()
        done = _command(["-m", "cellgraph", "run", name, "--output-dir", str(out)], copy, seconds)
        took = monotonic() - begun
        if done is None:
            return Row(name, version, plain=plain.end, wrong=("cellgraph run did not end in time",))
        written = Written(*(next(out.glob(f"*.{end}"), None) for end in ("ipynb", "html", "jsonl")))
        row = _row(Row(name, version, plain=plain.end, exit=done.returncode), written, plain, again)
    wrong = (*_wrong_words(done), *_wrong_exit(done.returncode, plain.end), *row.wrong)
    said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("["))
    return replace(row, wrong=wrong, said=said, seconds=took, plain_seconds=plain.seconds)


def _row(row: Row, written: Written, plain: Plain, again: Plain) -> Row:
    """``row`` with what the files tell."""
    cells = written.cells()
    page = written.page()
    differ, varies = _compare(cells, plain.cells, again.cells) if plain.end != "did not run" else ([], 0)
    warnings, notes = page.classes.count("warning"), page.classes.count("note")
    wrong = [*_wrong_notebook(written.notebook, row.version), *page.wrong(), *_wrong_ledger(written, cells)]
    if row.executes:
        wrong += [f"{warnings} warnings on a clean run"] if warnings else []
        wrong += [f"cell {number} shows something else" for number in differ]
    return replace(
        row,
        cells=len(cells),
        differ=len(differ),
        varies=varies,
        warnings=warnings,
        notes=notes,
        wrong=tuple(wrong),
    )


# -- running ----------------------------------------------------------------------------------------


def _plain(notebook: Path, root: Path, seconds: float) -> Plain:
    with TemporaryDirectory(prefix="corpus-") as folder:
        copy, out = Path(folder, "copy"), Path(folder, "out.json")
        _copy(root, copy)
        begun = monotonic()
        here = copy / notebook.relative_to(root)
        done = _command(["-m", "tests.corpus.plain", str(here), str(out)], Path.cwd(), seconds)
        took = monotonic() - begun
        if done is None:
            return Plain((), "timed out", took)
        if not out.exists():
            return Plain((), "did not run", took)
        found = json.loads(out.read_text(encoding="utf-8"))
        return Plain(tuple(found["cells"]), found["error"] or "ok", took)


def _copy(root: Path, copy: Path) -> None:
    shutil.copytree(root, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def _command(arguments: list[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str] | None:
    """Run Python with these arguments; None where it takes longer than ``seconds``."""
    command = [sys.executable, *arguments]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return None


# -- comparing --------------------------------------------------------------------------------------


def _compare(
    cells: tuple[Cell, ...], plain: tuple[Cell, ...], again: tuple[Cell, ...]
) -> tuple[list[int], int]:
    """The numbers of the cells that show something else, and how many vary by themselves."""
    if len(cells) != len(plain):
        return [0], 0
    differ, varies = [], 0
    for number, (mine, one, other) in enumerate(zip(cells, plain, again, strict=True), 1):
        if _shown(one) != _shown(other):
            varies += 1
        elif _shown(mine) != _shown(one):
            differ.append(number)
    return differ, varies


def _shown(cell: Cell) -> tuple[Any, ...]:
    return (cell["execution_count"], *(_plain_output(output) for output in cell["outputs"]))


def _plain_output(output: Mapping[str, Any]) -> str:
    """An output as text that is the same in every process, and in every version of the format."""
    data = {kind: _canonical(kind, value) for kind, value in output.get("data", {}).items()}
    rest = {key: value for key, value in output.items() if key not in ("data", "metadata", "transient")}
    text = json.dumps([rest, data], sort_keys=True)
    return _ADDRESS.sub("0x0", _PROCESS_NUMBER.sub("ipykernel", text))


def _canonical(kind: str, value: Any) -> Any:
    if kind.endswith("json") and isinstance(value, str):
        return json.loads(value)
    return value


# -- what has to be there ---------------------------------------------------------------------------


def _version(notebook: Path) -> str:
    found = json.loads(notebook.read_text(encoding="utf-8-sig"))
    return f"{found.get('nbformat')}.{found.get('nbformat_minor', 0)}"


def _wrong_words(done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    """Lines on standard error that no user should see."""
    for line in done.stderr.splitlines():
        if line.startswith(("Traceback", "cellgraph: this is a fault", "cellgraph: the report lacks")):
            yield line
        elif not line.startswith(("[", "cellgraph: ")):
            yield f"stray line: {line[:100]}"


def _wrong_exit(code: int, plain: str) -> Iterator[str]:
    """2 where a cell fails or nothing could be run, 0 where all is well."""
    wanted = {"ok": (0,), "timed out": (0, 1, 2), "did not run": (0, 1, 2)}.get(plain, (2,))
    if code not in wanted:
        yield f"exit code {code} after a plain run that ended with {plain}"


def _wrong_notebook(path: Path | None, version: str) -> Iterator[str]:
    if path is None:
        yield "no executed notebook"
        return
    try:
        if not version.startswith("2"):  # which has no schema
            nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    except nbformat.ValidationError as error:
        yield f"the executed notebook is not valid: {str(error).splitlines()[0]}"
    if _version(path) != version:
        yield f"the executed notebook is of version {_version(path)}"


def _wrong_ledger(written: Written, cells: tuple[Cell, ...]) -> Iterator[str]:
    if written.ledger is None:
        yield "no ledger"
        return
    try:
        runs = loads(written.ledger.read_text(encoding="utf-8")).runs
    except LedgerFormatError as error:
        yield f"the ledger cannot be read: {error}"
        return
    if not runs and any(cell["execution_count"] is not None for cell in cells):
        yield "the ledger has no run"


class _Page(HTMLParser):
    """A report: the classes of its list items, its anchors, and the elements left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        if tag == "li":
            self.classes.append(given.get("class") or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def wrong(self) -> Iterator[str]:
        """What is amiss with the page."""
        if not self.ids:
            yield "no report"
            return
        if self.open:
            yield f"the report is broken off: {self.open[:3]} left open"
        for section in ("graph", "findings", "cells", "sources"):
            if section not in self.ids:
                yield f"the report has no section {section}"

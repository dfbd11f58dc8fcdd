"""Runs one notebook plainly and with cellgraph, and says what differs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
DID_NOT_RUN = "did not run"
TIMED_OUT = "timed out"
_MOST_RUNS = 6
"""Plain runs of one notebook, at most."""

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
    """The texts of the files that ``cellgraph run`` wrote; None where there is none."""

    notebook: str | None
    report: str | None
    ledger: str | None

    def cells(self) -> tuple[Cell, ...]:
        """The code cells of the executed notebook, as format 4."""
        if self.notebook is None:
            return ()
        notebook = nbformat.from_dict(nbformat.reads(self.notebook, as_version=4))
        return tuple(cell for cell in notebook.cells if cell.cell_type == "code")


@dataclass(frozen=True)
class Tracked:
    """A run with cellgraph. ``said`` is standard error without the progress."""

    exit: int
    said: str
    seconds: float
    written: Written
    cells: tuple[Cell, ...]
    page: _Page


@dataclass(frozen=True)
class Plain:
    """A plain run: its code cells, and the error that it ended with (``ok`` where it ended well)."""

    cells: tuple[Cell, ...]
    end: str
    seconds: float


def judge(notebook: Path, root: Path, *, seconds: float = 600, twice: bool = True) -> Row:
    """Run ``notebook``, a path below ``root``, and say how it went.

    Each run has a copy of ``root`` of its own. ``seconds`` is the longest time for one run. ``twice``
    looks for cells that vary by themselves: by a second plain run, and where a cell differs by more, for
    numbers drawn without a seed can be equal in two runs by chance.
    """
    plain = [_plain(notebook, root, seconds)]
    if twice and plain[0].end == "ok":
        plain.append(_plain(notebook, root, seconds))
    name = str(notebook.relative_to(root))
    tracked = _tracked(notebook, root, seconds)
    if tracked is None:
        slow = () if plain[0].end == TIMED_OUT else ("cellgraph run did not end in time",)
        return Row(name, _version(notebook), plain=plain[0].end, wrong=slow)
    end = "not Python" if tracked.said.endswith("cellgraph runs Python notebooks only") else plain[0].end
    differ, varies = _compare(tracked.cells, plain)
    while twice and differ and end == "ok" and len(plain) < _MOST_RUNS:
        plain.append(_plain(notebook, root, seconds))
        differ, varies = _compare(tracked.cells, plain)
    row = Row(
        name,
        _version(notebook),
        cells=len(tracked.cells),
        plain=end,
        exit=tracked.exit,
        differ=len(differ),
        varies=varies,
        warnings=tracked.page.classes.count("warning"),
        notes=tracked.page.classes.count("note"),
        said=tracked.said,
        seconds=tracked.seconds,
        plain_seconds=plain[0].seconds,
    )
    return replace(row, wrong=tuple(_wrong(row, tracked, differ)))


def _wrong(row: Row, tracked: Tracked, differ: Sequence[int]) -> Iterator[str]:
    """Everything that is not as it should be."""
    yield from _wrong_words(tracked.said)
    yield from _wrong_exit(tracked.exit, row.plain)
    if tracked.written.notebook is not None or row.plain not in {DID_NOT_RUN, "not Python"}:
        yield from _wrong_notebook(tracked.written.notebook, row.version)
        yield from tracked.page.wrong()
        yield from _wrong_ledger(tracked)
    if row.executes:
        yield from [f"{row.warnings} warnings on a clean run"] if row.warnings else []
        yield from (f"cell {number} shows something else" for number in differ)


def _tracked(notebook: Path, root: Path, seconds: float) -> Tracked | None:
    """What ``cellgraph run`` does in a copy of ``root``; None where it takes longer than ``seconds``."""
    with TemporaryDirectory(prefix="corpus-") as folder:
        copy, out = Path(folder, "copy"), Path(folder, "out")
        _copy(root, copy)
        begun = monotonic()
        name = str(notebook.relative_to(root))
        done = _command(["-m", "cellgraph", "run", name, "--output-dir", str(out)], copy, seconds)
        took = monotonic() - begun
        if done is None:
            return None
        paths = (next(out.glob(f"*.{end}"), None) for end in ("ipynb", "html", "jsonl"))
        written = Written(*(path and path.read_text(encoding="utf-8") for path in paths))
    said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("["))
    return Tracked(done.returncode, said, took, written, written.cells(), _Page(written.report or ""))


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
            return Plain((), TIMED_OUT, took)
        if not out.exists():
            return Plain((), DID_NOT_RUN, took)
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


def _compare(cells: tuple[Cell, ...], plain: Sequence[Plain]) -> tuple[list[int], int]:
    """The numbers of the cells that show something else, and how many vary by themselves."""
    if plain[0].end == DID_NOT_RUN:
        return [], 0
    if any(len(run.cells) != len(cells) for run in plain):
        return [0], 0
    differ, varies = [], 0
    for number, (mine, *others) in enumerate(zip(cells, *(run.cells for run in plain), strict=True), 1):
        shown = {_shown(cell) for cell in others}
        varies += len(shown) > 1
        if len(shown) == 1 and _shown(mine) not in shown:
            differ.append(number)
    return differ, varies


def _shown(cell: Cell) -> tuple[Any, ...]:
    return (cell["execution_count"], *(_plain_output(output) for output in _merged(cell["outputs"])))


def _merged(outputs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The outputs with neighbouring texts of one stream in one: how they are cut is a matter of time."""
    merged: list[Mapping[str, Any]] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" == last.get("output_type") and last["name"] == output["name"]:
            merged[-1] = {**last, "text": last["text"] + output["text"]}
        else:
            merged.append(output)
    return merged


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
    try:
        return _version_of(json.loads(notebook.read_text(encoding="utf-8-sig")))
    except ValueError:
        return "?"


def _version_of(document: Mapping[str, Any]) -> str:
    return f"{document.get('nbformat')}.{document.get('nbformat_minor', 0)}"


def _wrong_words(said: str) -> Iterator[str]:
    """Lines that no user should see."""
    for line in said.splitlines():
        if line.startswith(("cellgraph: this is a fault", "cellgraph: the report lacks")):
            yield line
        elif not line.startswith("cellgraph: "):
            yield f"stray line: {line[:100]}"


def _wrong_exit(code: int, plain: str) -> Iterator[str]:
    """2 where a cell fails or nothing could be run, 0 where all is well."""
    wanted = {"ok": (0,), TIMED_OUT: (0, 1, 2), DID_NOT_RUN: (0, 1, 2)}.get(plain, (2,))
    if code not in wanted:
        yield f"exit code {code} after a plain run that ended with {plain}"


def _wrong_notebook(text: str | None, version: str) -> Iterator[str]:
    if text is None:
        yield "no executed notebook"
        return
    document = json.loads(text)
    try:
        if not version.startswith("2"):  # which has no schema
            nbformat.validate(document)
    except nbformat.ValidationError as error:
        yield f"the executed notebook is not valid: {str(error).splitlines()[0]}"
    if _version_of(document) != version:
        yield f"the executed notebook is of version {_version_of(document)}"


def _wrong_ledger(tracked: Tracked) -> Iterator[str]:
    if tracked.written.ledger is None:
        yield "no ledger"
        return
    try:
        runs = loads(tracked.written.ledger).runs
    except LedgerFormatError as error:
        yield f"the ledger cannot be read: {error}"
        return
    if not runs and any(cell["execution_count"] is not None for cell in tracked.cells):
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

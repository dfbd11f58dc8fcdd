"""The notebooks that come with cellgraph: clean from top to bottom, quiet, and loud where they promise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import IPython
import nbformat
import pytest
from nbformat import NotebookNode

from cellgraph.cli import main
from cellgraph.rules import RULES
from tests.kernels import Kernel, running_kernel

OUTPUTS_ARE_KEPT = IPython.version_info >= (9,)
"""Whether IPython keeps what a cell displayed. Else a cell that `rerun` ran counts as outdated."""

pytestmark = [
    pytest.mark.slow,  # the notebooks run whole, in real kernels
]

FOLDER = Path(__file__).parent.parent / "notebooks"
NAMES = ("tour", "ml_workflow")
OWN_OUTPUT = "reads-its-own-output"
"""Tag of the cells that make a mess when they run twice, on purpose."""

NOTES = ("redefined it since", "was deleted by", "changed it since", "which no cell made")
"""What CG201 to CG204 say; the line below a cell gives no code."""

LARGEST = 1_000_000
"""Bytes of a saved notebook: they are read on a web page."""


@cache
def code_cells(name: str) -> tuple[NotebookNode, ...]:
    """The code cells of one of the notebooks."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    return tuple(cell for cell in notebook.cells if cell.cell_type == "code")


def messy(cell: NotebookNode) -> bool:
    """Whether a cell is tagged as one that consumes its own output."""
    return OWN_OUTPUT in cell.metadata.get("tags", ())


@dataclass(frozen=True)
class Case:
    """A way to run a notebook, its exit code, and the codes of all warnings."""

    name: str
    notebook: str
    order: str = ""
    exit: int = 0
    codes: frozenset[str] = frozenset()


RUNS = (
    Case("the tour, clean", "tour"),
    Case("the workflow, clean", "ml_workflow"),
    Case("the way to a package, clean", "promotion"),
    Case("the tour, prices raised twice", "tour", "1-6,4", 1, frozenset({"CG106"})),
    Case("the workflow, trimmed twice", "ml_workflow", "1-21,12", 1, frozenset({"CG106"})),
    Case("the tour, prices raised late", "tour", "1-3,5,6,4", 1, frozenset({"CG101", "CG102"})),
)


@pytest.mark.parametrize("case", RUNS, ids=lambda case: case.name)
def test_cellgraph_run_finds_what_the_notebook_says(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From top to bottom there is no warning; in the order that the text names there is the one it shows."""
    order = ["--order", case.order] if case.order else []
    code = main(["run", str(FOLDER / f"{case.notebook}.ipynb"), "--output-dir", str(tmp_path), *order])
    out = capsys.readouterr().out
    assert code == case.exit, out
    assert {word for word in RULES if word in out} == case.codes, out


@pytest.fixture(scope="module", params=NAMES)
def session(request: pytest.FixtureRequest) -> Iterator[tuple[str, Kernel]]:
    """A kernel in which a notebook has been run from top to bottom, under the ids of its cells."""
    name = request.param
    with running_kernel(cwd=FOLDER) as kernel:
        for cell in code_cells(name):
            assert kernel.run(cell.source, cell.id).error is None
        yield name, kernel


def findings(kernel: Kernel, severity: str = "warning") -> list[str]:
    """The codes of all warnings, or all notes, at this moment."""
    tracker = "__import__('cellgraph').get_tracker()"
    shown = kernel.value(f"[f.code for f in {tracker}.findings() if f.severity == {severity!r}]")
    return [code for code in ast.literal_eval(shown) if code != "CG110" or OUTPUTS_ARE_KEPT]


def test_running_any_one_cell_again_gives_no_warning(session: tuple[str, Kernel]) -> None:
    """Quiet: no cell warns when it runs again unchanged, but those that consume their own output."""
    name, kernel = session
    cells = code_cells(name)
    assert findings(kernel) == []
    loud: dict[str, list[str]] = {}
    for place, cell in enumerate(cells):
        if messy(cell):
            continue
        kernel.run(cell.source, cell.id)
        if codes := findings(kernel):
            loud[cell.id] = codes
        if findings(kernel, "note"):  # a name stands as it was halfway: back to how a full run leaves it
            for below in cells[place + 1 :]:
                kernel.run(below.source, below.id)
    assert loud == {}


def test_the_messy_cells_are_found_and_cured(session: tuple[str, Kernel]) -> None:
    """A cell that consumes its own output warns at once, and ``%cellgraph rerun`` puts things right."""
    name, kernel = session
    (cell,) = filter(messy, code_cells(name))
    for _ in range(2):  # where the cell above has just run again, the first time is as it should be
        kernel.run(cell.source, cell.id)
    assert findings(kernel) == ["CG106"]
    kernel.run("%cellgraph rerun")
    # What the cell of the longer notebook shows is of the run before: the magic ran it from elsewhere.
    outdated = {"tour": [], "ml_workflow": ["CG110"]}[name]
    assert findings(kernel) == (outdated if OUTPUTS_ARE_KEPT else [])


@dataclass(frozen=True)
class FileOperation:
    """Something that a reader does by hand after the cell ``after``, as the text of a notebook asks for.

    ``cell`` is run with ``old`` replaced by ``new``, and must warn of ``code``.
    """

    after: str
    cell: str
    code: str
    old: str = ""
    new: str = ""


DEEDS = {
    "tour": (
        FileOperation("graph", "prices", "CG101", "2.20", "3.00"),
        FileOperation("rerun", "raise", "CG106"),
    ),
    "ml_workflow": (
        FileOperation("check", "trim", "CG106"),
        FileOperation("check", "settings", "CG102", "TEST_SHARE = 0.25", "TEST_SHARE = 0.4"),
        FileOperation("check", "settings", "", "", ""),
        FileOperation("check", "another cell", "", "", 'features = features.drop(columns="sex")'),
        FileOperation("check", "split", "CG103"),
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_text_asks_for_gives_what_the_text_shows(name: str) -> None:
    """A reader who does what the text says gets the warnings that stand there, word for word."""
    sources = {cell.id: cell.source for cell in code_cells(name)}
    shown: list[str] = []
    with running_kernel(cwd=FOLDER) as kernel:
        for place, source in sources.items():
            kernel.run(source, place)
            for deed in DEEDS[name]:
                if deed.after == place:
                    edited = sources.get(deed.cell, "").replace(deed.old, deed.new, 1)
                    shown.append(kernel.run(edited, deed.cell).text)
                    assert deed.code in shown[-1], deed
    quoted = re.findall(r"^ +\[\d+\],? .*\(CG\d+\)$", _text(name), flags=re.MULTILINE)
    assert quoted
    assert [line for line in quoted if line not in "".join(shown)] == []


def _text(name: str) -> str:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_the_tour_shows_every_code() -> None:
    """Each warning is named in the tour and shown by a cell; each note is named, and its message shown."""
    shown = "".join(str(cell.outputs) for cell in code_cells("tour"))
    assert [code for code in RULES if code not in _text("tour")] == []
    assert [code for code in RULES if code.startswith("CG1") and code not in shown] == []
    assert [words for words in NOTES if words not in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_saved_notebooks_are_small_and_whole(name: str) -> None:
    """They are saved as a run from top to bottom left them, without errors, for readers on the web."""
    cells = code_cells(name)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [cell.id for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert (FOLDER / f"{name}.ipynb").stat().st_size < LARGEST

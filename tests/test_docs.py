"""The documents for contributors say what is so: paths are there, the walks name all files, examples run."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Self

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import cellgraph
from cellgraph.session import Tracker
from tests.cases import findings as case_module
from tests.test_findings import Notebook

ROOT = Path(__file__).parents[1]
PACKAGE = Path(cellgraph.__file__).parent
DOCUMENTS = (
    *("README.md", "cellgraph/README.md", "cellgraph/digest/README.md", "tests/README.md"),
    *("tests/values/README.md", "tests/restarts/README.md", ".github/CONTRIBUTING.md"),
)
_PATH = re.compile(r"`((?:cellgraph|tests|notebooks|\.ci|\.github)/[\w./-]*|README\.md|pyproject\.toml)`")


def place(path: str) -> Path:
    """Where a path of the repository is. The package may be an installed wheel, without its sources."""
    if not path.startswith("cellgraph/"):
        return ROOT / path
    inside = path.removeprefix("cellgraph/")
    if inside.startswith("labextension/") and not (PACKAGE / inside).exists():
        return Path(sys.prefix, "share", "jupyter", "labextensions", "cellgraph", inside.partition("/")[2])
    return PACKAGE / inside


def text_of(document: str) -> str:
    """The text of a document."""
    return place(document).read_text(encoding="utf-8")


def named(text: str) -> set[str]:
    """The paths that a text names; one with ``…`` in it stands for several."""
    return {path for path in _PATH.findall(text) if "…" not in path}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_is_there(document: str) -> None:
    """Files and folders of the repository, in backquotes or as a link."""
    text = text_of(document)
    assert sorted(path for path in named(text) if not place(path).exists()) == []
    home = (ROOT / document).parent
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if "://" not in link]
    linked = [(home / link).resolve().relative_to(ROOT.resolve()).as_posix() for link in links]
    assert [link for link in linked if not place(link).exists()] == []


def packages() -> list[Path]:
    """The folders of the package that hold code."""
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


@pytest.mark.parametrize("folder", packages(), ids=lambda folder: folder.relative_to(PACKAGE).as_posix())
def test_every_folder_says_what_comes_in_and_goes_out_and_where_to_begin(folder: Path) -> None:
    """In a README or in the docstring of the package, in at most some twenty lines."""
    readme = folder / "README.md"
    text = readme.read_text() if readme.exists() else _docstring(folder / "__init__.py")
    assert [words for words in ("In come", "Out ", "Open first") if words not in text] == []
    assert len(text.splitlines()) <= 30


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def test_the_modules_that_docstrings_name_are_there() -> None:
    """Each name at the beginning of a line below ``Open first`` is a file of that folder."""
    for folder in packages():
        below = _docstring(folder / "__init__.py").partition("Open first:\n")[2]
        for name in re.findall(r"^    ``([\w./]+)``", below, flags=re.MULTILINE):
            assert (folder / name).exists() or (folder / f"{name}.py").exists(), f"{folder}: {name}"


def walk(number: int) -> str:
    """One walk of the map."""
    return re.split(r"^## Walk \d.*$", text_of("cellgraph/README.md"), flags=re.MULTILINE)[number]


class Calls:
    """Which files of the package are called while it is on, but for what is done by imports."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self._importing = 0

    def __enter__(self) -> Self:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if frame.f_code.co_name in ("<module>", "_load_from"):
            self._importing += (event == "call") - (event == "return")
            return
        path = frame.f_code.co_filename
        if event == "call" and not self._importing and path.startswith(str(PACKAGE)):
            self.files.add(f"cellgraph/{Path(path).relative_to(PACKAGE).as_posix()}")


def test_the_first_walk_names_every_file_from_a_cell_to_a_warning(
    shell: InteractiveShell, tracker: Tracker
) -> None:
    """None is left out of those that are called from the event before the cell to the printed message."""
    for cell, text in (("a", "x = 1"), ("b", "y = x + 1"), ("c", "print(y)")):
        with capture_output():
            shell.run_cell(text, store_history=True, cell_id=cell)
    with capture_output() as captured, Calls() as calls:
        shell.run_cell("x = 2", store_history=True, cell_id="a")
    assert "[2] `y = x + 1` uses x" in captured.stdout
    assert "cellgraph/render/warnings.py" in calls.files
    assert sorted(calls.files - named(walk(1))) == []
    way = re.findall(r"^\| \d+ \| `([^`]+)`", walk(1), flags=re.MULTILINE)
    assert len(way) <= 30, "the way itself is to be read in one sitting"
    if sys.version_info >= (3, 12):  # 3.11 has another way to see accesses
        assert [path for path in way if path not in calls.files] == []


def test_the_second_walk_names_every_file_from_a_frame_to_its_digest() -> None:
    """None is left out of those that are called on the way."""
    from cellgraph.digest import Digester

    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"price": [1.5, 2.5], "name": ["a", "b"]})
    Digester(60.0).look([])  # the first one after a library was loaded loads the adapters for it
    with Calls() as calls:
        digest = Digester(60.0).look(frame).digest
    assert [path for path, _ in digest.parts] == ['["price"]', '["name"]', ".columns", ".index"]
    assert "cellgraph/digest/adapters/pandas_frames.py" in calls.files
    assert sorted(calls.files - named(walk(2))) == []


def test_the_diagram_and_the_folders_are_the_same() -> None:
    """Every folder of the package stands in the diagram of the map, and none besides."""
    drawn = set(re.findall(r"^  (\w+)/|· (\w+)/", text_of("cellgraph/README.md"), flags=re.MULTILINE))
    there = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert {first or second for first, second in drawn} == there


def test_the_case_that_shows_how_to_write_one_holds(shell: InteractiveShell, tracker: Tracker) -> None:
    """The example leads to the findings and to the plan that it gives."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", text_of("tests/README.md"), re.MULTILINE | re.DOTALL)
    made = eval(block[block.index("Case(") :], vars(case_module).copy())
    notebook = Notebook(shell, tracker)
    with capture_output():
        notebook.do(*made.actions)
    assert notebook.findings == set(made.findings.split())
    assert tracker.stale() == made.stale.split()


def test_no_docstring_of_a_test_only_repeats_its_name() -> None:
    """It says what the name leaves open: how it is tested, or why."""
    repeated = [
        f"{path.name} {node.name}"
        for path in sorted(Path(__file__).parent.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if _plain(ast.get_docstring(node) or "") == node.name.removeprefix("test_")
    ]
    assert repeated == []


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower().replace("'", "")).strip("_")

"""A promoted notebook is a package that makes the notebook's values, and that a reviewer can read."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cellgraph.analyse.statement_slicer import lean_slice
from cellgraph.cli import main
from cellgraph.notebooks.checks.document import Document, from_json
from cellgraph.notebooks.promotion.build import build
from cellgraph.notebooks.promotion.grouping import MANNERS, Manner
from cellgraph.notebooks.promotion.model import Pipeline
from cellgraph.notebooks.promotion.module_text import module_text
from cellgraph.notebooks.promotion.observed import Observation, type_text
from cellgraph.notebooks.promotion.portrait import Portrait, compared, portrait
from cellgraph.notebooks.promotion.promote import Request, Seen, material_of
from cellgraph.session import Tracker
from tests.promotion.cases import CASES, REFUSED, Case, Refused
from tests.test_notebooks import FOLDER

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is none of ours


def notebook(cells: tuple[str, ...]) -> dict[str, Any]:
    """The JSON of a notebook."""
    made: list[dict[str, Any]] = []
    for number, cell in enumerate(cells):
        text = cell
        rest: dict[str, Any] = {"execution_count": None, "outputs": []}
        kind = "code"
        if text.startswith("# md"):
            text, kind, rest = text.removeprefix("# md").lstrip(" "), "markdown", {}
        made.append({"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": text, **rest})
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def document(cells: tuple[str, ...]) -> Document:
    """The notebook as it is read from a file."""
    raw = notebook(cells)
    return from_json("case.ipynb", json.dumps(raw), raw)


def seen(case: Case, shell: Any, tracker: Tracker) -> Seen:
    """The notebook after a run in this process."""
    found = document(case.cells)
    types: dict[str, dict[str, str]] = {}
    for cell in found.cells:
        done = shell.run_cell(cell.source, store_history=True, cell_id=cell.id)
        assert done.success, cell.source
        types[cell.id] = {n: type_text(v) for n, v in shell.user_ns.items() if not n.startswith("_")}
    targets = {name: portrait(shell.user_ns[name]) for name in case.targets}
    numbers = {cell.id: cell.number for cell in found.cells}
    observation = Observation(types=types, targets=targets, stars=_stars(shell.user_ns, found))
    return Seen(found, observation, tuple(tracker.runs), numbers, case.targets)


def _stars(namespace: dict[str, Any], found: Document) -> dict[str, str]:
    from cellgraph.notebooks.promotion.observed import star_origins

    stars = {"math", "itertools"} if "import *" in str([c.source for c in found.cells]) else set()
    return star_origins(namespace, sorted(stars, reverse=True), sorted(namespace))


def pipeline_of(case: Case, shell: Any, tracker: Tracker, manner: Manner = "parts") -> Pipeline:
    """The pipeline of a notebook."""
    if case.needs:
        pytest.importorskip(case.needs)
    what = seen(case, shell, tracker)
    request = Request(Path("case.ipynb"), Path("pipeline"), case.targets)
    return build(material_of(what, lean_slice(what.runs, case.targets), request), manner)


def results(text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the module makes, run as ``__main__`` without the call at its end."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    tree = ast.parse(text)
    tree.body.pop()
    exec(compile(tree, "steps.py", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__["main"]([])


# pyplot hooks itself into the shell that imports it: such notebooks run in kernels, below.
HERE = tuple(case for case in CASES if case.needs != "matplotlib")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks write their files where they are; the tracker is loaded there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CG_PLACE", "")


@pytest.mark.parametrize(
    "manner", [MANNERS[0], *(pytest.param(manner, marks=pytest.mark.slow) for manner in MANNERS[1:])]
)
@pytest.mark.parametrize("case", HERE, ids=str)
def test_the_module_makes_what_the_notebook_made(
    case: Case, manner: Manner, shell: Any, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In small steps, in those of whole cells, and in one step."""
    pipeline = pipeline_of(case, shell, tracker, manner)
    wanted = {name: portrait(shell.user_ns[name]) for name in case.targets}
    text = module_text(pipeline)
    made = results(text, monkeypatch)
    for name in case.targets:
        verdict = compared(name, wanted[name], portrait(getattr(made, name)))
        assert verdict.holds, f"{verdict}\n{text}"
    if manner == "parts":
        _check_text(case, pipeline, text)


def _check_text(case: Case, pipeline: Pipeline, text: str) -> None:
    """A module has what the case wants, no long functions, and no long lists of parameters."""
    assert [part for part in case.wants if part not in text] == [], text
    code = "\n\n".join(step.body for step in pipeline.steps)
    assert [part for part in case.lacks if part in code] == [], text
    assert case.steps is None or tuple(step.name for step in pipeline.steps) == case.steps
    for step in pipeline.steps:
        assert len(step.parameters) <= 7
        assert step.body.count("\n") < 40
    assert len({step.name for step in pipeline.steps}) == len(pipeline.steps)


@pytest.mark.parametrize("case", REFUSED, ids=str)
@pytest.mark.slow
def test_what_cannot_be_promoted_is_refused_with_what_to_change(
    case: Refused, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, and the exit code is 2."""
    if "secret" in case.title:
        pytest.importorskip("detect_secrets")
    path = tmp_path / "case.ipynb"
    path.write_text(json.dumps(notebook(case.cells)))
    words = [f"--target={name}" for name in case.targets]
    assert main(["promote", str(path), "-o", str(tmp_path / "made"), *words]) == 2
    assert case.says in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["case.ipynb"]


WHOLE_TITLES = ("headings name the steps", "magics")
WHOLE = tuple(case for case in CASES if case.title in WHOLE_TITLES or case.needs == "matplotlib")


@pytest.mark.slow
@pytest.mark.timeout(400)  # mypy reads all of numpy and matplotlib the first time
@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_the_command_writes_a_proven_package_that_tools_accept(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a fresh kernel and a fresh process; clean for ruff and mypy. The rewritten notebook runs."""
    if case.needs:
        pytest.importorskip(case.needs)
    path, made, copy = tmp_path / "case.ipynb", tmp_path / "pipeline", tmp_path / "again.ipynb"
    path.write_text(json.dumps(notebook(case.cells)))
    words = [*(f"--target={name}" for name in case.targets), "--rewrite-notebook", str(copy)]
    assert main(["promote", str(path), "-o", str(made), *words]) == 0
    said = capsys.readouterr().out
    assert all(f"{name}: equal" in said for name in case.targets)
    files = sorted(part.name for part in made.iterdir() if part.name != "__pycache__")
    assert files == ["__init__.py", "dag.json", "steps.py", "tests"]
    dag = json.loads((made / "dag.json").read_text())
    assert [one["name"] for one in dag["targets"]] == list(case.targets)
    text = (made / "steps.py").read_text().replace('"', "'")
    assert [part for part in case.wants if part not in text] == [], text
    assert [part for part in case.lacks if part in text] == [] or "%" in case.lacks, text
    _check_tools(made)
    assert main(["promote", str(path), "-o", str(made), *words]) == 2  # nothing is overwritten
    assert main(["run", str(copy), "--output-dir", str(tmp_path / "out"), "-q"]) == 0


def _check_tools(folder: Path) -> None:
    for tool, words in (("ruff", ("check", "--isolated")), ("mypy", ("--config-file=",))):
        if find_spec(tool) is not None:
            done = subprocess.run(
                [sys.executable, "-m", tool, *words, "steps.py"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_module_runs_by_itself_with_other_settings(tmp_path: Path) -> None:
    """Settings are options of its command line."""
    path, made = tmp_path / "case.ipynb", tmp_path / "pipeline"
    path.write_text(json.dumps(notebook(("n_rows = 4", "rows = list(range(n_rows))\nrows.reverse()"))))
    assert main(["promote", str(path), "-o", str(made), "--target", "rows"]) == 0
    code = "import pipeline.steps as s; print(s.main(['--n-rows', '2']).rows)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[1, 0]"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_notebook_about_promotion_says_what_comes_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its package is the one that it shows; the tests pass, and the copy that calls it runs."""
    pytest.importorskip("sklearn")
    notebook = FOLDER / "promotion.ipynb"
    made, copy = tmp_path / "diabetes", tmp_path / "diabetes.ipynb"
    words = ["-t", "model", "-t", "metrics", "-o", str(made), "--yes", "--rewrite-notebook", str(copy)]
    assert main(["promote", str(notebook), *words]) == 0
    said = capsys.readouterr().out
    text = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][-1]["source"])
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    plain, python = ([block for word, block in blocks if word == wanted] for wanted in ("", "python"))
    assert plain[1] in said
    files = re.findall(r"^out/diabetes/(\S+)", plain[2], re.MULTILINE)
    assert [name for name in files if not (made / name).exists()] == []
    if find_spec("ruff") is not None:
        assert [block for block in python[:2] if block not in (made / "steps.py").read_text()] == []
    assert not any(made.rglob("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(made)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert plain[3].strip() in done.stdout, done.stdout
    assert python[2].split("…")[0] in "".join(json.loads(copy.read_text())["cells"][0]["source"]) + "\n"
    assert main(["run", str(copy), "--output-dir", str(tmp_path / "out"), "-q"]) == 0


def test_values_are_compared_by_digest_then_by_tolerance() -> None:
    """And what differs is said."""
    one, near, other = portrait([1.0, 2.0]), portrait([1.0, 2.0 + 1e-12]), portrait([1.0, 3.0])
    assert compared("x", one, portrait([1.0, 2.0])).how == "digest"
    assert compared("x", one, near).how == "tolerance"
    assert compared("x", one, other).how == "differs"
    assert compared("x", one, portrait((1.0, 2.0))).how == "differs"
    assert Portrait.from_json(json.loads(json.dumps(one.as_json()))) == one

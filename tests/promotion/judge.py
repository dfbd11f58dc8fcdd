"""Promotes one notebook as a person would, and judges what comes of it from outside."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from cellgraph.notebooks.promotion.promote import MODULE

_RUN = (
    "import sys, nbformat; from nbclient import NotebookClient\n"
    "notebook = nbformat.read(sys.argv[1], as_version=4)\n"
    "NotebookClient(notebook, timeout=int(sys.argv[2]), kernel_name='python3').execute()\n"
)
LONGEST_FUNCTION = 40
MOST_PARAMETERS = 7
PACKAGE = "promoted_package"


@dataclass(frozen=True)
class Row:
    """What came of a notebook. ``wrong`` is empty where it was proven, or refused for a true reason."""

    name: str
    said: str
    steps: int = 0
    longest: int = 0
    """Lines of the longest step."""
    widest: int = 0
    """Parameters of the step that has most."""
    tests: str = ""
    seconds: float = 0.0
    wrong: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a reviewer would ask to have changed."""


def judge(notebook: Path, root: Path, *, seconds: int = 300, keep: Path | None = None) -> Row:
    """Promote ``notebook``, a path below ``root``, in a copy of ``root``. ``keep`` gets what was written."""
    name = f"{root.name}/{notebook.relative_to(root)}"
    began = monotonic()
    with TemporaryDirectory(prefix="promotion-") as temporary:
        copied = Path(temporary, root.name)
        shutil.copytree(root, copied, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        path = copied / notebook.relative_to(root)
        made = Path(temporary, PACKAGE)
        words = ["-m", "cellgraph", "promote", str(path), "-o", str(made), "--yes", f"--timeout={seconds}"]
        done = _python(words, path.parent, seconds * 6)
        if done.returncode == 0:
            row = _promoted(name, made, done.stdout)
        else:
            row = _refused(name, path, done, seconds)
        if keep is not None and made.is_dir():
            shutil.copytree(made, keep / notebook.stem.replace(" ", "_"), dirs_exist_ok=True)
    return Row(**{**vars(row), "seconds": monotonic() - began})


def _python(words: Sequence[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env={**os.environ, "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"still running after {seconds:.0f} s")


def _refused(name: str, path: Path, done: subprocess.CompletedProcess[str], seconds: int) -> Row:
    """A refusal is true if the notebook fails in a plain run as well, or if it has nothing to give."""
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    said = lines[-1] if lines else f"exit code {done.returncode} without a word"
    if done.returncode != 2 or "Traceback" in done.stderr:
        return Row(name, said, wrong=("no refusal but a failure",))
    if "does not run" in said:
        plain = _python(["-c", _RUN, str(path), str(seconds)], path.parent, seconds * 6)
        return Row(name, said, wrong=() if plain.returncode else ("the notebook runs",))
    if "has no result" in said or "is no notebook" in said or "valid Python" in said or "only Python" in said:
        return Row(name, said)
    return Row(name, said, wrong=("refused",))


def _promoted(name: str, made: Path, said: str) -> Row:
    proofs = [line.strip() for line in said.splitlines() if ": equal" in line or "does not repeat" in line]
    wrong: list[str] = []
    text = (made / MODULE).read_text(encoding="utf-8")
    tests = _tests(made, wrong)
    if not proofs:
        wrong.append("nothing says how the targets were proven")
    if any(made.rglob("__pycache__")):
        wrong.append("there is a __pycache__ in the package")
    dag = json.loads((made / "dag.json").read_text(encoding="utf-8"))
    steps = [step["name"] for step in dag["steps"]]
    nodes = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in nodes.items()}
    widths = {name: len(node.args.args) + len(node.args.kwonlyargs) for name, node in nodes.items()}
    remarks = list(_tools(made))
    remarks += [f"{n} has {lengths[n]} lines" for n in steps if lengths[n] > LONGEST_FUNCTION]
    remarks += [f"{n} has {widths[n]} parameters" for n in nodes if widths[n] > MOST_PARAMETERS]
    remarks += [line.strip() for line in said.splitlines() if "there are no tests" in line]
    kinds = sorted({proof.partition(": ")[2][:34] for proof in proofs})
    return Row(
        name,
        f"{len(proofs)} targets: {'; '.join(kinds)}",
        len(steps),
        max((lengths[n] for n in steps), default=0),
        max((widths[n] for n in steps), default=0),
        tests,
        wrong=tuple(wrong),
        remarks=tuple(remarks),
    )


def _tests(made: Path, wrong: list[str]) -> str:
    if not (made / "tests").is_dir():
        wrong.append("there are no tests")
        return "none"
    words = ["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", str(made)]
    done = _python(words, made.parent, 900)
    last = (done.stdout.strip().splitlines() or ["no word"])[-1]
    if done.returncode:
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR", "E  "))]
        wrong.append("its tests fail: " + "; ".join([*failed[:3], done.stderr.strip()[-200:]]))
    return last.partition(" in ")[0].strip("= ")


def _tools(made: Path) -> list[str]:
    found = []
    for tool, words in (
        ("ruff", ["check", "--isolated", "--no-cache", "."]),
        ("ruff", ["format", "--isolated", "--no-cache", "--check", "."]),
        ("mypy", ["--config-file=", MODULE]),
    ):
        done = _python(["-m", tool, *words], made, 300)
        if done.returncode:
            found.append(f"{tool}: {(done.stdout.strip().splitlines() or ['?'])[0]}")
    shutil.rmtree(made / ".mypy_cache", ignore_errors=True)
    return found

"""The proof: the module runs in a fresh process, and what it makes is compared with the notebook's run."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cellgraph.notebooks.promotion.portrait import Portrait, Verdict, alike, compared, portrait

_PROGRAM = "import sys; from cellgraph.notebooks.promotion.proof import run_here; run_here(*sys.argv[1:])"
"""Runs in the fresh process. The names of its ``__main__`` are the module's."""
_CRASHED = "the process ended with exit code {code}"


@dataclass(frozen=True, slots=True)
class ModuleRun:
    """What came of running a module: portraits of its targets, or the error in one line."""

    targets: Mapping[str, Portrait]
    error: str = ""


def run_module(text: str, targets: Sequence[str], folder: Path, timeout: int | None) -> ModuleRun:
    """Run the text of ``steps.py`` in a fresh process, in the notebook's folder."""
    with TemporaryDirectory(prefix="cellgraph-") as temporary:
        module, result = Path(temporary, "steps.py"), Path(temporary, "result.json")
        module.write_text(text, encoding="utf-8")
        command = [sys.executable, "-c", _PROGRAM, str(module), str(result), *targets]
        root = str(Path(__file__).parents[3])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": path}
        try:
            done = subprocess.run(  # noqa: S603 - the notebook's own code, which has just run in a kernel
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ModuleRun({}, f"it was still running after {timeout} s")
        if not result.is_file():
            last = (done.stderr.strip().splitlines() or [_CRASHED.format(code=done.returncode)])[-1]
            return ModuleRun({}, last)
        found = json.loads(result.read_text(encoding="utf-8"))
    return ModuleRun(
        {name: Portrait.from_json(held) for name, held in found["targets"].items()}, found["error"]
    )


def judged(
    targets: Sequence[str],
    notebook: Mapping[str, Portrait],
    module: Mapping[str, Portrait],
    again: Mapping[str, Portrait],
) -> tuple[Verdict, ...]:
    """How each target compares. ``again`` are portraits of a second run of the notebook, if there was one."""
    return tuple(_verdict(name, notebook, module, again) for name in targets)


def _verdict(
    name: str, notebook: Mapping[str, Portrait], module: Mapping[str, Portrait], again: Mapping[str, Portrait]
) -> Verdict:
    if name not in notebook or name not in module:
        where = "notebook" if name not in notebook else "module"
        return Verdict(name, "differs", f"the {where} does not make it")
    found = compared(name, notebook[name], module[name])
    if found.holds or name not in again:
        return found
    itself = compared(name, notebook[name], again[name])
    return found if itself.holds else alike(name, notebook[name], module[name])


def run_here(module: str, result: str, *targets: str) -> None:
    """Run the module as ``__main__``, as the notebook's classes are called, and write portraits."""
    main = sys.modules["__main__"]
    for name in [name for name in vars(main) if not name.startswith("__")]:
        delattr(main, name)
    sys.path.insert(0, "")
    sys.argv = [module]
    found: dict[str, object] = {}
    error = ""
    try:
        tree = ast.parse(Path(module).read_text(encoding="utf-8"), module)
        tree.body.pop()  # the call of ``main`` at the end: its result is wanted
        main.__dict__["__file__"] = module
        exec(compile(tree, module, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - see above
        with contextlib.redirect_stdout(sys.stderr):
            results = main.__dict__["main"]([])
        found = {
            name: portrait(getattr(results, name)).as_json() for name in targets if hasattr(results, name)
        }
    except BaseException as raised:  # noqa: BLE001 - whatever the user's code raises is the answer
        error = f"{type(raised).__name__}: {raised}".split("\n")[0][:300]
    Path(result).write_text(json.dumps({"targets": found, "error": error}), encoding="utf-8")

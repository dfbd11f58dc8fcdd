"""Writes the tests of a package: records in a fresh process, tells and asks, then writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellgraph.notebooks.characterisation import recorded
from cellgraph.notebooks.characterisation.source import (
    INIT,
    conftest_text,
    data_notice,
    pipeline_text,
    steps_text,
)
from cellgraph.notebooks.outputs import close_as
from cellgraph.notebooks.promotion.polish import formatted

_PART = "tests.part"


class CannotRecordError(Exception):
    """The pipeline could not be run for recording. The message says why."""


@dataclass(frozen=True, slots=True)
class WrittenTests:
    """What was written. ``told`` says which of the person's data the tests hold."""

    folder: Path
    told: str
    steps: int
    """Steps that have a test."""
    skipped: Mapping[str, str]
    """Steps that have none, and why."""


def write_tests(
    package: Path,
    notebook_folder: Path,
    *,
    data: bool = True,
    confirm: Callable[[str], bool] = lambda _: True,
    timeout: float | None = None,
) -> WrittenTests:
    """Write ``tests/`` into the folder of a package, which is importable by its folder's name.

    Args:
        package: The folder with ``steps.py`` and ``dag.json``.
        notebook_folder: Where the notebook lies: the pipeline runs there once, as the notebook does.
        data: Record small inputs. Without, inputs are made up from what the real ones were like.
        confirm: Is told what of the person's data would be written, and says whether it may be. If it may
            not, inputs are made up.
        timeout: Seconds that recording may take.

    Returns:
        What was written. Other files that the folder holds stay.

    Raises:
        CannotRecordError: The pipeline could not be run.
    """
    place = package / _PART
    shutil.rmtree(place, ignore_errors=True)
    try:
        manifest = _recorded(package, notebook_folder, place / "data", timeout, data=data)
        text = data_notice(manifest)
        if data and not confirm(text):
            shutil.rmtree(place)
            manifest = _recorded(package, notebook_folder, place / "data", timeout, data=False)
            text = data_notice(manifest)
        dag = json.loads((package / "dag.json").read_text(encoding="utf-8"))
        relative = os.path.relpath(notebook_folder.resolve(), package.resolve())
        for name, made in _texts(package.name, dag, manifest, Path(relative).as_posix()).items():
            (place / name).write_text(formatted(made), encoding="utf-8")
        close_as(package / "steps.py", place)
        _put(place, package / "tests")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    skipped = {name: entry["skipped"] for name, entry in manifest["steps"].items() if "skipped" in entry}
    return WrittenTests(package / "tests", text, len(manifest["steps"]) - len(skipped), skipped)


def _put(made: Path, place: Path) -> None:
    """Rename the new tests to their place. What else is there moves into them."""
    if place.is_dir():
        for path in place.iterdir():
            if path.name not in ("data", "__pycache__") and not (made / path.name).exists():
                path.rename(made / path.name)
        shutil.rmtree(place)
    made.rename(place)


def _texts(
    package: str, dag: Mapping[str, Any], manifest: Mapping[str, Any], relative: str
) -> dict[str, str]:
    helper = Path(recorded.__file__).read_text(encoding="utf-8")
    return {
        "__init__.py": INIT,
        "conftest.py": conftest_text(package, manifest, relative),
        "recorded.py": helper,
        "test_steps.py": steps_text(package, dag, manifest),
        "test_pipeline.py": pipeline_text(package, manifest, recorded.RTOL),
    }


def _recorded(
    package: Path, folder: Path, place: Path, timeout: float | None, *, data: bool
) -> dict[str, Any]:
    """Record in a fresh process. Gives the manifest."""
    place.mkdir(parents=True)
    words = [sys.executable, "-B", "-m", "cellgraph.notebooks.characterisation.recording"]  # no __pycache__
    words += [str(package.resolve()), str(folder.resolve()), str(place.resolve())]
    words += [] if data else ["--no-data"]
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that runs, on the package that was made
            words, capture_output=True, text=True, timeout=timeout, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired as error:
        raise CannotRecordError(f"the pipeline took longer than {timeout:g} s to record") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise CannotRecordError(f"the pipeline could not be run for recording: {last}")
    found: dict[str, Any] = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    return found


def _environment() -> dict[str, str]:
    """The environment with this very cellgraph on the path, and figures that open no window."""
    here = str(Path(__file__).parents[3])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "MPLBACKEND": "Agg"}

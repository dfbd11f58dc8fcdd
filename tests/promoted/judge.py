"""Judges the tests of a package by mutation: which mutants change a target, and which are noticed."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellgraph.notebooks.characterisation.recorded import assert_same, facts, set_random_state
from tests.promoted.mutants import Mutant, mutants


@dataclass
class Verdict:
    """The mutants of one package."""

    killed: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    by_steps: int = 0
    """Of the noticed ones, those that a test of a single step notices."""
    unchanged: list[str] = field(default_factory=list)
    """Mutants that give the same targets: no test can be asked to notice them."""

    @property
    def rate(self) -> float:
        """The share of those that change a target which the tests notice."""
        return len(self.killed) / max(len(self.killed) + len(self.survived), 1)


def judged(package: Path, folder: Path, every: int = 1) -> Verdict:
    """Run the tests of a package on every n-th of its mutants. The package has ``tests``; they pass."""
    verdict = Verdict()
    text = (package / "steps.py").read_text(encoding="utf-8")
    with _importable(package), _inside(folder):
        module = importlib.import_module(f"{package.name}.steps")
        then = _targets(module)
        tests = _tests(package)
        for mutant in list(mutants(text))[::every]:
            if not _changes(mutant, module, then, text):
                verdict.unchanged.append(mutant.what)
                continue
            of_steps = not all(_passes(test) for test in tests if test[0].__name__.endswith("test_steps"))
            if of_steps or not all(_passes(test) for test in tests):
                verdict.killed.append(mutant.what)
                verdict.by_steps += of_steps
            else:
                verdict.survived.append(mutant.what)
        _load(module, text)
    return verdict


def passes(package: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of a package with pytest, in a process of its own."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package / "tests")]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=package.parent)


def _load(module: Any, text: str) -> None:
    """Put a text in the place of the module's code."""
    kept = {name: module.__dict__[name] for name in module.__dict__ if name.startswith("__")}
    module.__dict__.clear()
    module.__dict__.update(kept)
    exec(compile(text, module.__file__, "exec"), module.__dict__)


def _targets(module: Any) -> dict[str, Any]:
    set_random_state({})
    results = module.main([])
    return {name: facts(value) for name, value in results._asdict().items()}


def _changes(mutant: Mutant, module: Any, then: dict[str, Any], text: str) -> bool:
    """Whether a mutant gives other targets than the module, or none."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _load(module, mutant.text)
            assert_same(_targets(module), then)
    except Exception:  # noqa: BLE001 - it fails: a change
        return True
    return False


def _tests(package: Path) -> list[Any]:
    """The test functions of a package."""
    found = []
    for name in ("test_steps", "test_pipeline"):
        module = importlib.import_module(f"{package.name}.tests.{name}")
        found += [(module, getattr(module, one)) for one in vars(module) if one.startswith("test_")]
    return found


def _passes(test: tuple[Any, Any]) -> bool:
    """Whether a test passes. Settings are made when its module is imported: they are made again."""
    module, function = test
    if hasattr(function, "pytestmark"):
        return True
    try:
        if hasattr(module, "SETTINGS"):
            module.SETTINGS = module.steps.Settings()
        function()
    except Exception:  # noqa: BLE001 - noticed
        return False
    return True


@contextlib.contextmanager
def _importable(package: Path) -> Iterator[None]:
    sys.path.insert(0, str(package.parent))
    try:
        yield
    finally:
        sys.path.remove(str(package.parent))
        for name in [one for one in sys.modules if one.partition(".")[0] == package.name]:
            del sys.modules[name]


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)

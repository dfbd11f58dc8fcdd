"""A module is changed by what is put into it, and not by being used."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.digests import digest, look


def test_a_function_put_into_a_library_is_a_change_until_it_is_taken_out(monkeypatch: Any) -> None:
    """``np.mean = mine`` and ``np.extra = 1`` change the module; undone, it is as before."""
    before = digest(np)
    for name, value in (("mean", lambda x: x), ("extra_of_test", 1), ("extra_of_test", [1])):
        monkeypatch.setattr(np, name, value, raising=False)
        assert not digest(np).agrees(before)
        monkeypatch.undo()
        assert digest(np).agrees(before)


def test_a_library_that_fills_itself_has_not_changed(monkeypatch: Any) -> None:
    """Submodules, private names, and what a ``__getattr__`` keeps of the library's own are no change."""
    before = digest(np)
    own = type("Late", (), {"__module__": "numpy.late"})
    for name, value in (("_cache_of_test", {}), ("late_of_test", types.ModuleType("x")), ("Late", own)):
        monkeypatch.setattr(np, name, value, raising=False)
        assert digest(np).agrees(before)


def test_what_a_library_binds_itself_is_no_change(monkeypatch: Any) -> None:
    """``tempfile.tempdir`` is there from the first use on."""
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    before = digest(tempfile)
    tempfile.gettempdir()
    assert tempfile.tempdir
    assert digest(tempfile).agrees(before)


CODE = "import math\nRATE = 1\nseen = []\ndef f(x=1): return x + RATE\nclass A:\n    y = 1\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of the user's, imported from a file."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "mine_digest.py").write_text(CODE)
    yield importlib.import_module("mine_digest")
    sys.modules.pop("mine_digest", None)


def _edit(module: Any, text: str) -> None:
    Path(module.__file__).write_text(text)
    importlib.reload(module)


def test_a_module_of_the_users_reloaded_with_the_same_code_is_the_same(module: Any) -> None:
    """A reload of an unedited file, or one with a comment more, is no change."""
    before, f, a = digest(module), digest(module.f), digest(module.A())
    _edit(module, f"# a comment\n{CODE}")
    assert digest(module).agrees(before)
    assert digest(module.f).agrees(f)
    assert digest(module.A()).agrees(a)


@pytest.mark.parametrize(
    ("old", "new"), [("x + RATE", "x - RATE"), ("RATE = 1", "RATE = 3"), ("x=1", "x=2"), ("y = 1", "y = 9")]
)
def test_a_module_of_the_users_reloaded_with_other_code_is_another(module: Any, old: str, new: str) -> None:
    """An edit of a function, a constant, a default or a class is a change of the module."""
    before = digest(module)
    _edit(module, CODE.replace(old, new))
    assert not digest(module).agrees(before)


def test_a_module_of_the_users_tells_its_names_apart(module: Any) -> None:
    """Each name is a part, and shares what it holds."""
    parts = dict(digest(module).parts)
    assert {".RATE", ".f", ".A", ".seen"} <= parts.keys()
    module.RATE = 2
    after = dict(digest(module).parts)
    assert {path for path in parts if parts[path] != after[path]} == {".RATE"}
    assert id(module.seen) in look(module).mutable


def test_the_notebooks_own_module_is_who_it_is() -> None:
    """``import __main__`` holds all the names of the notebook, which are read one by one."""
    main = types.ModuleType("__main__")
    before = digest(main)
    main.x = 1  # type: ignore[attr-defined]
    assert digest(main).agrees(before)

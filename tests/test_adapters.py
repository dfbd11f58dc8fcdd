"""Adapters are loaded with the libraries that they are for."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from cellgraph.digest.adapters import _LIBRARIES

ASK = """
import importlib, json, pkgutil, sys
pkgutil.iter_modules = lambda *_: []  # none is registered by itself
from cellgraph.digest import adapters, registry
found = {}
def roots():
    return {root for root, _ in registry._BY_NAME} | {*registry._SEALED, *registry._CACHES}
for name in sorted(adapters._LIBRARIES, key="numpy_arrays".__ne__):  # which others import
    before = roots()
    importlib.import_module(f"cellgraph.digest.adapters.{name}")
    found[name] = sorted(roots() - before)
print(json.dumps(found))
"""
LATE = """
import sys
from cellgraph.digest import Digester, adapters
Digester(1.0).look([1, {}])
ours = lambda: {name for name in adapters._LIBRARIES if f"cellgraph.digest.adapters.{name}" in sys.modules}
early = ours()
import types
sys.modules["bokeh"] = types.ModuleType("bokeh")
Digester(1.0).look([1, {}])
print(sorted(early), sorted(ours()))
"""


def answer(program: str) -> str:
    """What a program prints in a process of its own."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, env=environment, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_an_adapter_waits_for_all_libraries_whose_types_it_handles() -> None:
    """Otherwise values of a library would be digested by their fields until another one is loaded."""
    found = json.loads(answer(ASK))
    assert found.keys() == _LIBRARIES.keys()
    missed = {name: set(roots) - set(_LIBRARIES[name].split()) for name, roots in found.items()}
    assert {name: roots for name, roots in missed.items() if roots} == {}


def test_an_adapter_is_loaded_at_the_first_look_after_its_library() -> None:
    """Not before, and no other one."""
    assert answer(LATE) == "[] ['charts']"

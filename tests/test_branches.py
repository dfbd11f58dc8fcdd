"""Which operations on settings a run did not get to: by the conditions in its text, and by what it loaded."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from cellgraph.code.source import parse
from cellgraph.trace.settings.branches import Branches, Loads
from cellgraph.trace.settings.text_events import events_of

NAMES: dict[str, Any] = {"lib": ModuleType("lib"), "on": True, "off": False, "n": 3, "mode": "a", "xs": [1]}
PASSED = {
    "if on: lib.set(1)": False,
    "if off: lib.set(1)": True,
    "if not on: lib.set(1)": True,
    "if on: pass\nelse: lib.set(1)": True,
    "if off: pass\nelif on: lib.set(1)": False,
    "if n > 5: lib.set(1)": True,
    "if mode == 'a': lib.set(1)": False,
    "if mode is None: lib.set(1)": True,
    "if on:\n    if off: lib.set(1)": True,
    "off = True\noff = False\nif off: lib.set(1)": False,
    "off = False\nif off: lib.set(1)": True,
    "if not on:\n    lib.set(1)\n    on = True": False,
    "if off: lib.set(1)\noff = False": False,
    "if xs: lib.set(1)": False,
    "if unknown: lib.set(1)": False,
    "if n < mode: lib.set(1)": False,
    "if check(): lib.set(1)": False,
    "lib.set(1)": False,
}
"""Whether the call is certainly not made. What is bound twice, or is no plain value, tells nothing."""
LOADED: dict[tuple[str, str], bool] = {
    ("if check(): lib.set(1)", ".set"): False,
    ("if check(): lib.set(1)", ".get"): True,
    ("if check(): lib.options['a'] = 1", '.options["a"]'): False,
    ("if check(): lib.options['a'] = 1", ".set"): True,
    ("if check(): lib.set(1)", ""): False,
    ("import lib\nif check(): lib.set(1)", ".get"): False,
    ("lib.set(1)", ".get"): True,
    ("from other import *\nlib.set(1)", ".get"): False,
    ("exec('lib = 1')\nlib.set(1)", ".get"): False,
    ("def lib(): pass\nlib.set(1)", ".get"): False,
    ("try:\n    check()\n    lib.set(1)\nexcept ValueError: pass", ".get"): True,
}
"""The same by what the run loaded of ``lib``. Of what the text itself binds nobody sees that."""


def is_passed(text: str, loads: Loads | None) -> bool:
    """Whether the text's operation on ``lib`` is not got to."""
    source = parse(text)
    branches = Branches(source.tree, NAMES, loads)
    found = [event for event in events_of(source) if event.dotted[0] == "lib" and len(event.dotted) > 1]
    event = found[-1]
    return branches.is_cut_off(event.tests) or branches.is_not_loaded(event)


@pytest.mark.parametrize("text", PASSED)
def test_the_condition_of_a_branch_tells_whether_it_was_taken(text: str) -> None:
    """A condition counts where it is made of plain values that the run has not changed."""
    assert is_passed(text, None) is PASSED[text]


@pytest.mark.parametrize(("text", "site"), LOADED)
def test_what_a_run_loaded_tells_whether_a_branch_was_taken(text: str, site: str) -> None:
    """An operation in a branch was not got to if the run loaded only other parts of its library."""
    assert is_passed(text, {"lib": frozenset({(site, False)})}) is LOADED[text, site]

"""What a text may change in place, and which names decide that, with functions of the notebook."""

from __future__ import annotations

import pytest

from cellgraph.code.call_effects import RUNS, Origin, changed_by_calls, may_change
from cellgraph.code.source import body_apart_from_magics

_MADE = """
class Log:
    def __init__(self): self.lines = []
    def note(self, line, loud=True):
        if loud: self.lines.append(line)
def grow(items, n):
    for i in range(n): items.append(i)
def copied(items):
    items = list(items)
    items.append(1)
def count(step):
    global total
    if step: total = step
def guarded(items, ok):
    if not ok: return
    items.append(1)
def kept(x, seen=[]):
    seen.append(x)
def register(function):
    registry[function.__name__] = function
    return function
"""
_TYPES = {
    "xs": "list",
    "d": "dict",
    "log": "Log",
    "rng": "Generator",
    "it": "list_iterator",
    "df": "DataFrame",
    "ax": "Axes",
    "g": "Graph",
    "registry": "dict",
}


def _origin(name: str) -> Origin:
    made = f"class {name}" in _MADE or f"def {name}(" in _MADE
    return Origin(_TYPES.get(name, "function" if made else "int"), _MADE if made else "")


@pytest.mark.parametrize(
    ("text", "name", "deciding"),
    [
        ("if flag: xs.append(3)", "xs", "xs flag"),
        ("if a and b: del d['k']", "d", "d a b"),
        ("flag and xs.append(3)", "xs", "xs flag"),
        ("for i in range(n): g.add_edge(i, 0)", "g", "n"),
        ("if flag: ax.set_title('t')", "ax", "flag"),
        ("v = d.setdefault(k, [])", "d", "d k"),
        ("if flag: log.note('a')", "log", "log flag"),
        ("log.note('a', loud=noisy)", "log", "log noisy"),
        ("grow(xs, n)", "xs", "xs n grow"),
        ("guarded(xs, ready)", "xs", "xs ready guarded"),
        ("kept(3)", "kept", ""),
        ("count(step)", "total", "step count"),
        ("x = rng.normal() if noisy else 0", "rng", "rng noisy"),
        ("head = list(islice(it, n))", "it", "it n"),
        ("if flag:\n    @register\n    def f(): pass", "registry", "flag f register"),
        ("try:\n    int(s)\nexcept ValueError:\n    xs.append(s)", "xs", "xs s"),
        ("match mode:\n    case 'a':\n        xs.append(1)", "xs", "xs mode"),
        ("k = 2 * n\nif k: xs.append(1)", "xs", "xs n"),
    ],
)
def test_what_decides_a_change(text: str, name: str, deciding: str) -> None:
    """The tests around it, the arguments, what these were made of, and the function that is called."""
    found = may_change(body_apart_from_magics(text), _origin)
    assert set(deciding.split()) <= found[name], found
    assert found[name] <= {*deciding.split(), name, "range", "islice", "list", "int", "ValueError"}, found


@pytest.mark.parametrize("text", ["copied(xs)", "print(xs)", "y = len(xs)", "df.describe()", "print(it)"])
def test_what_changes_nothing(text: str) -> None:
    """Looking at a value, and a function that changes a copy of it."""
    assert not may_change(body_apart_from_magics(text), _origin).keys() & _TYPES.keys()


@pytest.mark.parametrize(
    ("text", "deciding"),
    [
        ("if flag: setup()", "flag"),
        ("if flag: x = 1", ""),
        ("guarded(xs, ok)", "ok guarded"),
        ("xs.append(n)", ""),
    ],
)
def test_what_decides_whether_all_statements_run(text: str, deciding: str) -> None:
    """The tests around statements, and in functions the ends that come early."""
    found = may_change(body_apart_from_magics(text), _origin).get(RUNS, frozenset())
    assert found == set(deciding.split())
    assert RUNS not in changed_by_calls(body_apart_from_magics(text), _origin)

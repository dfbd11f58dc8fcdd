"""The user's cell, its result, its output and its errors stay exactly as without cellgraph."""

from __future__ import annotations

import pytest

from tests.cases.safety import IPYTHON, MACHINERY, VALUES, Case
from tests.twins import Session, plain, tracked

HOOKS = """
    __eq__ __ne__ __lt__ __hash__ __repr__ __str__ __len__ __iter__ __bool__ __getattr__ __getattribute__
    __dir__ __contains__ __getitem__ __format__ __reduce__ __reduce_ex__ __getstate__ __copy__ __deepcopy__
    __sizeof__ __int__ __index__ __float__ __array__ __call__ __enter__ keys items values copy shape
    dtype columns tolist
"""

HOSTILE = """
calls = []
def trap(name):
    def method(self, *args, **keywords):
        calls.append(name)
        REACT
    return method
hooks = {name: trap(name) for name in HOOKS}
hooks['__class__'] = property(trap('__class__'))
hooks['__dict__'] = property(trap('__dict__'))
Hostile = type('Hostile', (BASE,), hooks)
---
h = BASE.__new__(Hostile); both = [h, 1]; again = {'a': h, 1: (h, [h])}
---
def uses(x=h): return both
g = (lambda held: lambda: held)(h)
uses(); g();
---
class Holder:
    inside = h
Holder.other = h; holder = Holder(); holder.mine = h
---
other = h; both.append(other); generator = (one for one in both)
---
try:
    raise ValueError(h)
except ValueError as error:
    kept = error
---
del again; h = 1; h = both[0]
---
print(sorted(set(calls)))
"""


def hostile(name: str, react: str, base: str = "object") -> Case:
    """A session full of values whose methods react badly to being called."""
    text = HOSTILE.replace("REACT", react).replace("BASE", base).replace("HOOKS", repr(HOOKS.split()))
    return Case(name, text)


HOSTILE_CASES = (
    hostile("methods raise", "raise RuntimeError(name)"),
    hostile("methods sleep", "import time; time.sleep(1000)"),
    hostile("methods answer nonsense", "return NotImplemented"),
    hostile("methods leave the program", "raise SystemExit(name)"),
    hostile("methods interrupt", "raise KeyboardInterrupt(name)"),
    *(
        hostile(f"a hostile {base}", "raise OSError(name)", base)
        for base in ("list", "dict", "set", "str", "int")
    ),
)

INTERRUPTED = Case(
    "SIGINT",
    """
    import os, signal; x = 1
    ---
    y = 2
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(10**7): pass
    z = 3
    ---
    x + y
    """,
)

SLOW = {
    *("a million tiny objects", "nested 10,000 deep", "%run"),
    "a value that a thread changes while it is looked at",
    *(case.name for case in MACHINERY),
}
"""Names of cases that take long: much to compute, or other tools and processes."""


def in_both(case: Case) -> Session:
    """Run a session without and with cellgraph, and require both to look the same."""
    if case.needs:
        pytest.importorskip(case.needs)
    alone, session = plain(case.cells), tracked(case.cells)
    assert session.seen == alone
    assert not [text for text in session.said if "internal error" in text]
    assert not session.warnings  # each of these sessions is one forward pass
    return session


@pytest.mark.parametrize("case", HOSTILE_CASES, ids=lambda case: case.name)
def test_no_method_of_a_value_is_called(case: Case) -> None:
    """However a value is held, cellgraph calls none of its methods: what a plain session called is all."""
    in_both(case)


def row(case: Case) -> object:
    """The case as a parameter."""
    return pytest.param(case, id=case.name, marks=[pytest.mark.slow] if case.name in SLOW else [])


@pytest.mark.parametrize("case", [row(case) for case in (*VALUES, *MACHINERY, *IPYTHON)])
def test_a_cell_gives_what_it_gives_without_cellgraph(case: Case) -> None:
    """Output, result and error of every cell are the same with cellgraph as without it."""
    in_both(case)


def test_a_signal_during_a_cell_interrupts_it_alone() -> None:
    """SIGINT stops the cell that runs, is recorded as that, and the next cell runs."""
    assert [run.outcome for run in in_both(INTERRUPTED).runs] == ["ok", "interrupted", "ok"]

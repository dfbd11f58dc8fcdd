"""Written sessions, each run in twin processes with and without cellgraph."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from tests.cases.memory import MEMORY, SETUP
from tests.cases.safety import IPYTHON, MACHINERY, VALUES, Case
from tests.soak.forks import new_place
from tests.soak.outcome import FaultError, Row, Task
from tests.soak.twins import check_same, prepare
from tests.soak.written import HOSTILE, WRITTEN
from tests.test_safety import HOSTILE_CASES

UNSTABLE = frozenset({"the hash seed and ids", "the recursion depth that is left"})
"""Cases whose variables hold an address or a depth: two processes never agree on those."""
MOST = 8
"""How many faults of one table are told."""
EVERY = 10
"""The short form runs one in so many of those that other tests run as well."""


def run(task: Task) -> list[Row]:
    """Every written session; in the short form a third of those of this folder, and some of the rest."""
    prepare()
    rows: list[Row] = []
    with new_place() as place:
        for what, cases in _tables(task):
            faults = []
            for case in cases:
                if len(faults) >= MOST:
                    break  # a fault of all sessions is told by a few
                try:
                    check_same(place, case.cells, values=_may_be_looked_at(what, case))
                except FaultError as fault:
                    faults.append(f"{case.name}\n{fault}")
            rows.append(Row("snippets", what, len(cases), faults=tuple(faults)))
    return rows


def _tables(task: Task) -> Iterator[tuple[str, list[Case]]]:
    every = 1 if task.length.figures else EVERY
    known = (*VALUES, *MACHINERY, *IPYTHON)
    memory = tuple(Case(case.name, SETUP.strip() + "\n---\n" + case.text) for case in MEMORY)
    tables = (
        ("sessions of tests/cases/safety.py", known[::every]),
        ("hostile values of tests/test_safety.py", HOSTILE_CASES[::every]),
        ("sessions of tests/cases/memory.py", memory[::every]),
        ("sessions written for the soak", WRITTEN if every == 1 or task.only else WRITTEN[::3]),
        ("hostile sessions", HOSTILE if task.only else HOSTILE[:: 2 * every - 1]),
    )
    for what, cases in tables:
        yield what, [case for case in cases if task.wants(case.name) and _can_be_had(case)]


def _can_be_had(case: Case) -> bool:
    return not case.needs or find_spec(case.needs) is not None


def _may_be_looked_at(what: str, case: Case) -> bool:
    """Whether the soak may look at the variables at the end: to do so calls their methods."""
    return case.name not in UNSTABLE and not what.startswith("hostile")

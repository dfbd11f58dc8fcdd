"""Threads that churn names and values while cells run: each cell as without, each run accounted for."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from tests.cases.safety import Case
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.outcome import FaultError, Row, Task
from tests.soak.twins import check_same, load, prepare, run_cell, shown

CHURNS = {
    "names that come and go": "globals()[f't{n % 50}'] = n; globals().pop(f't{(n + 7) % 50}', None)",
    "names by the hundred": (
        "made = {f'm{n}_{i}': [i] for i in range(100)}; globals().update(made)\n"
        "        for name in made: globals().pop(name, None)"  # of several threads two may make the same
    ),
    "one name that is bound again and again": "global shared; shared = [n]",
    "a list that is filled and emptied": "items.append([n]); (n % 1000) or items.clear()",
    "a dict whose keys come and go": "table[n % 500] = n; table.pop((n + 3) % 500, None)",
    "a set that is rebuilt": "some.add(n); some.discard(n - 100)",
    "attributes of an instance": (
        "setattr(thing, f'a{n % 100}', n); thing.__dict__.pop(f'a{(n + 5) % 100}', None)"
    ),
    "attributes of a class": "setattr(Thing, f'a{n % 20}', n)",
    "functions and classes made again": "exec('def fn(): return 1\\nclass Cl: x = 1', globals())",
    "nested lists": (
        "nest.append([nest[-1]] if nest and n % 50 else [])\n        if n % 2000 == 0: nest.clear()"
    ),
    "the environment": "os.environ[f'T{n % 5}'] = str(n)",
    "modules": "sys.modules[f'made{n % 5}'] = os",
    "errors": "\n        try: 1 / 0\n        except ZeroDivisionError as e: kept[0] = e",
    "files": "open(f'f{n % 3}.txt', 'w').write(str(n))",
}
SESSION = """
import os, sys, threading, time
items, table, some, nest, kept = [], {{}}, set(), [], [None]
class Thing: pass
thing = Thing(); stop = threading.Event()
def churn():
    n = 0
    while not stop.is_set():
        n += 1
        {churn}
---
threads = [threading.Thread(target=churn, daemon=True) for _ in range({threads})]
for t in threads: t.start()
print('started')
---
x = 1; held = [items, table, some, thing, nest]
---
y = x + 1; z = len(items) >= 0; print(y, z)
---
def f(): return x, Thing
f()[0]
---
time.sleep(0.01); a = [x, y]
---
x = 2; print(a)
---
stop.set()
for t in threads: t.join()
print('ended')
---
b = x
"""


EVERY = 2
"""The short form takes one in so many kinds of churn."""


def _case(name: str, churn: str, threads: int) -> Case:
    return Case(f"{name}, {threads} threads", SESSION.format(churn=churn, threads=threads).strip())


def _recorded(cells: list[str]) -> list[str]:
    """What is wrong with the records of this session."""
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    for cell in cells:
        run_cell(shell, cell)
    wrong = [text for text in said if "internal error" in text]
    if len(tracker.runs) != len(cells):
        wrong.append(f"{len(tracker.runs)} runs of {len(cells)} cells")
    last = tracker.runs[-1] if tracker.runs else None
    if (
        last is None
        or [read.label for read in last.reads] != ["x"]
        or "b" not in [w.name for w in last.writes]
    ):
        wrong.append(f"the last run, after all threads ended, is {last}")
    return wrong


def run(task: Task) -> list[Row]:
    """Each kind of churn, with one thread and with several, so many times."""
    prepare()
    cases = [
        _case(name, churn, threads)
        for name, churn in CHURNS.items()
        for threads in ((1, 3) if task.length.figures else (2,))
    ]
    cases = [case for case in cases if task.wants(case.name)][:: 1 if task.length.figures else EVERY]
    faults: list[str] = []
    with new_place() as place:
        for _ in range(task.length.thread_rounds):
            for case in cases:
                faults += _tried(place, case)
    tried = len(cases) * task.length.thread_rounds
    return [Row("threads", "sessions beside threads that churn", tried, faults=tuple(faults))]


def _tried(place: Place, case: Case) -> list[str]:
    try:
        check_same(place, case.cells, values=False, state=False)
        wrong = in_fork(place, _recorded, case.cells)
    except FaultError as fault:
        return [f"{case.name}\n{fault}"]
    except LostError as lost:
        wrong = [str(lost)]
    return [f"{case.name}\n{shown(case.cells, wrong)}"] if wrong else []

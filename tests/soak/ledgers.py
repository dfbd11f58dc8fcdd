"""Damaged ledgers given to ``Tracker.load``: an error and the session as before, or a ledger that works."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.record.jsonl import LedgerFormatError, dumps
from cellgraph.session import Tracker
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.junk import Change, changed, changes
from tests.soak.outcome import FaultError, Row, Task, drawn
from tests.soak.twins import load, prepare, run_cell

CELLS = (
    "import random, os; random.seed(1)",
    "x = [1, 2]; t = {'k': x}; os.environ['SOAK'] = '1'",
    "y = x + [random.random()]; open('f.txt', 'w').write('a')",
    "x.append(3); z = t['k'][0]; open('f.txt').read()",
    "del z; y[0] = 5",
    "1 / 0",
    "def f(): return x, y",
    "f()",
)
Damage = tuple[int, list[Change], str]
damages: st.SearchStrategy[list[Damage]] = st.lists(
    st.tuples(
        st.integers(0, 50), changes, st.sampled_from(["", "", "", "cut", "doubled", "removed", "swapped"])
    ),
    min_size=1,
    max_size=3,
)


def _ledger() -> str:
    """A ledger with something in every field that a session can fill."""
    shell = InteractiveShell.instance()
    tracker, _ = load(shell)
    for cell in (*CELLS, *CELLS[2:4]):
        run_cell(shell, cell)
    return dumps(tracker.runs)


def damaged(text: str, done: list[Damage]) -> str:
    """The ledger after these damages, each to one line of it."""
    lines = text.rstrip("\n").split("\n")
    for number, changes_of_line, how in done:
        at = number % len(lines)
        try:
            line = json.dumps(changed(json.loads(lines[at]), changes_of_line))
        except ValueError:  # it was cut before
            line = lines[at]
        pieces = {
            "cut": [line[: len(line) // 2]],
            "doubled": [line, line],
            "removed": [],
            "swapped": [line, lines[0]],
        }
        lines[at : at + 1] = pieces.get(how, [line])
        lines = lines or [""]
    return "\n".join(lines) + "\n"


def _load(text: str) -> list[str]:
    """What is wrong after this ledger was loaded into a session that had run cells."""
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    for cell in ("a = 1", "b = a + 1", "a = 2"):
        run_cell(shell, cell)
    before = _as_seen(tracker)
    with open("ledger.jsonl", "w", encoding="utf-8", errors="surrogatepass") as file:  # noqa: PTH123 - one call
        file.write(text)
    wrong: list[str] = []
    try:
        tracker.load("ledger.jsonl")
    except LedgerFormatError as error:
        if "line " not in str(error) or "\n" in str(error):
            wrong.append(f"the message names no line, or has several: {error!s:.300}")
        if _as_seen(tracker) != before:
            wrong.append("the session is not as before")
    wrong += _works(tracker, shell)
    return wrong + [text for text in said if "internal error" in text]


def _as_seen(tracker: Tracker) -> tuple[Any, ...]:
    return tracker.runs, tracker.findings(), tracker.stale(), tracker.report()


def _works(tracker: Tracker, shell: InteractiveShell) -> list[str]:
    """Ask for everything, and run cells: what fails."""
    number = len(tracker.runs)
    for cell in (
        "c = 1",
        "d = c",
        "%cellgraph status",
        "%cellgraph check",
        "%cellgraph graph",
        "%cellgraph why c",
    ):
        ran = run_cell(shell, cell)
        if ran.error != "NoneType: None":
            return [f"{cell}: {ran.error}"]
    (
        tracker.graph(),
        tracker.cell_graph(),
        tracker.report(),
        tracker.save("again.jsonl"),
        tracker.load("again.jsonl"),
    )
    return (
        []
        if len(tracker.runs) == number + 2
        else [f"{len(tracker.runs) - number} runs recorded in place of 2"]
    )


def run(task: Task) -> list[Row]:
    """So many damaged ledgers; the first fault, made small."""
    prepare()
    with new_place() as place:
        text = in_fork(place, _ledger)

        def check(done: list[Damage]) -> None:
            _check(place, damaged(text, done))

        faults = drawn(damages, check, task, task.length.ledgers)
    return [Row("ledgers", "damaged ledgers", task.length.ledgers, faults=faults)]


def _check(place: Place, text: str) -> None:
    try:
        wrong = in_fork(place, _load, text)
    except LostError as lost:
        wrong = [str(lost)]
    if wrong:
        raise FaultError("\n".join([*(f"  - {line}" for line in wrong), "  in the ledger", text[:4_000]]))

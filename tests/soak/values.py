"""Values that grow, lie, raise, recurse and exhaust: a hook keeps its bounds of time and memory for all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from tests.cases.safety import Case
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.measured import measure_hooks
from tests.soak.outcome import Row, Task
from tests.soak.twins import load, prepare, run_cell
from tests.soak.written import cases_in

TIMES_BUDGET = 2.0
MEGABYTES = 64.0
EVERY = 2
"""The short form takes one in so many of the smaller values."""
ATTEMPTS = 3
"""How often a figure beyond its bound is measured again: other processes share the machine."""
USES = "u = [v]\n---\nw = v\n---\n(v, u);\n---\ndel u, w"
"""Cells that use a value, for the cell ``USED`` of a session."""
SECONDS = 120.0

VALUES = tuple(
    Case(case.name, case.text.replace("USED", USES), case.needs)
    for case in cases_in((Path(__file__).parent / "bad_values.txt").read_text(encoding="utf-8"))
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The most that one hook took while a session ran: in budgets, seconds and megabytes."""

    budgets: float
    seconds: float
    megabytes: float
    wrong: tuple[str, ...]


def _taken(cells: list[str]) -> Taken:
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    hooks = measure_hooks(shell)
    # The first of each kind loads what all of them use.
    for cell in ("warm = [1]", "warm.append({'k': warm})", "del warm"):
        run_cell(shell, cell)
    hooks.seconds.clear()
    hooks.megabytes.clear()
    for cell in cells:
        run_cell(shell, cell)
    wrong = [text for text in said if "internal error" in text]
    if len(tracker.runs) != len(cells) + 3:
        wrong.append(f"{len(tracker.runs) - 3} runs of {len(cells)} cells")
    config, runs = tracker.config, tracker.runs[3:]
    # Two hooks a cell. A long cell gives the hook after it more.
    budgets = [config.budget_ms / 1_000 for _ in hooks.seconds]
    for run, place in zip(runs, range(1, len(budgets), 2), strict=False):
        budgets[place] = max(budgets[place], config.budget_share * run.duration)
    share = max(took / budget for took, budget in zip(hooks.seconds, budgets, strict=True))
    return Taken(share, max(hooks.seconds), max(hooks.megabytes), tuple(wrong))


def run(task: Task) -> list[Row]:
    """Each value in a process of its own. The table has the most of all, and who took it."""
    prepare()
    cases = [case for case in VALUES if task.wants(case.name)]
    if not task.length.figures:
        cases = [case for case in cases if not _is_large(case)][::EVERY] if not task.only else cases
    faults: list[str] = []
    took: dict[str, Taken] = {}
    with new_place() as place:
        for case in cases:
            found = _least(place, case, task)
            if isinstance(found, str):
                faults.append(f"{case.name}\n  {found}")
                continue
            took[case.name] = found
            faults += [f"{case.name}\n  {line}" for line in (*found.wrong, *_beyond(found, task))]
    return [Row("values", "values of every bad kind", len(cases), _worst(took), tuple(faults))]


def _is_large(case: Case) -> bool:
    return any(f"{number}" in case.text for number in ("000_000", "00_000", "50_000", "20_000"))


def _least(place: Place, case: Case, task: Task) -> Taken | str:
    """The least of some attempts, as long as it is beyond a bound."""
    least: Taken | None = None
    for _ in range(ATTEMPTS if task.length.figures else 1):
        try:
            found: Taken = in_fork(place, _taken, case.cells, seconds=SECONDS)
        except LostError as lost:
            return str(lost)
        if least is None or found.budgets < least.budgets:
            least = found
        if found.wrong or not _beyond(found, task):
            return found
    assert least is not None
    return least


def _beyond(taken: Taken, task: Task) -> list[str]:
    if not task.length.figures:
        return []
    found = []
    if taken.budgets > TIMES_BUDGET:
        found.append(f"a hook took {taken.budgets:.1f} budgets ({taken.seconds * 1_000:.0f} ms)")
    if taken.megabytes > MEGABYTES:
        found.append(f"a hook took {taken.megabytes:.0f} MB")
    return found


def _worst(took: dict[str, Taken]) -> str:
    if not took:
        return ""
    slow = max(took, key=lambda name: took[name].budgets)
    large = max(took, key=lambda name: took[name].megabytes)
    return f"{took[slow].budgets:.1f} budgets ({slow}), {took[large].megabytes:.0f} MB ({large})"

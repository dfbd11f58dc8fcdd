"""Many names and many runs: what a cell costs, and what a run leaves in memory, at first and at last."""

from __future__ import annotations

import gc
import random
import statistics
import time
from dataclasses import dataclass, field

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.measured import megabytes
from tests.soak.outcome import Row, Task
from tests.soak.twins import load, prepare

FLAT = 1.2
"""How many times as much as at first a cell may cost at last."""
BYTES_A_RUN = 500
STATUS_MS, GRAPH_MS = 100, 300
CELLS = 240
WINDOW, WINDOWS = 100, 5
ASKED = 60
SECONDS = 3_000.0
ALONE, TRACKED = False, True
COUNTED = (
    "x = 1",
    "y = [x]; y.append(2)",
    "def f(a): return a + x\nz = f(3)",
    "t = {'k': y, 'l': z}",
    "w = [v for v in range(10)]; s = sum(w)",
)
"""Small cells whose cost is compared."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of process time a cell, and the megabytes of the process, at each size."""

    cell_ms: dict[int, float] = field(default_factory=dict)
    size: dict[int, float] = field(default_factory=dict)
    making_s: float = 0.0
    status_ms: float = 0.0
    graph_ms: float = 0.0


def _shell(*, tracked: bool) -> InteractiveShell:
    shell = InteractiveShell.instance()
    if tracked:
        load(shell)
    return shell


def _ms(shell: InteractiveShell, text: str, cell: str) -> float:
    started = time.process_time()
    with capture_output():
        shell.run_cell(text, store_history=True, cell_id=cell)
    return (time.process_time() - started) * 1_000


def _names(tracked: bool, count: int) -> Cost:
    """One cell binds so many names to lists; then small cells run."""
    shell = _shell(tracked=tracked)
    for number, text in enumerate(COUNTED):
        _ms(shell, text, f"warm {number}")
    making = _ms(shell, f"for i in range({count}): globals()[f'q{{i}}'] = [i]", "many") / 1_000
    cost = min(statistics.median(_costs_of_counted(shell)) for _ in range(WINDOWS))
    return Cost({count: cost}, {count: megabytes()}, making)


def _costs_of_counted(shell: InteractiveShell) -> list[float]:
    return [_ms(shell, COUNTED[n % len(COUNTED)], f"c{n % len(COUNTED)}") for n in range(ASKED)]


def _mixed(rng: random.Random, number: int) -> str:
    """The text of one of the cells: some read the cells above, some change what others made."""
    above = rng.randrange(number) if number else 0
    return rng.choice(
        (
            f"v{number} = {rng.randrange(5)}",
            f"v{number} = [v{above}, {number}]" if number else "v0 = [1]",
            f"v{number} = list(range({rng.randrange(1, 30)}))\nprint(len(v{number}))",
            f"def v{number}(): return v{above}" if number else "v0 = 2",
            f"v{number} = {{'k': {number}, 'l': [1, 2]}}\nv{number}['k'] = {rng.randrange(9)}",
            f"v{number} = 'text' * {rng.randrange(1, 9)}; v{number}",
        )
    )


def _least(costs: list[float]) -> float:
    """What the latest cells cost on average, in the quietest of some windows: what else goes on only adds."""
    ends = range(len(costs), max(len(costs) - WINDOWS * WINDOW, 0), -WINDOW)
    return min(statistics.fmean(costs[max(end - WINDOW, 0) : end]) for end in ends)


def _runs(tracked: bool, seed: int, sizes: tuple[int, ...]) -> Cost:
    """So many runs over 240 cells, most of them again and again."""
    shell = _shell(tracked=tracked)
    rng = random.Random(f"runs {seed}")
    texts = [_mixed(rng, number) for number in range(CELLS)]
    for number, text in enumerate(texts[: min(CELLS, min(sizes) // 2)]):
        _ms(shell, text, f"c{number}")
    known = min(CELLS, min(sizes) // 2)
    costs: list[float] = []
    cost = Cost()
    done = known
    for size in sizes:
        while done < size:
            number = rng.randrange(known) if done > CELLS or known < CELLS else rng.randrange(CELLS)
            if rng.random() < 0.2:
                texts[number] = _mixed(rng, number)
            costs.append(_ms(shell, texts[number], f"c{number}"))
            done += 1
            if known < CELLS and done > known * 2:
                known += 1
        cost.cell_ms[size] = _least(costs)
        gc.collect()
        cost.size[size] = megabytes()
    if not tracked:
        return cost
    status, graph = (
        min(_ms(shell, f"%cellgraph {word}", "asked") for _ in range(3)) for word in ("status", "graph")
    )
    return Cost(cost.cell_ms, cost.size, 0.0, status, graph)


def run(task: Task) -> list[Row]:
    """Both, with and without cellgraph."""
    prepare()
    with new_place() as place:
        return [*_rows_of_names(place, task), *_rows_of_runs(place, task)]


def _rows_of_names(place: Place, task: Task) -> list[Row]:
    sizes = task.length.names
    try:
        alone = {size: in_fork(place, _names, ALONE, size, seconds=SECONDS) for size in sizes}
        tracked = {size: in_fork(place, _names, TRACKED, size, seconds=SECONDS) for size in sizes}
    except LostError as lost:
        return [Row("growth", "names", sizes[-1], faults=(str(lost),))]
    cells = {size: tracked[size].cell_ms[size] for size in sizes}
    plain = {size: alone[size].cell_ms[size] for size in sizes}
    bound = tracked[sizes[-1]].making_s
    figure = f"{bound:.2f} s (alone {alone[sizes[-1]].making_s:.2f} s)"
    slow = bound > 2.0 + 20 * alone[sizes[-1]].making_s
    return [
        Row("growth", f"one cell binds {sizes[-1]:,} names to lists", 1, figure, _judged(task, slow, figure)),
        _flat(task, "names", cells, plain),
    ]


def _rows_of_runs(place: Place, task: Task) -> list[Row]:
    sizes = task.length.runs
    try:
        alone: Cost = in_fork(place, _runs, ALONE, task.seed, sizes, seconds=SECONDS)
        tracked: Cost = in_fork(place, _runs, TRACKED, task.seed, sizes, seconds=SECONDS)
    except LostError as lost:
        return [Row("growth", "runs", sizes[-1], faults=(str(lost),))]
    _, middle, last = sizes
    taken = {size: tracked.size[size] - alone.size[size] for size in sizes}
    a_run = (taken[last] - taken[middle]) * 1_000_000 / (last - middle)
    figure = f"{a_run:,.0f} bytes"
    asked = f"{tracked.status_ms:.0f} ms, {tracked.graph_ms:.0f} ms"
    slow = tracked.status_ms > STATUS_MS or tracked.graph_ms > GRAPH_MS
    return [
        _flat(task, f"runs over {CELLS} cells", tracked.cell_ms, alone.cell_ms),
        Row("growth", f"memory up to run {middle:,}", middle, f"{taken[middle] - taken[sizes[0]]:.1f} MB"),
        Row(
            "growth",
            f"memory a run, from {middle:,} to {last:,}",
            last - middle,
            figure,
            _judged(task, a_run > BYTES_A_RUN, figure),
        ),
        Row("growth", f"status, graph after {sizes[-1]:,} runs", 3, asked, _judged(task, slow, asked)),
    ]


def _flat(task: Task, what: str, cells: dict[int, float], plain: dict[int, float]) -> Row:
    sizes = list(cells)
    figure = ", ".join(f"{size:,}: {cells[size]:.1f} ms (alone {plain[size]:.1f})" for size in sizes)
    rises = cells[sizes[-1]] > FLAT * cells[sizes[0]]
    return Row(
        "growth",
        f"cost of a cell, {sizes[0]:,} to {sizes[-1]:,} {what}",
        sizes[-1],
        figure,
        _judged(task, rises, figure),
    )


def _judged(task: Task, wrong: bool, figure: str) -> tuple[str, ...]:
    return (f"  beyond the bound: {figure}",) if wrong and task.length.figures else ()

"""Paired measurements: every round runs in each contestant in turn, so that all see the same machine.

A shared machine is noisy in bursts. Neighbouring rounds of two contestants meet the same burst, so
what is reported is the median of differences (or ratios) within rounds. Its spread is half of the
distance between the quartiles, and ``least`` the lower end of the median's 95 % confidence interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import sqrt
from statistics import median, quantiles

from tests.benchmarks import workloads
from tests.benchmarks.contestants import PLAIN, Contestant, OutError, Process, started
from tests.benchmarks.workloads import Memory, Workload

SLOW = 60.0
FEWEST = 5
"""Rounds that even a slow contestant runs."""


@dataclass(frozen=True)
class Figure:
    """A median and its spread, or the reason why there is none."""

    value: float = float("nan")
    spread: float = 0.0
    least: float = float("nan")
    missing: str = ""


@dataclass(frozen=True)
class Row:
    """What one measurement found: ``figures`` by contestant, ``plain`` is plain IPython's own.

    ``unit`` is of the figures, ``limit`` the most that cellgraph may have.
    """

    name: str
    unit: str
    limit: float
    figures: dict[str, Figure]
    plain: Figure | None = None


def figure(values: Sequence[float]) -> Figure:
    """The median, how far the values spread and what the median may be at least."""
    low, _, high = quantiles(values, n=4)
    rank = max(0, round(len(values) / 2 - 0.98 * sqrt(len(values))))  # binomial(n, 1/2), 2.5 %
    return Figure(median(values), (high - low) / 2, sorted(values)[rank])


def timed(workload: Workload, contestants: Sequence[Contestant]) -> Row:
    """The workload's extra time (or ratio) over plain IPython, in each contestant."""
    field = [c for c in contestants if workload.rivals or c.name in ("plain", "control", "cellgraph")]
    race = Race(workload)
    race.run(field)
    if PLAIN.name in race.out:
        return Row(workload.name, "ms", workload.limit, race.out, race.out[PLAIN.name])
    plain = race.seconds[PLAIN.name]
    compare = _ratio if workload.measure == "ratio" else _extra_ms
    figures = {
        name: figure([compare(a, b) for a, b in zip(plain, theirs, strict=False)])
        for name, theirs in race.seconds.items()
        if name != PLAIN.name
    }
    unit = "x" if workload.measure == "ratio" else "ms"
    own = figure([1e3 * s for s in plain])
    return Row(workload.name, unit, workload.limit, figures | race.out, own)


def loading(contestant: Contestant) -> tuple[Row, Row]:
    """Time and memory that ``%load_ext`` and a first cell take in fresh processes.

    The first process is not counted: it finds modules that Python has not compiled yet.
    """
    times, sizes = [], []
    for _ in range(1 + workloads.LOAD_ROUNDS):
        with started(contestant) as process:
            process.run("x = 1", "first")
            before = process.megabytes()
            times.append(1e3 * process.load())
            process.run("y = x", "second")
            sizes.append(process.megabytes() - before)
    name = contestant.name
    return (
        Row("%load_ext", "ms", workloads.LOAD_MS, {name: figure(times[1:])}),
        Row("%load_ext and a first cell", "MB", workloads.LOAD_MB, {name: figure(sizes[1:])}),
    )


def deleted(memory: Memory, contestants: Sequence[Contestant]) -> Row:
    """Growth of the process over plain IPython's after making, using and dropping a value many times."""
    growth = {c.name: _attempt(lambda c=c: _kept(memory, c)) for c in contestants}
    plain = growth.pop(PLAIN.name)
    extra = {n: g if g.missing else Figure(g.value - plain.value) for n, g in growth.items()}
    return Row(f"{memory.name}: kept after {memory.drop}", "MB", memory.limit, extra, plain)


class Race:
    """One workload in every contestant at once.

    A contestant that fails is out. One that has run for longer than ``SLOW`` seconds sits the
    remaining rounds out: its rounds so far are paired with the first ones of the others. Where a
    process happens to lie in memory makes it faster or slower by some per cent for as long as it
    lives, so ratios near 1 need several heats.
    """

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.seconds: dict[str, list[float]] = {}
        self.out: dict[str, Figure] = {}
        self._processes: dict[str, Process] = {}

    def run(self, contestants: Sequence[Contestant]) -> None:
        """Run all heats, each with fresh processes."""
        for _ in range(self.workload.heats):
            self._heat([c for c in contestants if c.name not in self.out and self._able(c.name)])

    def _heat(self, contestants: Sequence[Contestant]) -> None:
        with ExitStack() as stack:
            for contestant in contestants:
                self._attempt(
                    contestant.name, lambda c=contestant: self._enter(stack.enter_context(started(c)))
                )
            for number in range(self.workload.earlier, self.workload.earlier + self.workload.rounds):
                for name in self._turns(number):
                    self._attempt(name, lambda n=name, i=number: self._round(n, i))

    def _attempt(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except OutError as reason:
            self.out[name] = Figure(missing=str(reason))
            self.seconds.pop(name, None)

    def _enter(self, process: Process) -> None:
        name = process.contestant.name
        _prepare(process, self.workload.setup)
        process.run(self.workload.cell, self.workload.cell_id, self.workload.earlier)
        self._processes[name] = process
        self.seconds.setdefault(name, [])

    def _round(self, name: str, number: int) -> None:
        self.seconds[name] += self._processes[name].run(self.workload.cell, self.workload.cell_id, 1, number)

    def _turns(self, number: int) -> list[str]:
        """Who runs: forwards and backwards by turns, so that nobody always follows the same one."""
        able = [name for name in self.seconds if self._able(name)]
        return able[:: 1 if number % 2 else -1]

    def _able(self, name: str) -> bool:
        seconds = self.seconds.get(name, [])
        return len(seconds) < FEWEST or sum(seconds) < SLOW


def _prepare(process: Process, setup: Sequence[str]) -> None:
    process.load()
    for number, code in enumerate(setup):
        process.run(code, f"setup{number}")


def _kept(memory: Memory, contestant: Contestant) -> Figure:
    with started(contestant) as process:
        _prepare(process, memory.setup)
        sizes = []
        for _ in range(memory.rounds):
            for cell in (memory.make, memory.use, memory.drop):
                process.run(cell, cell)
            sizes.append(process.megabytes())
        return Figure(sizes[-1] - sizes[0])


def _attempt(work: Callable[[], Figure]) -> Figure:
    try:
        return work()
    except OutError as reason:
        return Figure(missing=str(reason))


def _extra_ms(plain: float, theirs: float) -> float:
    return 1e3 * (theirs - plain)


def _ratio(plain: float, theirs: float) -> float:
    return theirs / plain

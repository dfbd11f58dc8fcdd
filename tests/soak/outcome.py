"""What a part of the soak gives back, and how a case that fails is drawn and made small."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True, slots=True)
class Length:
    """How much is done: a number for each kind of case, and whether times and memory are judged."""

    cells: int
    interrupts: int
    kernel_interrupts: int
    thread_rounds: int
    names: tuple[int, ...]
    runs: tuple[int, int, int]
    notebooks: int
    ledgers: int
    messages: int
    characters: int
    figures: bool = True
    """Whether times and memory are judged. The short form judges sameness and structure alone."""


SHORT = Length(
    cells=60,
    interrupts=60,
    kernel_interrupts=0,
    thread_rounds=1,
    names=(10, 500),
    runs=(100, 200, 300),
    notebooks=40,
    ledgers=40,
    messages=60,
    characters=1_500,
    figures=False,
)
FULL = Length(
    cells=2_000,
    interrupts=1_000,
    kernel_interrupts=200,
    thread_rounds=5,
    names=(10, 1_000, 20_000),
    runs=(100, 5_000, 20_000),
    notebooks=1_000,
    ledgers=500,
    messages=2_000,
    characters=100_000,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was tried, how often, and what was measured or found."""

    part: str
    what: str
    tried: int
    figure: str = ""
    faults: tuple[str, ...] = ()
    """Each says what is wrong and holds the case, small enough to read."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a part is asked to do."""

    seed: int
    length: Length
    only: str = ""
    """Only cases whose name contains this."""
    rng: random.Random = field(default_factory=random.Random)

    def wants(self, name: str) -> bool:
        """Whether the case with this name is to be tried."""
        return self.only in name


class FaultError(AssertionError):
    """A drawn case shows a fault. The text says which, and holds the case."""


def drawn(
    strategy: SearchStrategy[Any], check: Callable[[Any], None], task: Task, examples: int
) -> tuple[str, ...]:
    """Check cases of a strategy. Gives the fault of the smallest that fails, or nothing.

    ``check`` raises FaultError on a fault. Any other exception of it is a fault of the soak itself.
    """

    def tried(case: Any) -> None:
        check(case)

    # The explaining phase would trace this process, and with it what is forked off it.
    settings = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    test = hypothesis.seed(task.seed)(settings(hypothesis.given(strategy)(tried)))
    try:
        test()
    except FaultError as fault:
        return (str(fault),)
    except hypothesis.errors.FlakyFailure as flaky:
        return (f"a fault that comes and goes: {flaky.exceptions[0]}",)
    return ()


Part = Callable[[Task], "list[Row]"]
Ending = Literal["ended", "died", "took too long"]

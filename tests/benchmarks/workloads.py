"""The cells that are timed, one row each, and what cellgraph may add to each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Measure = Literal["extra_ms", "ratio"]


@dataclass(frozen=True)
class Workload:
    """A cell that runs once a round in every contestant.

    ``{round}`` in ``cell`` or ``cell_id`` is the number of the round: with it in the id every round
    is a new cell, without it the same cell runs again. ``limit`` is the most that cellgraph may
    add: milliseconds over plain IPython, or the ratio to it. ``earlier`` runs of the very cell come
    before the first round, and are not timed.
    """

    name: str
    cell: str
    limit: float
    measure: Measure = "extra_ms"
    setup: tuple[str, ...] = ()
    cell_id: str = "timed"
    rounds: int = 30
    earlier: int = 3
    heats: int = 1
    """How many times to start over with fresh processes; each heat has all rounds."""
    rivals: bool = True
    """Whether rivals are measured too: off where it would take them many minutes."""


@dataclass(frozen=True)
class Memory:
    """What of a value of 100 MB is left once it is deleted. ``limit`` is in MB over plain IPython."""

    name: str
    make: str
    use: str
    drop: str
    limit: float = 5.0
    rounds: int = 10
    setup: tuple[str, ...] = field(default=("import numpy as np", "import weakref"))


VARIABLES_10 = "for i in range(10): globals()[f'v{i}'] = i"
VARIABLES_1000 = "for i in range(1_000): globals()[f'v{i}'] = i"
TRIVIAL = "y = x + {round}"

LOOP = """\
total = 0
for i in range(1_000_000):
    total += step * i
    if total > ceiling:
        total -= ceiling"""

FIBONACCI = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)"

POINT = """\
class Point:
    def __init__(self, x):
        self.x = x
        self.y = -x"""

NUMPY = "import numpy as np"
PANDAS = "import numpy as np, pandas as pd"
ONE_BLOCK = "df = pd.DataFrame(np.random.default_rng(0).random((1_250_000, 10)), columns=list('abcdefghij'))"
COLUMNS = "df = pd.DataFrame({c: np.random.default_rng(0).random(1_250_000) for c in 'abcdefghij'})"
WITH_TEXT = "df['k'] = pd.Series(np.arange(1_250_000) % 1_000).map('key {}'.format)"

TRIVIAL_CELLS = (
    Workload("trivial cell", TRIVIAL, 1.5, setup=("x = 1",), rounds=200, earlier=20),
    Workload(
        "trivial cell, always a new one", TRIVIAL, 1.5, setup=("x = 1",), cell_id="c{round}", rounds=200
    ),
)

# Pairs: the second one may cost at most twice as much as the first.
FLAT = (
    (
        Workload("same cell, after 100 runs", TRIVIAL, 1.5, setup=("x = 1",), earlier=100, rounds=100),
        Workload(
            "same cell, after 5,000 runs",
            TRIVIAL,
            1.5,
            setup=("x = 1",),
            earlier=5_000,
            rounds=100,
            rivals=False,
        ),
    ),
    (
        Workload(
            "new cell, after 100 cells",
            TRIVIAL,
            1.5,
            setup=("x = 1",),
            cell_id="c{round}",
            earlier=100,
            rounds=100,
        ),
        Workload(
            "new cell, after 5,000 cells",
            TRIVIAL,
            1.5,
            setup=("x = 1",),
            cell_id="c{round}",
            earlier=5_000,
            rounds=100,
            rivals=False,
        ),
    ),
    (
        Workload("10 variables", TRIVIAL, 1.5, setup=("x = 1", VARIABLES_10), rounds=100),
        Workload("1,000 variables", TRIVIAL, 1.5, setup=("x = 1", VARIABLES_1000), rounds=100),
    ),
    (
        Workload(
            "chain of cells, 100 deep",
            "v{round} = x + {round}; x = v{round}",
            1.5,
            setup=("x = 1",),
            cell_id="c{round}",
            earlier=100,
            rounds=100,
        ),
        Workload(
            "chain of cells, 1,000 deep",
            "v{round} = x + {round}; x = v{round}",
            1.5,
            setup=("x = 1",),
            cell_id="c{round}",
            earlier=1_000,
            rounds=100,
            rivals=False,
        ),
    ),
)

CODE = (
    Workload(
        "loop of 10^6 over globals",
        LOOP,
        1.03,
        "ratio",
        setup=("step, ceiling = 3, 10**12",),
        rounds=7,
        heats=9,
    ),
    Workload("recursive fib(30)", "fib(30)", 1.03, "ratio", setup=(FIBONACCI,), rounds=7, heats=9),
)

VALUES = (
    Workload("100 MB frame, one block: read", "m = df['a'].iloc[0]", 30, setup=(PANDAS, ONE_BLOCK)),
    Workload("100 MB frame, one block: a column set", "df['b'] = {round}.0", 30, setup=(PANDAS, ONE_BLOCK)),
    Workload("100 MB frame of columns: read", "m = df['a'].iloc[0]", 30, setup=(PANDAS, COLUMNS)),
    Workload("100 MB frame of columns: a column set", "df['b'] = {round}.0", 30, setup=(PANDAS, COLUMNS)),
    Workload(
        "the same with a column of text: read", "m = df['a'].iloc[0]", 30, setup=(PANDAS, COLUMNS, WITH_TEXT)
    ),
    Workload("1 GB array: read", "m = a[0]", 50, setup=(NUMPY, "a = np.arange(134_217_728.0)"), rounds=15),
    Workload(
        "1 GB array: an element set",
        "a[5] = {round}",
        50,
        setup=(NUMPY, "a = np.arange(134_217_728.0)"),
        rounds=15,
    ),
    Workload("list of 10^6 ints: read", "m = numbers[0]", 40, setup=("numbers = list(range(1_000_000))",)),
    Workload(
        "list of 10^6 ints: append", "numbers.append(1)", 40, setup=("numbers = list(range(1_000_000))",)
    ),
    Workload(
        "10^4 plain objects: read",
        "p = points[0]",
        50,
        setup=(POINT, "points = [Point(i) for i in range(10_000)]"),
    ),
    Workload(
        "10^6 plain objects: read",
        "p = points[0]",
        50,
        setup=(POINT, "points = [Point(i) for i in range(1_000_000)]"),
    ),
    Workload(
        "10^6 plain objects: one changed",
        "points[7].x = {round}",
        50,
        setup=(POINT, "points = [Point(i) for i in range(1_000_000)]"),
    ),
)

DELETED = (
    Memory("array of 100 MB", "big = np.ones(12_500_000)", "s = big.sum()", "del big"),
    Memory("array of 100 MB, rebound", "big = np.ones(12_500_000)", "s = big.sum()", "big = None"),
    Memory("array in a list", "held = [np.ones(12_500_000)]", "s = held[0].sum()", "held.clear()"),
)

LOAD_MS = 120.0
LOAD_MB = 15.0
LOAD_ROUNDS = 9
FLAT_RATIO = 2.0

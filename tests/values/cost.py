"""What a look at a large value of a row's type takes."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter

from IPython.utils.capture import capture_output

from cellgraph.digest import Digester
from cellgraph.session.config import CellGraph
from tests.shells import fresh_shell
from tests.values.row import Row

ROUNDS = 3
AMPLE_S = 600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one look, with all the time that it wants and within the default budget."""

    whole_ms: float
    budgeted_ms: float


def cost(row: Row) -> Cost | None:
    """Make the row's large value, without cellgraph, and look at it. None where it has none."""
    if not row.large:
        return None
    budget_s = CellGraph().budget_ms / 1000
    with fresh_shell() as shell:
        for code in (row.setup, row.large):
            with capture_output():
                result = shell.run_cell(code)
            result.raise_error()
        value = shell.user_ns["v"]
        return Cost(_look_ms(value, AMPLE_S), _look_ms(value, budget_s))


def _look_ms(value: object, budget_s: float) -> float:
    """The median of a few looks, each as the first of its hook."""
    times = []
    for _ in range(ROUNDS):
        looker = Digester(budget_s)
        begin = perf_counter()
        looker.look(value)
        times.append(1e3 * (perf_counter() - begin))
    return median(times)

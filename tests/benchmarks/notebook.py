"""``python -m tests.benchmarks.notebook [--rounds N | --share]``: what cellgraph adds to a whole notebook.

``--share`` gives cellgraph's share of the processor time, which hardly depends on what else the
machine does. Without it every round runs all cells of notebooks/ml_workflow.ipynb once in a fresh
kernel of each contestant, in turn. The cells that ask cellgraph for something are left out; in that
way of measuring loading it counts.
"""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

import nbformat

from tests.benchmarks.contestants import CELLGRAPH, CONTROL, PLAIN, Contestant, started
from tests.benchmarks.measure import Figure, figure

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "ml_workflow.ipynb"
LIMIT = 1.02
CONTESTANTS = (PLAIN, CONTROL, CELLGRAPH)


def main() -> int:
    """Measure and print; 1 where the target was missed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.notebook", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cells", action="store_true", help="show what is added to each cell as well")
    parser.add_argument("--share", action="store_true", help="cellgraph's share of the processor time")
    options = parser.parse_args()
    # One thread: those of OpenMP wait by spinning, and where cores are shared that is all one measures.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    # As in a kernel, where figures are drawn below the cell that made them.
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    cells = code_cells()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )
    print(f"{NOTEBOOK.name}: {len(cells)} cells; x: ratio to plain in the same round\n")
    if options.share:
        return _share(cells)
    times = _times(cells, options.rounds)
    plain = times[PLAIN.name]
    print(f"{PLAIN.name:12}{_text(figure([sum(round_) for round_ in plain]), 's')}")
    for contestant in CONTESTANTS[1:]:
        own = times[contestant.name]
        ratio = figure([sum(b) / sum(a) for a, b in zip(plain, own, strict=True)])
        limit = f"   target <= {LIMIT:g}" if contestant is CELLGRAPH else ""
        print(f"{contestant.name:12}{_text(ratio, 'x')}{limit}")
    if options.cells:
        _print_cells(cells, plain, times[CELLGRAPH.name])
    return int(figure([sum(b) / sum(a) for a, b in zip(plain, own, strict=True)]).least > LIMIT)


def _share(cells: list[str]) -> int:
    """Print what each cell costs, and cellgraph's share of the whole."""
    from tests.benchmarks.share import costs  # imports IPython, as the kernels do by themselves

    found = costs(cells)
    print(f"{'ms of processor time:':24}{'cell':>10}{'before':>10}{'after':>10}{'callbacks':>10}")
    for at, cost in enumerate(found):
        times = (cost.plain, cost.before, cost.after, cost.callbacks)
        print(f"{at:4}{'':20}" + "".join(f"{1e3 * t:10.1f}" for t in times), cost.code.splitlines()[0][:40])
    plain, added = sum(cost.plain for cost in found), sum(cost.added for cost in found)
    print(f"\ncells {plain:.3f} s, cellgraph {added:.3f} s: {added / plain:.1%}   target <= {LIMIT - 1:.0%}")
    return int(added / plain > LIMIT - 1)


def code_cells() -> list[str]:
    """The notebook's code, without the cells that speak to cellgraph."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    sources = [str(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    return [source for source in sources if "cellgraph" not in source]


def _times(cells: list[str], rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of each cell in each round, by contestant; the first cell is the one that loads.

    The first round is not counted: it finds modules that Python has not compiled yet.
    """
    times: dict[str, list[list[float]]] = {contestant.name: [] for contestant in CONTESTANTS}
    for number in range(rounds + 1):
        for contestant in CONTESTANTS[:: 1 if number % 2 else -1]:
            seconds = _once(contestant, cells)
            if number:
                times[contestant.name].append(seconds)
    return times


def _once(contestant: Contestant, cells: list[str]) -> list[float]:
    with started(contestant) as process:
        return [process.load(), *(process.run(code, f"c{at}")[0] for at, code in enumerate(cells))]


def _print_cells(cells: list[str], plain: list[list[float]], own: list[list[float]]) -> None:
    print("\nms over plain")
    for at, code in enumerate(["%load_ext cellgraph", *cells]):
        extra = figure([1e3 * (b[at] - a[at]) for a, b in zip(plain, own, strict=True)])
        alone = figure([1e3 * seconds[at] for seconds in plain])
        print(f"{extra.value:9.1f} ±{extra.spread:<8.1f} of {alone.value:9.1f}  {code.splitlines()[0][:60]}")


def _text(found: Figure, unit: str) -> str:
    return f"{found.value:8.3f} ±{found.spread:.3f} {unit}"


if __name__ == "__main__":
    raise SystemExit(main())

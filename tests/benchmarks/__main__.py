"""``python -m tests.benchmarks [--rivals] [--only WORDS]``: a table of what cellgraph costs."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import workloads
from tests.benchmarks.contestants import CELLGRAPH, CONTROL, PLAIN, RIVALS, Contestant, OutError, rival
from tests.benchmarks.measure import Figure, Row, deleted, loading, timed

WIDTH = 16


def main() -> int:
    """Measure and print; 1 where cellgraph missed a target, else 0."""
    options = _options()
    with TemporaryDirectory() as temporary:
        contestants = [PLAIN, CONTROL, *_contestants(options, Path(options.folder or temporary))]
        _print_head(contestants)
        missed = 0
        for row in _rows(contestants, options.only):
            print(_line(row, contestants), flush=True)
            missed += _verdict(row) == "MISSED"
    print(f"\n{missed} targets missed")
    return int(bool(missed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rivals", action="store_true", help="install and measure ipyflow and FlowBook too")
    parser.add_argument("--folder", help="where the rivals' environments are kept (default: nowhere)")
    parser.add_argument("--only", default="", help="measure only what has this text in its name")
    parser.add_argument("--without-cellgraph", action="store_true", help="measure the others alone")
    return parser.parse_args()


def _contestants(options: argparse.Namespace, folder: Path) -> Iterator[Contestant]:
    if not options.without_cellgraph:
        yield CELLGRAPH
    for name in RIVALS if options.rivals else ():
        found = rival(name, folder)
        if found is None:
            print(f"{name}: not installed")
        else:
            yield found


def _rows(contestants: Sequence[Contestant], only: str) -> Iterator[Row]:
    yield from _loading_rows(contestants, only)
    for workload in (*workloads.TRIVIAL_CELLS, *workloads.CODE, *workloads.VALUES):
        if only in workload.name:
            yield timed(workload, contestants)
    for few, many in workloads.FLAT:
        if only in few.name or only in many.name:
            yield from _flat(timed(few, contestants), timed(many, contestants))
    yield from (deleted(m, contestants) for m in workloads.DELETED if only in m.name)


def _loading_rows(contestants: Sequence[Contestant], only: str) -> Iterator[Row]:
    if only in "%load_ext and a first cell":
        for contestant in contestants:
            if contestant.load:
                yield from _loading(contestant)


def _loading(contestant: Contestant) -> Iterator[Row]:
    try:
        yield from loading(contestant)
    except OutError as reason:
        yield Row("%load_ext", "ms", workloads.LOAD_MS, {contestant.name: Figure(missing=str(reason))})


def _flat(few: Row, many: Row) -> Iterator[Row]:
    """Both rows, and how many times the first one's extra the second one's is."""
    yield few
    yield many
    ratios = {
        name: Figure(figure.value / max(few.figures[name].value, 1e-3))
        for name, figure in many.figures.items()
        if name != CONTROL.name  # a ratio of two noises
        if not figure.missing and not few.figures[name].missing
    }
    yield Row(f"  {many.name} : {few.name}", "x", workloads.FLAT_RATIO, ratios)


def _print_head(contestants: Sequence[Contestant]) -> None:
    print(
        f"Python {platform.python_version()}, IPython {version('ipython')}, ipykernel {version('ipykernel')}"
    )
    print(
        f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} (above the cores: figures run high)"
    )
    print("ms and MB: over plain IPython in the same round; x: ratio to it; ± half the interquartile range\n")
    names = "".join(f"{c.name:>{WIDTH}}" for c in contestants)
    print(f"{'':52}{names}{'target':>10}")


def _line(row: Row, contestants: Sequence[Contestant]) -> str:
    cells = []
    reasons = []
    for contestant in contestants:
        plain = contestant == PLAIN
        figure = row.plain if plain else row.figures.get(contestant.name)
        cells.append(f"{_text(figure, 'ms' if plain and row.unit == 'x' else row.unit):>{WIDTH}}")
        if figure is not None and figure.missing:
            reasons.append(f"\n    {contestant.name} {figure.missing}")
    return f"{row.name:52}{''.join(cells)}{f'<= {row.limit:g}':>10}  {_verdict(row)}{''.join(reasons)}"


def _text(figure: Figure | None, unit: str) -> str:
    if figure is None:
        return ""
    if figure.missing:
        return "out"
    digits = 2 if abs(figure.value) < 100 else 0
    spread = f" ±{figure.spread:.{digits}f}" if figure.spread else ""
    return f"{figure.value:.{digits}f}{spread} {unit}"


def _verdict(row: Row) -> str:
    """``unclear``: over the limit, but by less than what chance may do to a median."""
    own = row.figures.get(CELLGRAPH.name)
    if own is None:
        return ""
    if own.missing or (own.value > row.limit and not own.least <= row.limit):
        return "MISSED"
    return "unclear" if own.value > row.limit else "ok"


if __name__ == "__main__":
    raise SystemExit(main())

"""``python -m tests.benchmarks.digests [--only WORDS]``: how fast values are looked at.

Buffers are compared with a plain copy of as many bytes in the same round; containers are counted in
elements a second. Every look is the first of its hook and whole, however long it takes.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter

from cellgraph.digest import Digester
from tests.benchmarks.measure import Figure, figure

ROUNDS = 15
AMPLE_S = 600.0
MILLION = 1_000_000

Make = Callable[[], object]


@dataclass(frozen=True)
class Buffers:
    """A value of 100 MB in few pieces. ``limit`` is the most that a look may take, in copies of it."""

    name: str
    make: str
    limit: float | None = 1.0
    library: str = "numpy"


@dataclass(frozen=True)
class Elements:
    """A value of many Python objects. ``limit`` is the least that is looked at, in 10^6 elements/s."""

    name: str
    make: str
    count: int
    limit: float | None = 10.0


NUMBERS = "import numpy as np; a = np.random.default_rng(0).random((1_250_000, 10)); "

BUFFERS = (
    Buffers("numpy, C order", NUMBERS + "v = a"),
    Buffers("numpy, Fortran order", NUMBERS + "v = np.asfortranarray(a)"),
    Buffers(
        "numpy, a column in two", NUMBERS + "v = np.hstack([a, a])[:, ::2]", limit=None
    ),  # no one piece: what it takes is the gathering
    Buffers("numpy, int8", "import numpy as np; v = np.random.default_rng(0).integers(0, 9, 10**8, 'i1')"),
    Buffers("pandas, one block", NUMBERS + "import pandas as pd; v = pd.DataFrame(a)", library="pandas"),
    Buffers(
        "pandas, a block a column",
        NUMBERS + "import pandas as pd; v = pd.DataFrame({str(i): a[:, i].copy() for i in range(10)})",
        library="pandas",
    ),
    Buffers(
        "pyarrow table",
        NUMBERS + "import pyarrow as pa; v = pa.table({str(i): a[:, i].copy() for i in range(10)})",
        library="pyarrow",
    ),
    Buffers(
        "polars frame",
        NUMBERS + "import polars as pl; v = pl.DataFrame({str(i): a[:, i].copy() for i in range(10)})",
        library="polars",
    ),
)

ELEMENTS = (
    Elements("list of 10^6 ints", "v = list(range(10**6))", MILLION),
    Elements("list of 10^6 floats", "v = [i / 3 for i in range(10**6)]", MILLION),
    Elements("list of 10^6 str", "v = [f's{i}' for i in range(10**6)]", MILLION),
    Elements("dict of 10^6, int: int", "v = {i: 2 * i for i in range(10**6)}", 2 * MILLION),
    Elements("dict of 10^6, str: float", "v = {f'k{i}': i / 3 for i in range(10**6)}", 2 * MILLION),
    Elements("set of 10^6 ints", "v = set(range(10**6))", MILLION, limit=None),
    Elements(
        "list of 3 * 10^5 tuples", "v = [(i, i / 3, 'x') for i in range(3 * 10**5)]", 900_000, limit=None
    ),
    Elements(
        "list of 10^5 records",
        "v = [{'a': i, 'b': i / 3, 'c': 'x'} for i in range(10**5)]",
        600_000,
        limit=None,
    ),
    Elements(
        "10^4 instances of a dataclass",
        "from dataclasses import make_dataclass; P = make_dataclass('P', ['x', 'y', 'z']);"
        " v = [P(i, i / 3, 'x') for i in range(10**4)]",
        30_000,
        limit=None,
    ),
)


def main() -> int:
    """Measure and print; 1 where a target was missed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.digests", description=__doc__)
    parser.add_argument("--only", default="", help="measure only what has this text in its name")
    only = parser.parse_args().only
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )
    print("copy: of as many bytes, in the same round; x: ratio to it; ± half the interquartile range\n")
    print(f"{'':34}{'look':>18}{'copy':>18}{'':>24}{'target':>10}")
    missed = 0
    for line, ok in _lines(only):
        print(line, flush=True)
        missed += not ok
    print(f"\n{missed} targets missed")
    return int(bool(missed))


def _lines(only: str) -> Iterator[tuple[str, bool]]:
    for buffers in BUFFERS:
        if only in buffers.name and find_spec(buffers.library):
            yield _buffers(buffers)
    for elements in ELEMENTS:
        if only in elements.name:
            yield _elements(elements)


def _buffers(row: Buffers) -> tuple[str, bool]:
    """A look and a copy by turns: a burst of noise meets both."""
    value, copy = made(row.make), copier()
    looks, copies = [], []
    for _ in range(ROUNDS + 2):
        looks.append(look_ms(value))
        copies.append(copy())
    looks, copies = looks[2:], copies[2:]
    ratio = figure([look / own for look, own in zip(looks, copies, strict=True)])
    ok = row.limit is None or ratio.value <= row.limit
    target = "" if row.limit is None else f"<= {row.limit:g}"
    return _line(row.name, figure(looks), figure(copies), f"{_shown(ratio)} x", target, ok), ok


def _elements(row: Elements) -> tuple[str, bool]:
    value = made(row.make)
    times = figure([look_ms(value) for _ in range(ROUNDS + 2)][2:])
    speed = row.count / times.value / 1e3
    ok = row.limit is None or speed >= row.limit
    target = "" if row.limit is None else f">= {row.limit:g}"
    return _line(row.name, times, None, f"{speed:.1f} * 10^6/s", target, ok), ok


def made(code: str) -> object:
    """The ``v`` that a piece of code makes."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(code, namespace)
    return namespace["v"]


def look_ms(value: object) -> float:
    """One whole look, in milliseconds. Raises ValueError where it was none: giving up is fast."""
    looker = Digester(AMPLE_S)
    begin = perf_counter()
    found = looker.look(value).digest
    took = 1e3 * (perf_counter() - begin)
    if found.quality != "exact":
        raise ValueError(f"a {found.type} was not looked at whole: it is {found.quality}")
    return took


def copier() -> Callable[[], float]:
    """Copies 100 MB into memory that is there already; gives the milliseconds."""
    import numpy as np

    source = np.ones(12_500_000)
    target = source.copy()

    def copy() -> float:
        begin = perf_counter()
        np.copyto(target, source)
        return 1e3 * (perf_counter() - begin)

    return copy


def _line(name: str, look: Figure, copy: Figure | None, result: str, target: str, ok: bool) -> str:
    copied = f"{_shown(copy)} ms" if copy is not None else ""
    verdict = ("ok" if ok else "MISSED") if target else ""
    return f"{name:34}{_shown(look) + ' ms':>18}{copied:>18}{result:>24}{target:>10}  {verdict}".rstrip()


def _shown(found: Figure) -> str:
    return f"{found.value:.2f} ±{found.spread:.2f}"


if __name__ == "__main__":
    raise SystemExit(main())

"""``python -m tests.benchmarks.check [FOLDER]``: ``cellgraph check`` beside ruff and nborder, in one run.

Each checker reads the same notebooks in a new process, so that all start cold, and its processor time is
taken. Without a folder the notebooks are made: of the size that public ones have, some with a fault. A
checker that is not installed is left out; ``--with FOLDER`` names one more folder with programs. A cell
that does not parse ends nborder's run, so it is also started once for each notebook. Then ``cellgraph
verify`` runs sound notebooks beside plain execution and nbval (``--verify 0`` leaves that out).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellgraph.rules import SAVED_RULES
from tests.benchmarks import verify

NOTEBOOKS = 200
CELLS = 17
"""Code cells in a public notebook, on average."""

_CODE = """\
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
%matplotlib inline
---
df = pd.DataFrame({'price': np.arange(50.0), 'kind': list('ab') * 25})
df.head()
---
def clean(frame, limit=3):
    kept = frame[frame.price > limit].copy()
    kept['ratio'] = kept.price / kept.price.max()
    return kept
---
small = clean(df)
by_kind = small.groupby('kind').agg({'price': 'mean', 'ratio': 'sum'})
by_kind
---
fig, ax = plt.subplots(figsize=(8, 4))
for name, group in small.groupby('kind'):
    ax.plot(group.index, group.price, label=name)
ax.legend()
plt.show()
---
# a table of results
results = []
for k in range(2, 6):
    score = sum(x ** k for x in range(10))
    results.append((k, score))
print(results)
---
try:
    value = int('12')
except ValueError as error:
    print(error)
    value = 0
---
best = max(results, key=lambda row: row[1])
print(f'best {best[0]} with {best[1]:.2f}')
---
class Model:
    def __init__(self, rate):
        self.rate = rate

    def predict(self, rows):
        return [row * self.rate for row in rows]

model = Model(0.5)
model.predict([1, 2, 3])
---
!ls data
x = [n for n in range(10) if n % 2]
y = np.array(x) * 2.5
y.mean(), y.std()
""".split("\n---\n")
_FAULT = "print(undefined_total)"


_SLOW = 20
"""Notebooks that a checker gets that takes seconds for each."""


@dataclass(frozen=True)
class Timing:
    """What a checker took for so many notebooks, in seconds of processor time, and how many it flagged."""

    name: str
    notebooks: int
    seconds: float
    flagged: int

    @property
    def rate(self) -> float:
        """Notebooks a second."""
        return self.notebooks / self.seconds


def main() -> None:
    """Print a line for each checker, and how many times as fast cellgraph is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="notebooks to check")
    parser.add_argument(
        "--with", dest="programs", default="", metavar="FOLDER", help="where ruff and nborder are"
    )
    parser.add_argument("--verify", type=int, default=2, metavar="N", help="copies of each sound notebook")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or _make_notebooks(Path(made))
        files = sorted(
            str(path) for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
        )
        timings = [*_timings(files, options.programs)]
    for timing in timings:
        ratio = timings[0].rate / timing.rate
        pace = f"{timing.notebooks:6} notebooks{timing.seconds:8.2f} s{timing.rate:9.1f} a second"
        print(f"{timing.name:<26}{pace}{timing.flagged:6} flagged   cellgraph is {ratio:.2f}x as fast")
    for line in verify.lines(options.verify) if options.verify else ():
        print(line)


def _timings(files: Sequence[str], programs: str) -> Iterator[Timing]:
    own = (sys.executable, "-m", "cellgraph", "check", "--format", "json")
    yield _timed("cellgraph check", own, files, _flagged_by_us)
    names = ",".join(rule for rule in SAVED_RULES if rule <= "CG303" or rule in ("CG306", "CG311"))
    yield _timed("cellgraph check, names", (*own, "--select", names), files, _flagged_by_us)
    path = os.pathsep.join([programs, os.environ.get("PATH", "")])
    if ruff := shutil.which("ruff", path=path):
        command = (ruff, "check", "--isolated", "--no-cache", "--select", "F821", "--output-format", "json")
        yield _timed("ruff check --select F821", command, files, _flagged_by_ruff)
    if nborder := shutil.which("nborder", path=path):
        some = files[:: len(files) // _SLOW or 1]
        yield _timed("nborder check", (nborder, "check"), some, _flagged_by_nborder)
        each = [_timed("", (nborder, "check"), [file], _flagged_by_nborder) for file in some]
        seconds, flagged = sum(one.seconds for one in each), sum(one.flagged for one in each)
        yield Timing("nborder check, one by one", len(some), seconds, flagged)


def _timed(
    name: str, command: Sequence[str], files: Sequence[str], flagged: Callable[[str], Collection[str]]
) -> Timing:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(name, len(files), seconds, len(flagged(done.stdout)))


def _flagged_by_us(text: str) -> set[str]:
    files = json.loads(text)["files"]
    return {file["path"] for file in files if any(one["severity"] == "warning" for one in file["findings"])}


def _flagged_by_ruff(text: str) -> set[str]:
    return {found["filename"] for found in json.loads(text or "[]")}


def _flagged_by_nborder(text: str) -> set[str]:
    return {line.partition(":")[0] for line in text.splitlines() if ":cell_" in line}


def _make_notebooks(folder: Path) -> Path:
    """Write notebooks of the size that public ones have. One in eight uses a name that nothing defines."""
    chance = random.Random(1)
    for number in range(NOTEBOOKS):
        texts = [*_CODE, *chance.choices(_CODE[1:], k=CELLS - len(_CODE))]
        if number % 8 == 0:
            texts[chance.randrange(len(texts))] += "\n" + _FAULT
        cells = [cell for count, text in enumerate(texts, 1) for cell in _cells(count, text)]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"made-{number:03}.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return folder


def _cells(count: int, text: str) -> Iterator[dict[str, Any]]:
    yield {
        "cell_type": "markdown",
        "id": f"m{count}",
        "metadata": {},
        "source": ["## A title\n", "and some words"],
    }
    shown = {
        "output_type": "stream",
        "name": "stdout",
        "text": [f"line {n} of the output\n" for n in range(20)],
    }
    picture = {"image/png": "iVBORw0KGgo" + "A" * 8000, "text/plain": ["<Figure size 640x480 with 1 Axes>"]}
    drawn = {"output_type": "display_data", "data": picture, "metadata": {}}
    yield {
        "cell_type": "code",
        "id": f"c{count}",
        "metadata": {},
        "execution_count": count,
        "source": text.splitlines(keepends=True),
        "outputs": [shown, *([drawn] if "plt.show" in text else [])],
    }


if __name__ == "__main__":
    main()

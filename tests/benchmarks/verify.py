"""``cellgraph verify`` beside plain execution with nbclient and beside nbval, for ``tests.benchmarks.check``.

Each runs the same sound notebooks, one after another, in a process of its own, and the processor time of
that and of its kernels is taken. Plain execution compares nothing: it is what the others cost at least.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_RUN = """\
import sys, nbformat
from nbclient import NotebookClient
for path in sys.argv[1:]:
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, kernel_name="python3").execute()
    {save}
"""
_REAPER = """\
import ctypes, os, resource, subprocess, sys
if sys.platform == "linux":  # orphans become children of this process
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
"""
PLAIN = _RUN.format(save="")
SAVING = _RUN.format(save="nbformat.write(notebook, path)")

_FRAMES = """\
import numpy as np
import pandas as pd
rng = np.random.default_rng(3)
---
df = pd.DataFrame({'kind': rng.choice(list('abc'), 200_000), 'price': rng.gamma(2, 10, 200_000)})
df.head()
---
df.groupby('kind').price.agg(['mean', 'std', 'count'])
---
df['rank'] = df.groupby('kind').price.rank()
df.describe()
---
print(df.shape, round(df.price.sum(), 6))
---
np.float64(2.5), np.arange(5), df.price.mean()
"""
_LOOPS = """\
import random, time
from collections import Counter
random.seed(1)
---
%%time
total = 0
for n in range(1_500_000):
    total += n % 7
---
print(total)
words = [random.choice('abcdef') for _ in range(100_000)]
Counter(words).most_common(3)
---
class Point:
    def __init__(self, x):
        self.x = x
Point(3)
---
{'pear', 'apple', 'fig'}
"""
_FIGURES = """\
import matplotlib.pyplot as plt
import numpy as np
%matplotlib inline
---
x = np.linspace(0, 10, 400)
fig, ax = plt.subplots()
ax.plot(x, np.sin(x))
---
plt.hist(np.cos(x), bins=20)
---
print(np.sin(x).sum().round(8))
---
%timeit -n 3 -r 3 sum(range(1000))
"""
KINDS = {"frames": _FRAMES, "loops": _LOOPS, "figures": _FIGURES}


@dataclass(frozen=True)
class Cost:
    """What one took for all notebooks, in seconds of processor time, and how many it calls different."""

    name: str
    notebooks: int
    seconds: float
    different: int | None = None

    def told(self, plain: Cost) -> str:
        """A line of the table."""
        found = "" if self.different is None else f"{self.different / self.notebooks:7.0%} called different"
        pace = (
            f"{self.notebooks:6} notebooks{self.seconds:8.2f} s{self.notebooks / self.seconds:9.2f} a second"
        )
        return f"{self.name:<26}{pace}{self.seconds / plain.seconds:7.2f}x plain{found}"


def costs(copies: int) -> Iterator[Cost]:
    """Plain execution first, then ``cellgraph verify`` and, where it is installed, nbval."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [_made(Path(folder), name, copy) for copy in range(copies) for name in KINDS]
        _seconds([sys.executable, "-c", SAVING, *paths])
        yield Cost("plain execution, nbclient", len(paths), _seconds([sys.executable, "-c", PLAIN, *paths]))
        report = Path(folder, "verify.json")
        verify = [sys.executable, "-m", "cellgraph", "verify", "-q", "--json", "-o", str(report)]
        seconds = _seconds([*verify, *paths])
        found = json.loads(report.read_text(encoding="utf-8"))["notebooks"]
        failed = sum(one["verdict"] not in ("same", "volatile only") for one in found)
        yield Cost("cellgraph verify", len(paths), seconds, failed)
        if _has_nbval():
            junit = Path(folder, "nbval.xml")
            nbval = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-n", "0"]
            seconds = _seconds([*nbval, "--rootdir", folder, f"--junit-xml={junit}", *paths])
            yield Cost("nbval", len(paths), seconds, len(_failed_by_nbval(junit)))


def _made(folder: Path, name: str, copy: int) -> str:
    """A notebook with the texts of one kind, not run yet."""
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    texts = KINDS[name].split("---\n")
    cells = [{**empty, "id": f"c{number}", "source": text.strip()} for number, text in enumerate(texts)]
    path = folder / f"{name}-{copy}.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return str(path)


def _seconds(command: Sequence[str]) -> float:
    """The processor time of a command and of all processes below it, also of those that outlive it."""
    reaper = [sys.executable, "-c", _REAPER, *command]
    done = subprocess.run(reaper, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _has_nbval() -> bool:
    from importlib.util import find_spec

    return find_spec("nbval") is not None


def _failed_by_nbval(report: Path) -> set[str]:
    """The notebooks of which nbval fails at least one cell."""
    cases = ET.parse(report).getroot().iter("testcase")
    return {case.get("classname", "") for case in cases if case.find("failure") is not None}


def lines(copies: int) -> Iterator[str]:
    """The table, line by line."""
    plain: Cost | None = None
    for cost in costs(copies):
        plain = plain or cost
        yield cost.told(plain)

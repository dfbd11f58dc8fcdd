"""``python -m tests.verification.why``: how often ``cellgraph verify`` names the input that was changed.

Notebooks of usual patterns are run, then one of their inputs is changed (a data file, a constant or a seed in
a cell's text, an installed package), and then they are verified: with a stamp, with a ledger, and with
neither. Without a record there is no proof, and so two things are counted: whether the input is named first,
and whether it is among those that are named at all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from cellgraph.cli import main as cellgraph
from cellgraph.notebooks.verification.run import verify
from cellgraph.notebooks.verification.verdicts import REPRODUCED, NotebookVerdict

InputKind = Literal["file", "constant", "seed", "package"]
RecordKind = Literal["stamp", "ledger", "neither"]
NAME = "n.executed.ipynb"
SITE = "lib/python/site-packages"
"""Where the package is, below the folder of a trial: a folder of libraries by its name."""


@dataclass(frozen=True)
class Edit:
    """A text in a cell, from 1, and what comes into its place. ``words``: what names it in an answer."""

    cell: int
    old: str
    new: str
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Subject:
    """A notebook with its surroundings, and how each of its inputs can be changed.

    ``package`` is the module of an installed package: its former and its new text. ``data`` gives a file's
    new text; the file is named in ``files``.
    """

    name: str
    cells: Sequence[str]
    files: Mapping[str, str]
    data: tuple[str, str] | None = None
    constant: Edit | None = None
    seed: Edit | None = None
    package: tuple[str, str] | None = None

    def kinds(self) -> Iterator[InputKind]:
        """What of it can be changed."""
        given = {"file": self.data, "constant": self.constant, "seed": self.seed, "package": self.package}
        return (kind for kind in get_args(InputKind) if given[kind] is not None)


_SCALE = ("def scaled(x):\n    return x * 2\n", "def scaled(x):\n    return x * 3\n")
_ROUND = (
    "class Scale:\n    step = 0.5\n    def to(self, x):\n        return round(x / self.step) * self.step\n",
    "class Scale:\n    step = 0.25\n    def to(self, x):\n        return round(x / self.step) * self.step\n",
)
_SIMULATE = """\
def simulate(n, start=0.0, step=0.1):
    x = start
    for _ in range(n):
        x += random.gauss(step, 1)
    return x"""
_TABLE = """\
lines = [line.split(',') for line in open('rows.csv')]
db = sqlite3.connect(':memory:')
db.execute('create table t (year int, value int)')
db.executemany('insert into t values (?, ?)', lines)
db.commit()"""
SUBJECTS = (
    Subject(
        "script",
        (
            "import csv, random\nfrom gauge import scaled\nLIMIT = 4\nTITLE = 'rows'",
            "rows = [int(row[0]) for row in csv.reader(open('data.csv'))]",
            "random.seed(7)\nnoise = [random.random() for _ in rows]",
            "kept = [row for row in rows if row < LIMIT]\nprint(TITLE, len(kept))",
            "total = sum(scaled(row) for row in kept)\nprint(total)",
            "print(sum(noise) > 0, round(sum(noise), 6))",
        ),
        {"data.csv": "1\n2\n3\n9\n"},
        ("data.csv", "1\n2\n"),
        Edit(1, "LIMIT = 4", "LIMIT = 3", ("cell 1", "LIMIT")),
        Edit(3, "seed(7)", "seed(8)", ("cell 3", "random")),
        _SCALE,
    ),
    Subject(
        "frame",
        (
            "import pandas as pd\nimport numpy as np\nimport gauge",
            "df = pd.read_csv('sales.csv')\ndf.head()",
            "np.random.seed(0)\ndf['noise'] = np.random.normal(size=len(df))",
            "rate = 1.19\ndf['gross'] = df.price * rate\ndf['scaled'] = gauge.scaled(df.price)",
            "df.groupby('kind').gross.sum()",
            "df.scaled.describe()",
            "df.noise.mean()",
        ),
        {"sales.csv": "price,kind\n1,a\n2,b\n3,a\n4,b\n"},
        ("sales.csv", "price,kind\n1,a\n2,b\n3,a\n5,b\n"),
        Edit(4, "rate = 1.19", "rate = 1.07", ("cell 4", "rate")),
        Edit(3, "seed(0)", "seed(1)", ("cell 3", "numpy")),
        _SCALE,
    ),
    Subject(
        "functions",
        (
            "import json\nfrom pathlib import Path\nimport random\nfrom gauge import Scale",
            "config = json.loads(Path('config.json').read_text())\nconfig",
            _SIMULATE,
            "random.seed(config['seed'] + 1)\nwalks = [simulate(10) for _ in range(5)]",
            "scale = Scale()\n[scale.to(walk) for walk in walks]",
            "max(walks) - min(walks)",
        ),
        {"config.json": '{"seed": 3}'},
        ("config.json", '{"seed": 4}'),
        Edit(3, "step=0.1", "step=0.7", ("cell 3", "simulate")),
        Edit(4, "+ 1", "+ 2", ("cell 4", "random")),
        _ROUND,
    ),
    Subject(
        "words",
        (
            "from collections import Counter\nimport random, gauge",
            "STOP = {'the', 'a'}",
            "with open('text.txt') as file:\n    words = file.read().lower().split()",
            "counts = Counter(word for word in words if word not in STOP)",
            "print(*counts.most_common(3), sep='\\n')",
            "rng = random.Random(5)\nprint(rng.sample(words, 3))",
            "print(gauge.scaled(len(words)))",
        ),
        {"text.txt": "the cat and the dog and a bird and the cat sat"},
        ("text.txt", "the cat and the dog and a bird and the dog sat"),
        Edit(2, "'a'", "'and'", ("cell 2", "STOP")),
        Edit(6, "Random(5)", "Random(6)", ("cell 6", "rng")),
        _SCALE,
    ),
    Subject(
        "arrays",
        (
            "import numpy as np\nfrom gauge import scaled as s",
            "points = np.loadtxt('points.txt')",
            "rng = np.random.default_rng(42)\nnoisy = points + rng.normal(size=points.shape)",
            "def fit(x, degree=2):\n    return np.polyfit(np.arange(len(x)), x, degree)",
            "print(fit(points).round(4))",
            "print(fit(noisy).round(4))",
            "s(points).sum()",
        ),
        {"points.txt": "1\n4\n9\n16\n25\n"},
        ("points.txt", "1\n4\n9\n16\n26\n"),
        Edit(4, "degree=2", "degree=1", ("cell 4", "fit")),
        Edit(3, "default_rng(42)", "default_rng(43)", ("cell 3", "rng", "noisy")),
        _SCALE,
    ),
    Subject(
        "helpers",
        (
            "from helpers import clean\nimport pickle, random",
            "rows = clean(open('raw.txt').read())",
            "random.seed(1)\nrandom.shuffle(rows)",
            "WEIGHTS = [1, 2, 3]\nscore = sum(w * len(row) for w, row in zip(WEIGHTS, rows))",
            "rows",
            "score",
        ),
        {
            "raw.txt": "one,two,three,four,five,six",
            "helpers.py": "def clean(text):\n    return [part.strip() for part in text.split(',')]\n",
        },
        ("helpers.py", "def clean(text):\n    return [part.strip().upper() for part in text.split(',')]\n"),
        Edit(4, "[1, 2, 3]", "[1, 2, 5]", ("cell 4", "WEIGHTS")),
        Edit(3, "seed(1)", "seed(2)", ("cell 3", "random")),
    ),
    Subject(
        "tables",
        (
            "import sqlite3\nimport gauge",
            "YEAR = 2020",
            _TABLE,
            "found = db.execute('select value from t where year >= ?', (YEAR,)).fetchall()",
            "print(found)",
            "print(gauge.scaled(len(lines)))",
        ),
        {"rows.csv": "2019,1\n2020,2\n2021,3\n"},
        ("rows.csv", "2019,1\n2020,2\n2021,4\n"),
        Edit(2, "2020", "2021", ("cell 2", "YEAR")),
        None,
        _SCALE,
    ),
    Subject(
        "folder",
        (
            "import glob, os\nimport gauge as g\nimport random",
            "parts = {os.path.basename(p): open(p).read() for p in sorted(glob.glob('data/*.txt'))}",
            "total = sum(int(text) for text in parts.values())\nprint(list(parts), total)",
            "class Model:\n    rate = 0.5\n    def run(self, x):\n        return x * self.rate",
            "model = Model()\nprint(model.run(total))",
            "random.seed('x')\nsample = random.choices(range(1000), k=4)\nprint(sample)",
            "g.scaled(total)",
        ),
        {"data/a.txt": "1", "data/b.txt": "2"},
        ("data/b.txt", "5"),
        Edit(4, "rate = 0.5", "rate = 0.75", ("cell 4", "Model")),
        Edit(6, "seed('x')", "seed('y')", ("cell 6", "random")),
        _SCALE,
    ),
)


@dataclass(frozen=True)
class Trial:
    """One changed input. ``first``: it is the one that is named; ``named``: it is among those named."""

    subject: str
    kind: InputKind
    record: RecordKind
    told: bool
    first: bool
    named: bool
    answer: str


def trials(
    subjects: Sequence[Subject], records: Sequence[RecordKind], kinds: Sequence[InputKind]
) -> Iterator[Trial]:
    """Run, change and verify: every subject with every kind of record and each kind of input."""
    for subject in subjects:
        for record in records:
            with tempfile.TemporaryDirectory() as folder:
                made = _made(subject, record, Path(folder, "saved"))
                for kind in kinds:
                    if kind in subject.kinds():
                        yield _trial(subject, kind, record, made, Path(folder, kind))


def _trial(subject: Subject, kind: InputKind, record: RecordKind, made: Path, place: Path) -> Trial:
    shutil.copytree(made, place)
    _change(subject, kind, place)
    with _libraries(place / SITE):
        found = verify(place / "work" / NAME)
    first, named = _is_named(subject, kind, found)
    answer = f"{found.verdict}: {found.why.message if found.why is not None else found.reason}"
    return Trial(subject.name, kind, record, found.verdict not in REPRODUCED, first, named, answer)


def _made(subject: Subject, record: RecordKind, folder: Path) -> Path:
    """A folder with the notebook, run, and what it needs. All files are older than the notebook."""
    work = folder / "work"
    for name, text in subject.files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    if subject.package is not None:
        _install(folder / SITE, subject.package[0], "1.0")
    path = work / "n.ipynb"
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in subject.cells])
    nbformat.write(notebook, path)
    with _libraries(folder / SITE):
        if record == "neither":
            NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": work}}).execute()
            nbformat.write(notebook, work / NAME)
        else:
            more = ["--stamp"] if record == "stamp" else []
            code = cellgraph(["run", str(path), "-q", *more])
            assert code in (0, 1), f"{subject.name} does not run"
            if record == "stamp":
                (work / "n.ledger.jsonl").unlink()
    return folder


def _install(site: Path, text: str, version: str) -> None:
    """A package with the module ``gauge``, as pip leaves it."""
    shutil.rmtree(site, ignore_errors=True)
    (site / "gauge").mkdir(parents=True)
    (site / "gauge/__init__.py").write_text(text)
    about = site / f"gauge-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gauge\nVersion: {version}\n")
    (about / "RECORD").write_text("gauge/__init__.py,,\n")
    (about / "top_level.txt").write_text("gauge\n")


@contextmanager
def _libraries(site: Path) -> Iterator[None]:
    """Kernels and this process find the packages of a folder."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(site), before]))
    sys.path.insert(0, str(site))
    try:
        yield
    finally:
        sys.path.remove(str(site))
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _change(subject: Subject, kind: InputKind, place: Path) -> None:
    path = place / "work" / NAME
    if kind == "file" and subject.data is not None:
        name, text = subject.data
        (place / "work" / name).write_text(text)
    elif kind == "package" and subject.package is not None:
        _install(place / SITE, subject.package[1], "2.0")
    else:
        edit = subject.constant if kind == "constant" else subject.seed
        assert edit is not None
        notebook = nbformat.read(path, 4)
        cell = notebook.cells[edit.cell - 1]
        assert edit.old in cell.source, (subject.name, kind)
        cell.source = cell.source.replace(edit.old, edit.new)
        nbformat.write(notebook, path)


def _is_named(subject: Subject, kind: InputKind, found: NotebookVerdict) -> tuple[bool, bool]:
    """Whether the input is the one that is named, and whether it is named at all."""
    why = found.why
    if why is None:
        return False, False
    if kind == "file" and subject.data is not None:
        words: Sequence[str] = (subject.data[0],)
    elif kind == "package":
        words = ("gauge",)
    else:
        edit = subject.constant if kind == "constant" else subject.seed
        assert edit is not None
        words = edit.words
    first = any(word in why.name for word in words)
    return first, first or any(word in why.message for word in words)


def main() -> int:
    """Print the share of the inputs that are named, by the record and by the kind of input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subjects", nargs="*", help="by their names; all of them without")
    parser.add_argument("--record", choices=get_args(RecordKind), action="append")
    parser.add_argument("--input", choices=get_args(InputKind), action="append")
    parser.add_argument("-v", "--verbose", action="store_true", help="each answer")
    options = parser.parse_args()
    begun = time.process_time()
    chosen = [one for one in SUBJECTS if not options.subjects or one.name in options.subjects]
    done: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    records, kinds = options.record or get_args(RecordKind), options.input or get_args(InputKind)
    for trial in trials(chosen, records, kinds):
        done[trial.record, trial.kind].append(trial)
        if options.verbose or not trial.first:
            print(f"{trial.subject}, {trial.kind}, {trial.record}: {trial.answer}", flush=True)
    for (record, kind), found in done.items():
        print(f"{record:<8} {kind:<9} {_shares(found)}")
    for record in records:
        of_record = [one for found in done.values() for one in found if one.record == record]
        print(f"{record:<8} {'all':<9} {_shares(of_record)}")
    print(f"{'all':<18} {_shares([one for found in done.values() for one in found])}")
    print(f"{time.process_time() - begun:.0f} s of this process")
    return 0


def _shares(found: Sequence[Trial]) -> str:
    first, named = sum(one.first for one in found), sum(one.named for one in found)
    told = sum(one.told for one in found)
    counts = f"{len(found):3} changed, {told:3} told, {first:3} named first, {named:3} named"
    return f"{counts}: {named / len(found):.2f}"


if __name__ == "__main__":
    sys.exit(main())

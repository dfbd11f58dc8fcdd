"""Slices of written notebooks of many kinds: they have what is needed, no more, and run by themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cellgraph.notebooks.checks.document import Document, from_json
from cellgraph.notebooks.static_slice import notebook_slice
from tests.cases.slices import CASES, Case

_WORKER = """
import contextlib, hashlib, io, json, os, runpy, sys
from pathlib import Path
from cellgraph.digest import Digester

answers = {}
for place in map(Path, json.loads(sys.stdin.read())):
    os.chdir(place)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
        sys.modules["matplotlib"].rcdefaults()
    wanted = Path("wanted").read_text()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            found = runpy.run_path("code.py", run_name="__main__")
        if wanted.endswith(".npz"):
            with found["np"].load(wanted) as arrays:
                answers[str(place)] = Digester(10).look(dict(arrays)).digest.value
        elif "." in wanted:
            answers[str(place)] = hashlib.sha256(Path(wanted).read_bytes()).hexdigest()
        else:
            answers[str(place)] = Digester(10).look(found[wanted]).digest.value
    except BaseException as error:
        answers[str(place)] = f"{place}: {error!r}"
print(json.dumps(answers))
"""


def document(case: Case) -> Document:
    """The notebook as it is read from a file."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for n, text in enumerate(case.plain)
    ]
    raw = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return from_json("case.ipynb", json.dumps(raw), raw)


def sliced(case: Case) -> str:
    """The script for what is wanted."""
    name = f"file:{case.wanted}" if "." in case.wanted else case.wanted
    return notebook_slice(document(case), name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_slice_has_what_is_needed_and_no_more(case: Case) -> None:
    """From the text alone. Imports may be cut: their lines count by the names that are used."""
    text = sliced(case)
    lines = text.split("\n")
    # What one search was given the other is given too: a slice cannot know that it is copied.
    extra = [line for line in case.unneeded if line in lines]
    assert len(extra) <= case.most, f"{extra}\n{text}"
    code = [line for line in case.needed if not line.startswith(("import ", "from ", "%"))]
    assert [line for line in code if line not in lines] == [], text


@pytest.mark.slow
def test_a_slice_makes_the_same_by_itself(tmp_path: Path) -> None:
    """The same value, or the same file, as all cells make; in another process."""
    cases = [case for case in CASES if all(find_spec(name) is not None for name in case.needs)]
    places: list[str] = []
    for number, case in enumerate(cases):
        whole = "\n".join(case.plain).replace("%time ", "")
        for kind, text in (("whole", whole), ("slice", sliced(case))):
            folder = tmp_path / f"{number}-{kind}"
            folder.mkdir()
            (folder / "code.py").write_text(text)
            (folder / "wanted").write_text(case.wanted)
            places.append(str(folder))
    done = subprocess.run(
        [sys.executable, "-c", _WORKER],
        input=json.dumps(places),
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = list(json.loads(done.stdout).values())
    differ = [
        f"{case}: {whole} {other}"
        for case, whole, other in zip(cases, answers[::2], answers[1::2], strict=True)
        if whole != other or " " in whole
    ]
    assert differ == []

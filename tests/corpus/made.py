"""Notebooks shaped like those that people publish: every format, odd files, and what cells do in them.

Each is what a person could have written, and says how ``cellgraph run`` has to end on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Cell = dict[str, Any]

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()"
PYTHON_2 = {"kernelspec": {"name": "python2", "display_name": "Python 2", "language": "python"}}
CONDA = {"kernelspec": {"name": "conda-env-ds-py", "display_name": "Python [conda env:ds]"}}


@dataclass(frozen=True)
class Made:
    """One notebook. ``exit`` is the exit code that ``cellgraph run`` has to give on it."""

    name: str
    cells: tuple[Cell | str, ...]
    version: str = "4.4"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    exit: int = 0
    says: str = ""
    """A part of what is said on standard error."""
    twice: bool = False
    """Whether its outputs vary by themselves, so that it takes two plain runs to know which."""

    def write(self, folder: Path) -> Path:
        """The notebook as a file in ``folder``."""
        path = folder / f"{self.name.replace(' ', '_')}.ipynb"
        path.write_text(json.dumps(self._document()), encoding="utf-8")
        return path

    def _document(self) -> dict[str, Any]:
        major, _, minor = self.version.partition(".")
        cells = [code(cell) if isinstance(cell, str) else cell for cell in self.cells]
        head = {"metadata": dict(self.metadata), "nbformat": int(major)}
        if major == "4":
            return {**head, "nbformat_minor": int(minor), "cells": cells}
        sheet = {"cells": [_old(cell) for cell in cells], "metadata": {}}
        return {**head, **({"nbformat_minor": 0} if major == "3" else {}), "worksheets": [sheet]}


def code(source: str | list[str], *tags: str, **fields: Any) -> Cell:
    """A code cell of format 4."""
    metadata = {"tags": list(tags)} if tags else {}
    cell = {"cell_type": "code", "source": source, "metadata": metadata}
    return {**cell, "outputs": [], "execution_count": None, **fields}


def text(source: str, kind: str = "markdown", **fields: Any) -> Cell:
    """A cell that is not run."""
    return {"cell_type": kind, "source": source, "metadata": {}, **fields}


def _old(cell: Cell) -> Cell:
    """A cell as formats 2 and 3 have it."""
    if cell["cell_type"] != "code":
        return cell
    return {
        "cell_type": "code",
        "input": cell["source"],
        "language": "python",
        "metadata": {},
        "outputs": [{"output_type": "pyout", "prompt_number": 9, "text": ["of an earlier run"]}],
        "prompt_number": 9,
        "collapsed": False,
    }


FRAME = "import pandas as pd\ndf = pd.DataFrame({'city': list('abcabc'), 'price': [3, 1, 4, 1, 5, 9]})"

MADE = (
    # -- what data scientists do ------------------------------------------------------------------
    Made(
        "numpy lecture",
        ("import numpy as np", "a = np.arange(6).reshape(2, 3)\na", "a.T @ a", "a.mean(0)"),
        "4.0",
    ),
    Made(
        "exploring a table",
        (
            text("# Prices"),
            "%matplotlib inline\nimport matplotlib.pyplot as plt",
            FRAME,
            "df.head()",
            "df.describe()",
            "df.groupby('city').price.mean().plot.bar()\nplt.show()",
            "df['dear'] = df.price > df.price.median()",
            "df = df[df.dear]\ndf",
            "df.to_csv('dear.csv', index=False)\npd.read_csv('dear.csv').shape",
        ),
        "4.2",
        PYTHON_2,
        says="kernel 'python2', which the notebook names, is not installed here",
    ),
    Made(
        "training a model",
        (
            "import numpy as np\nfrom sklearn.linear_model import LogisticRegression",
            "from sklearn.model_selection import train_test_split",
            "rng = np.random.default_rng(0)\nX = rng.normal(size=(200, 3))\ny = (X[:, 0] > 0).astype(int)",
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
            "model = LogisticRegression()\nmodel.fit(X_train, y_train)",
            "print(f'accuracy {model.score(X_test, y_test):.3f}')",
            "for C in (1, 10):\n    m = LogisticRegression(C=C).fit(X_train, y_train)\n    print(m.coef_)",
        ),
        metadata=CONDA,
        says="kernel 'conda-env-ds-py', which the notebook names, is not installed here",
    ),
    Made(
        "plots of an old file",
        ("%matplotlib inline", PLOT, "plt.hist([1, 2, 2])\nplt.title('h')", "x = 1\nx"),
        "4.1",
    ),
    Made("pylab", ("%pylab inline", "plot(arange(5))", "sin(0), linspace(0, 1, 3)")),
    Made(
        "classes",
        (
            text("## Inheritance"),
            "class Animal:\n    name = 'It'\n\n    def speak(self):\n        return '...'",
            "class Dog(Animal):\n    def speak(self):\n        return f'{self.name}: woof'",
            "pets = [Dog(), Animal()]",
            "[pet.speak() for pet in pets]",
            "from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n\nP(3) == P(3)",
        ),
    ),
    Made(
        "one name again and again",
        (
            "d = {'a': 1, 'b': [1, 2]}\nd['a']",
            "d = {'b': {'c': 'text'}}\nd['b']['c'].upper()",
            "d = [3, 1, 2]\nd.sort()\nd",
            "for d in range(3):\n    pass\nd",
            "del d",
            "d = (x for x in range(3))\nlist(d)",
        ),
    ),
    Made(
        "files and a database",
        (
            "with open('notes.txt', 'w') as f:\n    f.write('one\\ntwo\\n')",
            "open('notes.txt').read().splitlines()",
            "import sqlite3\ncon = sqlite3.connect(':memory:')\ncur = con.execute('create table t (x)')",
            "con.executemany('insert into t values (?)', [(1,), (2,)])",
            "con.execute('select sum(x) from t').fetchone()",
            "import os\nos.makedirs('out', exist_ok=True)\nos.chdir('out')\nos.path.basename(os.getcwd())",
        ),
    ),
    Made(
        "caches, closures and recursion",
        (
            "from functools import lru_cache, wraps",
            "@lru_cache(maxsize=None)\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)",
            "fib(30)",
            "def twice(f):\n    @wraps(f)\n    def inner(*a):\n        return f(f(*a))\n    return inner",
            "@twice\ndef add(x):\n    return x + step\n\nstep = 2\nadd(1)",
        ),
    ),
    Made(
        "random numbers and the clock",
        (
            "import random, time\nimport numpy as np",
            "random.seed(3)\nrandom.random()",
            "np.random.rand()",
            "time.time()",
            "object()",
            "%timeit -n1 -r1 sum(range(10))",
        ),
        twice=True,
    ),
    Made("a long one", tuple(f"v{n} = {f'v{n - 1} + ' if n else ''}{n}\nv{n}" for n in range(80)), "4.5"),
    # -- what cells show --------------------------------------------------------------------------
    Made(
        "rich displays",
        (
            "from IPython.display import HTML, JSON, SVG, Javascript, Latex, Markdown, display",
            "HTML('<b>bold</b><script>1</script>')",
            'SVG(\'<svg xmlns="http://www.w3.org/2000/svg"><circle r="3"/></svg>\')',
            "display(Latex('$x^2$'), Markdown('*m*'), Javascript('1'), JSON({'a': [1, None]}))",
            "display({'application/vnd.plotly.v1+json': {'data': []}, 'text/plain': 'plot'}, raw=True)",
        ),
        "4.5",
    ),
    Made(
        "widgets",
        (
            "import ipywidgets as w\nslider = w.IntSlider(value=3)",
            "box = w.Output()\nwith box:\n    print('inside')\n1",
            "slider.value = 5\nslider.value",
        ),
    ),
    Made(
        "displays that change",
        (
            "from IPython.display import clear_output, display, update_display",
            "for i in range(3):\n    clear_output(wait=True)\n    print('step', i)",
            "handle = display('first', display_id='here')",
            "update_display('second', display_id='here')",
            "import sys\nprint('out')\nprint('err', file=sys.stderr)\ndisplay('third', display_id='there')",
        ),
    ),
    Made(
        "megabytes of output", ("print('x' * 2_000_000)", "for i in range(20_000):\n    print(i)", "'y' * 10")
    ),
    Made("a blob in a cell", (f"blob = '{'a1' * 50_000}'", "len(blob)", f"# {'=' * 20_000}\nblob[:4]")),
    Made(
        "warnings and logs",
        (
            "import logging, warnings\nwarnings.warn('careful')",
            "logging.warning('told')",
            "import sys\nprint('to stderr', file=sys.stderr)",
            r"pattern = '\d+'" + "\npattern",
        ),
    ),
    Made("all alphabets", ("π = 3.14\nπ", "print('数据', '🧑‍🔬', 'עברית')", "名 = {'é': 1}\n名['é']"), "4.5"),
    # -- what only notebooks have -----------------------------------------------------------------
    Made(
        "magics and shells",
        (
            "!echo hello",
            "%%bash\necho from bash",
            "names = !printf 'a\\nb'\nnames",
            "%%writefile helper.py\nvalue = 42",
            "%run helper.py",
            "value",
            "import helper\nhelper.value",
            "%%capture shown\nprint('hidden')",
            "shown.stdout",
            "%%html\n<i>html</i>",
            "%env CELLGRAPH_TEST=1",
            "len?",
            "%load_ext autoreload\n%autoreload 2",
            "%who_ls int",
            "%lsmagic",
        ),
    ),
    Made(
        "await",
        (
            "import asyncio\nawait asyncio.sleep(0)",
            "async def double(x):\n    return 2 * x\n\nawait double(4)",
            "sum(await asyncio.gather(double(1), double(2)))",
        ),
    ),
    Made(
        "threads",
        (
            "import threading\nseen = []",
            "t = threading.Thread(target=seen.append, args=(1,))\nt.start()\nt.join()",
            "seen",
        ),
    ),
    Made(
        "it loads cellgraph",
        ("%load_ext cellgraph", "x = 1", "y = x + 1\ny", "%reload_ext cellgraph", "y + x"),
    ),
    Made("it starts over", ("x = 1", "%reset -f", "x = 2\nx"), "4.5"),
    Made("nothing to look for", ("import sys\nsys.path.clear()", "import os\nos.environ.clear()", "1 + 1")),
    # -- files that are not as they should be -----------------------------------------------------
    Made(
        "format 3",
        (text("Title", "heading", level=1), text("# text"), "x = 1\nx", PLOT, text("raw", "raw")),
        "3",
        {"name": ""},
    ),
    Made("format 2", (text("# Old"), "x = 2\nprint(x, end='')", "x + 1"), "2", {"name": "old"}),
    Made(
        "cell ids",
        (
            code("x = 1", id="a"),
            text("t", id="a"),
            code("x", id="a"),
            code("y = x", id="not valid!"),
            code("y", id="z" * 80),
            "x",
        ),
        "4.5",
    ),
    Made("ids before their time", (code("x = 1", id="a"), code("x", id="b")), "4.3"),
    Made(
        "metadata of all kinds",
        (
            code("1", collapsed=True, prompt_number=3),
            {**code("2"), "metadata": {"tags": "a,b", "scrolled": "no"}},
            text("b", attachments={"p.png": {"image/png": "iVBORw0KGgo="}}),
            text("c", "heading", level=2),
        ),
        metadata={"kernelspec": 5, "language_info": [], "title": 3},
    ),
    Made(
        "lines",
        (code(["a = 1\n", "a"]), code("b = 2\r\nb\r\n"), code("\n\n"), code("# no code"), code("c = 3;")),
    ),
    Made("text alone", (text("# Only"), text("raw", "raw"))),
    # -- runs that do not go through --------------------------------------------------------------
    Made(
        "errors that are meant",
        (code("1 / 0", "raises-exception"), code("raise ValueError", "skip-execution"), "print('end')"),
        "4.5",
    ),
    Made(
        "an error",
        ("x = 1", "y = x + z", "y"),
        exit=2,
        says="raised NameError: name 'z' is not defined",
    ),
    Made("python 2", ("print 'hello'", "1"), exit=2, says="raised SyntaxError"),
    Made("questions", ("x = 1", "name = input('who? ')"), exit=2, says="asks for input, which nobody"),
    Made(
        "an early end",
        ("import sys", "sys.exit('no data')", "1"),
        exit=2,
        says="raised SystemExit: no data",
    ),
)

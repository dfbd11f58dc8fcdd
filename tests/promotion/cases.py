"""The table of notebooks. A text that begins with ``# md`` is a Markdown cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A notebook: ``wants`` are texts that the module has, ``lacks`` those that it must not have."""

    title: str
    cells: tuple[str, ...]
    targets: tuple[str, ...]
    steps: tuple[str, ...] | None = None
    wants: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    needs: str = ""
    """A library that the notebook imports and that may be missing."""

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True)
class Refused:
    """A notebook that cannot be promoted, and a part of what is said."""

    title: str
    cells: tuple[str, ...]
    targets: tuple[str, ...]
    says: str

    def __str__(self) -> str:
        return self.title


CASES = (
    Case(
        "headings name the steps",
        (
            "# md # Sales",
            "# md ## 1. Load the data",
            "rows = [('a', 3), ('b', 4), ('a', 5)]\nrows.append(('c', 6))",
            "# md ## Sum up",
            "total = {}\nfor key, value in rows:\n    total[key] = total.get(key, 0) + value",
            "total",
        ),
        ("total",),
        steps=("load_the_data", "sum_up"),
    ),
    Case(
        "no headings",
        (
            "import math",
            "xs = [math.sqrt(n) for n in range(20)]",
            "print(xs[:3])",
            "mean = sum(xs) / len(xs)",
            "spread = sum((x - mean) ** 2 for x in xs) / len(xs)",
        ),
        ("mean", "spread"),
        lacks=("print(",),
    ),
    Case(
        "a plot is left out",
        (
            "import matplotlib.pyplot as plt\nimport numpy as np",
            "x = np.linspace(0, 1, 50)\ny = x ** 2",
            "fig, ax = plt.subplots()\nax.plot(x, y)\nplt.show()",
            "area = float(y.sum() / 50)",
        ),
        ("area",),
        lacks=("matplotlib", "subplots"),
        needs="matplotlib",
    ),
    Case(
        "a function that reads a constant",
        ("RATE = 0.2", "def tax(price):\n    return price * RATE", "bill = tax(100) + tax(50)"),
        ("bill",),
        wants=("RATE = 0.2", "def tax(price):"),
    ),
    Case(
        "a function that reads a variable",
        (
            "rates = {'a': 0.1}\nrates['b'] = 0.2",
            "def tax(price, kind):\n    # by kind\n    return price * rates[kind]",
            "def both(price):\n    return tax(price, 'a') + tax(price, 'b',)",
            "bill = both(100)\nbills = list(map(both, [1, 2]))",
        ),
        ("bill", "bills"),
        wants=(
            "def tax(price, kind, *, rates):",
            "tax(price, 'a', rates=rates)",
            "functools.partial(both, rates=rates)",
        ),
    ),
    Case(
        "a function that changes a global",
        (
            "count = 0",
            "def add(n):\n    global count\n    count += n\n    return count",
            "add(2)",
            "last = add(3)",
        ),
        ("last", "count"),
        wants=("nonlocal count",),
    ),
    Case(
        "a variable bound below the function that reads it, and again",
        (
            "def scaled(x):\n    return x * factor",
            "factor = len('ab')",
            "one = scaled(3)",
            "factor = len('abc')",
            "two = scaled(3)",
        ),
        ("one", "two"),
    ),
    Case(
        "classes and inheritance",
        (
            "class Base:\n    def __init__(self, n):\n        self.n = n",
            "class Sum(Base):\n    def add(self, m):\n        self.n += m\n        return self",
            "s = Sum(1)",
            "s.add(4)\ns.add(5)",
            "value = s.n",
        ),
        ("value",),
        wants=("class Sum(Base):",),
    ),
    Case(
        "a decorator with a cache",
        (
            "import functools",
            "@functools.lru_cache(maxsize=None)\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)",
            "numbers = [fib(n) for n in range(15)]",
        ),
        ("numbers",),
    ),
    Case(
        "a loop over models",
        (
            "import numpy as np\nfrom sklearn.linear_model import LinearRegression, Ridge",
            "rng = np.random.default_rng(3)\nX = rng.normal(size=(60, 3))\ny = X @ [1.0, 2.0, 3.0] + rng.normal(size=60)",
            "models = {'ols': LinearRegression(), 'ridge': Ridge(alpha=2.0)}",
            "scores = {}\nfor name, model in models.items():\n    model.fit(X, y)\n    scores[name] = model.score(X, y)",
            "best = max(scores, key=scores.get)",
        ),
        ("scores", "best"),
        wants=("default_rng(seed)", "seed: int = 3"),
        needs="sklearn",
    ),
    Case(
        "files in and out",
        (
            "from pathlib import Path\nimport json",
            "Path('raw.json').write_text('[1, 2, 3]')",
            "data = json.loads(Path('raw.json').read_text())",
            "Path('sum.txt').write_text(str(sum(data)))",
            "total = int(Path('sum.txt').read_text())",
        ),
        ("total",),
        wants=("raw_path: str = 'raw.json'", "sum_path"),
    ),
    Case(
        "seeds of the global generators",
        (
            "import random\nimport numpy as np",
            "random.seed(11)\nnp.random.seed(12)",
            "a = [random.random() for _ in range(3)]",
            "unused = random.random()",
            "b = np.random.rand(2)",
            "c = random.random()",
        ),
        ("b", "c"),
        wants=("random.seed(seed)",),
        needs="numpy",
    ),
    Case(
        "magics",
        (
            "%time squares = [n ** 2 for n in range(10)]",
            "%%time\ntotal = sum(squares)",
            "%env CG_PLACE=here\nimport os",
            "!pip --version",
            "where = os.environ['CG_PLACE']",
            "names = !echo one two",
        ),
        ("total", "where", "names"),
        wants=("os.environ['CG_PLACE'] = 'here'", "subprocess.run"),
        lacks=("%", "get_ipython"),
    ),
    Case(
        "%pylab",
        ("%pylab inline", "x = linspace(0, pi, 20)\ny = sin(x)", "plot(x, y)", "top = y.max()"),
        ("top",),
        wants=("from numpy import linspace",),
        lacks=("import *", "plot("),
        needs="matplotlib",
    ),
    Case(
        "star imports",
        (
            "from math import *\nfrom itertools import *",
            "pairs = list(combinations([1, 2, 3], 2))",
            "length = sqrt(sum(a * b for a, b in pairs))",
        ),
        ("length",),
        wants=("from itertools import combinations", "from math import sqrt"),
        lacks=("import *",),
    ),
    Case(
        "aliases and changes in place",
        (
            "items = [[1], [2]]\nfirst = items[0]",
            "first.append(5)",
            "other = items",
            "other.append([9])",
            "flat = [n for row in items for n in row]",
        ),
        ("flat", "items"),
    ),
    Case(
        "branches, try and with",
        (
            "import contextlib\nimport warnings",
            "try:\n    import not_there\nexcept ImportError:\n    not_there = None",
            "if not_there is None:\n    mode = 'plain'\nelse:\n    mode = 'rich'",
            "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    value = mode.upper()",
            "with contextlib.suppress(KeyError):\n    value = {}['x']",
        ),
        ("value",),
    ),
    Case(
        "a name bound to several things",
        ("import time", "start = time.time() * 0", "time = 5", "end = start + time"),
        ("end",),
    ),
    Case(
        "deleted names",
        ("a = list(range(5))\nb = a[1:]", "del a", "a = len(b)", "c = a + 1"),
        ("c",),
    ),
    Case(
        "strings of several lines",
        (
            "text = '''one\n  two\n# three\n'''",
            "def lines(t):\n    return f'''{t}\n    end'''.splitlines()",
            "count = len(lines(text))",
            'words = [w for w in text.split()]\nblock = """x\n   y""" + words[0]',
        ),
        ("count", "block"),
    ),
    Case(
        "pandas",
        (
            "import pandas as pd",
            "df = pd.DataFrame({'k': ['a', 'b', 'a'], 'v': [1, 2, 3]})",
            "df.head()",
            "df['w'] = df['v'] * 2",
            "df.describe()",
            "table = df.groupby('k')['w'].sum()",
        ),
        ("table",),
        wants=("-> pd.Series",),
        lacks=("describe", "head"),
        needs="pandas",
    ),
    Case(
        "polars",
        (
            "import polars as pl",
            "df = pl.DataFrame({'k': ['a', 'b', 'a'], 'v': [1, 2, 3]})",
            "df.head()",
            "out = df.group_by('k').agg(pl.col('v').sum()).sort('k')",
        ),
        ("out",),
        wants=("pl.DataFrame",),
        needs="polars",
    ),
    Case(
        "sqlite",
        (
            "import sqlite3",
            "con = sqlite3.connect(':memory:')\ncon.execute('create table t (a int)')",
            "con.executemany('insert into t values (?)', [(1,), (2,)])\ncon.commit()",
            "rows = con.execute('select sum(a) from t').fetchall()",
        ),
        ("rows",),
        needs="sqlite3",
    ),
    Case(
        "duckdb reads a variable by its name",
        (
            "import duckdb\nimport pandas as pd",
            "frame = pd.DataFrame({'a': [1, 2, 3]})",
            "total = duckdb.sql('select sum(a) as s from frame').fetchall()",
        ),
        ("total",),
        needs="duckdb",
    ),
    Case(
        "async",
        (
            "import asyncio",
            "async def twice(n):\n    await asyncio.sleep(0)\n    return n * 2",
            "first = await twice(4)",
            "both = await asyncio.gather(twice(1), twice(first))",
        ),
        ("both",),
        wants=("asyncio.run(",),
    ),
    Case(
        "torch",
        (
            "import torch\nfrom torch import nn",
            "torch.manual_seed(5)",
            "net = nn.Linear(2, 1)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)",
            "x = torch.ones(4, 2)\nfor _ in range(3):\n    opt.zero_grad()\n    loss = (net(x) ** 2).mean()\n    loss.backward()\n    opt.step()",
            "final = float(loss)",
        ),
        ("final",),
        wants=("torch.manual_seed(seed)",),
        needs="torch",
    ),
    Case(
        "many settings",
        tuple(f"option_{n} = {n}" for n in range(9))
        + ("total = " + " + ".join(f"option_{n}" for n in range(9)),),
        ("total",),
        wants=("settings: Settings", "settings.option_3"),
    ),
    Case(
        "a notebook's own main and settings",
        (
            "settings = {'n': 3}\nsettings['m'] = 4",
            "def main():\n    return 7",
            "result = main() + settings['n']",
        ),
        ("result",),
    ),
    Case(
        "lambdas and closures",
        (
            "base = [1]\nbase.append(2)",
            "add = lambda x: x + base[-1]",
            "def maker(k):\n    def inner(v):\n        return v * k\n    return inner",
            "times = maker(3)",
            "base.append(10)",
            "out = [add(1), times(2)]",
        ),
        ("out",),
    ),
    Case(
        "comments and markdown with quotes",
        (
            '# md ## Load "it"\n\nA path is `C:\\data`, and *more* "text".\n\n| a | b |\n|---|---|\n| 1 | 2 |',
            "# what is read\nraw = ['1', '2']  # two\nraw.reverse()",
            "numbers = [int(r) for r in raw]",
        ),
        ("numbers",),
        wants=("# what is read",),
    ),
)

REFUSED = (
    Refused("not Python", ("x = 1", "def broken(:"), ("x",), "cell 2 is not valid Python"),
    Refused("does not run", ("x = 1", "y = undefined_name"), ("y",), "cell 2 raised NameError"),
    Refused("no such name", ("model = [1]",), ("modle",), "did you mean model?"),
    Refused("exec", ("exec('x = 1')", "y = x + 1"), ("y",), "uses exec()"),
    Refused("a result by its number", ("[1, 2]", "y = _ + [3]"), ("y",), "bind that to a name"),
    Refused("a secret", ("password = 'AKIAIOSFODNN7EXAMPLQ'\nx = 1",), ("x",), "secret"),
    Refused("nothing but pictures", ("print(1)",), (), "no result"),
)

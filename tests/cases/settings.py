"""Sessions that set options of the process and draw random numbers: each runs in a process of its own.

``findings`` of a case are its warnings only. Cells that libraries are loaded by matter here, so none is
loaded before.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.cases.findings import Action, edit, order, run


@dataclass(frozen=True)
class Case:
    """What was done, the warnings after it, the cells to run, and the warnings that are left then."""

    name: str
    actions: tuple[Action, ...]
    findings: str = ""
    stale: str = ""
    left: str = ""
    needs: str = ""

    def __str__(self) -> str:
        return self.name


def _mpl(*actions: Action) -> tuple[Action, ...]:
    return (run("m", "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt"), *actions)


def _np(*actions: Action) -> tuple[Action, ...]:
    return (run("n", "import numpy as np"), *actions)


def _pd(*actions: Action) -> tuple[Action, ...]:
    return (run("p", "import pandas as pd; df = pd.DataFrame({'v': range(90)})"), *actions)


_SIZE = run("a", "plt.rcParams['figure.figsize'] = (4, 3)")
_OTHER = run("a", "plt.rcParams['figure.figsize'] = (8, 6)")
_NONE = run("a", "pass")
_FIG = run("b", "fig, ax = plt.subplots(); s = fig.get_size_inches()")
_USE = run("u", "t = tuple(s)")
_SEED = run("a", "np.random.seed(0)")
_DRAW = run("b", "x = np.random.rand()")
_DRAWN = run("c", "y = x + 1")

TELLING: tuple[Case, ...] = (
    # matplotlib.
    Case(
        "rcParams set to another value",
        _mpl(_SIZE, _FIG, _USE, _OTHER),
        "b:CG101 u:CG102",
        "b u",
        "",
        "matplotlib",
    ),
    Case("rcParams no longer set", _mpl(_SIZE, _FIG, _NONE), "b:CG105", "", "", "matplotlib"),
    Case(
        "rcParams no longer set, reader again",
        _mpl(_SIZE, _FIG, _NONE, run("b")),
        "b:CG105",
        "",
        "",
        "matplotlib",
    ),
    Case("rcParams set below, reader again", _mpl(_FIG, _SIZE, run("b")), "b:CG103", "", "", "matplotlib"),
    Case(
        "rcParams set above later", _mpl(_FIG, _SIZE, order("m", "a", "b")), "b:CG101", "b", "", "matplotlib"
    ),
    Case(
        "two cells that set rcParams, swapped",
        _mpl(_SIZE, run("c", "plt.rcParams['figure.figsize'] = (8, 6)"), _FIG, order("m", "c", "a", "b")),
        "b:CG103",
        "a b",
        "",
        "matplotlib",
    ),
    Case(
        "the cell that set rcParams is deleted",
        _mpl(_SIZE, _FIG, order("m", "b")),
        "b:CG104",
        "",
        "",
        "matplotlib",
    ),
    Case(
        "rcParams set from a variable",
        _mpl(
            run("z", "size = (4, 3)"),
            run("a", "plt.rcParams['figure.figsize'] = size"),
            _FIG,
            run("z", "size = (5, 3)"),
        ),
        "a:CG101 b:CG102",
        "a b",
        "",
        "matplotlib",
    ),
    Case(
        "rcParams set after the figure of the same cell, twice",
        _mpl(run("b", "fig, ax = plt.subplots()\nplt.rcParams['figure.figsize'] = (4, 3)"), run("b")),
        "b:CG106",
        "",
        "",
        "matplotlib",
    ),
    Case(
        "rc()",
        _mpl(
            run("a", "plt.rc('lines', linewidth=3)"),
            run("b", "w = plt.figure().subplots().plot([1])[0].get_linewidth()"),
            run("a", "plt.rc('lines', linewidth=5)"),
        ),
        "b:CG101",
        "b",
        "",
        "matplotlib",
    ),
    Case(
        "rcParams.update",
        _mpl(
            run("a", "plt.rcParams.update({'font.size': 9})"),
            _FIG,
            run("a", "plt.rcParams.update({'font.size': 19})"),
        ),
        "b:CG101",
        "b",
        "",
        "matplotlib",
    ),
    Case(
        "another style",
        _mpl(run("a", "plt.style.use('ggplot')"), _FIG, run("a", "plt.style.use('dark_background')")),
        "b:CG105",
        "",
        "",
        "matplotlib",
    ),
    Case(
        "a style no longer used",
        _mpl(run("a", "plt.style.use('ggplot')"), _FIG, _NONE),
        "b:CG105",
        "",
        "",
        "matplotlib",
    ),
    Case(
        "rcdefaults below, reader again",
        _mpl(_SIZE, _FIG, run("c", "plt.rcdefaults()"), run("b")),
        "b:CG103",
        "a b",
        "",
        "matplotlib",
    ),
    Case(
        "set in a function",
        _mpl(
            run("f", "def setup(w): plt.rcParams['figure.figsize'] = (w, 3)"),
            run("a", "setup(4)"),
            _FIG,
            run("a", "setup(5)"),
        ),
        "b:CG101",
        "b",
        "",
        "matplotlib",
    ),
    Case(
        "set in a function, no longer called",
        _mpl(
            run("f", "def setup(w): plt.rcParams['figure.figsize'] = (w, 3)"),
            run("a", "setup(4)"),
            _FIG,
            _NONE,
        ),
        "b:CG105",
        "",
        "",
        "matplotlib",
    ),
    Case(
        "imported and set in one cell",
        (
            run(
                "a",
                "import matplotlib; matplotlib.use('agg')\n"
                "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (4, 3)",
            ),
            _FIG,
            run(
                "a",
                "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt\n"
                "plt.rcParams['figure.figsize'] = (8, 3)",
            ),
        ),
        "b:CG101",
        "b",
        "",
        "matplotlib",
    ),
    Case(
        "the library's rcParams by their own name",
        (
            run(
                "a",
                "import matplotlib; matplotlib.use('agg')\n"
                "from matplotlib import rcParams\nimport matplotlib.pyplot as plt",
            ),
            run("c", "rcParams['figure.figsize'] = (4, 3)"),
            _FIG,
            run("c", "rcParams['figure.figsize'] = (4, 4)"),
        ),
        "b:CG101",
        "b",
        "",
        "matplotlib",
    ),
    Case(
        "one key that was looked up",
        _mpl(_SIZE, run("b", "w = plt.rcParams['figure.figsize'][0]"), _OTHER),
        "b:CG101",
        "b",
        "",
        "matplotlib",
    ),
    Case(
        "a plot of pandas",
        (
            run(
                "m",
                "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt\n"
                "import pandas as pd; df = pd.DataFrame({'v': [1, 2]})",
            ),
            _SIZE,
            run("b", "ax = df.plot()"),
            _OTHER,
        ),
        "b:CG101",
        "b",
        "",
        "matplotlib pandas",
    ),
    Case(
        "seaborn's theme",
        (
            run(
                "m",
                "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt, seaborn as sns",
            ),
            run("a", "sns.set_theme(style='dark')"),
            run("b", "ax = sns.lineplot(x=[1, 2], y=[1, 2], ax=plt.figure().subplots())"),
            run("a", "sns.set_theme(style='white')"),
        ),
        "b:CG101",
        "b",
        "",
        "seaborn",
    ),
    Case(
        "edited and not run",
        _mpl(_SIZE, _FIG, edit("a", "plt.rcParams['figure.figsize'] = (8, 8)"), order("m", "a", "b")),
        "a:CG109 b:CG108",
        "a b",
        "",
        "matplotlib",
    ),
    # pandas.
    Case(
        "display option",
        _pd(
            run("a", "pd.set_option('display.max_rows', 5)"),
            run("b", "df"),
            run("a", "pd.set_option('display.max_rows', 9)"),
        ),
        "b:CG101",
        "b",
        "",
        "pandas",
    ),
    Case(
        "display option by attribute",
        _pd(
            run("a", "pd.options.display.max_rows = 5"),
            run("b", "print(df)"),
            run("a", "pd.options.display.max_rows = 9"),
        ),
        "b:CG101",
        "b",
        "",
        "pandas",
    ),
    Case(
        "display option below",
        _pd(run("b", "df"), run("a", "pd.options.display.max_rows = 5"), run("b")),
        "b:CG103",
        "",
        "",
        "pandas",
    ),
    Case(
        "display option no longer set",
        _pd(run("a", "pd.options.display.precision = 2"), run("b", "t = str(df)"), _NONE),
        "b:CG105",
        "",
        "",
        "pandas",
    ),
    Case(
        "an option that is not about display",
        _pd(run("a", "pd.options.mode.string_storage = 'python'"), run("b", "n = df.sum()"), _NONE),
        "b:CG105",
        "",
        "",
        "pandas",
    ),
    Case(
        "reset_option below",
        _pd(
            run("a", "pd.set_option('display.max_rows', 5)"),
            run("b", "df"),
            run("c", "pd.reset_option('display.max_rows')"),
            run("b"),
        ),
        "b:CG103",
        "a b",
        "",
        "pandas",
    ),
    # numpy.
    Case(
        "seterr",
        _np(
            run("a", "old = np.seterr(all='ignore')"),
            run("b", "x = np.array([1.]) / 1"),
            run("a", "old = np.seterr(all='raise')"),
        ),
        "a:CG106 b:CG101",
        "b",
        "a:CG106",
        "numpy",
    ),
    Case(
        "seterr no longer set",
        _np(run("a", "np.seterr(divide='ignore');"), run("b", "x = np.array([1.]) / 1"), _NONE),
        "b:CG105",
        "",
        "",
        "numpy",
    ),
    Case(
        "print options",
        _np(
            run("a", "np.set_printoptions(precision=2)"),
            run("b", "print(np.array([1 / 3]))"),
            run("a", "np.set_printoptions(precision=5)"),
        ),
        "b:CG101",
        "b",
        "",
        "numpy",
    ),
    Case(
        "print options of a result",
        _np(run("a", "np.set_printoptions(precision=2)"), run("b", "np.array([1 / 3])"), _NONE),
        "b:CG105",
        "",
        "",
        "numpy",
    ),
    Case(
        "print options below",
        _np(run("b", "print(np.array([1 / 3]))"), run("a", "np.set_printoptions(precision=2)"), run("b")),
        "b:CG103",
        "",
        "",
        "numpy",
    ),
    # Other libraries.
    Case(
        "polars",
        (
            run("p", "import polars as pl; df = pl.DataFrame({'v': range(30)})"),
            run("a", "cfg = pl.Config.set_tbl_rows(4)"),
            run("b", "print(df)"),
            run("a", "cfg = pl.Config.set_tbl_rows(9)"),
        ),
        "b:CG101",
        "b",
        "",
        "polars",
    ),
    Case(
        "scikit-learn",
        (
            run("p", "import sklearn; from sklearn.linear_model import Ridge"),
            run("a", "sklearn.set_config(transform_output='pandas')"),
            run("b", "m = Ridge().fit([[0.], [1.]], [0, 1])"),
            run("a", "sklearn.set_config(transform_output='default')"),
        ),
        "b:CG101",
        "b",
        "",
        "sklearn",
    ),
    Case(
        "torch's default type",
        (
            run("p", "import torch"),
            run("a", "torch.set_default_dtype(torch.float64)"),
            run("b", "x = torch.ones(2)"),
            run("a", "torch.set_default_dtype(torch.float32)"),
        ),
        "b:CG101",
        "b",
        "",
        "torch",
    ),
    Case(
        "torch's gradients",
        (
            run("p", "import torch"),
            run("b", "x = torch.ones(2)"),
            run("a", "old = torch.set_grad_enabled(False)"),
            run("b"),
        ),
        "b:CG103",
        "",
        "",
        "torch",
    ),
    Case(
        "jax's precision",
        (
            run("p", "import jax; import jax.numpy as jnp"),
            run("a", "jax.config.update('jax_enable_x64', True)"),
            run("b", "t = str(jnp.ones(2).dtype)"),
            run("a", "jax.config.update('jax_enable_x64', False)"),
        ),
        "b:CG101",
        "b",
        "",
        "jax",
    ),
    Case(
        "xarray",
        (
            run("p", "import xarray as xr; d = xr.DataArray([1, 2])"),
            run("a", "o = xr.set_options(display_max_rows=3)"),
            run("b", "t = repr(d)"),
            _NONE,
        ),
        "b:CG105",
        "",
        "",
        "xarray",
    ),
    # The process.
    Case(
        "an environment variable",
        (
            run("i", "import os"),
            run("a", "os.environ['CG_A'] = '1'"),
            run("b", "x = os.environ['CG_A']"),
            run("a", "os.environ['CG_A'] = '2'"),
        ),
        "b:CG101",
        "b",
    ),
    Case(
        "getenv",
        (
            run("i", "import os"),
            run("a", "os.environ['CG_A'] = '1'"),
            run("b", "x = os.getenv('CG_A', '0')"),
            _NONE,
        ),
        "b:CG105",
    ),
    Case(
        "a variable of %env",
        (
            run("i", "import os"),
            run("a", "%env CG_A=1"),
            run("b", "x = os.environ.get('CG_A')"),
            run("a", "%env CG_A=2"),
        ),
        "b:CG101",
        "b",
    ),
    Case(
        "a variable set below",
        (
            run("i", "import os"),
            run("b", "x = os.environ.get('CG_A')"),
            run("a", "os.environ['CG_A'] = '1'"),
            run("b"),
        ),
        "b:CG103",
    ),
    Case(
        "a variable that is removed",
        (
            run("i", "import os"),
            run("a", "os.environ['CG_A'] = '1'"),
            run("b", "x = os.environ.get('CG_A')"),
            run("c", "del os.environ['CG_A']"),
            run("b"),
        ),
        "b:CG103",
        "a b",
    ),
    Case(
        "the working directory",
        (
            run("i", "import os; os.makedirs('one', exist_ok=True)"),
            run("b", "here = os.getcwd()"),
            run("a", "os.chdir('one')"),
            run("b"),
        ),
        "b:CG103",
    ),
    Case(
        "chdir twice",
        (run("i", "import os; os.makedirs('one/one', exist_ok=True)"), run("a", "os.chdir('one')"), run("a")),
        "a:CG106",
    ),
    Case(
        "%cd no longer there",
        (
            run("i", "import os; os.makedirs('one', exist_ok=True)"),
            run("a", "%cd -q one"),
            run("b", "names = os.listdir('.')"),
            _NONE,
        ),
        "b:CG105",
    ),
    Case(
        "decimal's precision",
        (
            run("i", "import decimal"),
            run("a", "decimal.getcontext().prec = 5"),
            run("b", "x = decimal.Decimal(1) / 3"),
            run("a", "decimal.getcontext().prec = 7"),
        ),
        "b:CG101",
        "b",
    ),
    Case(
        "decimal by its names",
        (
            run("i", "from decimal import Decimal, getcontext"),
            run("a", "getcontext().prec = 5"),
            run("b", "x = Decimal(1) / 3"),
            _NONE,
        ),
        "b:CG105",
    ),
    Case(
        "a handler added twice",
        (
            run("i", "import logging; log = logging.getLogger('cg')"),
            run("a", "log.addHandler(logging.StreamHandler())"),
            run("a"),
        ),
        "a:CG106",
    ),
    Case(
        "a level",
        (
            run("i", "import logging"),
            run("a", "logging.getLogger().setLevel(logging.ERROR)"),
            run("b", "logging.info('x')"),
            run("a", "logging.getLogger().setLevel(logging.CRITICAL)"),
        ),
        "b:CG101",
        "b",
    ),
    Case(
        "%precision", (run("a", "%precision 2"), run("b", "1 / 3"), run("a", "%precision 5")), "b:CG101", "b"
    ),
    Case(
        "recursion limit",
        (
            run("i", "import sys"),
            run("a", "sys.setrecursionlimit(4000)"),
            run("b", "n = sys.getrecursionlimit()"),
            run("a", "sys.setrecursionlimit(5000)"),
        ),
        "b:CG101",
        "b",
    ),
    Case(
        "a builtin replaced",
        (
            run("i", "import builtins"),
            run("a", "builtins.ascii = lambda v: 1"),
            run("b", "x = ascii('a')"),
            run("a", "builtins.ascii = lambda v: 2"),
        ),
        "b:CG101",
        "b",
    ),
    Case(
        "a builtin replaced below",
        (
            run("i", "import builtins"),
            run("b", "x = ascii('a')"),
            run("a", "builtins.ascii = lambda v: 1"),
            run("b"),
        ),
        "b:CG103",
    ),
    Case(
        "a builtin replaced above, later",
        (
            run("i", "import builtins"),
            run("b", "x = ascii('a')"),
            run("a", "builtins.ascii = lambda v: 1"),
            order("i", "a", "b"),
        ),
        "b:CG101",
        "b",
    ),
    # Generators.
    Case("drew the next numbers", _np(_SEED, _DRAW, _DRAWN, run("b")), "b:CG106", "a b", "", "numpy"),
    Case(
        "drew the next numbers, used on",
        _np(_SEED, _DRAW, _DRAWN, run("b"), run("c")),
        "b:CG106 c:CG102",
        "a b c",
        "",
        "numpy",
    ),
    Case(
        "seeded and imported in one cell, drawn again",
        (run("a", "import numpy as np; np.random.seed(0)"), _DRAW, run("b")),
        "b:CG106",
        "a b",
        "",
        "numpy",
    ),
    Case(
        "another seed",
        _np(_SEED, _DRAW, _DRAWN, run("a", "np.random.seed(1)")),
        "b:CG101 c:CG102",
        "b c",
        "",
        "numpy",
    ),
    Case("the seed is gone", _np(_SEED, _DRAW, _NONE), "b:CG105", "", "", "numpy"),
    Case("the cell of the seed is deleted", _np(_SEED, _DRAW, order("n", "b")), "b:CG104", "", "", "numpy"),
    Case("a seed set later, above", _np(_DRAW, _SEED, order("n", "a", "b")), "b:CG101", "b", "", "numpy"),
    Case("a seed set later, below", _np(_DRAW, _SEED, run("b")), "b:CG103", "", "", "numpy"),
    Case(
        "a draw in between runs again",
        _np(_SEED, _DRAW, run("d", "z = np.random.rand()"), run("b")),
        "b:CG106",
        "a b",
        "",
        "numpy",
    ),
    Case(
        "the second draw runs again",
        _np(_SEED, _DRAW, run("d", "z = np.random.rand()"), run("d")),
        "d:CG106",
        "a b d",
        "",
        "numpy",
    ),
    Case(
        "a draw that takes more",
        _np(_SEED, _DRAW, run("d", "z = np.random.rand()"), run("a"), run("b", "x = np.random.rand(3)")),
        "d:CG101",
        "d",
        "",
        "numpy",
    ),
    Case(
        "random",
        (run("i", "import random"), run("a", "random.seed(1)"), run("b", "x = random.random()"), run("b")),
        "b:CG106",
        "a b",
    ),
    Case(
        "a forest without random_state",
        _np(
            _SEED,
            run(
                "b",
                "from sklearn.ensemble import RandomForestClassifier as R\n"
                "m = R(n_estimators=2).fit([[0], [1]], [0, 1])",
            ),
            run("b"),
        ),
        "b:CG106",
        "a b",
        "",
        "sklearn",
    ),
    Case(
        "torch",
        (
            run("i", "import torch"),
            run("a", "_ = torch.manual_seed(0)"),
            run("b", "x = torch.rand(2)"),
            run("b"),
        ),
        "b:CG106",
        "a b",
        "",
        "torch",
    ),
    Case(
        "torch, seeded by the cell that imports it",
        (run("a", "import torch; _ = torch.manual_seed(0)"), run("b", "x = torch.rand(2)"), run("b")),
        "b:CG106",
        "a b",
        "",
        "torch",
    ),
    Case(
        "a seed from a variable",
        _np(run("s", "seed = 1"), run("a", "np.random.seed(seed)"), _DRAW, run("s", "seed = 2")),
        "a:CG101 b:CG102",
        "a b",
        "",
        "numpy",
    ),
)

QUIET: tuple[Case, ...] = (
    Case("rcParams from top to bottom", _mpl(_SIZE, _FIG, _USE), needs="matplotlib"),
    Case("rcParams again", _mpl(_SIZE, _FIG, run("a"), run("b")), needs="matplotlib"),
    Case(
        "the same value in other words",
        _mpl(_SIZE, _FIG, run("a", "plt.rcParams['figure.figsize'] = (4, 3); k = 1"), run("b")),
        needs="matplotlib",
    ),
    Case(
        "a style again",
        _mpl(
            run("a", "plt.style.use('ggplot')"),
            _FIG,
            run("a"),
            run("b"),
            run("a", "plt.style.use('ggplot')\nk = 1"),
        ),
        needs="matplotlib",
    ),
    Case(
        "rc_context",
        _mpl(
            _FIG,
            run("c", "with plt.rc_context({'font.size': 20}):\n    f, a = plt.subplots()"),
            run("b"),
            run("c"),
        ),
        needs="matplotlib",
    ),
    Case(
        "a style for one figure",
        _mpl(_FIG, run("c", "with plt.style.context('ggplot'):\n    f, a = plt.subplots()"), run("b")),
        needs="matplotlib",
    ),
    Case(
        "set and drawn in one cell, twice",
        _mpl(
            run("b", "plt.rcParams['figure.figsize'] = (4, 3)\nfig, ax = plt.subplots()"), run("b"), run("b")
        ),
        needs="matplotlib",
    ),
    Case(
        "set by a function and drawn, twice",
        _mpl(
            run("f", "def setup(): plt.rcParams['figure.figsize'] = (4, 3)"),
            run("b", "setup()\nfig, ax = plt.subplots()"),
            run("b"),
            run("f"),
            run("b"),
        ),
        needs="matplotlib",
    ),
    Case(
        "seaborn's theme twice",
        (
            run(
                "m",
                "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt, seaborn as sns",
            ),
            run("a", "sns.set_theme()"),
            run("b", "ax = sns.lineplot(x=[1, 2], y=[1, 2], ax=plt.figure().subplots())"),
            run("a"),
            run("b"),
        ),
        needs="seaborn",
    ),
    Case(
        "an import below a figure",
        _mpl(_FIG, run("c", "import pandas, sklearn"), run("b")),
        needs="matplotlib",
    ),
    Case(
        "an option that the reader does not reach",
        _mpl(run("b", "x = [1, 2]; n = len(x)"), _SIZE, run("b")),
        needs="matplotlib",
    ),
    Case(
        "display options of what is not displayed",
        _pd(run("b", "n = len(df)"), run("a", "pd.options.display.max_rows = 5"), run("b")),
        needs="pandas",
    ),
    Case(
        "pandas options again",
        _pd(run("a", "pd.set_option('display.max_rows', 5)"), run("b", "df"), run("a"), run("b")),
        needs="pandas",
    ),
    Case(
        "option_context",
        _pd(
            run("b", "df"),
            run("c", "with pd.option_context('display.max_rows', 4):\n    print(df)"),
            run("b"),
            run("c"),
        ),
        needs="pandas",
    ),
    Case(
        "errstate",
        _np(run("b", "with np.errstate(divide='ignore'):\n    x = np.array([1.]) / 0"), run("b")),
        needs="numpy",
    ),
    Case(
        "seterr put back",
        _np(
            run("x", "y = np.arange(3) + 1"),
            run("b", "old = np.seterr(all='ignore')\nx = np.array([1.]) / 0\nold = np.seterr(**old)"),
            run("x"),
            run("b"),
        ),
        needs="numpy",
    ),
    Case(
        "print options again",
        _np(run("a", "np.set_printoptions(precision=2)"), run("b", "print(np.ones(2))"), run("a"), run("b")),
        needs="numpy",
    ),
    Case(
        "no_grad",
        (run("i", "import torch"), run("b", "with torch.no_grad():\n    x = torch.ones(2)"), run("b")),
        needs="torch",
    ),
    Case(
        "environment variables",
        (
            run("i", "import os"),
            run("a", "os.environ['CG_A'] = '1'"),
            run("b", "x = os.environ['CG_A']; h = os.environ.get('HOME')"),
            run("a"),
            run("b"),
            run("c", "os.environ['CG_B'] = '1'"),
            run("b"),
        ),
    ),
    Case(
        "setdefault",
        (
            run("i", "import os"),
            run("a", "os.environ.setdefault('CG_A', '1')"),
            run("b", "x = os.environ['CG_A']"),
            run("a"),
            run("b"),
        ),
    ),
    Case(
        "a folder by its whole path",
        (
            run("i", "import os, tempfile; d = tempfile.mkdtemp()"),
            run("a", "os.chdir(d)"),
            run("b", "here = os.getcwd()"),
            run("a"),
            run("b"),
        ),
    ),
    Case(
        "sys.path twice",
        (
            run("i", "import sys"),
            run("a", "sys.path.append('lib')"),
            run("b", "import json"),
            run("a"),
            run("b"),
        ),
    ),
    Case(
        "filters of warnings",
        (
            run("a", "import warnings; warnings.filterwarnings('ignore')"),
            run("b", "x = 1"),
            run("a"),
            run("b"),
        ),
    ),
    Case(
        "basicConfig",
        (
            run("a", "import logging; logging.basicConfig(level=20)"),
            run("b", "logging.getLogger('cg').debug('x')"),
            run("a"),
            run("b"),
        ),
    ),
    Case(
        "decimal",
        (
            run("i", "import decimal"),
            run("a", "decimal.getcontext().prec = 5"),
            run("b", "x = decimal.Decimal(1) / 3"),
            run("a"),
            run("b"),
        ),
    ),
    Case("seed, draw, seed, draw", _np(_SEED, _DRAW, run("a"), run("b")), needs="numpy"),
    Case(
        "seed and draw in one cell",
        _np(run("a", "np.random.seed(0); x = np.random.rand()"), run("a"), run("a")),
        needs="numpy",
    ),
    Case("a seed twice", _np(_SEED, run("a"), _DRAW), needs="numpy"),
    Case(
        "draws without a seed",
        _np(_DRAW, run("b"), run("c", "y = np.random.rand()"), run("b"), run("c")),
        needs="numpy",
    ),
    Case(
        "a seed by the cell that imports",
        (run("a", "import numpy as np; np.random.seed(0)"), _DRAW, _DRAWN),
        needs="numpy",
    ),
    Case(
        "a generator of its own",
        _np(run("a", "rng = np.random.default_rng(0)"), run("b", "x = rng.random()")),
        needs="numpy",
    ),
    Case(
        "libraries that are imported later",
        (
            run("a", "x = 1"),
            run("b", "import pandas as pd"),
            run("c", "import matplotlib.pyplot as plt"),
            run("b"),
            run("c"),
            run("d", "import sklearn"),
            run("c"),
        ),
        needs="sklearn",
    ),
)

"""Functions, methods, classes and modules."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_LOOKS = "repr(v), v.__name__, v.__doc__, v.__module__, callable(v), inspect.signature(v), v == v, hash(v)"


def _row(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    given = {"looks": _LOOKS, "setup": "import functools, inspect, operator, typing", **rest}
    return Row("functions", kind, make, change, **given)


def _class(kind: str, make: str, change: str, **rest: Any) -> Row:
    given = {
        "looks": "repr(v), v.__name__, v.__mro__, v.__dict__, dir(v)",
        "setup": "import abc, enum",
        **rest,
    }
    return Row("classes", kind, make, change, **given)


def _module(kind: str, setup: str, change: str, looks: str, **rest: Any) -> Row:
    return Row("modules", kind, f"v = {kind}", change, setup=f"import sys\n{setup}", looks=looks, **rest)


_MINE = (
    "import sys, importlib, pathlib\nsys.dont_write_bytecode = True\n"
    "if '.' not in sys.path: sys.path.insert(0, '.')\n"
    "pathlib.Path('mine_v.py').write_text('RATE = 1\\n_seen = []\\ndef f(x=1): return x + "
    "RATE\\nclass A:\\n    y = 1\\n')\n"
    "importlib.invalidate_caches()\nsys.modules.pop('mine_v', None)\nimport mine_v\n"
)
_EDIT = (
    "pathlib.Path('mine_v.py').write_text('RATE = 2\\n_seen = []\\ndef f(x=2): return x - "
    "RATE\\n'); importlib.reload(mine_v)"
)

ROWS = (
    _row("function", "def v(x):\n    return x + 1", "v.label = 'a'", looks=f"{_LOOKS}, v(1)"),
    _row(
        "function with a default",
        "def v(x, seen=[]):\n    seen.append(x)\n    return seen",
        "v(1)",
        alias="w = v.__defaults__[0]",
    ),
    _row(
        "function with a closure",
        "def outer():\n    kept = []\n    def inner(x):\n        kept.append(x)\n"
        "    return inner\nv = outer()",
        "v(1)",
        alias="w = v.__closure__[0].cell_contents",
    ),
    _row("function with another code", "def v(): return 1", "v.__code__ = (lambda: 2).__code__"),
    _row("lambda", "v = lambda x: x * 2", "v.__defaults__ = (3,)"),
    _row(
        "decorated function",
        "@keep\ndef v(x): return x",
        "v.calls = 1",
        setup=(
            "import functools, inspect\ndef keep(f):\n    @functools.wraps(f)\n    def inner(*a): "
            "return f(*a)\n    return inner"
        ),
    ),
    _row("async function", "async def v(x): return x", "v.label = 1"),
    _row(
        "lru_cache",
        "@functools.lru_cache(maxsize=8)\ndef v(x): return x",
        "v.label = 1",
        looks="repr(v), v(1), v(2), v.cache_info(), v.__wrapped__",
    ),
    _row(
        "cache with a default",
        "@functools.cache\ndef v(x, kept=[]):\n    kept.append(x)",
        "v(1)",
        looks="repr(v), v.cache_info()",
    ),
    _row(
        "singledispatch",
        "@functools.singledispatch\ndef v(x): return x",
        "v.register(int, lambda x: 1)",
        looks="repr(v), v(1), v.registry, v.dispatch(float)",
    ),
    _row(
        "partial",
        "v = functools.partial(max, [1])",
        "v.args[0].append(2)",
        alias="w = v.args[0]",
        looks="repr(v), v.func, v.args, v.keywords, v()",
    ),
    _row(
        "partial with keywords",
        "v = functools.partial(sorted, key=len)",
        "v.keywords['reverse'] = True",
        looks="repr(v), v.func, v.keywords",
    ),
    _row("bound method", "v = [1].append", "v(2)", alias="w = v.__self__", looks="repr(v), v.__self__"),
    _row(
        "bound method of the user's",
        "v = Model().fit",
        "v(2)",
        alias="w = v.__self__",
        setup="class Model:\n    def fit(self, x): self.x = x",
        looks="repr(v), v.__self__, v.__func__",
    ),
    _row("builtin function", "v = len", looks="repr(v), v([1]), v.__name__"),
    _row("itemgetter", "v = operator.itemgetter('a', 1)", looks="repr(v), v({'a': 1, 1: 2})"),
    _row("attrgetter", "v = operator.attrgetter('real')", looks="repr(v), v(1)"),
    _row("partialmethod", "v = functools.partialmethod(max, 1)", looks="repr(v), v.func"),
    _row("cached_property", "v = functools.cached_property(len)", looks="repr(v), v.func"),
    _row("Signature", "v = inspect.signature(lambda x, y=1: 0)", looks="repr(v), v.parameters, v.bind(1)"),
    _row("TypeVar", "v = typing.TypeVar('T', bound=int)", looks="repr(v), v.__bound__"),
    _row(
        "typing generic",
        "v = typing.Dict[str, typing.Optional[int]]",
        looks="repr(v), v.__args__, typing.get_origin(v)",
    ),
    _row("Callable type", "v = typing.Callable[[int], str]", looks="repr(v), v.__args__"),
    _row("Literal", "v = typing.Literal['a', 1]", looks="repr(v), v.__args__"),
    _row("NewType", "v = typing.NewType('UserId', int)", looks="repr(v), v(1), v.__supertype__"),
    _row(
        "an object that is called",
        "v = Scale(2)",
        "v.k = 3",
        looks="repr(v), v(1), callable(v)",
        setup=(
            "class Scale:\n    def __init__(self, k): self.k = k\n    def __call__(self, x): "
            "return self.k * x"
        ),
    ),
    _class(
        "class",
        "class v:\n    x = 1\n    def m(self): return 2",
        "v.x = 2",
        looks="repr(v), v.x, v().m(), dir(v)",
    ),
    _class(
        "class with another method",
        "class v:\n    def m(self): return 2",
        "v.m = lambda self: 3",
        looks="repr(v), v().m(), dir(v)",
    ),
    _class("class with a list", "class v:\n    seen = []", "v.seen.append(1)", alias="w = v.seen"),
    _class(
        "class with a property",
        "class v:\n    k = []\n    p = property(lambda self: self.k)",
        "v().p.append(1)",
        alias="w = v.k",
    ),
    _class("subclass", "class Base:\n    x = 1\nclass v(Base): pass", "Base.x = 2", alias="w = Base"),
    _class(
        "class with a metaclass",
        "class v(metaclass=Meta):\n    x = 1",
        "v.x = 2",
        setup="class Meta(type):\n    made = []",
    ),
    _class(
        "abstract class",
        "class v(abc.ABC):\n    x = 1\n    @abc.abstractmethod\n    def m(self): ...",
        "v.x = 2",
        looks="repr(v), v.__abstractmethods__, isinstance(1, v), issubclass(int, v)",
    ),
    _class(
        "Enum class",
        "class v(enum.Enum):\n    A = 1\n    B = 2",
        "v.extra = 3",
        looks="repr(v), list(v), v['A'], v(2), v.A.name",
    ),
    _class(
        "Protocol", "class v(typing.Protocol):\n    def m(self) -> int: ...", "v.x = 1", setup="import typing"
    ),
    _class(
        "TypedDict",
        "class v(typing.TypedDict):\n    a: int",
        "v.__total__ = False",
        setup="import typing",
        looks="repr(v), v(a=1), v.__annotations__",
    ),
    _class("class of a library", "v = collections.OrderedDict", "", setup="import collections"),
    _module(
        "numpy",
        "import numpy",
        "numpy.extra = object()",
        "repr(v), v.mean([1]), v.linalg.norm([1]), v.pi, dir(v),"
        " v.random.rand(2), v.fft.fft([1, 2]), v.testing, v.polynomial, v.ma.array([1])",
        needs=("numpy",),
        alias="import numpy as w",
    ),
    _module(
        "pandas",
        "import pandas",
        "pandas.extra = object()",
        "repr(v), v.DataFrame({'a': [1]}).plot, v.options.display, "
        "v.to_datetime('2020-01-01'), dir(v), v.io, v.tseries.offsets.Day()",
        needs=("pandas",),
        alias="import pandas as w",
    ),
    _module(
        "scipy",
        "import scipy",
        "scipy.extra = object()",
        "repr(v), v.stats.norm.rvs(), v.optimize.minimize, v.sparse.eye(2), "
        "v.signal.get_window, dir(v), v.spatial, v.special.gamma(2)",
        needs=("scipy",),
        alias="import scipy as w",
    ),
    _module(
        "sklearn",
        "import sklearn",
        "sklearn.extra = object()",
        "import sklearn.linear_model, sklearn.ensemble; repr(v), "
        "v.linear_model.LinearRegression().fit([[1]], [1]), v.get_config(), dir(v)",
        needs=("sklearn",),
        alias="import sklearn as w",
    ),
    _module(
        "plt",
        "import matplotlib; matplotlib.use('agg'); import matplotlib.pyplot as plt",
        "plt.extra = object()",
        "repr(v), v.figure(), v.plot([1, 2]), v.gca(), v.rcParams['figure.figsize'], "
        "v.colormaps, v.title('x'), v.show, v.close('all')",
        needs=("matplotlib",),
        alias="import matplotlib.pyplot as w",
    ),
    _module(
        "sys",
        "",
        "sys.extra = object()",
        "repr(v), v.version, v.path.append('x'), len(v.modules), v.argv, v.stdout.write(''), v.path.pop()",
        alias="w = sys",
    ),
    _module(
        "os",
        "import os",
        "os.extra = object()",
        "repr(v), v.environ.get('HOME'), v.listdir('.'), v.path.join('a', 'b'), v.cpu_count()",
        alias="w = os",
    ),
    _module(
        "random",
        "import random",
        "random.extra = object()",
        "repr(v), v.random(), v.seed(1), v.choice([1]), dir(v)",
        alias="w = random",
    ),
    _module(
        "warnings",
        "import warnings",
        "warnings.extra = object()",
        "repr(v), v.simplefilter('ignore'), v.filters, v.warn('x')\nwith v.catch_warnings(): v.warn('y')",
        alias="w = warnings",
    ),
    _module(
        "logging",
        "import logging",
        "logging.extra = object()",
        "repr(v), v.basicConfig(), v.getLogger('x').debug('y'), v.captureWarnings(True), "
        "v.captureWarnings(False), v.info('x')",
        alias="w = logging",
    ),
    _module(
        "tempfile",
        "import tempfile",
        "tempfile.extra = object()",
        "v.gettempdir(), v.mkdtemp(), repr(v)",
        alias="w = tempfile",
    ),
    Row(
        "modules",
        "made in the notebook",
        "v = types.ModuleType('made'); v.x = [1]",
        "v.x.append(2)",
        alias="w = v.x",
        setup="import types",
        looks="repr(v), dir(v), v.x",
    ),
    Row(
        "modules",
        "of the user's, reloaded",
        "v = mine_v",
        _EDIT,
        alias="w = mine_v",
        setup=_MINE,
        looks="repr(v), v.f(1), v.A().y, dir(v)",
    ),
    Row(
        "modules",
        "function of the user's module",
        "v = mine_v.f",
        "v.__defaults__ = (9,)",
        setup=_MINE,
        looks="repr(v), v(1), v.__module__",
    ),
    Row(
        "modules",
        "object of the user's module",
        "v = mine_v.A()",
        "mine_v.A.y = 2",
        setup=_MINE,
        looks="repr(v), v.y, v.__class__",
    ),
)

"""Sessions after which the array that ``watch`` saw is gone in plain IPython, without any collection."""

from __future__ import annotations

from tests.cases.safety import Case

SETUP = """
import gc, weakref
import numpy as np
import pandas as pd
watched = None
def watch(value):
    global watched
    watched = weakref.ref(value)
    return value
def big():
    return watch(np.zeros(100_000))
gc.disable()  # what only a collection frees counts as kept
"""

MEMORY = (
    Case("del", "a = big()\n---\nb = a.sum()\n---\ndel a"),
    Case("del in the cell that made it", "a = big(); b = a.sum(); del a"),
    Case("rebinding", "a = big()\n---\na[0]\n---\na = 1"),
    Case("rebinding in one cell", "a = big(); a[0]; a = 1"),
    Case("two names", "a = big(); b = a\n---\nb[0] = 1\n---\ndel a\n---\ndel b"),
    Case("an alias in a list", "a = big(); items = [a]\n---\ndel a\n---\nitems.pop();"),
    Case("list.pop", "items = [big()]\n---\nitems[0][0]\n---\nx = items.pop().sum()"),
    Case("list.clear", "items = [1, big()]\n---\nlen(items)\n---\nitems.clear()"),
    Case("dict.pop", "table = {'a': big()}\n---\ntable['a'].sum()\n---\ntable.pop('a', None);"),
    Case("dict.clear", "table = {'a': {'b': big()}}\n---\ntable['a']['b'].sum()\n---\ntable.clear()"),
    Case("del of an item", "table = {'a': big()}\n---\nx = table['a'].sum()\n---\ndel table['a']"),
    Case("a set of tuples", "held = {(1, id(big()))}"),
    Case("a local of a function", "def f():\n    a = big()\n    return a.sum()\n---\nx = f()"),
    Case("an argument", "def f(a):\n    return a.sum()\n---\nx = f(big())"),
    Case("a default that is replaced", "def f(a=big()):\n    return a.sum()\n---\nf()\n---\ndef f(): pass"),
    Case(
        "a closure",
        "def made():\n    a = big()\n    return lambda: a.sum()\ng = made()\n---\ng()\n---\ndel g",
    ),
    Case("a temporary", "x = (big() + 1).sum()"),
    Case("a chain of temporaries", "x = np.sort(big() * 2)[::-1].copy().sum()"),
    Case("a loop variable", "for a in [big(), 1]:\n    pass"),
    Case("a comprehension", "x = [a.sum() for a in [big()]]"),
    Case("a generator that is exhausted", "g = (a for a in [big()])\n---\nfor _i in g: pass\n---\ndel _i"),
    Case("with", "import contextlib\nwith contextlib.nullcontext(big()) as a:\n    pass\n---\ndel a"),
    Case(
        "an attribute",
        "class A: pass\nobject_ = A(); object_.a = big()\n---\nobject_.a.sum()\n---\ndel object_.a",
    ),
    Case("a class attribute", "class A:\n    a = big()\n---\nA.a.sum()\n---\ndel A.a"),
    Case(
        "an instance",
        "class A:\n    def __init__(self): self.a = big()\nb = A()\n---\nb.a.sum()\n---\nb = None",
    ),
    Case(
        "a dataclass",
        "from dataclasses import make_dataclass as m; b = m('A', ['a'])(big())\n---\nb.a[0]\n---\ndel b",
    ),
    Case("a view", "a = big(); v = a[10:20]\n---\nv[0] = 1\n---\ndel a\n---\ndel v"),
    Case(
        "a frame on it",
        "f = pd.DataFrame({'x': 1}, index=[0]); f.attrs['a'] = big()\n---\nf.describe();\n---\ndel f",
    ),
    Case("a frame", "f = watch(pd.DataFrame({'x': range(10_000)}))\n---\ny = f['x'].mean()\n---\nf = 1"),
    Case(
        "a frame that is filtered",
        "f = watch(pd.DataFrame({'x': range(10_000)}))\n---\nf = f[f['x'] > 5]\n---\nf = f.dropna()",
    ),
    Case(
        "a frame's column",
        "f = pd.DataFrame({'x': range(10_000)})\n---\nc = watch(f['x'])\n---\nc.mean()\n---\ndel c, f",
    ),
    Case("an exception caught", "try:\n    raise ValueError(big())\nexcept ValueError as e:\n    pass"),
    Case(
        "an exception kept",
        "try:\n    raise ValueError(big())\nexcept ValueError as e:\n    kept = e\n---\ndel kept",
    ),
    Case("exec", "exec('a = big()')\n---\na.sum()\n---\nexec('del a')"),
    Case("globals()", "globals()['a'] = big()\n---\na.sum()\n---\nglobals().pop('a');"),
    Case("%xdel", "a = big()\n---\na.sum()\n---\n%xdel a"),
    Case("%%time", "%%capture\n%%time\na = big()\n---\ndel a"),
    Case("%timeit", "a = big()\n---\n%timeit -n1 -r1 -q a.sum()\n---\ndel a"),
    Case(
        "a thread", "import threading\nt = threading.Thread(target=lambda: big().sum()); t.start(); t.join()"
    ),
    Case(
        "a module's attribute",
        "import types; m = types.ModuleType('m'); m.a = big()\n---\nm.a.sum()\n---\ndel m.a",
    ),
    Case("a partial", "import functools\np = functools.partial(np.sum, big())\n---\np()\n---\ndel p"),
    Case(
        "a cache",
        "from functools import cache\n@cache\ndef f(n): return big()\n---\nf(1).sum()\n---\nf.cache_clear()",
    ),
    Case("a result with a semicolon", "big().sum();"),
    Case("read again and again", "a = big()\n" + "---\na.sum();\n" * 5 + "---\ndel a"),
    Case("unpacking", "a, *b = big(), 1, 2\n---\na[0]\n---\n(a, b) = 1, 2"),
    Case("walrus", "if (a := big()).sum() == 0: pass\n---\na = 0"),
    Case("a branch", "a = big()\nif a.sum() > 1:\n    b = a\n---\ndel a"),
    Case("await", "async def f():\n    a = big()\n    return a.sum()\n---\nx = await f()"),
    Case(
        "a value of a million parts",
        "many = [big(), *({} for _ in range(10_000))]\n---\nlen(many)\n---\nmany = None",
    ),
    Case(
        "a run inside a cell", "get_ipython().run_cell('a = big()');\n---\nget_ipython().run_cell('del a');"
    ),
    Case("%reset_selective", "aaa = big()\n---\naaa.sum()\n---\n%reset_selective -f aaa"),
    Case(
        "an object with a finalizer",
        "class A:\n    def __del__(self): a = 1\nf = A(); f.a = big()\n---\nf.a[0]\n---\ndel f",
    ),
)

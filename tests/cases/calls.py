"""Code that runs somewhere else than in the cell's own statements: functions, classes, threads."""

from __future__ import annotations

from tests.cases.accesses import Case, Differs

_ADD = "def add(x): return x + a"
_POINT = """
    class Point:
        @property
        def value(self):
            return a
        def __call__(self):
            return a
        def __getitem__(self, key):
            return a
        def __add__(self, other):
            return a
        def method(self):
            return a
        @staticmethod
        def static():
            return a
        @classmethod
        def build(cls):
            return a
        @value.setter
        def value(self, new):
            global a
            a = new
    """

# A table: the shorter a row, the more rows are in view.
# fmt: off
CALLS: tuple[Case, ...] = (
    Case("function", ("a = 1", _ADD, "y = add(2)"), "add a", "y"),
    Case("function called twice in two cells", ("a = 1", _ADD, "y = add(2)", "z = add(2)"), "add a", "z"),
    Case("function that reads what this cell bound", ("a = 1", _ADD, "a = 5; y = add(2)"), "add", "a y"),
    Case("function defined and called here", ("a = 1", f"{_ADD}\ny = add(2)"), "a", "add y"),
    Case("function that calls another", ("a = 1", _ADD, "def twice(x): return add(add(x))", "y = twice(2)"),
         "twice add a", "y"),
    Case("lambda", ("a = 1", "f = lambda x: x + a", "y = f(2)"), "f a", "y"),
    Case("function in a container", ("a = 1", _ADD, "table = {'add': add}", "y = table['add'](2)"),
         'table["add"] a', "y"),
    Case("function through an alias", ("a = 1", _ADD, "g = add", "y = g(2)"), "g a", "y"),
    Case("map", ("a = 1", _ADD, "y = list(map(add, [1, 2]))"), "add a", "y"),
    Case("map not consumed", ("a = 1", _ADD, "y = map(add, [1, 2])"), "add", "y",
         on_311=Differs("a call counts as calling what it is given", "add a")),
    Case("filter with a lambda", ("a = 1", "y = list(filter(lambda x: x > a, [1, 2]))"), "a", "y"),
    Case("sorted by key", ("a = 1", _ADD, "y = sorted([2, 1], key=add)"), "add a", "y"),
    Case("nested function", ("a = 1", """
        def outer(x):
            def inner():
                return x + a
            return inner()
        """, "y = outer(2)"), "outer a", "y"),
    Case("closure", ("a = 1; b = 2", """
        def make():
            k = a
            def inner():
                return k + b
            return inner
        """, "f = make()", "y = f()"), "f b", "y"),
    Case("closure over a function", ("a = 1", _ADD, """
        def make(g):
            return lambda x: g(x)
        """, "f = make(add)", "y = f(1)"), "f a", "y"),
    Case("decorator", ("bias = 1", """
        def biased(f):
            def inner(*args):
                return f(*args) + bias
            return inner
        """, "@biased\ndef g(x): return x"), "biased", "g",
         on_311=Differs("what a decorator returns counts as called", "biased bias")),
    Case("decorated function called", ("bias = 1; a = 2", """
        def biased(f):
            def inner(*args):
                return f(*args) + bias
            return inner
        """, "@biased\ndef g(x): return x + a", "y = g(1)"), "g bias a", "y"),
    Case("wraps", ("from functools import wraps", "a = 1", """
        def same(f):
            @wraps(f)
            def inner(*args):
                return f(*args)
            return inner
        """, "@same\ndef g(): return a", "y = g()"), "g a", "y"),
    Case("lru_cache", ("from functools import lru_cache", "a = 1", "@lru_cache\ndef f(): return a",
         "y = f()"), "f a", "y"),
    Case("lru_cache filled", ("from functools import lru_cache", "a = 1", "@lru_cache\ndef f(): return a",
         "y = f()", "z = f()"), "f a", "z"),
    Case("partial", ("from functools import partial", "a = 1", _ADD, "p = partial(add, 2)", "y = p()"), "p a",
         "y"),
    Case("global", ("count = 0", "def bump():\n    global count\n    count += 1", "bump()"), "bump count",
         "count"),
    Case("global set only", ("def begin():\n    global count\n    count = 0", "begin()"), "begin", "count"),
    Case("global set to the same", ("def begin():\n    global count\n    count = 0", "begin()", "begin()"),
         "begin", "count", on_311=Differs("no instruction shows it, and the value is the same", writes="")),
    Case("global deleted", ("count = 0", "def end():\n    global count\n    del count", "end()"),
         "end >count", "-count", on_311=Differs("it may read it too", reads="end count")),
    Case("argument changed", ("xs = []", "def fill(ys): ys.append(1)", "fill(xs)"), "xs fill", "~xs"),
    Case("default changed", ("def keep(x, seen=[]):\n    seen.append(x)\n    return seen", "keep(1)"), "keep",
         "~keep"),
    Case("recursion", ("a = 1", "def down(n): return down(n - a) if n > 0 else a", "y = down(50)"), "down a",
         "y"),
    Case("function that calls one from another cell", ("n = 1", "def g(): return n",
         "def f(): return g()\ny = f()"), "g n",
         "f y"),
    Case("recursion to the limit", ("a = 1", "def down(n): return down(n + a)", "y = down(0)"), "down a", "",
         "RecursionError"),
    Case("generator function not started", ("n = 3", "def g():\n    yield from range(n)", "it = g()"), "g",
         "it", on_311=Differs("a call counts as running the body", "g n")),
    Case("generator consumed in another cell", ("n = 3", "def g():\n    yield from range(n)", "it = g()",
         "y = list(it)"), "it n", "y ~it",
         on_311=Differs("the generator's code is not looked into", "it")),
    Case("async function", ("import asyncio", "a = 1", """
        async def get():
            await asyncio.sleep(0)
            return a
        """, "y = await get()"), "get asyncio a", "y"),
    Case("await at the top", ("import asyncio; a = 1", "await asyncio.sleep(0)\ny = a"), "asyncio a", "y"),
    Case("async for", ("n = 2", """
        async def ticks():
            for i in range(n):
                yield i
        """, "async for i in ticks(): last = i"), "ticks n", "i last"),
    Case("async with", ("import asyncio; lock = asyncio.Lock(); a = 1", "async with lock:\n    y = a"),
         "lock a", "y"),
    Case("async comprehension", ("n = 2", """
        async def ticks():
            for i in range(n):
                yield i
        """, "y = [i async for i in ticks()]"), "ticks n", "y"),
    Case("method", ("a = 1", _POINT, "p = Point()", "y = p.method()"), "p.__class__ a", "y"),
    Case("static method", ("a = 1", _POINT, "y = Point.static()"), "Point a", "y"),
    Case("class method", ("a = 1", _POINT, "y = Point.build()"), "Point a", "y"),
    Case("bound method", ("a = 1", _POINT, "m = Point().method", "y = m()"), "m a", "y"),
    Case("property", ("a = 1", _POINT, "p = Point()", "y = p.value"), "p.__class__ a", "y"),
    Case("property set", ("a = 1", _POINT, "p = Point()", "p.value = 5"), "p.__class__", "a",
         on_311=Differs("all members of the class may run", "p.__class__ a")),
    Case("__call__", ("a = 1", _POINT, "p = Point()", "y = p()"), "p a", "y"),
    Case("__getitem__", ("a = 1", _POINT, "p = Point()", "y = p[0]"), "p a", "y"),
    Case("operator", ("a = 1", _POINT, "p = Point()", "y = p + 1"), "p a", "y"),
    Case("inherited method", ("a = 1", _POINT, "class Child(Point): pass", "c = Child()", "y = c.method()"),
         "c.__class__ a", "y"),
    Case("__init__", ("a = 1", "class C:\n    def __init__(self): self.v = a", "c = C()"), "C a", "c"),
    Case("instance that a class keeps", ("class C:\n    made = []\n    def __init__(self): C.made.append(1)",
         "c = C()"), "C", "c ~C"),
    Case("context manager of a user", ("a = 1", """
        from contextlib import contextmanager
        @contextmanager
        def opened():
            yield a
        """, "with opened() as got: y = got"), "opened a", "got y"),
    Case("dataclass", ("from dataclasses import dataclass; k = 1", "@dataclass\nclass P:\n    x: int = k"),
         "dataclass k", "P"),
    Case("dataclass made", ("from dataclasses import dataclass; a = 1",
         "@dataclass\nclass P:\n    x: int\n    def scaled(self): return self.x * a", "y = P(2).scaled()"),
         "P a", "y"),
    Case("thread", ("import threading; a = 1", "def work():\n    global out\n    out = a", """
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """), "threading work a", "thread out"),
    Case("thread pool", ("from concurrent.futures import ThreadPoolExecutor; a = 1", _ADD, """
        with ThreadPoolExecutor(2) as pool:
            y = list(pool.map(add, [1, 2]))
        """), "ThreadPoolExecutor add a", "pool y"),
    Case("exec", ("a = 1", 'exec("y = a + 1")'), "a", "y"),
    Case("exec run twice", ("a = 1", 'exec("y = a + 1")', 'exec("y = a + 1")'), "a", "y"),
    Case("exec in a namespace of its own", ("a = 1", 'own = {}; exec("y = 1", own)'), "", "own"),
    Case("exec with locals of its own", ("a = 1", 'own = {}; exec("y = a", globals(), own)'), "a", "own",
         on_311=Differs("a string that is run is not looked into", "")),
    Case("eval", ("a = 1", 'y = eval("a + 1")'), "a", "y"),
    Case("globals read", ("a = 1", 'y = globals()["a"]'), "a", "y"),
    Case("globals written", ("a = 1", 'globals()["y"] = a'), "a", "y"),
    Case("globals updated", ("a = 1", "globals().update(y=a)"), "a", "y"),
    Case("globals in a function", ("a = 1", 'def get(): return globals()["a"]', "y = get()"), "get a", "y",
         on_311=Differs("a function's strings are not looked into", "get")),
    Case("vars", ("a = 1", 'y = vars()["a"]'), "a", "y"),
    Case("locals in a function are its own", ("a = 1", 'def get(a): return locals()["a"]', "y = get(3)"),
         "get", "y"),
)

"""Small notebooks of known truth, from patterns of real ones.

What ``cellgraph check`` must say, and in which cell a restart fails.

``says`` lists findings as ``303!2``: CG303, certain, cell 2; ``?`` stands for possible. ``fails`` is the
cell in which a real
run raises a NameError or does not parse; 0 where it runs to its end.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One notebook. Only findings about names and syntax are listed."""

    name: str
    cells: tuple[str, ...]
    says: str = ""
    fails: int = 0


def case(name: str, *cells: str, says: str = "", fails: int = 0) -> Case:
    """A case, its cells as they stand."""
    return Case(name, cells, says, fails)


CASES = (
    # -- plain order
    case("clean", "x = 1", "y = x + 1", "print(y)"),
    case("defined below", "print(total)", "total = 3", says="302!1", fails=1),
    case("nowhere", "a = 1", "print(a, misspelt)", says="303!2", fails=2),
    case("own cell, later line", "print(x)\nx = 1", says="301!1", fails=1),
    case("own output", "count = count + 1", says="301!1", fails=1),
    case("augmented", "n += 1", says="301!1", fails=1),
    case("import below", "df = pd.DataFrame", "import pandas as pd", says="302!1", fails=1),
    case("import in the same cell, below", "np.pi\nimport math as np", says="301!1", fails=1),
    case("two readers of one missing name", "a = z", "b = z", says="303!1 303!2", fails=1),
    case("deleted cell", "model.fit()", says="303!1", fails=1),
    case("typo of a later name", "value = 1", "print(vaule)", says="303!2", fails=2),
    # -- del
    case("deleted above", "x = 1", "del x", "print(x)", says="306!3", fails=3),
    case("deleted and made again", "x = 1", "del x", "x = 2", "print(x)"),
    case("deleted in a branch", "x = 1\nbig = False", "if big:\n    del x", "print(x)", says="306?3"),
    case("deleted in a branch that is taken", "x = 1\nbig = len('ab') > 1", "if big:\n    del x", "print(x)", says="306?3", fails=3),
    case("del of what is not there", "del x", says="303!1", fails=1),
    case("del of two", "a = b = 1", "del a, b", "b", says="306!3", fails=3),
    case("del of an item", "d = {'a': 1}", "del d['a']", "d"),
    case("reset", "x = 1", "%reset -f", "x", says="306!3", fails=3),
    case("xdel", "x = 1", "%xdel x", "x", says="306!3", fails=3),
    # -- branches
    case("either branch", "if len('a') == 1:\n    x = 1\nelse:\n    x = 2", "x"),
    case("one branch, taken", "flag = True", "if flag:\n    x = 1", "print(x)", says="301?3"),
    case("one branch, not taken", "flag = False", "if flag:\n    x = 1", "print(x)", says="301?3", fails=3),
    case("the same test again", "flag = False", "if flag:\n    x = 1", "if flag:\n    print(x)"),
    case("the else of the same test", "flag = True", "if flag:\n    pass\nelse:\n    x = 1", "if flag:\n    pass\nelse:\n    print(x)"),
    case("if True", "if True:\n    x = 1", "x"),
    case("if main", "if __name__ == '__main__':\n    x = 1", "x"),
    case("type checking", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from decimal import Decimal", "Decimal", says="303!2", fails=2),
    case("guarded by globals", "if 'x' not in globals():\n    x = 1", "x"),
    case("guarded use", "print(x) if 'x' in globals() else None"),
    case("guarded by and", "'x' in globals() and print(x)"),
    case("short circuit", "a = 0", "b = a and missing", says="303?2"),
    case("ternary", "a = 1", "b = 1 if a else missing", says="303?2"),
    case("branch that is not taken", "a = 0", "if a:\n    print(missing)", says="303?2"),
    case("branch that is taken", "a = 1", "if a:\n    print(missing)", says="303?2", fails=2),
    case("elif chain", "n = 2", "if n == 1:\n    w = 'a'\nelif n == 2:\n    w = 'b'\nelse:\n    raise ValueError(n)", "w"),
    # -- loops
    case("loop variable", "for i in range(3):\n    pass", "i"),
    case("loop over a literal", "for i in [1, 2]:\n    last = i", "last"),
    case("loop over nothing", "items = []", "for item in items:\n    last = item", "last", says="301?3", fails=3),
    case("loop over something", "items = list('ab')", "for item in items:\n    last = item", "last", says="301?3"),
    case("missing in a loop that runs", "for i in range(2):\n    print(missing)", says="303!1", fails=1),
    case("missing in a loop that may not run", "rows = []", "for row in rows:\n    print(missing)", says="303?2"),
    case("second round only", "for i in range(2):\n    if i:\n        print(prev)\n    prev = i"),
    case("first round", "for i in range(2):\n    print(prev)\n    prev = i", says="301!1", fails=1),
    case("while true", "n = 0", "while True:\n    n += 1\n    if n > 3:\n        done = n\n        break", "done"),
    case("continue", "for i in [0, 1]:\n    if i < 5:\n        continue\n    big = i", "big", says="301?2", fails=2),
    case("break on every way", "while True:\n    if input:\n        a = 1\n        break\n    a = 2\n    break", "a"),
    case("searched for", "rows = ['a']", "for row in rows:\n    if row == 'b':\n        hit = row\n        break\nelse:\n    hit = None", "hit"),
    case("for else", "for i in [1]:\n    if i == 2:\n        break\nelse:\n    found = False", "found", says="301?2"),
    case("constant size", "N = 3", "for k in range(N):\n    v = k", "v"),
    case("enumerate", "names = ['a', 'b']", "for i, name in enumerate(names):\n    print(i, nam)", says="303!2", fails=2),
    # -- try
    case("optional import, handled", "try:\n    import nomodule_x as m\nexcept ImportError:\n    m = None", "m"),
    case("optional import, not handled", "try:\n    import nomodule_x as m\nexcept ImportError:\n    pass", "m", says="301?2", fails=2),
    case("except NameError", "try:\n    x\nexcept NameError:\n    x = 1", "x"),
    case("except Exception", "try:\n    print(missing)\nexcept Exception:\n    pass", says="303?1"),
    case("except another", "try:\n    print(missing)\nexcept ValueError:\n    pass", says="303!1", fails=1),
    case("the exception's name is gone", "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    pass", "error", says="303!2", fails=2),
    case("bound in try and handler", "try:\n    x = int('1')\nexcept ValueError:\n    x = 0", "x"),
    case("handler raises", "try:\n    x = int('1')\nexcept ValueError:\n    raise", "x"),
    case("finally", "try:\n    a = 1\nfinally:\n    b = 2", "a + b"),
    case("suppress", "from contextlib import suppress\nwith suppress(NameError):\n    x", "1"),
    # -- functions
    case("function needs a later name", "def f():\n    return k", "f()", "k = 1", says="311!2", fails=2),
    case("function, name in time", "def f():\n    return k", "k = 1", "f()"),
    case("function never called", "def f():\n    return missing", says="303?1"),
    case("function, nowhere", "def f():\n    return missing", "f()", says="303!1", fails=2),
    case("function below its call", "f()", "def f():\n    pass", says="302!1", fails=1),
    case("calls through a function", "def g():\n    return k\ndef f():\n    return g()", "f()", "k = 1", says="311!2", fails=2),
    case("lambda", "f = lambda x: x + k", "f(1)", "k = 1", says="311!2", fails=2),
    case("lambda in time", "f = lambda x: x + k", "k = 1", "f(1)"),
    case("lambda in map", "list(map(lambda r: r + k, [1]))", "k = 1", says="311?1", fails=1),
    case("given to map", "def f(r):\n    return r + k", "list(map(f, [1]))", "k = 1", says="311?2", fails=2),
    case("default", "def f(a=size):\n    return a", "size = 3", says="311!1", fails=1),
    case("decorator", "@twice\ndef f():\n    pass", "def twice(f):\n    return f", says="311!1", fails=1),
    # From Python 3.14 on an annotation is evaluated when somebody asks for it.
    *(
        [case("annotation", "def f(a: Frame):\n    pass", "Frame = int", says="311!1", fails=1)]
        if sys.version_info < (3, 14)
        else []
    ),
    case("text annotation", "def f(a: 'Frame'):\n    pass", "f(1)"),
    case("local annotation", "def f():\n    a: Frame = 1\n    return a", "f()"),
    case("global statement", "def setup():\n    global cfg\n    cfg = 1", "setup()", "cfg"),
    case("global statement, not called", "def setup():\n    global cfg\n    cfg = 1", "cfg", says="301!2", fails=2),
    case("nonlocal", "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    return inner()", "outer()"),
    case("closure", "def outer(a):\n    def inner():\n        return a + b\n    b = 1\n    return inner()", "outer(1)"),
    case("recursion", "def f(n):\n    return 1 if n < 2 else n * f(n - 1)", "f(5)"),
    case("local name shadows", "def f(x):\n    y = x\n    return y", "f(1)"),
    case("early return", "def f(a):\n    if a:\n        return 1\n    return missing", "f(1)", says="303?1"),
    case("generator", "def g():\n    yield missing", "g()", says="303?1"),
    case("generator that is used", "def g():\n    yield missing", "list(g())", says="303?1", fails=2),
    case("async", "async def f():\n    return k", "await f()", "k = 1", says="311!2", fails=2),
    case("exception name in a function", "def f():\n    try:\n        return int('x')\n    except ValueError as e:\n        return str(e)", "f()"),
    case("called with a later function", "def f(g):\n    return g()", "def h():\n    return k", "f(h)", "k = 1", says="311?3", fails=3),
    case("import inside", "def f():\n    import math\n    return math.pi", "f()", "math.e", says="303!3", fails=3),
    case("dunder file", "import os", "os.path.dirname(__file__)", says="303!2", fails=2),
    # -- classes
    case("class body", "class A:\n    size = limit", "limit = 3", says="311!1", fails=1),
    case("base class below", "class B(A):\n    pass", "class A:\n    pass", says="311!1", fails=1),
    case("init", "class A:\n    def __init__(self):\n        self.x = start", "A()", "start = 0", says="311!2", fails=2),
    case("method", "class A:\n    def m(self):\n        return start", "a = A()", "a.m()", "start = 0", says="311!3", fails=3),
    case("class names are not globals", "class A:\n    size = 3", "size", says="303!2", fails=2),
    case("class body uses its names", "class A:\n    a = 1\n    b = a + 1", "A.b"),
    case("class scope in a comprehension", "class A:\n    n = 2\n    items = [i for i in range(n)]", "A.items"),
    case("dataclass", "from dataclasses import dataclass", "@dataclass\nclass P:\n    x: int = 0", "P().x"),
    case("super and self", "class A:\n    def f(self):\n        return __class__", "A().f()"),
    # -- comprehensions, walrus, match
    case("comprehension variable is gone", "[i for i in range(3)]", "i", says="303!2", fails=2),
    case("comprehension", "k = 2", "[k * i for i in range(3)]"),
    case("comprehension needs a later name", "[k * i for i in range(3)]", "k = 2", says="302!1", fails=1),
    case("nested comprehension", "[[a * b for a in range(2)] for b in range(2)]"),
    case("walrus", "if (n := len('abc')) > 2:\n    pass", "n"),
    case("walrus in a comprehension", "[last := i for i in range(3)]", "last"),
    case("match", "point = (1, 2)", "match point:\n    case (a, b):\n        pass\n    case _:\n        a = b = 0", "a + b"),
    case("match without an end", "p = 3", "match p:\n    case [a]:\n        pass", "a", says="301?3", fails=3),
    case("generator expression", "sum(x * w for x in [1])", "w = 2", says="302?1", fails=1),
    case("star target", "first, *rest = [1, 2, 3]", "rest"),
    case("with", "import io", "with io.StringIO('a') as f, io.StringIO('b') as g:\n    text = f.read()", "text, g"),
    # -- IPython
    case("magic that binds nothing", "%load_ext autoreload\n%autoreload 2\nx = 1", "x"),
    case("capture", "%%capture out\nprint(1)", "out.stdout"),
    case("shell assignment", "files = !echo a", "files"),
    case("time a statement", "%time x = 1", "x"),
    case("time a cell", "%%time\nx = 1", "x"),
    case("timeit keeps nothing", "%%timeit -n1 -r1\nx = 1", "x", says="303!2", fails=2),
    case("timeit result", "r = %timeit -n1 -r1 -o -q 1 + 1", "r.best"),
    case("bash cell", "%%bash\necho hi", "x = 1", "x"),
    case("missing in a timed cell", "%%time\nprint(missing)", says="303!1", fails=1),
    case("help", "len?", "x = 1", "?x"),
    case("history", "1 + 1", "_ + 1", "Out[1], In[1], _i"),
    case("display", "display(1)", "get_ipython()"),
    case("automagic", "pwd", "ls -l"),
    case("exec of a text", "exec('a = 1')", "a"),
    case("exec of something", "code = 'a = 1'", "exec(code)", "a"),
    case("globals item", "globals()['a'] = 1", "a"),
    case("globals update", "globals().update(a=1, b=2)", "a + b"),
    case("globals in a loop", "for n in ['a', 'b']:\n    globals()[n] = 1", "a + b"),
    case("star import", "from math import *", "sin(pi)"),
    case("star import, name not in it", "from math import *", "sinus(pi)", says="303!2", fails=2),
    case("star import with a list", "from fractions import *", "Fraction(1, 2)"),
    case("builtins", "import builtins\nbuiltins.answer = 42", "answer"),
    case("import of a part", "import os.path", "os.path.join('a', 'b')"),
    case("import as", "import os.path as p", "os", says="303!2", fails=2),
    case("magic in a branch", "if True:\n    %time x = 1", "x"),
    case("magic with a later name", "%time print(y)", "y = 1", says="302!1", fails=1),
    case("prompts", ">>> x = 1\n>>> x + 1", "x"),
    case("indented", "    x = 1\n    y = x", "y"),
    # -- text that does not parse
    case('a property', 'class P:\n    @property\n    def v(self):\n        return BASE', 'P().v', 'BASE = 1', says="311!2", fails=2),
    case('a property of a class is no call', 'class P:\n    @property\n    def v(self):\n        return BASE', 'P.v', 'BASE = 1'),
    case('an instance that is called', 'class F:\n    def __call__(self):\n        return gain\nf = F()', 'f()', 'gain = 1', says="311!2", fails=2),
    case('a special method, by a loop', 'class X:\n    def __iter__(self):\n        return iter(rows)', 'for x in X():\n    pass', 'rows = [1]', says="311?2", fails=2),
    case('a special method, by an operator', 'class X:\n    def __add__(self, other):\n        return bias', 'X() + 1', 'bias = 1', says="311?2", fails=2),
    case('a special method, by a builtin', 'class X:\n    def __repr__(self):\n        return label', 'print(X())', "label = 'a'", says="311?2", fails=2),
    case('a special method, by with', 'class X:\n    def __enter__(self):\n        return depth\n    def __exit__(self, *a):\n        pass', 'with X() as x:\n    pass', 'depth = 2', says="311?2", fails=2),
    case("a class's name in its comprehension", 'class C:\n    size = 3\n    items = [size for _ in range(2)]', says="303!1", fails=1),
    case("a class's name as what a comprehension goes through", 'class C:\n    xs = [1]\n    ys = [x for x in xs]\nC.ys'),
    case('an error that is captured', '%%capture log\nprint(missing_one)', says="303?1"),
    case('a name set in __main__', "import sys\nsys.modules['__main__'].zed = 1", 'print(zed)'),
    case('a name set in user_ns', "get_ipython().user_ns['uu'] = 1", 'print(uu)'),
    case('a name set in a frame', "import sys\nsys._getframe().f_globals['ff'] = 2", 'print(ff)'),
    case("a name set in a function's globals", "def g(): pass\ng.__globals__['gg'] = 3", 'print(gg)'),
    *(
        [
            case('type alias', 'type Pair[T] = tuple[T, T]', 'print(Pair)'),
            case('type alias of what is below', 'type Tree = list[Leaf]', 'Tree', 'Leaf = int'),
            case('generic class', 'class Box[T]:\n    item: T\n    def get(self) -> T:\n        return T', 'class Sub[U](Box[U]):\n    pass', 'Sub().get()'),
            case('generic method', 'class A:\n    alias = int\n    def m[T](self, x: T, y: alias) -> alias:\n        return T\nA().m(1, 2)'),
        ]
        if sys.version_info >= (3, 12)
        else []
    ),
    case("syntax", "x = = 1", says="312!1", fails=1),
    case("python 2", "print 'a'", says="312!1", fails=1),
    case("cut off", "f(1,", says="312!1", fails=1),
    case("return outside", "return 1", says="312!1", fails=1),
    case("future import in the middle", "x = 1\nfrom __future__ import annotations", "x"),
    case("top-level await", "import asyncio", "await asyncio.sleep(0)"),
    case("names of a broken cell", "x = (1", "x", says="312!1", fails=1),
    case("empty", "", "# only a comment", "x = 1"),
    case("semicolons", "a = 1; b = a; print(b);"),
    case("unicode", "größe = 1", "größe + ñ", says="303!2", fails=2),
)  # fmt: skip
"""At least a hundred."""

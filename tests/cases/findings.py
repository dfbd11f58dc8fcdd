"""What cellgraph has to say, session by session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActionKind = Literal["run", "edit", "order", "outside"]


@dataclass(frozen=True)
class Action:
    """One thing that a user does."""

    kind: ActionKind
    cell: str = ""
    source: str | None = None
    cells: tuple[str, ...] = ()


def run(cell: str, source: str | None = None) -> Action:
    """Run a cell; with a source: type it first. A new cell stands at the bottom."""
    return Action("run", cell, source)


def edit(cell: str, source: str) -> Action:
    """Change a cell's text and do not run it."""
    return Action("edit", cell, source)


def order(*cells: str) -> Action:
    """Move cells. Those that are left out are deleted."""
    return Action("order", cells=cells)


def outside(source: str) -> Action:
    """Something that happens between cells: a thread, a widget's callback."""
    return Action("outside", source=source)


@dataclass(frozen=True)
class Case:
    """What was done, and what is to be said after it.

    ``findings`` are ``cell:code`` between spaces, ``stale`` the cells to run again, in order, and
    ``left`` the findings that running these cannot help (a deleted cell stays deleted). ``generous``
    says why more than the least is run again, and ``fails`` why a case cannot be met yet. ``observed``: not
    on Python 3.11, which takes more for read than what was.
    """

    name: str
    actions: tuple[Action, ...]
    findings: str = ""
    stale: str = ""
    left: str = ""
    generous: str = ""
    fails: str = ""
    observed: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Said:
    """The whole sentence that a person reads for a code, after a session that leads to it once.

    Where a code has several rows, each is another way to come by it.
    """

    code: str
    actions: tuple[Action, ...]
    message: str

    def __str__(self) -> str:
        return self.code


_CHAIN = (run("a", "x = 1"), run("b", "y = x + 1"), run("c", "z = y + 1"))

# A table: the shorter a row, the more rows are in view.
# fmt: off
FINDINGS: tuple[Case, ...] = (
    # Each code.
    Case("stale", (run("a", "x = 1"), run("b", "y = x"), run("a", "x = 2")), "b:CG101", "b"),
    Case("stale frame", (run("a", "import pandas as pd; df = pd.DataFrame({'v': [1, None]})"),
                         run("b", "n = len(df)"),
                         run("a", "import pandas as pd; df = pd.DataFrame({'v': [1, None]}).dropna()")),
         "b:CG101", "b"),
    Case("stale function", (run("a", "def f(): return 1"), run("b", "y = f()"), run("a",
         "def f(): return 2")),
         "b:CG101", "b"),
    Case("upstream: a chain of three is in doubt at once", (*_CHAIN, run("a", "x = 2")),
         "b:CG101 c:CG102", "b c"),
    Case("upstream over several readers", (*_CHAIN, run("d", "w = x * z"), run("a", "x = 2")),
         "b:CG101 c:CG102 d:CG101 d:CG102", "b c d"),
    Case("doubt ends where the middle cell is run again", (*_CHAIN, run("a", "x = 2"), run("b")),
         "c:CG101", "c"),
    Case("doubt ends with an equal value", (run("a", "x = 1"), run("b", "y = x > 0"), run("c", "z = y"),
                                            run("a", "x = 2"), run("b")), "", ""),
    Case("doubt follows data, not cells", (run("a", "x = 1"), run("b", "y = x; k = 3"), run("c", "z = k"),
                                           run("a", "x = 2")), "b:CG101", "b"),
    Case("doubt follows parts", (run("a", "cfg = {'lr': 1, 'n': 2}"), run("b", "y = cfg['lr']"),
                                 run("a", "cfg = {'lr': 1, 'n': 3}")), "", ""),
    Case("made since", (run("b", "y = x"), run("a", "x = 1"), order("a", "b")), "b:CG101", "b"),
    Case("out of order: no such name above", (run("b", "x = 1"), run("a", "y = x"), order("a", "b")),
         "a:CG103", "", "a:CG103"),
    Case("out of order: another value above", (run("a", "x = 0"), run("c", "x = 1"), run("b", "y = x"),
                                               order("a", "b", "c")), "b:CG103", "a b"),
    Case("out of order: moved below", (run("a", "x = 1"), run("b", "y = x"), order("b", "a")),
         "b:CG103", "", "b:CG103"),
    Case("two writers swapped", (run("a", "x = 1"), run("b", "x = 2"), run("c", "y = x"),
                                 order("b", "a", "c")), "c:CG103", "a c"),
    Case("deleted cell", (run("a", "x = 1"), run("b", "y = x"), order("b")), "b:CG104", "", "b:CG104"),
    Case("deleted cell, reader run again", (run("a", "x = 1"), run("b", "y = x"), order("b"), run("b")),
         "b:CG104", "", "b:CG104"),
    Case("deleted cell with another writer above", (run("a", "x = 1"), run("b", "x = 2"), run("c", "y = x"),
                                                    order("a", "c")), "c:CG104", "a c"),
    Case("deleted cell comes back", (run("a", "x = 1"), run("b", "y = x"), order("b"), order("a", "b")), "",
         ""),
    Case("deleted cell that nobody used", (run("a", "x = 1"), run("b", "y = 2"), order("b")), "", ""),
    Case("leftover", (run("a", "x = 1"), run("b", "y = x"), run("a", "z = 1")), "b:CG105", "", "b:CG105"),
    Case("leftover, reader run again", (run("a", "x = 1"), run("b", "y = x"), run("a", "z = 1"), run("b")),
         "b:CG105", "", "b:CG105"),
    Case("leftover with another writer above", (run("a", "x = 0"), run("b", "x = 1"), run("c", "y = x"),
                                                run("b", "z = 1")), "c:CG105", "a c"),
    Case("renamed", (run("a", "x = 1"), run("b", "y = x"), run("a", "x_train = 1")), "b:CG105", "",
         "b:CG105"),
    Case("own output", (run("a", "x = 1"), run("b", "x = x + 1"), run("b")), "b:CG106", "a b"),
    Case("own output read on", (run("a", "x = 1"), run("b", "x = x + 1"), run("b"), run("c", "y = x")),
         "b:CG106 c:CG102", "a b c"),
    Case("own output in place", (run("a", "xs = []"), run("b", "xs.append(1)"), run("b")), "b:CG106", "a b"),
    Case("another key, five levels deep",
         (run("a", "d = {'a': {'b': {'c': {'d': {}}}}}"), run("b", "d['a']['b']['c']['d']['x'] = 1"),
          run("b", "d['a']['b']['c']['d']['y'] = 1"), run("c", "print(d)")), "b:CG106 c:CG102", "a b c"),
    Case("an iterator that tells nothing",
         (run("a", "import struct\nit = struct.iter_unpack('B', b'a')"), run("b", "xs = list(it)"), run("b")),
         "b:CG106", "a b"),
    Case("own output of a frame", (run("a", "import pandas as pd; df = pd.DataFrame({'v': [1, 2]})"),
                                   run("b", "df['v'] = df['v'] * 2"), run("b")), "b:CG106", "a b"),
    Case("repeatable change in place", (run("a", "d = {'k': 1}"), run("b", "d['n'] = 2"), run("b")), "", ""),
    Case("made only where it is not there", (run("a", "try:\n    seen\nexcept NameError:\n    seen = {}"),
                                             run("b", "seen['k'] = 1"), run("c", "n = len(seen)"), run("a")),
         "a:CG103", "", "a:CG103"),
    Case("repeatable clean-up", (run("a", "import pandas as pd; df = pd.DataFrame({'v': [1, None]})"),
                                 run("b", "df = df.fillna(0)"), run("b")), ""),
    Case("repeatable clean-up that shows what it found",
         (run("a", "import pandas as pd; df = pd.DataFrame({'v': [1, None]})"),
          run("b", "print(df.v.isna().sum())\ndf = df.fillna(0)"), run("b")), "b:CG106", "a b"),
    Case("fitted twice",
         (run("a", "from sklearn.linear_model import Ridge; m, X, y = Ridge(), [[1.], [2.]], [1., 2.]"),
          run("b", "m.fit(X, y)"), run("b")), ""),
    Case("added twice", (run("a", "s = {1}"), run("b", "s.add(2)"), run("b")), ""),
    Case("appended twice", (run("a", "s = [1]"), run("b", "s.append(2)"), run("b")), "b:CG106", "a b"),
    Case("told before it was added", (run("a", "s = {1}"), run("b", "print(s)\ns.add(2)"), run("b")),
         "b:CG106", "a b"),
    Case("deleted name", (run("a", "x = 1"), run("c", "y = x"), run("b", "del x"), order("a", "b", "c")),
         "c:CG107", "", "c:CG107"),
    Case("edited", (run("a", "x = 1"), run("b", "y = x"), edit("a", "x = 2")), "a:CG109 b:CG108", "a b"),
    Case("edited at the bottom", (run("a", "x = 1"), run("b", "y = x"), edit("b", "y = 2")), "b:CG109", "b"),
    Case("edited and undone", (run("a", "x = 1"), run("b", "y = x"), edit("a", "x = 2"), edit("a", "x = 1")),
         "", ""),
    Case("redefined", (run("a", "x = 1"), run("b", "y = x"), run("c", "x = 5")), "b:CG201"),
    Case("redefined as it was", (run("a", "x = 1"), run("b", "y = x"), run("c", "x = 1")), ""),
    Case("deleted", (run("a", "x = 1"), run("b", "y = x"), run("c", "del x")), "b:CG202"),
    Case("mutated", (run("a", "xs = []"), run("b", "n = len(xs)"), run("c", "xs.append(1)")), "b:CG203"),
    Case("mutated, earlier reader run again", (run("a", "xs = []"), run("b", "n = len(xs)"),
                                               run("c", "xs.append(1)"), run("b")), "b:CG103", "a b"),
    Case("foreign", (outside("x = 1"), run("b", "y = x")), "b:CG204"),
    Case("foreign later", (run("a", "x = 1"), outside("x = 2"), run("b", "y = x")), "b:CG204"),
    # Quiet: nothing of what was used is different.
    Case("import run again", (run("a", "import math"), run("b", "y = math.pi"), run("a")), ""),
    Case("same def run again", (run("a", "def f(): return 1"), run("b", "y = f()"), run("a")), ""),
    Case("same class run again", (run("a", "class C:\n    def m(self): return 1"), run("b", "c = C()"),
                                  run("c", "y = c.m()"), run("a")), ""),
    Case("def moved and commented", (run("a", "def f():\n    return 1"), run("b", "y = f()"),
                                     run("a", "# one\n\ndef f():\n    # gives one\n    return (1)")), ""),
    Case("equal data", (run("a", "xs = [1, 2]"), run("b", "y = sum(xs)"), run("a", "xs = list(range(1, 3))")),
         ""),
    Case("equal frame", (run("a", "import pandas as pd; df = pd.DataFrame({'v': [1.0, 2.0]})"),
                         run("b", "y = df.v.sum()"), run("a")), ""),
    Case("comments and layout only", (run("a", "x = 1"), run("b", "y = x"), edit("a", "x   =  1  # one")),
         ""),
    Case("moved where it does not matter", (run("a", "x = 1"), run("b", "k = 2"), run("c", "y = x + k"),
                                            order("b", "a", "c")), ""),
    Case("duplicated cell", (run("a", "x = 1"), run("b", "y = x"), run("c", "y = x"), run("d", "z = y")), ""),
    # Aliases and parts of values.
    Case("part of a part is another", (run("a", "d = {'k': {'j': 1, 'i': 1}}"), run("b", "y = d['k']['j']"),
         run("c", "z = d['k']['i']"), run("a", "d = {'k': {'j': 2, 'i': 1}}")), "b:CG101", "b"),
    Case("sibling of a part stored below", (run("a", "d = {'k': {'j': 1, 'i': 1}}"), run("b",
         "y = d['k']['j']"),
         run("c", "d['k']['i'] = 5")), ""),
    Case("part stored below its reader", (run("a", "d = {'k': {'j': 1, 'i': 1}}"), run("b",
         "y = d['k']['j']"),
         run("c", "d['k']['j'] = 5")), "b:CG203"),
    Case("element appended below a reader of another", (run("a", "x = [1, 2]"), run("b", "y = x[0]"),
         run("c", "x.append(3)")), ""),
    Case("part of what is changed in part above", (run("a", "d = {'log': [], 'lr': 1}"),
         run("b", "d['log'].append(1)"), run("c", "y = d['lr']"), run("a", "d = {'log': [], 'lr': 2}")),
         "c:CG101", "c"),
    Case("constant beside a call of a function", (run("a", "x = 1"), run("b",
         "def f(): return x\ny = f(); k = len('ab')"),
         run("c", "z = k"), run("d", "w = y"), run("a", "x = 2")), "b:CG101 d:CG102", "b d", observed=True),
    Case("after a loop that is left early", (run("a", "n = 1"),
         run("b", "for i in range(5):\n    if i > n: break\n    t = i"), run("c", "z = t"), run("a",
         "n = 2")),
         "b:CG101 c:CG102", "b c"),
    Case("changed through an alias", (run("a", "x = [1]"), run("b", "y = x"), run("c", "n = len(x)"),
                                      run("d", "y.append(1)")), "b:CG203 c:CG203"),
    Case("changed through an alias, reader run again", (run("a", "x = [1]"), run("b", "y = x"),
         run("c", "n = len(x)"), run("d", "y.append(1)"), run("c")), "b:CG203 c:CG103", "a c"),
    Case("changed through a view", (run("a", "import numpy as np; arr = np.zeros(4)"), run("b",
         "top = arr[:2]"),
                                    run("c", "s = arr.sum()"), run("d", "top[0] = 1")), "b:CG203 c:CG203"),
    Case("class attribute set in place", (run("a", "class C: v = 1"), run("b", "y = C.v"), run("c",
         "C.v = 2")),
         "b:CG203"),
    Case("class attribute set in place, reader run again", (run("a", "class C: v = 1"), run("b", "y = C.v"),
         run("c", "C.v = 2"), run("b")), "b:CG103", "a b"),
    Case("function's global set below", (run("a", "k = 1"), run("b", "def f(): return k"), run("c",
         "y = f()"),
                                         run("a", "k = 2")), "c:CG101", "c"),
    Case("method of a class run again", (run("a", "class C:\n    def m(self): return 1"), run("b",
         "y = C().m()"),
                                         run("a", "class C:\n    def m(self): return 2")), "b:CG101", "b"),
    Case("exec'd name", (run("a", "exec('x = 1')"), run("b", "y = x"), run("a", "exec('x = 2')")),
         "b:CG101", "b"),
    Case("result of another cell", (run("a", "1 + 1"), run("b", "y = _"), run("a", "1 + 2")), "b:CG101",
         "a b",
         generous="what _ is by then is not known"),
    Case("generator used up", (run("a", "it = iter([1, 2])"), run("b", "y = list(it)"), run("b")), "b:CG106",
         "a b"),
    Case("generator used up by a cell below", (run("a", "it = (x for x in [1, 2])"), run("b",
         "y = next(it, 0)"),
         run("c", "z = list(it)"), run("b")), "b:CG103", "a b"),
    # Helpers of the notebook's.
    Case("a name kept by globals() in a helper", (run("a", "def keep(name, make):\n    g = globals()\n"
         "    if name not in g: g[name] = make()\n    return g[name]"), run("b", "n = 2"),
         run("c", "xs = keep('kept', lambda: [0] * n)"), run("b", "n = 3"), run("c")), "c:CG106", "",
         left="c:CG106", observed=True),
    Case("a local object of a thread", (run("a", "import threading\nlocal = threading.local()"),
         run("b", "local.v = 1"), run("c", "y = local.v"), run("b", "local.v = 2")), "c:CG101", "c"),
    Case("file read to its end", (run("a", "import io; f = io.StringIO('text')"), run("b", "y = f.read()"),
         run("b")), "b:CG106", "a b"),
    # Cells that fail.
    Case("failed cell is no doubt", (run("a", "x = 1"), run("b", "y = x / 0")), ""),
    Case("what a failed cell made stays", (run("a", "x = 1\n1 / 0"), run("b", "y = x")), ""),
    Case("failed re-run takes nothing away", (run("a", "k = 1; x = k"), run("b", "y = x"), run("a",
         "x = 2\n1 / 0")),
         "b:CG101", "b"),
    Case("error before the name is made", (run("a", "x = 1"), run("b", "y = x"), run("a", "1 / 0\nx = 1")),
         "b:CG105", "", "b:CG105"),
    # Silenced.
    Case("silenced by a comment", (run("a", "x = 1"), run("b", "y = x  # cellgraph: ignore[CG101]"),
                                   run("a", "x = 2")), "", "b"),
    Case("silenced wholly", (run("a", "x = 1"), run("b", "y = x  # cellgraph: ignore"), run("a", "x = 2")),
         "", "b"),
    Case("another code silenced", (run("a", "x = 1"), run("b", "y = x  # cellgraph: ignore[CG102, CG103]"),
                                   run("a", "x = 2")), "b:CG101", "b"),
)

SAID: tuple[Said, ...] = (
    Said("CG101", (run("a", "x = 1"), run("b", "y = x"), run("a", "x = 2")),
         "[2] `y = x` uses x of [3] `x = 2`, which has run again: x is different now (1 → 2) · run [2]"),
    Said("CG101", (run("a", "x = 1 / 3"), run("b", "y = x"), run("a", "x = 2 / 3")),
         "[2] `y = x` uses x of [3] `x = 2 / 3`, which has run again: x is different now (0.333333 →"
         " 0.666667) · run [2]"),
    Said("CG101", (run("a", "x = 0.1"), run("b", "y = x"), run("a", "x = 0.1 + 1e-12")),
         "[2] `y = x` uses x of [3] `x = 0.1 + 1e-12`, which has run again: x is different now (0.1 →"
         " 0.10000000000100001) · run [2]"),
    Said("CG102", (*_CHAIN, run("a", "x = 2")),
         "[3] `z = y + 1` uses y of [2] `y = x + 1`, which is itself in doubt · run [2], [3]"),
    Said("CG103", (run("b", "x = 1"), run("a", "y = x"), order("a", "b")),
         "[2] `y = x` uses x of [1] `x = 1`, which stands below it: Restart & Run All fails here (no x)"
         " · move [1] above [2], or restart"),
    Said("CG103", (run("a", "x = 1"), run("c", "x = 2"), run("b", "y = x"), order("a", "b", "c")),
         "[3] `y = x` uses x of [2] `x = 2`, out of order: Restart & Run All takes it from [1] `x = 1`"
         " (2 → 1) · run [1], [3]"),
    Said("CG103", (run("a", "import os"), run("w", "open('b.csv', 'w').close()"),
                   run("r", "n = len(os.listdir('.'))"), order("a", "r", "w")),
         "[3] `n = len(os.listdir('.'))` found file b.csv from [2] `open('b.csv', 'w').close()`, which"
         " stands below it: Restart & Run All finds only what an earlier session left on disk, if"
         " anything · move [2] above [3], or restart without the file"),
    Said("CG103", (run("w", "open('b.csv', 'w').close()"),
                   run("r", "with open('b.csv') as file: file.read()"), order("r", "w")),
         "[2] `with open('b.csv') as file: file…` read file b.csv from [1] `open('b.csv', 'w').close()`,"
         " which stands below it: Restart & Run All finds only what an earlier session left on disk, if"
         " anything · move [1] above [2], or restart without the file"),
    Said("CG104", (run("a", "x = 1"), run("b", "y = x"), order("b")),
         "[2] `y = x` uses x of `x = 1`, a cell that was deleted: Restart & Run All fails here (no x) ·"
         " put its code back in a cell, or restart"),
    Said("CG104", (run("a", "x = 1"), run("b", "try:\n    y = x\nexcept NameError:\n    y = 0"), order("b")),
         "[2] `y = x` uses x of `x = 1`, a cell that was deleted: Restart & Run All has no x here · put"
         " its code back in a cell, or restart"),
    Said("CG104", (run("a", "x = 1"), run("b", "y = x if 'x' in globals() else 0"), order("b")),
         "[2] `y = x if 'x' in globals() else 0` uses x of `x = 1`, a cell that was deleted: Restart &"
         " Run All has no x here · put its code back in a cell, or restart"),
    Said("CG104", (run("a", "x = 1"), run("b", "x = 2"), run("c", "y = x"), order("a", "c")),
         "[3] `y = x` uses x of `x = 2`, a cell that was deleted: Restart & Run All takes it from [1]"
         " `x = 1` (2 → 1) · run [1], [3]"),
    Said("CG102", (run("a", "x = 1"), run("b", "y = x"), run("c", "z = y"), order("b", "c")),
         "[3] `z = y` uses y of [2] `y = x`, which is itself in doubt · restart and run all"),
    Said("CG102", (run("a", "x = 1"), run("b", "y = x"), run("c", "z = y"), order("b", "c"), run("b")),
         "[3] `z = y` uses y of [4] `y = x`, which is itself in doubt · restart and run all"),
    Said("CG105", (run("a", "x = 1"), run("b", "y = x"), run("a", "z = 1")),
         "[2] `y = x` uses x of [3] `z = 1`, whose code no longer makes it: Restart & Run All fails"
         " here (no x) · put the code that made x back, or restart"),
    Said("CG105", (run("a", "x = 1"), run("b", "y = x"), run("a", "1 / 0\nx = 1")),
         "[2] `y = x` uses x of [3] `1 / 0`, which has run again and raised ZeroDivisionError before it"
         " made x · see what [3] needs to make x, or restart"),
    Said("CG105", (run("k", "k = 1"), run("a", "if k: x = 1"), run("b", "y = x"), run("k", "k = 0"),
         run("a")),
         "[3] `y = x` uses x of [5] `if k: x = 1`, which has run again and did not make x: Restart &"
         " Run All fails here (no x) · see what [5] needs to make x, or restart"),
    Said("CG105", (run("a", "x = 1"), run("a", "y = x")),
         "[2] `y = x` uses x of its own earlier code: Restart & Run All fails here (no x) · put the"
         " code that made x back, or restart"),
    Said("CG105", (run("a", "x = 1"), run("b", "x = 2"), run("c", "y = x"), run("b", "z = 1")),
         "[3] `y = x` uses x of [4] `z = 1`, whose code no longer makes it: Restart & Run All takes it"
         " from [1] `x = 1` (2 → 1) · run [1], [3]"),
    Said("CG106", (run("a", "x = 1"), run("b", "x = x + 1"), run("b")),
         "[3] `x = x + 1` started from its own earlier result of x (1 → 2), not from what [1] `x = 1`"
         " makes · run [1], [3]"),
    Said("CG107", (run("a", "x = 1"), run("c", "y = x"), run("b", "del x"), order("a", "b", "c")),
         "[2] `y = x` uses x, which [3] `del x` above it deletes: Restart & Run All fails here (no x) ·"
         " move [3] below [2], or restart"),
    Said("CG108", (run("a", "x = 1"), run("b", "y = x"), edit("a", "x = 2")),
         "[2] `y = x` uses x of [1] `x = 2`, whose text has been edited since it ran · run [1], [2]"),
    Said("CG109", (run("a", "x = 1"), run("b", "y = x"), edit("b", "y = 2 * x")),
         "[2] `y = 2 * x` has been edited since it ran: what it shows is not what its text makes · run"
         " [2]"),
    Said("CG110", (run("a", "x = 1"), run("b", "print(x)"), run("a", "x = 2"), run("c", "%cellgraph rerun")),
         "what stands below [2] `print(x)` is of an older run: it ran since, and its output went"
         " elsewhere · run [2]"),
    Said("CG111", (run("a", "class P: pass"), run("b", "p = P()  # cellgraph: ignore[CG111]"), run("a"),
                   run("c", "ok = isinstance(p, P)")),
         "[4] `ok = isinstance(p, P)` uses p, which holds an older P than [3] `class P: pass` made; a"
         " restart has one · run [2], [4]"),
    Said("CG112", (run("r", "rate = 2"),
                   run("f", "import functools\n@functools.cache\ndef f(n): return n * rate"),
                   run("u", "p = f(10)"), run("r", "rate = 3"), run("u")),
         "[5] `p = f(10)` took what f had cached when rate was another: Restart & Run All takes it from"
         " [4] `rate = 3` (2 → 3) · run [2], [5]"),
    Said("CG113", (run("a", "import colorsys"), run("b", "colorsys.extra = 1"),
                   run("c", "x = colorsys.extra"),
                   run("b", "pass")),
         "[3] `x = colorsys.extra` uses colorsys.extra as an earlier run of [4] `pass` changed it: a"
         " restart has the library as it came · restart and run all"),
    Said("CG201", (run("a", "x = 1"), run("b", "y = x"), run("c", "x = 5")),
         "x is not what [2] `y = x` saw: [3] `x = 5` redefined it since"),
    Said("CG202", (run("a", "x = 1"), run("b", "y = x"), run("c", "del x")),
         "x, which [2] `y = x` used, was deleted by [3] `del x`: running [2] again now would fail"),
    Said("CG203", (run("a", "xs = []"), run("b", "n = len(xs)"), run("c", "xs.append(1)")),
         "len(xs) is not what [2] `n = len(xs)` saw: [3] `xs.append(1)` changed it since"),
    Said("CG204", (outside("x = 1"), run("b", "y = x")),
         "[1] `y = x` uses x, which no cell made (it was there before, or a thread or widget made it)"),
)

QUIET: tuple[tuple[str, ...], ...] = (
    ("x = 1", "x = x + 1", "x += 1", "y = x"),
    ("x, y = 1, 2", "x, y = y, x", "z = x"),
    ("import pandas as pd; df = pd.DataFrame({'v': [1, None, 3]})", "df = df.dropna()",
     "df['w'] = df['v'] * 2",
     "df.drop(columns='v', inplace=True)", "total = df['w'].sum()"),
    ("import pandas as pd; df = pd.DataFrame({'a': [1, 1], 'b': [2, 3]})", "grouped = df.groupby('a')",
     "means = grouped.mean()", "df.loc[0, 'b'] = 9", "top = df.head(1)", "df = pd.concat([df, top])"),
    ("from sklearn.linear_model import LinearRegression\nmodel = LinearRegression()",
     "X, y = [[0.0], [1.0]], [0.0, 1.0]",
     "model.fit(X, y)", "p = model.predict(X)", "model.set_params(fit_intercept=False).fit(X, y)",
     "q = model.coef_"),
    ("items = []", "items.append(1)", "items.extend([2, 3])", "n = len(items)", "items.sort(reverse=True)",
     "first = items.pop()"),
    ("import matplotlib.pyplot as plt", "fig, ax = plt.subplots()", "_ = ax.set_title('x')",
     "_ = ax.plot([1, 2])",
     "n = len(ax.lines)", "plt.close(fig)"),
    ("def g():\n    yield from range(5)", "it = g()", "a = next(it)", "b = next(it)", "rest = list(it)"),
    ("it = iter([1, 2, 3])", "a = next(it)", "b = list(it)", "c = list(it)"),
    ("import threading; lock = threading.Lock()", "with lock:\n    x = 1", "lock.acquire()",
     "held = lock.locked()", "lock.release()"),
    ("f = open('log.txt', 'w')", "f.write('a')", "f.write('b')", "f.close()",
     "text = open('log.txt').read()"),
    ("import sqlite3; db = sqlite3.connect(':memory:')", "db.execute('create table if not exists t (v)')",
     "db.execute('insert into t values (1)')", "rows = db.execute('select * from t').fetchall()",
     "db.close()"),
    ("import random; random.seed(1)", "a = random.random()", "b = random.random()",
     "random.shuffle(xs := [1, 2, 3])"),
    ("import numpy as np; rng = np.random.default_rng(0)", "a = rng.normal(size=3)", "b = rng.normal(size=3)",
     "c = a + b"),
    ("import numpy as np; np.random.seed(0)", "a = np.random.rand(3)", "a[0] = 1", "view = a[1:]; view += 1",
     "s = a.sum()"),
    ("count = 0", "def bump():\n    global count\n    count += 1", "bump()", "bump()", "n = count"),
    ("class C: v = 1", "c = C()", "C.v = 2", "y = c.v", "c.w = y", "z = vars(c)"),
    ("class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)",
     "s = Stack()",
     "s.push(1)", "s.push(2)", "n = len(s.items)"),
    ("seen = {}", "def f(x):\n    if x not in seen: seen[x] = x * x\n    return seen[x]", "a = f(2)",
     "b = f(2)", "n = len(seen)"),
    ("from functools import lru_cache\n@lru_cache\ndef f(x): return x + 1", "a = f(1)", "b = f(1)",
     "info = f.cache_info()"),
    ("def keep(x, seen=[]):\n    seen.append(x)\n    return len(seen)", "a = keep(1)", "b = keep(2)"),
    ("def up():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1; return n\n    return step",
     "step = up()", "a = step()", "b = step()"),
    ("x = 1", "del x", "x = 2", "y = x"),
    ("1 + 1", "y = _", "_ + 1", "z = Out[1]"),
    ("exec('x = 1')", "y = x", "globals()['z'] = y", "w = z"),
    ("import asyncio", "async def f():\n    await asyncio.sleep(0)\n    return 1", "x = await f()", "y = x"),
    ("import threading; out = []", "t = threading.Thread(target=out.append, args=(1,))",
     "t.start(); t.join()", "n = len(out)"),
    ("from collections import defaultdict, deque; d = defaultdict(list); q = deque(maxlen=2)",
     "d['a'].append(1)",
     "for i in range(3): q.append(i)", "n = len(q) + len(d)"),
    ("import io; buffer = io.StringIO()", "buffer.write('a')", "buffer.write('b')",
     "text = buffer.getvalue()"),
    ("import logging; log = logging.getLogger('cellgraph-test')", "log.setLevel(20)", "log.info('x')",
     "n = log.level"),
    ("import time; start = time.time()", "took = time.time() - start", "text = f'{took > 0}'"),
    ("import uuid; key = uuid.uuid4()", "name = str(key)", "n = len(name)"),
    ("x = [1]", "y = x", "y.append(2)", "n = len(x)", "x = x + [3]", "m = len(y)"),
    ("a = 1", "raise ValueError(a)", "b = a"),
    ("for i in range(3): pass", "n = i", "for i in range(5): pass", "m = i"),
    ("%time x = 1", "y = x", "%%capture out\nprint(y)", "text = out.stdout"),
    ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 0", "p = P()", "p.x += 1",
     "q = P(p.x)", "same = p == q"),
    ("import os; os.environ['CELLGRAPH_TEST'] = 'x'", "x = os.environ['CELLGRAPH_TEST']", "y = os.getcwd()"),
    ("import warnings; warnings.filterwarnings('ignore')", "import sys; sys.path.append('here')",
     "n = 'here' in sys.path"),
    ("from contextlib import ExitStack; stack = ExitStack()", "stack.callback(print)", "stack.pop_all()",
     "x = 1"),
    ("import weakref\nclass C: pass\nc = C()", "ref = weakref.ref(c)", "alive = ref() is c"),
    ("xs = list(range(5))", "ys = map(str, xs)", "zs = list(ys)", "n = len(zs)"),
    ("from concurrent.futures import ThreadPoolExecutor; pool = ThreadPoolExecutor(1)",
     "job = pool.submit(len, [1])",
     "x = job.result()", "pool.shutdown()"),
)
"""Notebooks that run from top to bottom, and are run from top to bottom again: never a warning."""
# fmt: on

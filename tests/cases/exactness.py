"""Sessions as short texts: cells and their runs, what is in doubt after them, and what is to run again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.cases.findings import Action, order, run


@dataclass(frozen=True)
class Exact:
    r"""``a: x = 1 | b: y = x | a: x = 2``: runs of cells, in the order in which they happen.

    A cell without code runs as it stands, ``order b a`` moves cells, and ``\n`` is the end of a line.
    ``warnings`` are ``cell:code`` between spaces, ``plan`` the cells to run again (None: not asked).
    ``observed``: it takes seeing the instructions that run.
    """

    session: str
    warnings: str = ""
    plan: str | None = None
    observed: bool = False

    def __str__(self) -> str:
        return self.session[:80]

    @property
    def actions(self) -> list[Action]:
        """What was done."""
        return [_action(part.strip().replace("\\n", "\n")) for part in self.session.split(" | ")]


def _action(text: str) -> Action:
    named = re.match(r"(\w+): ?(.*)", text, re.DOTALL)
    if named is not None:
        return run(named[1], named[2])
    return order(*text.split()[1:]) if text.startswith("order ") else run(text)


# A table: the shorter a row, the more rows are in view.
# ruff: noqa: E501 - a session is one line
# fmt: off
EXACT: tuple[Exact, ...] = (
    # Bound unseen.
    Exact(r"a: from math import *\nx = sqrt(4) | a"),
    Exact(r"a: from math import *\nx = sqrt(4) | a | b: y = sqrt(x)"),
    Exact(r'a: exec("q = 4")\nx = q + 1 | a'),
    Exact(r'a: s = "q = 4"\nexec(s)\nx = q + 1 | a'),
    Exact(r"a: globals().update({'q': 4})\nx = q + 1 | a"),
    Exact(r"a: globals().update(q=4)\nx = q + 1 | a"),
    Exact(r"a: get_ipython().push({'q': 4})\nx = q + 1 | a"),
    Exact(r"a: get_ipython().user_ns['q'] = 4\nx = q + 1 | a"),
    Exact(r"a: get_ipython().user_ns.update(q=4)\nx = q + 1 | a"),
    Exact(r'a: get_ipython().ex("q = 4")\nx = q + 1 | a'),
    Exact(r"a: get_ipython().run_cell_magic('capture', 'o', 'q = 4')\nx = q + 1 | a"),
    Exact(r"a: open('s.py', 'w').write('q = 4') | b: %run s.py\nx = q + 1 | b"),
    Exact(r"a: open('s.py', 'w').write('q = [4]') | b: %run s.py\nx = q + [1] | b"),
    Exact(r"a: open('s.py', 'w').write('q = 4') | b: %run -i s.py\nx = q + 1 | b"),
    Exact(r"a: open('s.py', 'w').write('q = 4') | b: exec(open('s.py').read())\nx = q + 1 | b"),
    Exact(r"a: open('s.py', 'w').write('q = 4') | b: from s import *\nx = q + 1 | b"),
    Exact(r"a: if True:\n  from math import *\nx = sqrt(4) | a"),
    Exact(r"a: def f():\n  return sqrt(4)\nfrom math import *\nx = f() | a"),
    Exact(r"a: from os.path import *\nx = join('a', 'b') | a"),
    Exact(r"a: from numpy import *\nx = array([1]) | a"),
    Exact(r"a: from math import *\nfrom numpy import *\nx = sqrt(4) | a"),
    Exact(r"a: for k in ['q']:\n  globals()[k] = 4\nx = q + 1 | a"),
    Exact(r"a: for k in ['q', 'r']:\n  globals()[k] = 4\nx = q + r | a"),
    Exact(r"a: vars().update(q=4)\nx = q + 1 | a"),
    Exact(r"a: setattr(__import__('__main__'), 'q', 4) \nx = 1 | a"),
    Exact(r"a: get_ipython().run_cell('q = 4')\nx = q + 1 | a"),
    Exact(r"a: import sys\nfrom math import *\nx = sqrt(4)\ndel sqrt\n | a"),
    Exact(r"a: from math import * | b: x = sqrt(4)\nfrom math import * | order b a", 'b:CG103'),
    Exact(r'a: q = 4 | b: exec("q = q + 1")\nx = q | b', 'b:CG106'),
    Exact(r"a: q = 4 | b: globals().update(q=q + 1)\nx = q | b", 'b:CG106'),
    Exact(r"a: open('s.py', 'w').write('q = 4') | b: %run s.py\nx = q + 1 | b: %run s.py\nx = q + 2"),
    Exact(r"a: globals().update(q=4)\nx = q + 1 | a: globals().update(q=4)\nx = q + 2"),
    Exact(r"a: get_ipython().push({'q': 4})\nx = q | a: get_ipython().push({'q': 4})\nx = q + 1"),
    Exact(r"a: from math import *\nx = sqrt(4) | a: from math import *\nx = sqrt(5)", observed=True),
    Exact(r"a: from math import *\nx = sqrt(4) | a: x = sqrt(5)", 'a:CG105'),
    Exact(r"a: globals().update(q=4)\nx = q + 1 | b: q = 5 | a", observed=True),
    Exact(r"a: globals().setdefault('q', [4])\nx = q + [1] | b: q.append(5) | a", 'a:CG103'),
    Exact(r"a: from sympy import var\nvar('p q')\nz = p + q | a"),
    Exact(r"a: import random\nfrom math import *\n\ndef area(r): return pi * r ** 2\nprint(area(3)) | a | a"),
    Exact(r"a: from math import *\nx = [sqrt(i) for i in range(3)]\n | b: y = pi | a | b"),
    Exact(r"a: %%capture\nfrom math import *\nx = sqrt(4) | a"),
    Exact(r"a: %%time\nfrom math import *\nx = sqrt(4) | a"),
    Exact("a: from math import * | a | b: y = sin(1) | b"),
    Exact(r"a: import math\nglobals().update(vars(math))\nx = sqrt(2) | a"),
    Exact(r"a: import math\nfor n in dir(math):\n  if n[0] != '_': globals()[n] = getattr(math, n)\nx = sqrt(2) | a"),
    # Parts.
    Exact("r: rate = 2 | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['twice'] = df['a'] * 2; df['net'] = df['a'] * rate | c: y = df['twice'].sum() | r: rate = 3", 'b:CG101', 'b'),
    Exact("r: rate = 2 | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['net'] = df['a'] * rate; df['twice'] = df['a'] * 2 | c: y = df['twice'].sum() | r: rate = 3", 'b:CG101', 'b'),
    Exact("r: rate = 2 | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['net'] = df['a'] * rate; df['twice'] = df['a'] * 2 | c: y = df['net'].sum() | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact("r: rate = 2 | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['net'] = df['a'] * rate; df['twice'] = df['net'] * 2 | c: y = df['twice'].sum() | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact("r: rate = 2 | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['net'] = df['a'] * rate; df['twice'] = df['a'] * 2 | c: y = df.sum() | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact("r: rate = 2 | b: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}); df['twice'] = df['a'] * 2; df['net'] = df['a'] * rate | c: y = df['twice'].sum() | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | b: import pandas as pd; df = pd.DataFrame({'a': [1, 2]})\ndf = df[df['a'] > rate - 2]\ndf['twice'] = df['a'] * 2 | c: y = df['twice'].sum() | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | b: d = {}\nd['t'] = 1\nd['n'] = rate | c: y = d['t'] | r: rate = 3", 'b:CG101', 'b'),
    Exact("r: rate = 2 | b: d = {'t': 1, 'n': rate} | c: y = d['t'] | r: rate = 3", 'b:CG101', 'b'),
    Exact("r: rate = 2 | b: d = dict(t=1, n=rate) | c: y = d['t'] | r: rate = 3", 'b:CG101', 'b'),
    Exact("r: rate = 2 | b: d = {'t': 1, 'n': rate} | c: y = d['n'] | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact("r: rate = 2 | b: d = {'t': 1, 'n': rate} | c: y = list(d) | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: d = {} | b: d['t'] = 1\nd['n'] = rate | c: y = d['t'] | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: d = {} | b: d['t'] = 1\nd['n'] = rate | c: y = d['n'] | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: k = 't' | a: d = {} | b: d['t'] = 1\nd[k] = 5 | c: y = d['t'] | r: k = 'u'", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | a: from types import SimpleNamespace; s = SimpleNamespace() | b: s.t = 1\ns.n = rate | c: y = s.t | r: rate = 3", 'b:CG101', 'a b'),
    Exact("r: rate = 2 | a: from types import SimpleNamespace; s = SimpleNamespace(t=1, n=rate) | c: y = s.t | r: rate = 3", 'a:CG101', 'a'),
    Exact(r"r: rate = 2 | a: class P: pass\ns = P() | b: s.t = 1\ns.n = rate | c: y = s.t | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: class P: pass | b: u = P(); v = P()\nu.x = 1\nv.x = rate | c: y = u.x | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | b: class P: pass\nu = P(); v = P()\nu.x = 1\nv.x = rate | c: y = u.x | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: class P: pass\nu = P(); v = P() | b: u.x = 1\nv.x = rate | c: y = u.x | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: class P:\n  def __init__(self, x): self.x = x | b: u = P(1)\nv = P(rate) | c: y = u.x | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: from dataclasses import dataclass\n@dataclass\nclass P:\n  x: int | b: u = P(1); v = P(rate) | c: y = u.x | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | a: class P:\n  items = [] | b: u = P(); v = P()\nv.items.append(rate) | c: y = u.items | r: rate = 3", 'b:CG101 c:CG102', 'a b c'),
    Exact(r"r: rate = 2 | a: class P:\n  pass | b: u = P(); v = P()\nP.k = rate | c: y = u.k | r: rate = 3", 'b:CG101 c:CG102', 'a b c'),
    Exact("r: x = 1 | s: z = 2 | b: p, q = x + 1, z + 3 | c: y = p | s: z = 5", 'b:CG101', 'b'),
    Exact("r: x = 1 | s: z = 2 | b: p, q = x + 1, z + 3 | c: y = q | s: z = 5", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: x = 1 | s: z = 2 | b: p, q = x + 1, z + 3\np, q = q, p | c: y = q | s: z = 5", 'b:CG101', 'b'),
    Exact(r"r: x = 1 | s: z = 2 | b: p, q = x + 1, z + 3\np, q = q, p | c: y = p | s: z = 5", 'b:CG101 c:CG102', 'b c'),
    Exact("r: x = 1 | s: z = 2 | b: [p, q] = [x + 1, z + 3] | c: y = p | s: z = 5", 'b:CG101', 'b'),
    Exact("r: x = 1 | s: z = 2 | b: (p, q), w = (x + 1, z + 3), 4 | c: y = p | s: z = 5", 'b:CG101', 'b'),
    Exact("r: x = 1 | s: z = 2 | b: p, *q = x + 1, z + 3, 4 | c: y = p | s: z = 5", 'b:CG101', 'b'),
    Exact("r: x = 1 | s: z = 2 | b: p, *q = x + 1, z + 3, 4 | c: y = q | s: z = 5", 'b:CG101 c:CG102', 'b c'),
    Exact("r: x = 1 | s: z = 2 | b: a = p, q = x + 1, z + 3 | c: y = p | s: z = 5", 'b:CG101', 'b'),
    Exact("r: x = 1 | s: z = 2 | b: a = p, q = x + 1, z + 3 | c: y = a | s: z = 5", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0 | b: u = f(False); z = f(True) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0 | b: z = f(True); u = f(False) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0 | b: z = f(True); u = f(False) | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0 | b: u = f(True); z = f(True) | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0 | b: for i in range(2):\n  z = f(i); u = f(not i) | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: def g():\n  return rate\ndef f(b):\n  return g() if b else 0 | b: z = f(True); u = f(False) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: class M:\n  def m(self, b):\n    return rate if b else 0 | b: m = M(); z = m.m(True); u = M().m(False) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0 | b: z = [f(i) for i in (True,)]; u = list(map(f, [False])) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: from functools import lru_cache\n@lru_cache\ndef f(b):\n  return rate | b: z = f(1); u = f(1) | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'f b c'),
    Exact(r"r: rate = 2 | f: def f():\n  while True:\n    yield rate | b: g = f(); z = next(g); u = next(g) | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact("a: x = 1 | b: del x | a: x = 2"),
    Exact("a: x = 1 | b: y = x; del x | a: x = 2", 'b:CG101', 'b'),
    Exact("a: l = [1, 2, 3] | b: l[-1] = 7 | c: y = l[0] | b: l[-1] = 8"),
    Exact("a: l = [1, 2, 3] | b: l[2] = 7 | c: y = l[-1] | b: l[2] = 8", 'c:CG101', 'c'),
    Exact("a: l = [1, 2, 3] | b: l[-1] = 7 | c: y = l[2] | b: l[-1] = 8", 'c:CG101', 'c'),
    Exact("a: l = [1, 2] | b: l.append(3) | c: y = l[0] | a | b: l.append(4)"),
    Exact("a: l = [1, 2] | b: l.append(3) | c: y = l[-1] | a | b: l.append(4)", 'c:CG101', 'c'),
    Exact("a: l = [1, 2] | b: l.append(3) | c: y = sum(l) | a | b: l.append(4)", 'c:CG101', 'c'),
    Exact("a: l = [1, 2] | b: l.append(3) | c: y = len(l) | a | b: l.append(4)", '', ''),
    Exact("a: import numpy as np; x = np.arange(5) | b: x[3] = 7 | c: y = x[0] | a | b: x[3] = 8"),
    Exact("a: import numpy as np; x = np.arange(5) | b: x[3] = 7 | c: y = x[3] | a | b: x[3] = 8", 'c:CG101', 'c'),
    Exact("a: import numpy as np; x = np.arange(5) | b: x[3] = 7 | c: y = x[-2] | a | b: x[3] = 8", 'c:CG101', 'c'),
    Exact("a: import pandas as pd; s = pd.Series({'p': 1, 'q': 2}) | b: s['q'] = 7 | c: y = s['q'] | a | b: s['q'] = 8", 'c:CG101', 'c'),
    Exact("a: import pandas as pd; s = pd.Series({'p': 1, 'q': 2}) | b: s['q'] = 7 | c: y = s.sum() | a | b: s['q'] = 8", 'c:CG101', 'c'),
    Exact("r: z = 1 | a: l = [0, 0] | b: l[0] = 5; l[1] = z | c: y = l[0] | r: z = 2", 'b:CG101', 'b'),
    Exact("r: z = 1 | a: import numpy as np; x = np.zeros(5) | b: x[0] = 5; x[3] = z | c: y = x[0] | r: z = 2", 'b:CG101', 'b'),
    Exact("r: z = 1 | a: import numpy as np; x = np.zeros(5) | b: x[0] = 5; x[3] = z | c: y = x[3] | r: z = 2", 'b:CG101 c:CG102', 'b c'),
    Exact(r"a: class P:\n  k = 1\n  j = 2 | b: y = P.j | a: class P:\n  k = 5\n  j = 2"),
    Exact(r"a: class P:\n  k = 1\n  j = 2 | b: p = P() | e: P.k = 1 | c: y = p.j | e: P.k = 5"),
    Exact(r"a: class P:\n  k = 1\n  j = 2 | b: p = P() | e: P.k = 1 | c: y = p.k | e: P.k = 5", 'c:CG101', 'c'),
    Exact(r"a: class P:\n  j = 2 | b: p = P(); p.k = 3 | e: P.k = 1 | c: y = p.k | e: P.k = 5"),
    Exact("a: l = [[1, 2], [3]] | b: l[0][1] = 2 | c: y = l[0] | b"),
    Exact("a: l = [[1, 2], [3]] | b: l[0][1] = 2 | c: y = l[0][1] | a: l = [[1, 5], [3]] | b"),
    Exact("a: l = [[1, 2], [3]] | b: l[0][1] = 2 | c: y = l[1] | a: l = [[1, 2], [4]] | b", 'c:CG101', 'c'),
    Exact("a: d = {'k': [1, 2]} | b: d['k'][0] = 1 | c: y = d['k'] | b"),
    Exact("a: d = {'k': [1, 2]} | b: m = d['k']; m[0] = 1 | c: y = d['k'] | b"),
    # Elements of arrays.
    Exact("a: import numpy as np; x = np.arange(5) | b: x[4] = 7 | c: y = x[-1] | a | b: x[4] = 8", 'c:CG101', 'c'),
    Exact("a: import numpy as np; x = np.arange(5) | b: x[1:3] = 7 | c: y = x[2] | a | b: x[1:3] = 8", 'c:CG101', 'c'),
    Exact("a: import numpy as np; x = np.arange(5) | b: x[x > 3] = 7 | c: y = x[0] | a | b: x[x > 3] = 8"),
    Exact("a: import numpy as np; x = np.arange(5); v = x[1:] | b: v[0] = 7 | c: y = x[1] | a | b: v[0] = 8", 'c:CG101', 'c'),
    Exact("a: import numpy as np; x = np.arange(5); v = x[1:] | b: v[0] = 7 | c: y = x[0] | a | b: v[0] = 8"),
    Exact("a: import numpy as np; x = np.arange(5) | b: x += 1 | c: y = x[0] | a | b: x += 2", 'c:CG101', 'c'),
    Exact("k: import numpy as np; x = np.zeros(3) | r: rate = 2 | c: x[0] = rate | r: rate = 3", 'c:CG101', 'c'),
    Exact("a: import numpy as np; x = np.zeros(5) | b: x[3] = 7 | b"),
    Exact("a: import numpy as np; x = np.zeros((2, 2)) | b: x[0, 1] = 7 | b", observed=True),
    Exact("a: import numpy as np; x = np.zeros((2, 2)) | b: x[0] = 7 | b"),
    Exact("a: import numpy as np; x = np.zeros((2, 2)) | b: x[0] = 7 | c: y = x[1].sum() | a | b: x[0] = 7"),
    Exact("a: import numpy as np; x = np.zeros(4) | b: x[0] = 7 | c: x[1] = x[0] + 1 | d: y = x[1] | a | b | c"),
    # Stores at keys that the code works out.
    Exact("a: d = {} | k: q = 'm' | b: d[q] = 1 | a: d = {'z': 3}"),
    Exact("a: d = {'j': 1} | k: q = 'm' | b: d[q] = 1 | b"),
    Exact("a: d = {'j': 1} | b: for k in 'xy': d[k] = 1 | b"),
    Exact("a: d = {'j': 1} | b: for k in 'xy': d[k] = 1 | a: d = {'j': 2}"),
    Exact("a: d = {'j': 1} | b: for k in 'xy': d[k] = d['j'] | a: d = {'j': 2}", 'b:CG101'),
    Exact("a: d = {'j': 1} | b: for k in list(d): d[k] = 5 | a: d = {'i': 2}", 'b:CG101'),
    Exact("a: import numpy as np; x = np.zeros(4) | b: for i in range(3): x[i] = i | b"),
    Exact("a: l = [0, 0, 0] | b: for i in range(3): l[i] = i | b"),
    Exact("a: l = [0, 0, 0] | b: for i in range(3): l[i] = i | a: l = [0]", 'b:CG101'),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: for c in 'xy': df[c] = 3 | b"),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: for c in 'xy': df[c] = df['a'] * 2 | c: n = df['x'].sum() | a: import pandas as pd; df = pd.DataFrame({'a': [1, 5]})", 'b:CG101 c:CG102'),
    # Instances.
    Exact(r"r: rate = 2 | a: class P:\n  def __init__(self, x): self.x = x\nu = P(1) | b: v = P(rate); u.x = 3 | c: y = u.x | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"a: class P:\n  k = 1\n  j = 2 | b: y = P.k | a: class P:\n  k = 5\n  j = 2", 'b:CG101', 'b'),
    Exact(r"a: class P:\n  k = 1\n  def m(self): return self.k\n  @property\n  def q(self): return self.k | b: p = P() | e: P.k = 1 | c: y = p.m() | e: P.k = 5", 'c:CG101', 'c'),
    Exact(r"a: class P:\n  k = 1\n  def m(self): return self.k\n  @property\n  def q(self): return self.k | b: p = P() | e: P.k = 1 | c: y = p.q | e: P.k = 5", 'c:CG101', 'c'),
    Exact(r"a: class P:\n  k = 1\n  @classmethod\n  def m(self): return self.k | e: P.k = 1 | c: y = P.m() | e: P.k = 5", 'c:CG101', 'c'),
    Exact(r"a: class P:\n  j = 2\nclass Q(P):\n  pass | b: p = Q() | e: P.j = 1 | c: y = p.j | e: P.j = 5", 'c:CG101', 'e c'),
    Exact(r"a: class P:\n  j = 2\nclass Q(P):\n  k = 4 | b: p = Q() | e: P.j = 1 | c: y = p.k | e: P.j = 5"),
    Exact(r"a: class P:\n  j = 2\n  def __getattr__(self, n): return self.j | b: p = P() | e: P.j = 1 | c: y = p.zz | e: P.j = 5", 'c:CG101', 'e c'),
    # Deletions.
    Exact("a: x = 1 | b: del x | a: x = 'k'"),
    Exact("a: x = 1 | b: del x | b", 'b:CG106'),
    Exact("a: x = [1] | b: x.append(2); del x | a: x = [2]", 'b:CG101'),
    Exact("a: x = 1 | b: del x | a: z = 2", 'b:CG105'),
    Exact(r"a: x = 1 | b: del x\nx = 3 | a: x = 2"),
    Exact(r"a: x = 1 | b: del x\nx = 3 | c: y = x | a: x = 2"),
    Exact("a: d = {} | k: q = 'm' | b: d[q] = 1 | a: d = []", 'b:CG101'),
    Exact("a: d = {} | k: q = 'm' | b: d[q] = 1 | b"),
    # Containers.
    Exact("a: l = [1, 2] | b: l[0] = 7 | a: l = []", 'b:CG101', 'b'),
    Exact("a: l = [1, 2] | b: l[0] = 7 | a: l = (1, 2)", 'b:CG101', 'b'),
    Exact("a: l = [1, 2] | b: l[0] = 7 | a: l = None", 'b:CG101', 'b'),
    Exact("a: l = [1, 2] | b: l[1] = 7 | a: l = [1]", 'b:CG101', 'b'),
    Exact("a: l = [1, 2] | b: l[-2] = 7 | a: l = [1]", 'b:CG101', 'b'),
    Exact("a: l = [1, 2] | b: l[0] = 7 | a: l = {}", 'b:CG101', 'b'),
    Exact("a: d = {} | b: d['k'] = 7 | a: d = []", 'b:CG101', 'b'),
    Exact("a: d = {} | b: d['k'] = 7 | a: d = None", 'b:CG101', 'b'),
    Exact("a: d = {} | b: d['k'] = 7 | a: d = 5", 'b:CG101', 'b'),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['b'] = 2 | a: df = None", 'b:CG101', 'b'),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['b'] = [3, 4] | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2, 3]})", 'b:CG101', 'b'),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['b'] = 2 | c: y = df['b'] | a: import pandas as pd; df = pd.DataFrame({'a': [1, 2, 3]})", 'b:CG101 c:CG102', 'b c'),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['b'] = 2 | a: import pandas as pd; df = pd.Series({'a': [1, 2]})", 'b:CG101', 'b'),
    Exact("a: import numpy as np; x = np.zeros(5) | b: x[3] = 7 | a: import numpy as np; x = np.zeros(2)", 'b:CG101', 'b'),
    Exact("a: import numpy as np; x = np.zeros(5) | b: x[3] = 7 | a: x = 5", 'b:CG101', 'b'),
    Exact("a: x = 0.0 | b: import numpy as np; x = np.zeros(3) | c: x[0] = 1 | order a c b", 'c:CG103'),
    Exact(r"a: class P: pass\np = P() | b: p.x = 1 | a: p = None", 'b:CG101', 'b'),
    Exact("a: l = [[1], 2] | b: l[0][0] = 7 | a: l = [5, 2]", 'b:CG101', 'b'),
    Exact("a: d = {'k': {}} | b: d['k']['m'] = 7 | a: d = {}", 'b:CG101', 'b'),
    Exact("a: d = {'k': {}} | b: d['k']['m'] = 7 | a: d = {'k': None}", 'b:CG101', 'b'),
    Exact("a: ba = bytearray(b'ab') | b: ba[1] = 65 | a: ba = bytearray(b'a')", 'b:CG101', 'b'),
    Exact("a: l = [1, 2] | b: l[0] = 7 | b"),
    Exact("a: l = [1, 2] | b: l[0] = 7 | a | b"),
    Exact("a: d = {} | b: d['k'] = 7 | b"),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['b'] = 2 | b"),
    Exact("a: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | b: df['b'] = [3, 4] | c: df['c'] = 5 | b"),
    Exact("a: d = {} | b: d['k'] = 7 | c: d['m'] = 8 | b"),
    # Inner places and calls.
    Exact("a: l = [[1], 2] | b: l[0][0] = 7 | a: l = [[3], 2]"),
    Exact("a: l = [[1, 2], 2] | b: l[0][1] = 7 | a: l = [[1], 2]", 'b:CG101', 'b'),
    Exact("a: d = {'k': {'m': 1}} | b: d['k']['m'] = 7 | a: d = {'k': None}", 'b:CG101', 'b'),
    Exact("a: d = {'k': {'m': 1}} | b: d['k']['m'] = 7 | a: d = {'k': [1]}", 'b:CG101', 'b'),
    Exact("a: d = {'k': {'m': 1}} | b: d['k']['m'] = 7 | a: d = {'k': {'m': 5}}"),
    Exact("a: d = {'k': {'m': 1}} | b: d['k']['m'] = 7 | b"),
    Exact("a: d = {'k': {}} | b: d['k']['m'] = 7 | b", observed=True),
    Exact(r"a: class P: pass\np = P(); p.o = P() | b: p.o.x = 1 | a: class P: pass\np = P()", 'b:CG101', 'b'),
    Exact(r"a: class P: pass\np = P(); p.o = P() | b: p.o.x = 1 | b"),
    Exact(r"r: rate = 2 | f: def f(x):\n  return x * rate | b: u = list(map(lambda i: i, [1])); z = list(map(f, [1])) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: def f(x):\n  return x * rate | b: import pandas as pd\nu = pd.Series([1]).apply(lambda i: i)\nz = pd.Series([1]).apply(f) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: def f(x):\n  return x * rate | b: import pandas as pd\nu = pd.Series([1]).apply(lambda i: i)\nz = pd.Series([1]).apply(f) | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: class C:\n  def __enter__(self): return rate\n  def __exit__(self, *a): return False | b: with C() as u:\n  z = 3\nw = 4 | c: y = z | r: rate = 3", 'b:CG101', 'b'),
    Exact(r"r: rate = 2 | f: class C:\n  def __enter__(self): return rate\n  def __exit__(self, *a): return False | b: with C() as u:\n  z = u\nw = 4 | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: from functools import cached_property\nclass C:\n  @cached_property\n  def v(self): return rate | b: o = C(); z = o.v; u = o.v | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: cache = {}\ndef f(x):\n  if x not in cache: cache[x] = x * rate\n  return cache[x] | b: z = f(1); u = f(1) | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'f b c'),
    Exact(r"r: rate = 2 | f: def f(x, memo={}):\n  if x not in memo: memo[x] = x * rate\n  return memo[x] | b: z = f(1); u = f(1) | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'f b c'),
    Exact(r"r: rate = 2 | f: class C:\n  def fit(self): self.r = rate\n  def get(self): return self.r | b: o = C(); o.fit(); z = o.get() | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: def mk():\n  v = []\n  def g():\n    if not v: v.append(rate)\n    return v[0]\n  return g\ng = mk() | b: z = g(); u = g() | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'f b c', observed=True),
    Exact(r"r: rate = 2 | f: def mk():\n  v = None\n  def g():\n    nonlocal v\n    if v is None: v = rate\n    return v\n  return g\ng = mk() | b: z = g(); u = g() | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'f b c', observed=True),
    Exact(r"r: rate = 2 | f: def f(b):\n  return rate if b else 0\ntot = 0 | b: tot = f(False)\nz = f(True) | c: y = tot | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: def f(b):\n  global st\n  if b: st = rate\n  return st\nst = 0 | b: z = f(True); u = f(False) | c: y = u | r: rate = 3", 'b:CG101 c:CG102', 'b c', observed=True),
    Exact(r"r: rate = 2 | f: import asyncio\nasync def f(b):\n  return rate if b else 0 | b: u = await f(False)\nz = await f(True) | c: y = u | r: rate = 3", 'b:CG101', 'b', observed=True),
    Exact(r"r: rate = 2 | f: import asyncio\nasync def f(b):\n  return rate if b else 0 | b: t = asyncio.ensure_future(f(True))\nu = await f(False)\nz = await t | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    Exact(r"r: rate = 2 | f: import threading\nres = []\ndef f():\n  res.append(rate) | b: t = threading.Thread(target=f); t.start()\nt.join()\nz = res[0] | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'f b c'),
    Exact(r"r: rate = 2 | f: from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n  return x * rate | b: ex = ThreadPoolExecutor(1)\nfu = ex.submit(f, 2)\nz = fu.result() | c: y = z | r: rate = 3", 'b:CG101 c:CG102', 'b c'),
    # Plan.
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df['a'] * rate | r: rate = 3", 'c:CG101', 'c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df['a'] * rate | e: y = df['net'].sum() | r: rate = 3", 'c:CG101 e:CG102', 'c e'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['a'] = df['a'] * rate | r: rate = 3", 'c:CG101', 'k c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df['a'] * rate | e: df['a'] = df['a'] + 1 | r: rate = 3", 'c:CG101', 'k c'),
    Exact("k: d = {'a': 1} | r: rate = 2 | c: d['net'] = d['a'] * rate | r: rate = 3", 'c:CG101', 'c'),
    Exact("k: l = [1] | r: rate = 2 | c: l.append(rate) | r: rate = 3", 'c:CG101', 'k c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df['a'].mul(rate) | r: rate = 3", 'c:CG101', 'c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df.a * rate | r: rate = 3", 'c:CG101', 'c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df['a'] * rate | d: df['g'] = df['net'] + 1 | r: rate = 3", 'c:CG101 d:CG102', 'c d'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df.loc[:, 'net'] = df['a'] * rate | r: rate = 3", 'c:CG101', 'k c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df = df.assign(net=df['a'] * rate) | r: rate = 3", 'c:CG101', 'k c'),
    Exact(r"k: class P: pass\np = P(); p.a = 1 | r: rate = 2 | c: p.net = p.a * rate | r: rate = 3", 'c:CG101', 'c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: if rate > 1: df['net'] = df['a'] * rate | r: rate = 0", 'c:CG101', 'k c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['old'] = df['a'] * rate | c: df['net'] = df['a'] * rate | r: rate = 3", 'c:CG101', 'k c'),
    Exact("k: import pandas as pd; df = pd.DataFrame({'a': [1, 2]}) | r: rate = 2 | c: df['net'] = df['a'] * rate | e: df['g'] = 4 | r: rate = 3", 'c:CG101', 'c'),
)
# fmt: on

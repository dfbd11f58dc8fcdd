"""Hypothesis makes cells: texts from templates whose slots are names, values and further statements.

A slot is ``@`` and a letter: ``n`` a name, ``f`` the name of a function, ``c`` that of a class, ``v`` a
value, ``i`` a whole number, ``s`` a statement of its own, indented as the slot is. Whether a name is there
when it is read is left to chance: a cell that fails must fail alike. Nothing here depends on the clock, on
addresses or on the order of a set.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

SLOT = re.compile(r"@([nfcvis])")
NAMES = ("a", "b", "c", "x", "items", "table", "_", "_1", "Out")
FUNCTIONS = ("f", "g", "h")
CLASSES = ("A", "B")
DEPTH = 3
"""How deep statements and values are nested."""

NUMBERS = ("0", "1", "2", "7", "-3", "10**20", "255")
LEAVES = (
    *(
        "None",
        "True",
        "3.5",
        "float('nan')",
        "2j",
        "'text'",
        "''",
        "'ü\\u2028'",
        "b'bytes'",
        "[]",
        "{}",
        "()",
        "...",
    ),
    *(
        "@n",
        "@n",
        "@n",
        "@n",
        "@i",
        "@i",
        "@f",
        "@c",
        "object",
        "print",
        "[1, [2, [3]]]",
        "{'k': {'l': [1]}}",
    ),
    *("range(@i)", "float('-inf')", "bytearray(b'ab')", "frozenset({1, 2})", "'x' * 1000", "int('9' * 50)"),
)
VALUES = (
    *(
        "@v",
        "[@v, @v]",
        "(@v, @v)",
        "{'k': @v}",
        "{@i: @v, 'b': @v}",
        "{1, 2, 3}",
        "@n[0]",
        "@n['k']",
        "@n.field",
    ),
    *(
        "@n + @i",
        "@n * 2",
        "@v == @v",
        "@v is @v",
        "not @v",
        "-@n",
        "@n and @v",
        "@n or @v",
        "@v if @n else @v",
    ),
    *(
        "len(@v)",
        "str(@v)[:20]",
        "repr(@v)[:40]",
        "sorted(@n)",
        "list(@v)",
        "dict(@n)",
        "type(@v)",
        "tuple(@v)",
    ),
    *(
        "[y for y in @v]",
        "{y: @n for y in range(3)}",
        "(y for y in [1, 2])",
        "next(@n)",
        "sum(@v)",
        "max(@v, @v)",
    ),
    *(
        "@f(@v)",
        "@f()",
        "@c()",
        "@c(@v)",
        "@n()",
        "@n.copy()",
        "(lambda y=@v: y)",
        "(lambda: @n)()",
        "iter(@n)",
    ),
    *(
        "globals().get('@n')",
        "vars().get('@n')",
        "'@n' in globals()",
        "eval('@n')",
        "f'{@n}'",
        "f'{@v!r:>10}'",
    ),
    *("getattr(@n, 'field', @i)", "isinstance(@v, @c)", "id(@n) == id(@n)", "(y := @v)", "[*@n]", "{**@n}"),
    *("__import__('copy').deepcopy(@v)", "__import__('pickle').loads(__import__('pickle').dumps(@n))"),
    *(
        "__import__('collections').Counter(@n)",
        "__import__('array').array('d', [1, @i])",
        "memoryview(b'ab')",
    ),
    *("__import__('functools').partial(@f, @v)", "__import__('types').SimpleNamespace(k=@v)"),
    *("__import__('weakref').ref(@n)", "__import__('sys').getrefcount(@n)", "__import__('random').random()"),
    *("__import__('fractions').Fraction(1, 3)", "__import__('datetime').date(2020, 1, 2)"),
    *(
        "__import__('decimal').Decimal('1.10')",
        "__import__('io').StringIO('@n')",
        "__import__('re').compile('a+')",
    ),
    *(
        "__import__('itertools').count(@i)",
        "zip(@n, [1, 2])",
        "map(str, @n)",
        "enumerate(@n)",
        "slice(1, @i)",
    ),
)
SIMPLE = (
    *(
        "@n = @v",
        "@n = @v",
        "@n = @v",
        "@n = @v",
        "@n",
        "@v",
        "@n;",
        "@v;",
        "print(@v)",
        "print('line')",
        "pass",
    ),
    *("@n += @v", "@n *= 2", "@n = @n = @v", "@n, @n = @v, @v", "@n, *@n = @v", "(@n := @v)", "@n: int = @v"),
    *("del @n", "del @n, @n", "del @f", "del @n[0]", "del @n['k']", "del @n.field", "global @n; @n = 1"),
    *(
        "@n.append(@v)",
        "@n.extend(@v)",
        "@n.clear()",
        "@n.pop()",
        "@n.sort()",
        "@n.insert(0, @n)",
        "@n.reverse()",
    ),
    *("@n['k'] = @v", "@n[0] = @v", "@n[@i] = @v", "@n.field = @v", "@n['k']['l'] = @v", "@n.update(k=@v)"),
    *("setattr(@n, 'field', @v)", "@n.__dict__['k'] = @v", "@c.field = @v", "@f.field = @v", "@n[:] = @v"),
    *(
        "raise ValueError(@v)",
        "raise @n",
        "raise KeyError('k') from ValueError(@n)",
        "assert @v, @v",
        "1 / 0",
    ),
    *(
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "raise StopIteration",
        "exit",
        "import sys; sys.exit(@i)",
    ),
    *(
        "raise ExceptionGroup('g', [ValueError(1), KeyError(@i)])",
        "@f(*@n)",
        "@f(**@n)",
        "return 1",
        "yield 2",
    ),
    *(
        "import math as @n",
        "from math import *",
        "import os.path",
        "from json import dumps as @f",
        "import not_there",
    ),
    *("import warnings; warnings.warn('said @n')", "import warnings; warnings.warn('d', DeprecationWarning)"),
    *("import sys; print('err', file=sys.stderr)", "import sys; sys.stdout.write('written\\n')"),
    *("globals()['@n'] = @v", "globals().pop('@n', None)", "globals().update(@n=@v)", "exec('@n = @i')"),
    *("exec('@n.append(1)')", "exec(compile('@n = 1', 'made', 'exec'))", "get_ipython().push({'@n': @v})"),
    *("get_ipython().user_ns['@n'] = @v", "get_ipython().run_cell('@n = @i')", "get_ipython().ev('@n')"),
    *(
        "get_ipython().run_cell('1 / 0')",
        "%time @n = @v",
        "%timeit -n1 -r1 -q @n",
        "%who",
        "%xdel @n",
        "%who_ls",
    ),
    *("%reset_selective -f @n", "!echo @i", "!echo {@n}", "@n = !echo one", "%env SOAK=@i", "@n = %env SOAK"),
    *(
        "@n?",
        "%%capture @n\n@s",
        "%%time\n@s",
        "%%timeit -n1 -r1 -q\n@s",
        "%reset -f",
        "%precision 3",
        "%pdb off",
    ),
    *(
        "%config InteractiveShell.ast_node_interactivity = 'all'",
        "%unknown_magic @n",
        "%%unknown\n@n",
        "# @n",
        "",
    ),
    *(
        "from IPython.display import display; display(@n)",
        "display(@v)",
        "display({'text/plain': 'x'}, raw=True)",
    ),
    *(
        "from IPython.display import clear_output; clear_output()",
        "import random; random.seed(@i)",
        "@n = @v;;",
    ),
    *(
        "@n = ",
        "if @n\n    pass",
        "  @n = 1",
        "def f(:",
        "'unclosed",
        "@n = (1,",
        "x = 1\n  y = 2",
        "\ufeff@n = 1",
    ),
    *("import gc; gc.collect()", "import sys; sys.setrecursionlimit(sys.getrecursionlimit())", "await @n"),
    *(
        "import asyncio; await asyncio.sleep(0)",
        "type @c = int",
        "@n @= @n",
        "nonlocal @n",
        "lambda: (yield)",
    ),
)
COMPOUND = (
    *("if @v:\n    @s\nelse:\n    @s", "for @n in @v:\n    @s", "for @n in range(3):\n    @s\n    @s"),
    *(
        "while @n:\n    @s\n    break",
        "try:\n    @s\nexcept Exception as @n:\n    @s",
        "with open('file', 'w') as @n:\n    @s",
    ),
    *(
        "try:\n    @s\nfinally:\n    @s",
        "try:\n    @s\nexcept* ValueError:\n    @s",
        "for _ in range(2):\n    @s",
    ),
    *(
        "def @f(y=@v):\n    @s\n    return @v",
        "def @f(*y, **z):\n    return y, @n",
        "def @f(y=None):\n    global @n\n    @n = @v",
    ),
    *(
        "async def @f():\n    @s\nawait @f()",
        "def @f(n=1):\n    yield @v\n    @s",
        "def @f(y=@n):\n    'doc'\n    return @f",
    ),
    *(
        "class @c:\n    field = @v\n    @s",
        "class @c(Exception):\n    pass",
        "class @c:\n    def __init__(self, y=@v): self.field = y",
    ),
    *(
        "class @c(@c):\n    def __repr__(self): return 'shown'",
        "class @c:\n    __slots__ = ('field',)\n    def m(self): return @n",
    ),
    *("class @c:\n    def __eq__(self, other): print('compared'); return @v\n    __hash__ = None",),
    *(
        "class @c:\n    def __del__(self): print('freed')",
        "class @c:\n    def __getattr__(self, name): return @v",
    ),
    *("match @v:\n    case [y, *_]:\n        @s\n    case {'k': y}:\n        @s\n    case _:\n        @s",),
    *(
        "import contextlib\nwith contextlib.suppress(Exception):\n    @s",
        "from functools import cache\n@@cache\ndef @f(y=1):\n    return @v",
    ),
    *(
        "import dataclasses\n@@dataclasses.dataclass\nclass @c:\n    field: object = @i",
        "@s\n@s",
        "@s\n@s\n@s",
        "@s; @s",
    ),
    *("import threading\nt = threading.Thread(target=lambda: globals().update(@n=@i)); t.start(); t.join()",),
    *(
        "import numpy as np\n@n = np.arange(6).reshape(2, 3)",
        "@n = __import__('numpy').array(@v)",
        "@n += __import__('numpy').ones(2)",
    ),
    *(
        "import enum\nclass @c(enum.Enum):\n    one = @i",
        "import contextvars\n@n = contextvars.ContextVar('v', default=1)",
    ),
)


def _indented(text: str, template: str, start: int) -> str:
    """A statement as it stands where its slot is: its further lines are indented as the first."""
    before = template[template.rfind("\n", 0, start) + 1 : start]
    return text.replace("\n", "\n" + " " * (len(before) - len(before.lstrip())))


@st.composite
def _filled(draw: st.DrawFn, template: str, depth: int) -> str:
    pieces: list[str] = []
    end = 0
    for slot in SLOT.finditer(template):
        pieces += [template[end : slot.start()], _indented(draw(_of(slot[1], depth)), template, slot.start())]
        end = slot.end()
    return "".join([*pieces, template[end:]]).replace("@@", "@")


def _of(slot: str, depth: int) -> st.SearchStrategy[str]:
    if slot == "s":
        return statements(depth - 1)
    if slot == "v":
        return values(depth - 1)
    return st.sampled_from({"n": NAMES[:6] * 4 + NAMES, "f": FUNCTIONS, "c": CLASSES, "i": NUMBERS}[slot])


def _templates(templates: tuple[str, ...], depth: int) -> st.SearchStrategy[str]:
    return st.sampled_from(templates).flatmap(lambda template: _filled(template, depth))


def values(depth: int = DEPTH) -> st.SearchStrategy[str]:
    """An expression."""
    return _templates(LEAVES if depth <= 0 else LEAVES + VALUES, depth)


def statements(depth: int = DEPTH) -> st.SearchStrategy[str]:
    """A statement, or a line of IPython's."""
    return _templates(SIMPLE if depth <= 0 else SIMPLE + COMPOUND, depth)


cells: st.SearchStrategy[str] = st.lists(statements(), min_size=1, max_size=5).map("\n".join)
"""A cell's text."""

SETUP = """\
a = [1, 2]; b = {'k': {'l': [1]}, 'b': a}; c = 3; x = 1.5; items = [3, 1, 2]; table = {0: a, 'k': items}
def f(y=1, *rest, **more): return [y, c]
def g(y=None): items.append(y); return items
class A:
    field = 1
    def __init__(self, y=0): self.y = y"""
CELLS_IN_A_SESSION = 6
sessions: st.SearchStrategy[list[str]] = st.tuples(
    st.sampled_from([[SETUP], [SETUP], []]), st.lists(cells, min_size=2, max_size=CELLS_IN_A_SESSION)
).map(lambda both: both[0] + both[1])
"""The cells of a session, in the order in which they run."""

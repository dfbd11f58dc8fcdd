"""Which reads flow into which writes, statement by statement."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import pytest

from cellgraph.code import dataflow, statements
from cellgraph.code.dataflow import flows
from cellgraph.code.statements import every_step, steps
from cellgraph.names import PENDING_RESULT


@dataclass(frozen=True)
class Case:
    """What flows into ``target`` of ``source``, where calls may change ``changeable`` in place.

    ``loaded`` are the names that functions loaded while it ran.
    """

    name: str
    source: str
    target: str
    origins: str
    changeable: str = ""
    loaded: str = ""

    def __str__(self) -> str:
        return self.name


# A table: the shorter a row, the more rows are in view.
# fmt: off
CASES = (
    Case("constant", "k = 3", "k", ""),
    Case("assignment", "y = x + z", "y", "x z"),
    Case("through an own name", "t = x\ny = t", "y", "x"),
    Case("statements beside each other", "y = x\nk = 3", "k", ""),
    Case("condition", "if flag: y = 1\nelse: y = 2", "y", "flag"),
    Case("branch that leaves it alone", "if flag: y = 1", "y", "flag y"),
    Case("loop", "t = 0\nfor i in xs: t = t + i", "t", "xs"),
    Case("loop around", "for i in xs:\n    a = b\n    b = c", "a", "a b c xs"),
    Case("try", "try: y = f(x)\nexcept E: y = d", "y", "E d f x"),
    Case("augmented", "y += x", "y", "x y"),
    Case("method that changes", "ys.append(x)", "ys", "x ys"),
    Case("call that may change", "fill(ys, x)", "ys", "fill x ys", "ys"),
    Case("item stored", "d['k'] = x", "d", "d x"),
    Case("function's reads come when it is called", "def f(): return x\ny = f()", "y", "x", loaded="x"),
    Case("result", "t = x\nt + z", PENDING_RESULT, "x z"),
    # Branches.
    Case("condition by a walrus", "if (n := x): y = 1", "y", "x y"),
    Case("condition of another branch", "if a: k = 1\nif x: y = 1\nelse: y = 2", "y", "x"),
    Case("elif", "if a: y = 1\nelif b: y = 2\nelse: y = 3", "y", "a b"),
    Case("after a branch", "if a: k = 1\ny = x", "y", "x"),
    Case("branch inside a branch", "if a:\n    if b: y = 1\n    else: y = 2\nelse: y = 3", "y", "a b"),
    Case("conditional expression", "y = p if a else q", "y", "a p q"),
    Case("short circuit", "y = a and b or c", "y", "a b c"),
    # Loops.
    Case("loop variable", "for i in xs: pass", "i", "xs"),
    Case("constant in a loop", "for i in xs: k = 1", "k", "k xs"),
    Case("constant beside a loop", "for i in xs: y = i\nk = 1", "k", ""),
    Case("loop that is left early", "for i in xs:\n    if i > a: break\n    y = i", "y", "a xs y"),
    Case("round cut short", "for i in xs:\n    if a: continue\n    y = 1", "y", "a xs y"),
    Case("left early by what is made in the loop", "for i in xs:\n    t = a\n    if t: break\n    y = 1",
         "y", "a t xs y"),
    Case("break of a loop inside", "for i in xs:\n    for j in zs:\n        if a: break\n    y = 1", "y",
         "xs y"),
    Case("break by a loop inside",
         "for i in xs:\n    for j in zs:\n        if a: break\n    else: break\n    y = 1", "y",
         "a xs y zs"),
    Case("left early from a try", "for i in xs:\n    try: f(a)\n    except E: continue\n    y = 1", "y",
         "a f xs y"),
    Case("else of a for", "for i in xs:\n    if a: break\nelse: y = 1", "y", "a xs y"),
    Case("while", "while a: y = b", "y", "a b y"),
    Case("while whose test changes", "while n < a: n = n + b", "n", "a b n"),
    Case("else of a while", "while a:\n    if b: break\nelse: y = 1", "y", "a b y"),
    Case("unpacked in a loop", "for i, (j, *k) in xs: pass", "k", "xs"),
    Case("stored by a loop", "for d['k'] in xs: pass", "d", "d xs"),
    Case("async for", "async for i in xs: y = i", "y", "xs y"),
    Case("two rounds carry on", "for i in xs:\n    c = b\n    b = a", "c", "a b c xs"),
    # Try, with, match.
    Case("bound in a try that may fail after", "try:\n    f(x)\n    y = 1\nexcept E: pass", "y", "E f x y"),
    Case("handler's own name", "try: f(x)\nexcept E as e: y = e", "y", "E f x y"),
    Case("else of a try", "try: f(x)\nexcept E: y = 1\nelse: y = 2", "y", "E f x"),
    Case("finally", "try: f(x)\nfinally: y = a", "y", "a"),
    Case("try with no handler", "try: y = 1\nfinally: f(x)", "y", ""),
    Case("except group", "try: y = f(x)\nexcept* E: y = d", "y", "E d f x"),
    Case("with", "with f(p) as h: y = h.read()", "y", "f p"),
    Case("beside in a with", "with f(p) as h: k = 1", "k", ""),
    Case("with two contexts", "with f(p) as h, g(h) as i: y = i", "y", "f g p"),
    Case("with that unpacks", "with f(p) as (a, b): y = b", "y", "f p"),
    Case("async with", "async with f(p) as h: y = h", "y", "f p"),
    Case("with that suppresses", "with suppress(E):\n    f(x)\n    y = 1", "y", "E f suppress x y"),
    Case("with an option for a while", "with option('k', p):\n    y = f(x)", "y", "f option p x"),
    Case("with around a try", "with o(p):\n    try: y = f(x)\n    except E: y = 0", "y", "E f o p x"),
    Case("with an attribute set inside", "with c() as h:\n    h.k = p\n    y = f(x)", "y", "c f p x"),
    Case("with a buffer", "b = B()\nwith to(b): f(p)\ny = b.get()", "y", "B f p to", changeable="b"),
    Case("with a lock", "with lock: y = f(x)", "y", "f x"),
    Case("match", "match x:\n    case 1: y = a\n    case _: y = b", "y", "a b x"),
    Case("match that may match nothing", "match x:\n    case 1: y = a", "y", "a x y"),
    Case("match, two cases that may match nothing", "match x:\n    case 1: y = 1\n    case 2: y = 2", "y",
         "x y"),
    Case("captured", "match x:\n    case [y, *z]: pass\n    case _: y = 1", "y", "x"),
    Case("captured by a star", "match x:\n    case [_, *y]: pass\n    case _: y = 1", "y", "x"),
    Case("captured from a mapping", "match x:\n    case {'k': k, **y}: pass\n    case _: y = 1", "y", "x"),
    Case("captured by a class", "match x:\n    case C(a=y): pass\n    case _: y = 1", "y", "C x"),
    Case("captured as a whole", "match x:\n    case int() | str() as y: pass\n    case _: y = 1", "y",
         "int str x"),
    Case("guard", "match x:\n    case n if n > a: y = 1\n    case _: y = 2", "y", "a x"),
    Case("guard of a case before", "match x:\n    case 1 if a: k = 1\n    case _: y = 2", "y", "a x y"),
    # Assignments.
    Case("chained", "a = y = x", "y", "x"),
    Case("unpacked", "a, y = x", "y", "x"),
    Case("unpacked with a star", "a, *y = x", "y", "x"),
    Case("unpacked, nested", "(a, [b, y]), c = x", "y", "x"),
    Case("unpacked beside", "a, b = x\ny = 1", "y", ""),
    Case("swapped", "a, b = b, a", "a", "b"),
    Case("annotated", "y: T = x", "y", "T x"),
    Case("annotated only", "y: T\nz = y", "z", "y"),
    Case("augmented item", "d['k'] += x", "d", "d x"),
    Case("augmented attribute", "o.k += x", "o", "o x"),
    Case("walrus", "f(y := x)", "y", "f x"),
    Case("walrus in a comprehension", "[y := i for i in xs]", "y", "xs"),
    Case("attribute stored", "o.k = x", "o", "o x"),
    Case("item of an item stored", "d['k']['j'] = x", "d", "d x"),
    Case("item deleted", "del d[x]", "d", "d x"),
    Case("deleted", "y = x\ndel y", "y", "x"),
    Case("deleted and made again", "y = x\ndel y\ny = 1", "y", ""),
    Case("slice stored", "xs[a:b] = x", "xs", "a b x xs"),
    Case("by the namespace", "globals()['y'] = x", "y", "globals x"),
    Case("f-string", "y = f'{x:>{w}}'", "y", "w x"),
    Case("imported", "import m as y", "y", ""),
    Case("stars in a call", "y = f(*a, **b)", "y", "a b f"),
    Case("awaited", "y = await f(x)", "y", "f x"),
    # Mutations.
    Case("method that changes what another name made", "ys = []\nys.append(x)", "ys", "x"),
    Case("method that changes, chained", "o.ys.append(x)", "o", "o x"),
    Case("method that looks only", "ys.count(x)\nz = 1", "z", ""),
    Case("in place by a keyword", "df.drop(columns=x, inplace=True)", "df", "df x"),
    Case("into what is given", "np.add(a, b, out=y)", "y", "a b np y"),
    Case("shuffled", "random.shuffle(ys)", "ys", "random ys"),
    Case("changed in a loop", "for i in xs: ys.append(i)", "ys", "xs ys"),
    Case("changed in a branch", "if a: ys.append(1)", "ys", "a ys"),
    # Comprehensions.
    Case("comprehension", "y = [i * k for i in xs if i > a]", "y", "a k xs"),
    Case("comprehension's own name", "y = [x for x in xs]", "y", "xs"),
    Case("comprehension in a comprehension", "y = [[i + j for j in i] for i in xs]", "y", "xs"),
    Case("second loop of a comprehension", "y = {i: j for i in xs for j in i.f(a)}", "y", "a xs"),
    Case("name of a comprehension afterwards", "z = [i for i in xs]\ny = i", "y", "i"),
    Case("generator", "y = (i for i in xs)", "y", "xs"),
    # Functions and classes.
    Case("def alone", "def f(): return x", "f", ""),
    Case("def whose function is called", "def f(): return x\ny = f()", "f", "", loaded="x"),
    Case("beside a function that is called", "def f(): return x\ny = f()\nz = g(k)", "z", "g k", loaded="x"),
    Case("method that is called", "class C:\n    def m(self): return x\ny = C().m()", "y", "x", loaded="x"),
    Case("class whose method is called", "class C:\n    def m(self): return x\ny = C().m()", "C", "",
         loaded="x"),
    Case("instance made before it is called", "class C:\n    def m(self): return x\nc = C()\ny = c.m()",
         "y", "x", loaded="x"),
    Case("function kept in a list", "def f(): return x\nfs = [f]\ny = fs[0]()", "y", "x", loaded="x"),
    Case("function added to a list", "def f(): return x\nfs = []\nfs.append(f)\ny = fs[0]()", "y", "x",
         loaded="x"),
    Case("function called by a function", "def f(): return x\ndef g(): return f()\ny = g()", "y", "x",
         loaded="x"),
    Case("default of a function", "def f(a=z): return a", "f", "z"),
    Case("default of a lambda", "f = lambda a=z: a", "f", "z"),
    Case("lambda", "f = lambda: x\ny = f()", "y", "x", loaded="x"),
    Case("lambda passed along", "def f(): pass\ny = g(lambda: x)", "y", "g x", loaded="x"),
    Case("decorator", "@dec(z)\ndef f(): return 1", "f", "dec z"),
    Case("annotation", "def f(a: T) -> U: pass", "f", "T U"),
    Case("base of a class", "class C(B): pass", "C", "B"),
    Case("class body", "class C:\n    k = z\n    j = k", "C", "z"),
    Case("class body that calls", "class C:\n    k = f(z)", "C", "f z"),
    Case("global bound by a function", "def f():\n    global y\n    y = x\nf()", "y", "x y", loaded="x"),
    Case("global augmented by a function", "def f(v):\n    global y\n    y += v\nf(x)", "y", "x y"),
    Case("global of a function that is not called", "def f():\n    global y\n    y = x\ny = 1", "y", ""),
    Case("nonlocal",
         "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += x\n"
         "    g()\n    return n\ny = f()",
         "y", "x", loaded="x"),
    Case("parameter of the same name", "def f(x): return x\ny = f(1)", "y", ""),
    Case("what no call explains", "y = g()\ndef f(): pass", "y", "g x", loaded="x"),
    Case("changed by a function", "def f(): ys.append(x)\nf()", "ys", "x ys", "ys", loaded="x ys"),
    Case("changed by a setter", "c.value = x", "ys", "c x ys", "ys", loaded="ys"),
    Case("not changed by a store of an item", "d['value'] = x", "ys", "x ys", "ys", loaded="ys"),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=str)
def test_these_names_flow_into_that_one(case: Case) -> None:
    """Too much at the most, never too little."""
    found = flows(
        steps(ast.parse(case.source)), case.loaded.split(), lambda name: name in case.changeable.split()
    )
    assert found[case.target] == set(case.origins.split())


_SINGLE = (
    "y = x + 1",
    "y = 3",
    "y = z = -x",
    "y = lambda a: a + x",
    "y: int = x",
    "y: int",
    "y = x if a else b",
    "y = (n := x)",
    "(n := x)",
    "x",
    "y = x.a",
    "y.a = x",
    "y['k'] = x",
    "y += x",
    "y, z = x, a",
    "del y",
    "del y.a",
    "import os",
    "def f(a=x): return b",
    "class C(x): b = a",
    "y = [a for a in x]",
    "y = f(x)",
    "y = [*x]",
    "pass",
    "y = x if (x := 1) else x",
)


@pytest.mark.parametrize("changes", [True, False], ids=["all values change", "no value changes"])
@pytest.mark.parametrize("source", [*_SINGLE, *(case.source for case in CASES)])
def test_a_single_statement_has_the_same_flows_without_a_walk(source: str, changes: bool) -> None:
    """A statement that only binds names is not walked: what flows into these is what it loads."""
    values = dataflow.Values(lambda _, __: changes)
    for step in every_step(steps(ast.parse(source))):
        for functions in (dataflow.Functions(), dataflow.Functions(bound=frozenset({"y", "elsewhere"}))):
            for deferred in (frozenset[str](), frozenset({"x"})):
                given = ((step,), deferred, values, functions)
                assert dataflow.part_flows(*given) == dataflow._walked(*given)


def test_an_assignment_is_not_walked() -> None:
    """Else the comparison above compares the walk with itself."""
    (step,) = steps(ast.parse("y = x + 1"))
    assert dataflow._only_binds(step)


_ASSIGNMENTS = (
    "y = x + 1",
    "y = -x * z ** 2 - x",
    "y = 'text'",
    "y = x",
    "# a note\n\ny = (x +\n z)",
    "y = True",
)


@pytest.mark.parametrize("source", [*_ASSIGNMENTS, *_SINGLE, *(case.source for case in CASES)])
def test_a_plain_assignment_is_read_as_any_statement(source: str) -> None:
    """The names of one that has only names, constants and operators are told in a shorter way."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assign)]
    found = [(node, statements._plain_assignment(node)) for node in nodes]
    assert [plain for node, plain in found if plain not in (None, statements._step(node, [node]))] == []
    if source in _ASSIGNMENTS:
        assert None not in [plain for _, plain in found]

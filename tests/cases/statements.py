"""Plain Python: names, assignments, blocks, imports, classes."""

from __future__ import annotations

import sys

from tests.cases.accesses import Case, Differs

ANNOTATION = "T" if sys.version_info < (3, 14) else ""  # later ones are evaluated when somebody asks

_BRANCH = "both branches count: the text does not tell which one is taken"

# A table: the shorter a row, the more rows are in view.
# fmt: off
STATEMENTS: tuple[Case, ...] = (
    Case("constant", ("x = 1",), "", "x"),
    Case("names", ("a = 1; b = 2", "x = a + b"), "a b", "x"),
    Case("own name", ("x = 1", "x = 2; y = x"), "", "x y"),
    Case("read before bound", ("x = 1", "y = x; x = 2"), "x", "x y"),
    Case("chained targets", ("a = 1", "x = y = a"), "a", "x y"),
    Case("unpacking", ("xs = [1, 2, 3]", "first, *rest = xs"), "xs", "first rest"),
    Case("swap", ("a, b = 1, 2", "a, b = b, a"), "a b", "a b"),
    Case("f-string", ("a = 1; width = 5", 'text = f"{a:{width}}"'), "a width", "text"),
    Case("annotated", ("a = 1", "x: int = a"), "a", "x"),
    Case("annotated with own type", ("class T: pass", "x: T = 1"), ANNOTATION, "x"),
    Case("underscore name", ("_private = 1", "y = _private"), "_private", "y"),
    Case("unicode names", ("π = 3", "größe = π * 2"), "π", "größe"),
    Case("unicode names are normalised", ("fi = 1", "y = ﬁ"), "fi", "y"),
    Case("builtin shadowed", ("max = 3", "y = max"), "max", "y"),
    Case("builtin bound here", ("a = 1", "sum = a"), "a", "sum"),
    Case("builtin", ("a = [1]", "y = len(a)"), "a.__len__()", "y"),
    Case("builtin uncovered by del", ("len = 3", "del len; y = len([1])"), ">len", "-len y",
         on_311=Differs("which of the two it is that is called is not told", reads="len")),
    Case("augmented number", ("x = 1; a = 2", "x += a"), "x a", "x"),
    Case("augmented list", ("xs = [1]; a = 2", "xs += [a]"), "xs a", "~xs"),
    Case("item set", ("d = {}; a = 1", 'd["k"] = a'), ">d a", "~d"),
    Case("item set to what it was", ("d = {'k': 1}", 'd["k"] = 1'), ">d", "~d"),
    Case("item augmented", ("d = {'k': 1}; a = 1", 'd["k"] += a'), 'd["k"] a', "~d"),
    Case("item deleted", ("d = {'k': 1}", 'del d["k"]'), "d", "~d"),
    Case("item read", ("d = {'k': 1, 'l': 2}", 'y = d["k"]'), 'd["k"]', "y"),
    Case("items read", ("d = {'k': 1, 'l': 2}", 'y = d["k"] + d["l"]'), 'd["k"] d["l"]', "y"),
    Case("item and whole read", ("d = {'k': 1}", 'y = d["k"]; z = str(d)'), "d", "y z"),
    Case("item and length read", ("d = {'k': 1}", 'y = d["k"]; z = len(d)'), 'd["k"] d.__len__()', "y z"),
    Case("attribute set", ("class C: pass", "c = C(); a = 1", "c.v = a"), ">c a C.__setattr__", "~c"),
    Case("class attribute set", ("class C: v = 1", "C.v = 2"), ">C", "~C"),
    Case("append", ("xs = []; a = 1", "xs.append(a)"), "xs a", "~xs"),
    Case("append to an alias", ("xs = []", "ys = xs", "ys.append(1)"), "ys", "~xs ~ys"),
    Case("append to what a container holds", ("xs = []", "box = {'xs': xs}", "xs.append(1)"), "xs",
         "~xs ~box"),
    Case("alias bound", ("xs = [1]", "ys = xs"), "xs", "ys"),
    Case("copy changed", ("xs = [1]", "ys = list(xs); ys.append(2)"), "xs", "ys"),
    Case("del", ("x = 1", "del x"), ">x", "-x"),
    Case("del of an own name", ("x = 1; del x",), "", ""),
    Case("del and bind again", ("x = 1", "del x; x = 2"), ">x", "x"),
    Case("branch not taken", ("flag = False; a = 1; b = 2", """
        if flag:
            y = a
        else:
            y = b
        """), "flag b", "y", on_311=Differs(_BRANCH, "flag a b")),
    Case("short circuit", ("flag = False; a = 1", "y = flag and a"), "flag", "y",
         on_311=Differs(_BRANCH, "flag a")),
    Case("conditional expression", ("flag = True; a = 1; b = 2", "y = a if flag else b"), "flag a", "y",
         on_311=Differs(_BRANCH, "flag a b")),
    Case("for", ("xs = [1, 2]", "for i in xs: last = i"), "xs", "i last"),
    Case("for over nothing", ("xs = []; a = 1", "for i in xs: last = a"), "xs", "",
         on_311=Differs(_BRANCH, "xs a")),
    Case("bound in an earlier turn", ("xs = [1, 2]", """
        for i in xs:
            if i > 1:
                y = t
            t = i
        """), "xs", "i t y"),
    Case("while", ("n = 3; a = 1", """
        while n:
            n -= a
        """), "n a", "n"),
    Case("with", ("import threading; lock = threading.Lock(); a = 1", """
        with lock:
            y = a
        """), "lock a", "y"),
    Case("with as", ("from contextlib import nullcontext; a = 1", """
        with nullcontext(a) as got:
            y = got
        """), "nullcontext a", "got y"),
    Case("walrus", ("xs = [1, 2]", "if (n := len(xs)) > 1: m = n"), "xs.__len__()", "n m"),
    Case("walrus in a comprehension", ("xs = [1, 2]", "ys = [last := x for x in xs]"), "xs", "last ys"),
    Case("match", ("command = {'go': 3}; a = 1; b = 2", """
        match command:
            case {"stop": _}:
                y = a
            case {"go": steps, **rest}:
                y = steps + b
        """), "command b", "y steps rest", on_311=Differs(_BRANCH, "command a b")),
    Case("match on a name's value", ("class K: go = 1", "word = 1", """
        match word:
            case K.go:
                y = 1
        """), "word K.go", "y"),
    Case("list comprehension", ("n = 3; k = 2", "xs = [i * k for i in range(n)]"), "n k", "xs"),
    Case("comprehension's own name", ("i = 1", "xs = [i for i in range(3)]"), "", "xs"),
    Case("nested comprehension", ("rows = [[1]]; k = 2",
         "xs = {c * k for row in rows for c in row if c < k}"), "rows k", "xs"),
    Case("dict comprehension", ("xs = [1]; k = 2", "d = {x: k for x in xs}"), "xs k", "d"),
    Case("generator not consumed", ("xs = [1]; k = 2", "g = (x * k for x in xs)"), "xs", "g",
         on_311=Differs("a generator counts as consumed", "xs k")),
    Case("generator consumed", ("xs = [1]; k = 2", "y = sum(x * k for x in xs)"), "xs k", "y"),
    Case("def", ("a = 1", "def f(): return a"), "", "f"),
    Case("def with default and annotation", ("a = 1; T = int", "def f(x: T = a) -> T: return x"),
         f"a {ANNOTATION}", "f"),
    Case("lambda not called", ("a = 1", "f = lambda: a"), "", "f"),
    Case("class body", ("n = 1; k = 2", """
        class C:
            size = n
            def m(self):
                return k
        """), "n", "C"),
    Case("class body that takes a global's name", ("n = 1", "class C:\n    n = n\n    m = n"), "n", "C"),
    Case("class with bases and keywords", ("class B: pass", "M = type", "class C(B, metaclass=M): pass"),
         "B M", "C"),
    Case("class body stores are its own", ("x = 1", "class C:\n    x = 2"), "", "C"),
    Case("class body with global", ("x = 1", "class C:\n    global x\n    x = 2"), "", "C x"),
    Case("comprehension in a class body", ("xs = [1]; k = 2", "class C:\n    ys = [x * k for x in xs]"),
         "xs k", "C"),
    Case("import", ("import math",), "", "math"),
    Case("import of a submodule", ("import os.path",), "", "os"),
    Case("import of a submodule by name", ("import os.path as path",), "", "path"),
    Case("import from", ("from math import pi, tau as turn",), "", "pi turn"),
    Case("star import", ("from bisect import *",), "",
         "bisect bisect_left bisect_right insort insort_left insort_right"),
    Case("star import run twice", ("from bisect import *",) * 2, "",
         "bisect bisect_left bisect_right insort insort_left insort_right"),
    Case("conditional import", ("a = 1", """
        try:
            import no_such_module_anywhere as fast
        except ImportError:
            fast = a
        """), "a", "fast"),
    Case("try that holds", ("a = 1; b = 2", """
        try:
            y = a
        except ValueError:
            y = b
        """), "a", "y", on_311=Differs(_BRANCH, "a b")),
    Case("except NameError", ("a = 1", """
        try:
            y = missing
        except NameError:
            y = a
        """), "?missing a", "y"),
    Case("except as unbinds its name", ("e = 2.7", """
        try:
            1 / 0
        except ZeroDivisionError as e:
            text = str(e)
        """), "", "text -e"),
    Case("finally", ("a = 1; b = 2", """
        try:
            x = a
        finally:
            y = b
        """), "a b", "x y"),
    Case("assert and raise not reached", ("a = 1; text = 'no'", "assert a, text"), "a", "",
         on_311=Differs(_BRANCH, "a text")),
    Case("comments only", ("# nothing\n\n# here",), "", ""),
    Case("5,000 lines", ("a = 1", "\n".join(f"v{i} = a + {i}" for i in range(5000))), "a",
         " ".join(f"v{i}" for i in range(5000))),
)

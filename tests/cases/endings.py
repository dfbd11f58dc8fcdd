"""Cells that do not reach their end: what ran before counts."""

from __future__ import annotations

from IPython import version_info

from tests.cases.accesses import Case, Differs

RAISED_IN_TIME = "ZeroDivisionError" if version_info >= (9,) else ""
"""IPython 8 shows the traceback of a ``%%time`` cell itself and reports that all went well."""

# A table: the shorter a row, the more rows are in view.
# fmt: off
ENDINGS: tuple[Case, ...] = (
    Case("raises midway", ("a = 1; b = 2", "y = a\n1 / 0\nz = b"), "a", "y", "ZeroDivisionError"),
    Case("raises in a function", ("a = 1; b = 2", "def f(): return 1 / a * b", "a = 0",
         "x = 1\ny = f()\nz = b"), "f a", "x", "ZeroDivisionError",
         on_311=Differs("the line is known, not the place in it", "f a b")),
    Case("raises within a line", ("a = 1; b = 2", "y = (a, 1 / 0, b)"), "a", "", "ZeroDivisionError",
         on_311=Differs("the line is known, not the place in it", "a b")),
    Case("name that is not there", ("a = 1", "y = a + missing"), "a ?missing", "", "NameError"),
    Case("deleted twice", ("x = 1", "del x", "del x"), "?x", "", "NameError"),
    Case("changed before it raised", ("xs = []", "xs.append(1)\n1 / 0"), "xs", "~xs", "ZeroDivisionError"),
    Case("raises in a %%time cell", ("a = 1; b = 2", "%%time\ny = a\n1 / 0\nz = b"), "a", "y",
         RAISED_IN_TIME, on_311=None if RAISED_IN_TIME else Differs("that it raised is not known", "a b")),
    Case("interrupted", ("import signal; a = 1; b = 2", "y = a\nsignal.raise_signal(signal.SIGINT)\nz = b"),
         "signal a", "y", "KeyboardInterrupt"),
    Case("SystemExit", ("a = 1; b = 2", "y = a\nraise SystemExit\nz = b"), "a", "y", "SystemExit"),
    Case("assertion", ("a = 0", "assert a, 'a must not be 0'\ny = 1"), "a", "", "AssertionError"),
    Case("syntax error", ("a = 1", "y = a +"), "", "", "SyntaxError"),
    Case("unknown magic", ("a = 1", "%no_such_magic_anywhere"), "", "", "UsageError"),
)

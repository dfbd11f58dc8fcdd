"""Sessions with texts that were not run, and with runs that failed or were interrupted."""

from __future__ import annotations

from tests.cases.findings import Case, edit, order, run

_FRAME = "import pandas as pd; df = pd.DataFrame({'v': [1, None]})"
_GUARD = "if 'model' not in globals():\n    model = {{'w': {}}}"
_STOP = "raise KeyboardInterrupt"

UNRUN: tuple[Case, ...] = (
    # A run that failed on what the cell itself had made.
    Case("split twice", (run("a", "x = 'a b'"), run("b", "x = x.split()"), run("b")), "b:CG106", "a b"),
    Case("popped twice", (run("a", "d = {'k': 1}"), run("b", "d.pop('k')"), run("b")), "b:CG106", "a b"),
    Case("removed twice", (run("a", "s = [1, 2]"), run("b", "s.remove(1)"), run("b")), "b:CG106", "a b"),
    Case("deleted twice", (run("a", "x = 1"), run("b", "del x"), run("b")), "b:CG106", "a b"),
    Case("decoded twice", (run("a", "x = b'x'"), run("b", "x = x.decode()"), run("b")), "b:CG106", "a b"),
    Case(
        "dropped twice",
        (run("a", _FRAME), run("b", "df.drop(columns='v', inplace=True)"), run("b")),
        "b:CG106",
        "a b",
    ),
    # What a failed run would do with other inputs.
    Case(
        "a deletion that failed",
        (run("b", "del e"), run("a", "e = 1"), run("c", "y = e"), order("a", "b", "c")),
        "b:CG101 c:CG102",
        "b c",
    ),
    Case(
        "a change that failed",
        (
            run("a", "n = 0"),
            run("b", "s = [1]"),
            run("c", "s.append(1 // n)"),
            run("d", "t = len(s)"),
            run("a", "n = 1"),
        ),
        "c:CG101 d:CG102",
        "c d",
    ),
    Case("failed alike", (run("a", "n = 0"), run("b", "1 // n"), run("a"), run("b")), ""),
    # Interrupted runs. What a run does again is interrupted again here.
    Case(
        "interrupted",
        (
            run("a", "rows = []"),
            run("b", f"for i in range(9):\n    rows.append(i)\n    {_STOP}"),
            run("c", "n = len(rows)"),
        ),
        "b:CG109 c:CG102",
        "a b c",
        "b:CG109 c:CG102",
    ),
    Case(
        "made before the interrupt",
        (run("a", f"x = 1\n{_STOP}\ny = 2"), run("b", "z = x")),
        "a:CG109",
        "a",
        "a:CG109",
    ),
    Case(
        "bound in a loop that was interrupted",
        (run("a", f"for i in range(9):\n    last = i\n    {_STOP}"), run("b", "z = last")),
        "a:CG109 b:CG102",
        "a b",
        "a:CG109 b:CG102",
        observed=True,
    ),
    Case("run again to the end", (run("a", f"x = 1\n{_STOP}"), run("a", "x = 1")), ""),
    # Texts that differ from what ran.
    Case("edited itself", (run("a", "x = 1"), run("b", "y = x + 1"), edit("b", "y = x + 2")), "b:CG109", "b"),
    Case(
        "a line was added",
        (run("a", "x = 1"), run("b", "y = x"), edit("a", "x = 1\nprint(x)")),
        "a:CG109",
        "a",
    ),
    Case(
        "a line in front",
        (run("a", "x = 1"), run("b", "y = x"), edit("a", "import os\nx = 1")),
        "a:CG109",
        "a",
    ),
    Case(
        "another statement",
        (run("a", "x = 1\nz = 5"), run("b", "y = x"), run("c", "w = z"), edit("a", "x = 1\nz = 6")),
        "a:CG109 c:CG108",
        "a c",
    ),
    Case(
        "what the statement takes",
        (run("a", "k = 2\nx = k + 1"), run("b", "y = x"), edit("a", "k = 3\nx = k + 1")),
        "a:CG109 b:CG108",
        "a b",
    ),
    Case(
        "a change was added",
        (run("a", "s = [1]"), run("b", "n = len(s)"), edit("a", "s = [1]\ns.append(2)")),
        "a:CG109 b:CG108",
        "a b",
    ),
    Case("a comment", (run("a", "x = 1"), run("b", "y = x"), edit("a", "x = 1  # one")), ""),
    Case(
        "renamed",
        (run("a", "x = 1"), run("b", "y = x"), edit("a", "xx = 1")),
        "a:CG109 b:CG108",
        "a",
        "b:CG105",
    ),
    Case(
        "a name more",
        (run("a", "q = 1"), run("b", "print(y)"), edit("a", "q = 1\ny = 2")),
        "a:CG109 b:CG101",
        "a b",
    ),
    # Cells that have never run.
    Case(
        "split and edited",
        (
            run("a", "x = 1\ny = 2"),
            run("c", "z = x + y"),
            edit("a", "x = 5"),
            edit("b", "y = 2"),
            order("a", "b", "c"),
        ),
        "a:CG109 c:CG108",
        "a c",
    ),
    Case(
        "split",
        (
            run("a", "x = 1\ny = 2"),
            run("c", "z = x + y"),
            edit("a", "x = 1"),
            edit("b", "y = 2"),
            order("a", "b", "c"),
        ),
        "a:CG109",
        "a",
    ),
    Case(
        "split, the lower half run",
        (
            run("a", "x = 1\ny = 2"),
            run("c", "z = x + y"),
            edit("a", "x = 1"),
            edit("b", "y = 3"),
            order("a", "b", "c"),
            run("b"),
        ),
        "a:CG109 c:CG101",
        "a c",
    ),
    Case(
        "merged",
        (
            run("a", "x = 1"),
            run("b", "y = 2"),
            run("c", "z = x + y"),
            edit("a", "x = 1\ny = 2"),
            order("a", "c"),
        ),
        "a:CG109",
        "a",
    ),
    Case(
        "merged and changed",
        (
            run("a", "x = 1"),
            run("b", "y = 2"),
            run("c", "z = x + y"),
            edit("a", "x = 1\ny = 3"),
            order("a", "c"),
        ),
        "a:CG109 c:CG104",
        "a c",
    ),
    Case(
        "pasted in between",
        (run("a", "x = 1"), run("c", "z = x"), edit("b", "x = x * 2"), order("a", "b", "c")),
        "b:CG109 c:CG103",
        "b c",
    ),
    Case(
        "a change pasted in between",
        (
            run("a", _FRAME),
            run("c", "n = len(df)"),
            edit("b", "df.dropna(inplace=True)"),
            order("a", "b", "c"),
        ),
        "b:CG109 c:CG102",
        "b c",
    ),
    Case(
        "a deletion pasted in between",
        (run("a", "x = 1"), run("c", "z = x"), edit("b", "del x"), order("a", "b", "c")),
        "b:CG109 c:CG107",
        "b",
        "c:CG107",
    ),
    Case(
        "a print pasted in between",
        (run("a", "x = 1"), run("c", "z = x"), edit("b", "print(x)"), order("a", "b", "c")),
        "",
    ),
    Case(
        "a look pasted in between",
        (run("a", _FRAME), run("c", "n = len(df)"), edit("b", "df.head()"), order("a", "b", "c")),
        "",
    ),
    Case(
        "shell lines in between",
        (run("a", "x = 1"), run("c", "z = x"), edit("b", "%%bash\nx=2"), order("a", "b", "c")),
        "",
    ),
    Case(
        "timed in between",
        (run("a", "x = 1"), run("c", "z = x"), edit("b", "%%time\nx = 2"), order("a", "b", "c")),
        "b:CG109 c:CG103",
        "b c",
    ),
    Case("not run below", (run("a", "x = 1"), run("b", "y = x"), edit("c", "x = 3"), edit("d", "z = x")), ""),
    Case(
        "cells left out on the way",
        (run("a", "x = 1"), edit("b", "y = x + 1"), edit("c", "z = y + 1"), run("d", "w = z")),
        "b:CG109 c:CG109 d:CG101",
        "b c d",
    ),
    Case(
        "deleted, and its text typed anew",
        (run("a", "x = 1"), run("b", "y = x"), edit("c", "x = 1"), order("c", "b")),
        "",
    ),
    # Guards.
    Case("a guard", (run("a", _GUARD.format(1)), run("a"), run("b", "model")), "", observed=True),
    Case(
        "a guard by an error",
        (run("a", "try:\n    m\nexcept NameError:\n    m = [1]"), run("a"), run("b", "m")),
        "",
        observed=True,
    ),
    Case(
        "a guard of a key",
        (run("a", "d = {}"), run("b", "if 'k' not in d:\n    d['k'] = 1"), run("b")),
        "",
        observed=True,
    ),
    Case(
        "a guard that kept the former value",
        (run("a", _GUARD.format(1)), run("a", _GUARD.format(2)), run("b", "model")),
        "a:CG105 b:CG102",
        "",
        "a:CG105 b:CG102",
    ),
    # Names that are there only now, and names of Python's own.
    Case("made below", (run("a", "print(y)"), run("b", "y = 1")), "a:CG201"),
    Case(
        "a builtin shadowed below",
        (run("b", "str = 'x'"), run("a", "z = str"), order("a", "b")),
        "a:CG103",
        "",
        "a:CG103",
    ),
    Case(
        "a builtin shadowed by former code",
        (run("a", "str = 'x'"), run("b", "z = str"), run("a", "q = 1")),
        "b:CG105",
        "",
        "b:CG105",
    ),
    # The same once more.
    Case(
        "fitted in parts twice",
        (
            run(
                "a",
                "from sklearn.linear_model import Ridge; c, X = Ridge(), [[1.], [2.]]",
            ),
            run("b", "for i in range(2):\n    c.fit(X[i:i + 1], [1.])"),
            run("b"),
        ),
        "",
        observed=True,
    ),
    Case(
        "encoded twice",
        (
            run("a", "from sklearn.preprocessing import label_binarize; y = [[0], [1], [2]]"),
            run("b", "y = label_binarize([0, 1], classes=[0, 1, 2])"),
            run("b"),
        ),
        "",
    ),
)

"""What statements make of plain values is what Python makes of them, or it is not told."""

from __future__ import annotations

import ast
import contextlib
import io
from copy import deepcopy
from typing import Any

import pytest

from cellgraph.code.plain_evaluation import Evaluation, Unknown, same_values

GIVEN: dict[str, Any] = {
    "xs": [3, 1, 2],
    "d": {"a": 1, "b": 5},
    "s": "Hello World",
    "w": ["fig", "plum", "fig"],
    "n": 4.5,
}
TOLD = """\
m = max(xs); low = min(xs, key=lambda x: -x); r = max(n, 2)
middle = sorted(xs)[len(xs) // 2]
total = sum(xs) / len(xs); q = round(total, 1); p = abs(-3) ** 2 % 4
big = [x for x in xs if x > 1] or [0]
part = xs[:2] + [n]; last = xs[-1]; back = s[::-1]
some = any(x > 2 for x in xs), all(x >= 0 for x in xs), 1 < n <= 4.5, None is None
pairs = dict(zip("ab", xs)); more = {**d, "c": 3}; other = dict(d, a=2)
flat = {k: v * 2 for k, v in d.items()}
best = max(d, key=d.get), sorted(d.values())[0], d.get("z"), d.get("z", 0), "a" in d
words = s.split()[0].upper(), ", ".join(w), s.replace("o", "0"), s.count("o"), s.startswith("He")
print(f"{len(xs)} of {max(xs):.2f}", s, sep=" - "); print(*xs, end="!"); text = f"{s:>20}|{n!r}"
counts = {}
for each in w:
    counts[each] = counts.get(each, 0) + 1
rows = []
for i, x in enumerate(xs):
    if x == 1:
        continue
    rows.append((i, x))
    if len(rows) > 5:
        break
acc = [0]
for x in xs:
    acc.append(acc[-1] + x)
acc.sort(reverse=True); acc[0] = 9; del i
seen = set(xs); only = sorted(set(w)); order = list(set(xs)); both = {1, 2} & {2, 3}
a, (b, c) = 1, (2, 3)
k = "yes" if n > 4 else "no"
k += "!"
none = str(None) + str(True) + repr(s) + str(xs)
"""
"""Each line is one that can be worked out."""
NOT_TOLD = (
    *("xs.append(1)", "xs += [1]", "d['a'] = 2", "ys = xs; ys.append(1)", "unknown + 1", "len(unknown)"),
    *("1 / 0", "xs[9]", "d['z']", "max(xs, 'a')", "def f(): pass", "import os", "y = (x for x in xs)"),
    *(
        "'a' * 10 ** 9",
        "10 ** 10 ** 5",
        "f'{n:>9999}'",
        "list(range(10 ** 9))",
        "[0] * 10 ** 6",
        "int('9' * 6000)",
    ),
    *(
        "list(set(w))",
        "print({'a', 'b'})",
        "[x for x in {'a', 'b'}]",
        "y = [1]\nfor x in y:\n    y.append(x)",
    ),
    *("xs.__class__", "s.format(n)", "'%s' % n", "open('f')", "(lambda: 1)()", "sorted(xs, key=print)"),
    *("z = zip(xs, xs)", "y = d.items()", "xs is xs", "eval('1')", "max = 3\nmax(xs)"),
)


def named(name: str) -> Any:
    """What a name holds that the statements have not bound."""
    if name not in GIVEN:
        raise Unknown
    return GIVEN[name]


def evaluated(text: str) -> Evaluation:
    """The statements of a text, worked out."""
    evaluation = Evaluation(named)
    for node in ast.parse(text).body:
        evaluation.run(node)
    return evaluation


def test_it_makes_and_prints_what_python_does() -> None:
    """All that is told is what Python makes of the same statements."""
    names, printed = deepcopy(GIVEN), io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(TOLD, names)
    found = evaluated(TOLD)
    made = {name: value for name, value in names.items() if name not in GIVEN and name != "__builtins__"}
    assert found.values.keys() == made.keys()
    assert [name for name in made if not same_values(found.values[name], made[name], {})] == []
    assert "".join(found.printed) == printed.getvalue()


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_it_cannot_tell_it_does_not_tell(text: str) -> None:
    """It changes nothing that it is given, runs no other code, and works out nothing large."""
    before = deepcopy(GIVEN)
    with pytest.raises(Unknown):
        evaluated(text)
    assert before == GIVEN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ([1], (1,)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({1}, {True}),
        ("1", 1),
    ],
)
def test_equal_values_that_show_something_else_are_not_the_same(one: Any, other: Any) -> None:
    """Values are the same only where nobody can tell them apart."""
    assert not same_values(one, other, {})
    assert not same_values([one], [other], {})


def test_two_names_of_one_list_are_not_two_lists() -> None:
    """What holds one list twice is not what holds two equal ones."""
    one: list[int] = []
    assert not same_values([one, one], [[], []], {})
    assert not same_values([[], []], [one, one], {})
    assert same_values([[], []], [[], []], {})

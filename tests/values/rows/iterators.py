"""Generators and iterators: how far they have come is part of what they are."""

from __future__ import annotations

from typing import Any

from cellgraph.model import Quality
from tests.values.row import Row

_LOOKS = "repr(v), type(v), hasattr(v, '__next__'), isinstance(v, object), callable(v)"


def _row(kind: str, make: str, change: str = "next(v)", *, quality: Quality = "exact", **rest: Any) -> Row:
    given = {"looks": _LOOKS, "setup": "import itertools, collections; xs = [3, 1, 2]", **rest}
    return Row("iterators", kind, f"v = {make}", change, quality=quality, **given)


ROWS = (
    _row("generator expression", "(x * 2 for x in [3, 1, 2])", looks=f"{_LOOKS}, v.gi_running, v.gi_frame"),
    _row("generator expression, used up", "(x * 2 for x in [3, 1, 2])", "list(v)"),
    _row(
        "generator over a list of the notebook", "(x for x in xs)", alias="w = [xs, v]", change="xs.append(1)"
    ),
    _row(
        "generator",
        "count(5)",
        "for x in v:\n    if x > 2: break",
        setup="def count(n):\n    for x in range(n):\n        yield x",
    ),
    _row(
        "generator that was begun",
        "count(5); next(v)",
        "next(v)",
        setup="def count(n):\n    x = 0\n    while x < n:\n        x += 1\n        yield x",
    ),
    _row(
        "generator that is sent to",
        "adder(); next(v)",
        "v.send(3)",
        setup="def adder():\n    total = 0\n    while True:\n        total += yield total",
    ),
    _row("generator, closed", "(x for x in [1])", "v.close()"),
    _row(
        "generator with a list inside",
        "keeper([1])",
        "next(v)",
        setup="def keeper(kept):\n    while True:\n        kept.append(1)\n        yield",
    ),
    _row("yield from", "outer()", setup="def outer():\n    yield from [1, 2]\n    yield from [3]"),
    _row("coroutine", "work()", "v.close()", setup="async def work(): return 1"),
    _row("async generator", "work()", "await anext(v)", setup="async def work():\n    yield 1\n    yield 2"),
    _row(
        "context manager of a generator",
        "ctx()",
        "v.__enter__()",
        setup="import contextlib\n@contextlib.contextmanager\ndef ctx():\n    yield 1",
    ),
    _row("list iterator", "iter([1, 2])", large="v = iter(list(range(1_000_000)))", extent="10^6 elements"),
    _row("iterator over a list of the notebook", "iter(xs)", "xs.append(1)", alias="w = xs"),
    _row("tuple iterator", "iter((1, 2))"),
    _row("str iterator", "iter('ab')"),
    _row("bytes iterator", "iter(b'ab')"),
    _row("bytearray iterator", "iter(bytearray(b'ab'))"),
    _row("range iterator", "iter(range(5))", large="v = iter(range(1_000_000))", extent="10^6 elements"),
    _row("set iterator", "iter({1, 2})"),
    _row("dict key iterator", "iter({'a': 1, 'b': 2})"),
    _row("dict item iterator", "iter({'a': 1, 'b': 2}.items())"),
    _row("dict value iterator", "iter({'a': 1, 'b': 2}.values())"),
    _row("OrderedDict iterator", "iter(collections.OrderedDict(a=1, b=2))"),
    _row("deque iterator", "iter(collections.deque([1, 2]))"),
    _row("array iterator", "iter(array.array('d', [1, 2]))", setup="import array"),
    _row("memoryview iterator", "iter(memoryview(b'ab'))", change="", quality="opaque"),
    _row("reversed list", "reversed([1, 2])"),
    _row("reversed tuple", "reversed((1, 2))"),
    _row("reversed dict", "reversed({'a': 1, 'b': 2})"),
    _row("map", "map(str, [1, 2])"),
    _row("filter", "filter(None, [1, 2])"),
    _row(
        "zip",
        "zip([1, 2], 'ab')",
        large="v = zip(range(1_000_000), range(1_000_000))",
        extent="10^6 elements",
    ),
    _row("enumerate", "enumerate('ab', 1)"),
    _row("iter with a sentinel", "iter(lambda s=[0, 1, 2]: s.pop(), 0)"),
    _row(
        "iterator by __getitem__",
        "iter(G())",
        setup="class G:\n    def __getitem__(self, i):\n        return 'ab'[i]",
    ),
    _row(
        "an iterator class of the user's",
        "Up()",
        setup="class Up:\n    n = 0\n    def __iter__(self): return self\n"
        "    def __next__(self):\n        self.n += 1\n        return self.n",
    ),
    _row("itertools.count", "itertools.count(5)"),
    _row("itertools.count by a half", "itertools.count(1.5, 0.5)"),
    _row("itertools.cycle", "itertools.cycle([1, 2, 3])", quality="opaque"),
    _row("itertools.repeat", "itertools.repeat(1, 5)"),
    _row("itertools.chain", "itertools.chain([1], [2, 3])"),
    _row("itertools.islice", "itertools.islice([1, 2, 3], 2)", quality="opaque"),
    _row("itertools.accumulate", "itertools.accumulate([1, 2, 3])"),
    _row("itertools.product", "itertools.product('ab', [1, 2])"),
    _row("itertools.permutations", "itertools.permutations('abc', 2)"),
    _row("itertools.combinations", "itertools.combinations('abc', 2)"),
    _row("itertools.groupby", "itertools.groupby('aab')"),
    _row("itertools.pairwise", "itertools.pairwise([1, 2, 3])"),
    _row("itertools.zip_longest", "itertools.zip_longest([1], [2, 3])", "list(v)"),
    _row("itertools.starmap", "itertools.starmap(pow, [(1, 2), (2, 3)])"),
    _row("itertools.takewhile", "itertools.takewhile(bool, [1, 2, 0])"),
    _row("itertools.dropwhile", "itertools.dropwhile(bool, [1, 2, 0, 3])"),
    _row("itertools.compress", "itertools.compress('abc', [1, 0, 1])"),
    _row("itertools.tee", "itertools.tee([1, 2, 3])[0]", quality="opaque"),
    _row("re.finditer", "re.finditer('a', 'banana')", "", quality="opaque", setup="import re"),
    _row("os.scandir", "os.scandir('.')", "", quality="opaque", setup="import os"),
    _row("Path.glob", "pathlib.Path('.').glob('*')", "", setup="import pathlib", quality="exact"),
)

"""``collections``, ``array``, ``queue`` and what else holds many values."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_LOOKS = "repr(v), len(v), list(v), v == v, bool(v)"


def _row(kind: str, make: str, change: str, **rest: Any) -> Row:
    given = {"looks": _LOOKS, "setup": "import collections, array, heapq", "extent": "10^6 elements", **rest}
    if "large" not in given:
        del given["extent"]
    return Row("collections", kind, f"v = {make}", change, **given)


ROWS = (
    _row(
        "deque",
        "collections.deque([1, 2], maxlen=5)",
        "v.append(3)",
        large="v = collections.deque(range(1_000_000))",
        looks=f"{_LOOKS}, v[0], v.maxlen, v.count(1)",
    ),
    _row("deque of lists", "collections.deque([[1], [2]])", "v[0].append(1)", alias="w = v[0]"),
    _row("deque that is full", "collections.deque([1, 2], maxlen=2)", "v.rotate()"),
    _row(
        "Counter",
        "collections.Counter('abca')",
        "v['a'] += 1",
        large="v = collections.Counter(range(1_000_000))",
        looks=f"{_LOOKS}, v.most_common(2), v['missing'], v.total(), v + v",
    ),
    _row(
        "defaultdict",
        "collections.defaultdict(list, a=[1])",
        "v['b'].append(1)",
        looks=f"{_LOOKS}, v['a'], v.get('x'), 'x' in v, v.default_factory",
        large="v = collections.defaultdict(int, {n: n for n in range(1_000_000)})",
    ),
    _row("defaultdict, read of a missing key", "collections.defaultdict(int)", "v['a']"),
    _row(
        "defaultdict of defaultdicts",
        "collections.defaultdict(lambda: collections.defaultdict(int))",
        "v['a']['b'] += 1",
    ),
    _row(
        "OrderedDict",
        "collections.OrderedDict(a=1, b=2)",
        "v.move_to_end('a')",
        large="v = collections.OrderedDict((n, n) for n in range(1_000_000))",
    ),
    _row(
        "ChainMap",
        "collections.ChainMap(a, {'b': 2})",
        "a['x'] = 2",
        alias="w = a",
        setup="import collections; a = {'a': 1}",
        looks=f"{_LOOKS}, v.maps, v['b'], v.new_child()",
    ),
    _row("UserDict", "collections.UserDict(a=[1])", "v['a'].append(2)", alias="w = v['a']"),
    _row("UserList", "collections.UserList([1, 2])", "v.append(3)", alias="w = v.data"),
    _row("UserString", "collections.UserString('abc')", "v.data = 'abd'"),
    _row(
        "namedtuple",
        "P(1, [2])",
        "v.y.append(3)",
        alias="w = v.y",
        looks=f"{_LOOKS}, v.x, v._asdict()",
        setup="import collections; P = collections.namedtuple('P', 'x y')",
    ),
    _row(
        "NamedTuple",
        "P(1, [2])",
        "v.y.append(3)",
        alias="w = v.y",
        setup="import typing\nclass P(typing.NamedTuple):\n    x: int\n    y: list",
    ),
    _row(
        "array of float",
        "array.array('d', [1.5, 2])",
        "v[0] = 2",
        alias="w = memoryview(v)",
        large="v = array.array('d', range(1_000_000))",
        looks=f"{_LOOKS}, v.tobytes(), v.tolist(), v.typecode",
    ),
    _row(
        "array of int",
        "array.array('q', [1, 2])",
        "v.append(3)",
        large="v = array.array('q', bytes(100_000_000))",
        extent="100 MB",
    ),
    _row("heap", "[3, 1, 2]; heapq.heapify(v)", "heapq.heappush(v, 0)"),
    _row(
        "a mapping of the user's",
        "M()",
        "v['a'] = 2",
        setup="import collections.abc\nclass M(collections.abc.MutableMapping):\n"
        "    def __init__(self): self.kept = {'a': 1}\n"
        "    def __getitem__(self, k): return self.kept[k]\n"
        "    def __setitem__(self, k, x): self.kept[k] = x\n"
        "    def __delitem__(self, k): del self.kept[k]\n"
        "    def __iter__(self): return iter(self.kept)\n"
        "    def __len__(self): return len(self.kept)",
        alias="w = v.kept",
    ),
    _row(
        "a list class of the user's",
        "L([1, 2])",
        "v.append(3)",
        setup="class L(list):\n    label = 'x'",
        large="v = L(range(1_000_000))",
    ),
    _row(
        "a dict class of the user's",
        "D(a=1)",
        "v.extra = 2",
        setup="class D(dict): pass",
        looks=f"{_LOOKS}, v['a'], v.keys()",
    ),
    _row(
        "SimpleNamespace",
        "types.SimpleNamespace(a=1, b=[2])",
        "v.b.append(3)",
        setup="import types",
        alias="w = v.b",
        looks="repr(v), v == v, v.a, vars(v)",
    ),
    _row(
        "WeakValueDictionary",
        "weakref.WeakValueDictionary(k=a)",
        "v['j'] = a",
        setup="import weakref\nclass A: pass\na = A()",
        looks=f"{_LOOKS}, v['k'], v.get('x')",
    ),
    _row(
        "WeakSet",
        "weakref.WeakSet([a])",
        "v.clear()",
        setup="import weakref\nclass A: pass\na = A()",
        looks="len(v), list(v), a in v",
    ),
)

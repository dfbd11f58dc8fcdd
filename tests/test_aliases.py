"""Names that share a mutable object: what is changed through one is a write of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.code.dataflow import Flow
from cellgraph.record.change_detection import _alias_origins, _aliases, _shared_origins
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.object_index import ObjectIndex
from cellgraph.session import Tracker


@dataclass(frozen=True)
class Case:
    """``make`` binds ``a`` and ``b``; ``change`` names one of them only, and changes what both hold."""

    name: str
    make: str
    change: str

    def __str__(self) -> str:
        return self.name


CASES = (
    Case("list in a dict", "a = [1]; b = {'k': a}", "a.append(2)"),
    Case("list in a dict, the other way", "a = [1]; b = {'k': a}", "b['k'].append(2)"),
    Case("list in a tuple in a set's neighbour", "a = [1]; b = ({1}, (a,))", "a.clear()"),
    Case("deep down", "a = [1]; b = {'x': [{'y': ({'z': a},)}]}", "a.append(2)"),
    Case("attribute", "class C: pass\na = [1]; b = C(); b.x = a", "a.append(2)"),
    Case("slot", "class C: __slots__ = ('x',)\na = [1]; b = C(); b.x = a", "b.x.append(2)"),
    Case("class attribute", "class C: pass\na = [1]; C.x = a; b = C()", "a.append(2)"),
    Case(
        "attribute of a base class", "class P: x = [1]\nclass C(P): pass\na = P.x; b = C()", "b.x.append(2)"
    ),
    Case("closure", "def f(x):\n    return lambda: x.append(1)\na = []; b = f(a)", "b()"),
    Case(
        "closure of a closure",
        "def f(x):\n    def g():\n        return lambda: x\n    return g()\na = []; b = f(a)",
        "a.append(1)",
    ),
    Case("default argument", "a = []\ndef b(x=a): x.append(1)", "b()"),
    Case("keyword default", "a = []\ndef b(*, x=a): x.append(1)", "b()"),
    Case("attribute of a function", "def b(): pass\na = []; b.seen = a", "a.append(1)"),
    Case(
        "decorated function",
        "import functools\na = []\ndef keep(f):\n    @functools.wraps(f)\n    def inner(x):\n "
        "       a.append(x)\n        inner.seen = a\n    inner.seen = a\n    return inner\n"
        "@keep\ndef b(x): pass",
        "b(1)",
    ),
    Case("bound method", "a = []; b = a.append", "b(1)"),
    Case(
        "bound method of the user's",
        "class C:\n    def __init__(self): self.x = 1\n    def up(self): self.x += 1\na = C(); b = a.up",
        "b()",
    ),
    Case("partial", "import functools\na = []; b = functools.partial(a.extend, [1])", "b()"),
    Case("partial's keywords", "import functools\na = []; b = functools.partial(dict, k=a)", "a.append(1)"),
    Case(
        "generator's variable",
        "def g(x):\n    while True:\n        x.append(1)\n        yield\na = []; b = g(a)",
        "next(b)",
    ),
    Case("generator expression", "a = [1]; b = (x for x in a)", "a.append(2)"),
    Case("iterator over a list", "a = [1]; b = iter(a)", "a.append(2)"),
    Case("iterator in a map in a zip", "a = iter([1, 2]); b = zip(map(str, a), 'xy')", "next(b)"),
    Case("two iterators of one", "a = iter([1, 2, 3]); b = enumerate(a)", "next(a)"),
    Case("deque", "import collections\na = [1]; b = collections.deque([a])", "a.append(2)"),
    Case("defaultdict", "import collections\nb = collections.defaultdict(list); a = b['x']", "a.append(2)"),
    Case("ChainMap", "import collections\na = {}; b = collections.ChainMap({}, a)", "a['x'] = 1"),
    Case("memoryview of a bytearray", "a = bytearray(3); b = memoryview(a)", "b[0] = 1"),
    Case("memoryview of an array", "import array\na = array.array('l', [1]); b = memoryview(a)", "a[0] = 2"),
    Case("slice of a memoryview", "a = bytearray(9); b = memoryview(a)[2:5]", "b[0] = 1"),
    Case("mapping proxy", "import types\na = {}; b = types.MappingProxyType(a)", "a['x'] = 1"),
    Case("dict's values", "a = {'x': [1]}; b = a.values()", "a['y'] = 2"),
    Case(
        "property of a class",
        "class C:\n    kept = []\n    p = property(lambda self: self.kept)\na = C.kept; b = C()",
        "b.p.append(1)",
    ),
    Case("weak reference", "import weakref\nclass C: x = 1\na = C(); b = weakref.ref(a)", "b().x = 2"),
    Case("argument of an error", "a = [1]; b = ValueError(a)", "a.append(2)"),
    Case(
        "dataclass",
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass D:\n    x: list\na = [1]; b = D(a)",
        "a.append(2)",
    ),
    Case("SimpleNamespace", "import types\na = [1]; b = types.SimpleNamespace(x=a)", "b.x.append(2)"),
    Case(
        "context variable",
        "import contextvars\na = [1]; b = contextvars.ContextVar('b', default=a)",
        "b.get().append(2)",
    ),
    Case("ring", "a = {'k': 1}; b = [a]; a['b'] = b", "b.append(2)"),
    Case(
        "node of a tree",
        "import xml.etree.ElementTree as e\nb = e.fromstring('<x><y/></x>'); a = b[0]",
        "a.set('k', '1')",
    ),
    Case("reader of a buffer", "import csv, io\na = io.StringIO('x\\ny\\n'); b = csv.reader(a)", "next(b)"),
    Case("module made in a cell", "import types\nb = types.ModuleType('b'); a = b.x = []", "a.append(1)"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_through_one_name_is_a_write_of_every_name_that_shares_it(
    case: Case, shell: Any, tracker: Tracker
) -> None:
    """The run that changes one is recorded as a change of both; a look at either is one of neither."""
    for name, code in (("make", case.make), ("look", "id(a), id(b)"), ("change", case.change)):
        shell.run_cell(code, store_history=True, cell_id=name).raise_error()
    _, looked, changed = tracker.runs
    assert looked.writes == () or {write.name for write in looked.writes} == {"Out[2]"}
    assert {"a", "b"} <= {write.name for write in changed.writes if write.kind == "mutate"}


def test_names_that_share_nothing_are_left_alone(shell: Any, tracker: Tracker) -> None:
    """A function, a constant or a library that two values have in common makes them no aliases."""
    make = "import math\ndef f(): return 1\na = [1, f, math, int, 'x']; b = [2, f, math, int, 'x']"
    for name, code in (("make", make), ("change", "a.append(2)")):
        shell.run_cell(code, store_history=True, cell_id=name).raise_error()
    assert {write.name for write in tracker.runs[-1].writes} == {"a"}


def test_what_a_view_leads_to_is_looked_at_though_the_view_is_as_it_was(shell: Any, tracker: Tracker) -> None:
    """The memory behind an array is more than the array tells."""
    pytest.importorskip("numpy")
    make = "import numpy as np\na = np.arange(9); b = a[:3]"
    for name, code in (("make", make), ("change", "b.base[7] = 0")):
        shell.run_cell(code, store_history=True, cell_id=name).raise_error()
    assert "a" in {write.name for write in tracker.runs[-1].writes}


def test_what_is_told_whole_under_one_name_is_not_by_what_shows_a_part_of_it(
    shell: Any, tracker: Tracker
) -> None:
    """Of three that share an array one is changed, and one that was read shows none of the change."""
    pytest.importorskip("numpy")
    make = "import numpy as np\na = np.arange(9); b = a[:3]; c = [a]"
    for name, code in (("make", make), ("change", "a[7] = 0; b.sum()")):
        shell.run_cell(code, store_history=True, cell_id=name).raise_error()
    assert {"a", "c"} <= {write.name for write in tracker.runs[-1].writes}


def test_labels_that_are_an_array_of_the_users_change_with_it(shell: Any, tracker: Tracker) -> None:
    """pandas may take an array as it is for the labels of a frame."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    make = (
        "import pandas as pd\na = pd.array(['x', 'y'], dtype='string[pyarrow]'); b = pd.Index(a, copy=False)"
    )
    shell.run_cell(make, store_history=True, cell_id="make").raise_error()
    if (
        shell.user_ns["b"].array is not shell.user_ns["a"]
        and shell.user_ns["b"]._data is not shell.user_ns["a"]
    ):
        pytest.skip(f"pandas {pandas.__version__} copies it")
    shell.run_cell("a[0] = 'q'", store_history=True, cell_id="change").raise_error()
    assert {write.name for write in tracker.runs[-1].writes} == {"a", "b"}


def test_values_that_share_what_is_unchanged_are_not_gone_over(
    shell: Any, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames made one from another share their labels: a cell that reads one does not wait for all."""
    pytest.importorskip("pandas")
    looked: list[str] = []
    look = DigestStore.look
    monkeypatch.setattr(
        DigestStore, "look", lambda book, name, bound: (looked.append(name), look(book, name, bound))[1]
    )
    make = "import pandas as pd\na = pd.DataFrame({'x': [1.5], 'y': [2.5]})\nb = a * 2\nc = a[a > 0]"
    for name, code in (("make", make), ("first", "b.sum()"), ("again", "b.sum()")):
        looked.clear()
        shell.run_cell(code, store_history=True, cell_id=name).raise_error()
    assert set(looked) == {"b"}
    shell.run_cell("b.columns.name = 'z'", store_history=True, cell_id="change").raise_error()
    assert "b" in {write.name for write in tracker.runs[-1].writes}


NAMES = [f"n{number}" for number in range(12)]
PUTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.frozensets(st.integers(1, 5), max_size=5)), min_size=1, max_size=60
)


@given(PUTS)
def test_the_index_of_objects_knows_who_reaches_what(puts: list[tuple[str, frozenset[int]]]) -> None:
    """Objects go by the names that reach them, in the order in which these came, however many there are."""
    index, reach = ObjectIndex(), dict[int, dict[str, None]]()
    for name, ids in puts:
        gone = index.put(name, ids)
        assert gone == {key for key, names in reach.items() if name in names} - ids
        for key in gone:
            del reach[key][name]
        for key in ids:
            reach.setdefault(key, {})[name] = None
        several = {key: tuple(names) for key, names in reach.items() if len(names) > 1}
        every = frozenset(reach)
        assert index.shared(every) == several.keys()
        found = {key: names for names, keys in index.by_holders(several.keys()).items() for key in keys}
        assert found == several
        assert all(index.reaching(frozenset({key})) == sorted(names) for key, names in reach.items())
        assert {key for key in every if index.is_held(key)} == {key for key, names in reach.items() if names}


_ORIGINS = st.frozensets(st.sampled_from("pqrst"), max_size=3)
_FLOWS = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(Flow, _ORIGINS, st.dictionaries(st.sampled_from([".a", ".b"]), _ORIGINS, max_size=2)),
)
_REACH = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.integers(1, 6), max_size=4))


@given(_FLOWS, _REACH)
def test_origins_are_joined_alike_name_by_name_and_object_by_object(
    origins: dict[str, Flow], reach: dict[str, frozenset[int]]
) -> None:
    """A few names are compared each with each, many by the objects that they share: that gives the same."""
    aliases = _aliases(reach, dict.fromkeys(NAMES, 0))
    assert _alias_origins(origins, aliases) == _shared_origins(origins, reach)

"""Equal values have digests that agree, and values that differ do not."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import json
import pathlib
import re
import threading
import types
import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.digest.digester import HandlerResolver
from cellgraph.digest.plain_data import _is_nested_deeply, _survey
from cellgraph.digest.protocol import DigestSession
from cellgraph.digest.traversal import ExactWalk, SampleWalk
from tests.digests import Case, cell, digest, look


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, left: object, right: object = None) -> None:
        self.left = left
        if right is not None:
            self.right = right


class Text(str):
    __slots__ = ()


class Wordy(list[int]):
    label = ""


@dataclass
class Point:
    x: int
    tags: list[str] = field(default_factory=list)


class Lazy:
    def __init__(self, size: int) -> None:
        self.size = size

    @functools.cached_property
    def area(self) -> int:
        return self.size**2


NAIVE = datetime.datetime(2020, 1, 2)  # noqa: DTZ001 - without a zone is the case


class Pair(NamedTuple):
    left: int
    right: int


def wordy(label: str) -> Wordy:
    """A list with an attribute of its own."""
    made = Wordy([1, 2])
    made.label = label
    return made


def lazy(size: int, *, used: bool) -> Lazy:
    """An object whose cached property has been used or not."""
    made = Lazy(size)
    if used:
        _ = made.area
    return made


def knot(value: int) -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = [value]
    made.append({"self": made})
    return made


def define(source: str, name: str = "f") -> object:
    """What a cell that runs ``source`` binds to ``name``."""
    return cell(source)[name]


def counter_from(start: int) -> object:
    """A function with a closure."""
    return define(f"def make(n):\n def f(): return n\n return f\nf = make({start})")


CASES = (
    Case("none", lambda: None, (lambda: 0, lambda: False)),
    Case("one", lambda: 1, (lambda: 1.0, lambda: True, lambda: 2)),
    Case("nan equals itself", lambda: float("nan"), (lambda: 0.0,)),
    Case("text", lambda: "".join("ab"), (lambda: b"ab", lambda: "abc")),
    Case("lone surrogate", lambda: "\ud800", (lambda: "\ud801",)),
    Case("huge int", lambda: 10**5000, (lambda: 10**5000 + 1,)),
    Case("list", lambda: [1, 2], (lambda: [2, 1], lambda: (1, 2), lambda: [1, 2.0], lambda: [1, 2, 3])),
    Case("nested", lambda: [[1], (2, {"a": [3]})], (lambda: [[1], (2, {"a": [4]})],)),
    Case("shared parts are no difference", lambda: [[1], [1]], (lambda: [[1], [2]],)),
    Case("dict order counts", lambda: {"a": 1, "b": 2}, (lambda: {"b": 2, "a": 1}, lambda: {"a": 1})),
    Case("set order does not", lambda: {1, 9, 17}, (lambda: {1, 9}, lambda: frozenset({1, 9, 17}))),
    Case("mixed set", lambda: {1, "a", (2,), None}, (lambda: {1, "a", (3,), None},)),
    Case("knot", lambda: knot(1), (lambda: knot(2),)),
    Case("range", lambda: range(3), (lambda: range(4), lambda: [0, 1, 2])),
    Case("slice", lambda: slice(1, 2), (lambda: slice(1, 3),)),
    Case("bytearray", lambda: bytearray(b"ab"), (lambda: bytearray(b"ac"), lambda: b"ab")),
    Case(
        "array", lambda: array.array("d", [1]), (lambda: array.array("f", [1]), lambda: array.array("d", [2]))
    ),
    Case("deque", lambda: collections.deque([1], 5), (lambda: collections.deque([1], 6),)),
    Case("counter", lambda: collections.Counter("aab"), (lambda: collections.Counter("ab"),)),
    Case(
        "defaultdict",
        lambda: collections.defaultdict(list, a=[1]),
        (lambda: collections.defaultdict(lambda: [0], a=[1]), lambda: collections.defaultdict(list, a=[2])),
    ),
    Case(
        "ordered dict",
        lambda: collections.OrderedDict(a=1, b=2),
        (lambda: collections.OrderedDict(b=2, a=1),),
    ),
    Case("mapping proxy", lambda: types.MappingProxyType({"a": 1}), (lambda: types.MappingProxyType({}),)),
    Case("namespace", lambda: types.SimpleNamespace(a=1), (lambda: types.SimpleNamespace(a=2),)),
    Case("namedtuple", lambda: Pair(1, 2), (lambda: Pair(1, 3), lambda: (1, 2))),
    Case("dataclass", lambda: Point(1, ["a"]), (lambda: Point(1, ["b"]), lambda: Point(2, ["a"]))),
    Case("slots", lambda: Slotted(1, 2), (lambda: Slotted(1), lambda: Slotted(2, 1))),
    Case("list with attributes", lambda: wordy("a"), (lambda: wordy("b"), lambda: [1, 2])),
    Case("cached property", lambda: lazy(2, used=False), (lambda: lazy(3, used=False),)),
    Case("enum member", lambda: Colour.RED, (lambda: Colour.BLUE,)),
    Case("date", lambda: datetime.date(2020, 1, 2), (lambda: NAIVE,)),
    Case(
        "datetime",
        lambda: datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
        (
            lambda: NAIVE,
            lambda: NAIVE.replace(fold=1),
        ),
    ),
    Case("timedelta", lambda: datetime.timedelta(1), (lambda: datetime.timedelta(2),)),
    Case("time", lambda: datetime.time(1, 2), (lambda: datetime.time(1, 3),)),
    Case("decimal", lambda: decimal.Decimal("1.0"), (lambda: decimal.Decimal("1.1"),)),
    Case("fraction", lambda: fractions.Fraction(1, 3), (lambda: fractions.Fraction(2, 3),)),
    Case("path", lambda: pathlib.Path("a/b"), (lambda: pathlib.Path("a/c"),)),
    Case(
        "pattern", lambda: re.compile("a"), (lambda: re.compile("a", re.IGNORECASE), lambda: re.compile("b"))
    ),
    Case("uuid", lambda: uuid.UUID(int=5), (lambda: uuid.UUID(int=6),)),
    Case("exception", lambda: OSError(2, "no"), (lambda: OSError(3, "no"), lambda: ValueError(2, "no"))),
    Case(
        "function",
        lambda: define("def f(x): return x + 1"),
        (lambda: define("def f(x): return x + 2"), lambda: define("def f(x, y=1): return x + 1")),
    ),
    Case(
        "function wherever it stands",
        lambda: define("\n\n# a comment\ndef f(x):\n    return x + 1"),
        (lambda: define("def f(x): return x - 1"),),
    ),
    Case("default", lambda: define("def f(x=[1]): pass"), (lambda: define("def f(x=[2]): pass"),)),
    Case("keyword default", lambda: define("def f(*, x=1): pass"), (lambda: define("def f(*, x=2): pass"),)),
    Case("closure", lambda: counter_from(1), (lambda: counter_from(2),)),
    Case(
        "inner function", lambda: define("f = lambda: lambda: 1"), (lambda: define("f = lambda: lambda: 2"),)
    ),
    Case("names", lambda: define("f = lambda: a"), (lambda: define("f = lambda: b"),)),
    Case("attribute", lambda: define("def f(): pass\nf.a = 1"), (lambda: define("def f(): pass\nf.a = 2"),)),
    Case("partial", lambda: functools.partial(int, base=2), (lambda: functools.partial(int, base=3),)),
    Case("bound method", lambda: [1].append, (lambda: [2].append, lambda: [1].extend)),
    Case(
        "cached function",
        lambda: define("import functools\n@functools.lru_cache\ndef f(x): return 1"),
        (lambda: define("import functools\n@functools.lru_cache\ndef f(x): return 2"),),
    ),
    Case(
        "class",
        lambda: define("class A:\n x = 1\n def m(self): return super().m()", "A"),
        (
            lambda: define("class A:\n x = 2\n def m(self): return super().m()", "A"),
            lambda: define("class A:\n x = 1\n def m(self): return super().n()", "A"),
            lambda: define("class A(int):\n x = 1\n def m(self): return super().m()", "A"),
            lambda: define("class A:\n x = 1", "A"),
        ),
    ),
    Case(
        "property",
        lambda: define("class A:\n p = property(lambda self: 1)", "A"),
        (lambda: define("class A:\n p = property(lambda self: 2)", "A"),),
    ),
    Case(
        "static method",
        lambda: define("class A:\n p = staticmethod(lambda: 1)", "A"),
        (lambda: define("class A:\n p = classmethod(lambda: 1)", "A"),),
    ),
    Case(
        "made dataclass",
        lambda: define("from dataclasses import dataclass\n@dataclass\nclass A:\n x: int = 1", "A"),
        (lambda: define("from dataclasses import dataclass\n@dataclass\nclass A:\n x: int = 2", "A"),),
    ),
    Case(
        "abstract class",
        lambda: define("import abc\nclass A(abc.ABC):\n x = 1", "A"),
        (lambda: define("import abc\nclass A(abc.ABC):\n x = 2", "A"),),
    ),
    Case(
        "enum class",
        lambda: define("import enum\nclass A(enum.Enum):\n x = 1", "A"),
        (lambda: define("import enum\nclass A(enum.Enum):\n x = 2", "A"),),
    ),
    Case("module", lambda: re, (lambda: uuid,)),
    Case("builtin", lambda: len, (lambda: max,)),
    Case("library class", lambda: dict, (lambda: list,)),
    Case("generic alias", lambda: list[int], (lambda: list[str],)),
    Case("union", lambda: int | str, (lambda: int | bytes,)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_made_again_has_a_digest_that_agrees(case: Case) -> None:
    """Each row is made twice; the digest is of the quality that the row names."""
    first, second = digest(case.make()), digest(case.make())
    assert first.quality == case.quality
    assert first.agrees(second)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_another_value_has_a_digest_that_does_not_agree(case: Case) -> None:
    """Each row names values that differ from it in one thing; none of their digests agrees."""
    first = digest(case.make())
    assert not any(first.agrees(digest(other())) for other in case.others)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_part_changes_the_digest_of_what_holds_it(case: Case) -> None:
    """In a dict of lists, beside another object, every row differs from the other values of its row."""
    held = digest({"part": [case.make(), Point(1)]})
    assert held.agrees(digest({"part": [case.make(), Point(1)]}))
    assert not any(held.agrees(digest({"part": [other(), Point(1)]})) for other in case.others)


def test_a_cache_that_a_read_fills_is_no_change() -> None:
    """A ``cached_property`` that was used lies in the instance's dict, and does not count."""
    assert digest(lazy(2, used=False)).agrees(digest(lazy(2, used=True)))


def test_a_call_of_a_cached_function_is_no_change() -> None:
    """What ``lru_cache`` remembers is no state of the function."""
    cached = functools.lru_cache(lambda x: x)
    before = digest(cached)
    cached(1)
    assert before.agrees(digest(cached))


def test_a_value_looked_at_before_its_container_has_the_same_digest_as_after() -> None:
    """Three objects in a ring have the same digests in whichever order they are looked at."""
    made = cell("class N: pass\na, b, c = N(), N(), N()\na.next, b.next, c.next = b, c, a\nc.own = [b]")
    from cellgraph.digest import Digester

    forward, backward = Digester(9), Digester(9)
    first = [forward.look(made[name]).digest.value for name in "abc"]
    last = [backward.look(made[name]).digest.value for name in "cba"]
    assert first == last[::-1]


def test_an_opaque_part_leaves_the_other_parts_comparable() -> None:
    """A list that holds a lock is opaque, and yet tells its other element apart."""
    opaque: object = threading.Lock()
    first, same, other = ([opaque, Point(n)] for n in (1, 1, 2))
    assert digest(first).quality == "opaque"
    assert digest(first).agrees(digest(same))
    assert not digest(first).agrees(digest(other))


def test_a_part_that_cannot_be_compared_is_opaque_itself() -> None:
    """The lock in a dict is opaque, the number beside it is exact."""
    found = digest({"lock": threading.Lock(), "n": 1})
    lock, number = found.part('["lock"]'), found.part('["n"]')
    assert (lock and lock.quality, number and number.quality) == ("opaque", "exact")


def test_what_a_local_object_holds_in_this_thread_is_compared() -> None:
    """A class of the user's stays opaque: to ask it in another thread would run its ``__init__``."""

    class Own(threading.local):
        pass

    first, same, other = threading.local(), threading.local(), threading.local()
    first.v, same.v, other.v = 1, 1, 2
    assert digest(first).agrees(digest(same))
    assert not digest(first).agrees(digest(other))
    assert digest(Own()).quality == "opaque"


def test_a_wrapper_under_a_library_functions_name_is_no_library_function() -> None:
    """``wraps`` gives it the name and the module: wrapped twice it is another function than wrapped once."""

    def wrapped(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*given: Any) -> Any:
            return function(*given)

        return inner

    own = json.dumps
    try:
        json.dumps = once = wrapped(own)
        twice = wrapped(once)
        assert not digest(once).agrees(digest(twice))
    finally:
        json.dumps = own


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock, threading.Condition])
def test_what_cannot_be_looked_into_is_told_by_its_token(make: Any) -> None:
    """The digest is what the token function gives, and the value itself is the only mutable object."""
    from cellgraph.digest import Digester

    value = make()
    found = Digester(1, lambda _: "token").look(value)
    assert (found.digest.value, found.digest.quality) == ("token", "opaque")
    assert found.mutable == {id(value)}


def test_a_dict_tells_a_part_for_each_key_when_all_are_text_or_whole_numbers() -> None:
    """A dict tells a part for each key when all are text or whole numbers, and their parts in turn."""
    first, second = digest({"lr": 1, 'a"b': [2]}), digest({"lr": 2, 'a"b': [2]})
    assert [path for path, _ in first.parts] == ['["lr"]', '["a\\"b"]', '["a\\"b"][0]', '["a\\"b"][-1]']
    assert [one == two for one, two in zip(first.parts, second.parts, strict=True)] == [
        False,
        True,
        True,
        True,
    ]
    assert [path for path, _ in digest({1: 2, "a": 3}).parts] == ["[1]", '["a"]']
    assert digest({(1,): 2, "a": 3}).parts == ()


def test_an_object_tells_a_part_for_each_attribute() -> None:
    """Two attributes are the paths ``.tags`` and ``.x``, and the class that all instances share is one."""
    assert [path for path, _ in digest(Point(1)).parts] == [".tags", ".x", ".__class__"]


def test_words_about_a_value_hold_no_text_of_it() -> None:
    """Text may be a secret: only numbers, booleans and None are shown themselves."""
    told = digest({"password": "secret"})
    assert (told.type, told.size, told.preview) == ("dict", "length 1", "")
    assert digest("secret").preview == ""
    assert [digest(value).preview for value in (5, 2.5, True, None)] == ["5", "2.5", "True", "None"]


SHARED: list[int] = []


@pytest.mark.parametrize(
    "holder",
    [
        {"a": SHARED},
        (SHARED,),
        [[SHARED]],
        Point(1, SHARED),  # type: ignore[arg-type]
        Slotted(SHARED),
        functools.partial(print, SHARED),
        SHARED.append,
        cell("f = lambda x=held: x", held=SHARED)["f"],
        cell("def make(x): return lambda: x\nf = make(held)", held=SHARED)["f"],
        types.SimpleNamespace(a=SHARED),
        collections.deque([SHARED]),
        collections.defaultdict(list, a=SHARED),
        types.MappingProxyType({"a": SHARED}),
        ValueError(SHARED),
        cell("class A: x = held", held=SHARED)["A"],
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_holds_a_mutable_object_shares_its_id(holder: object) -> None:
    """However it is held: in a container, an attribute, a closure or a default."""
    assert id(SHARED) in look(holder).mutable


def test_two_values_that_share_nothing_mutable_share_no_id() -> None:
    """Scalars and tuples of them have no id that counts, and two equal lists have none in common."""
    assert not look((1, "a", (2,))).mutable
    assert not look([1, "a"]).mutable & look([1, "a"]).mutable


def test_an_instance_shares_the_id_of_its_class_made_in_the_notebook() -> None:
    """A change of the class is a change of its instances, as their methods are its."""
    made = cell("class A: x = []\na = A()")
    assert id(made["A"]) in look(made["a"]).mutable
    assert not digest(made["A"]).agrees(digest(cell("class A: x = [1]")["A"]))


TEXTS = [f"text {at}" for at in range(3_000)]
"""So many that they are written one after another."""


@pytest.mark.parametrize(
    "other",
    [
        TEXTS[1:],
        TEXTS[::-1],
        ["", *TEXTS[1:]],
        [TEXTS[0] + TEXTS[1], "", *TEXTS[2:]],
        [*TEXTS[:-2], "\0".join(TEXTS[-2:])],
        [*TEXTS[:-1], "é"],
        [*TEXTS[:-1], "\ud800"],
        [*TEXTS[:-1], Text(TEXTS[-1])],
        [*TEXTS[:-1], None],
        tuple(TEXTS),
    ],
    ids=[
        *("shorter", "turned round", "an empty one", "cut elsewhere", "joined by a zero", "not ASCII"),
        *("half a pair", "a class of the user's", "not a text", "a tuple"),
    ],
)
def test_many_texts_are_told_from_others(other: Any) -> None:
    """Wherever they differ; and each of them agrees with an equal one."""
    assert digest(TEXTS).quality == digest(other).quality == "exact"
    assert digest(TEXTS).agrees(digest(list(TEXTS)))
    assert digest(other).agrees(digest(type(other)(iter(other))))
    assert not digest(TEXTS).agrees(digest(other))


@pytest.mark.parametrize("depth", range(1, 30))
@pytest.mark.parametrize("around", [lambda v: [v], lambda v: (1, v), lambda v: (v, 2), lambda v: {"k": v}])
@pytest.mark.parametrize("kind", [ExactWalk, SampleWalk])
def test_what_is_known_to_be_nested_deeply_is_no_plain_data(depth: int, around: Any, kind: Any) -> None:
    """The quick look down the first elements says nothing that a survey of all levels would not say."""
    value: Any = [1]
    for _ in range(depth):
        value = around(value)
    walk = kind(DigestSession(str, HandlerResolver()))
    assert not (_is_nested_deeply(value, walk) and _survey(value, walk, []))
    assert _is_nested_deeply(value, walk) or depth < 12 or type(value) is tuple


@given(
    st.none()
    | st.booleans()
    | st.integers(-(2**120), 2**120)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(), max_size=50)
    | st.binary(max_size=50)
    | st.sampled_from(["x" * 4_096, "x" * 4_097, b"x" * 4_097])
)
def test_a_scalar_has_the_digest_that_a_walk_gives(value: object) -> None:
    """Short ones take a way of their own. A list that holds the value is walked, and tells it as a part."""
    looked = look(value)
    walk = ExactWalk(DigestSession(lambda other: f"{id(other):x}", HandlerResolver()))
    assert looked.digest.value == walk.visit(value).hex()
    assert (looked.digest.quality, looked.mutable, looked.closed) == ("exact", frozenset(), frozenset())
    assert looked.digest.type == type(value).__name__
    sized = isinstance(value, str | bytes)
    assert looked.digest.size == (f"length {len(value)}" if sized else "")
    assert looked.digest.preview in ("", repr(value)[:32])

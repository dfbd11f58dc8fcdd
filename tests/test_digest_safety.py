"""A look runs none of the user's code, ends in time, never fails and keeps nothing alive."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import threading
import types
import weakref
from typing import Any

import pytest

from cellgraph.digest import Digester
from tests.digests import AMPLE, NONE, cell, digest, look

CALLED: list[str] = []


def _trap(name: str) -> Any:
    def trapped(self: object, *args: object, **keywords: object) -> Any:
        CALLED.append(name)
        raise RuntimeError(name)

    return trapped


_HOOKS = (
    *("__eq__", "__hash__", "__repr__", "__str__", "__len__", "__iter__", "__bool__", "__getattr__"),
    *("__reduce__", "__reduce_ex__", "__getstate__", "__contains__", "__getitem__", "__format__", "__dir__"),
    *(
        "__int__",
        "__index__",
        "__float__",
        "__buffer__",
        "__sizeof__",
        "__array__",
        "__copy__",
        "keys",
        "items",
    ),
    *("values", "copy", "__lt__", "__reversed__", "__del__", "__call__", "__instancecheck__", "__iadd__"),
)
TRAPS: dict[str, Any] = {name: _trap(name) for name in _HOOKS} | {
    "__getattribute__": _trap("__getattribute__"),
    "__class__": property(_trap("__class__")),
    "__dict__": property(_trap("__dict__")),
}
_CLASS_HOOKS = {name: TRAPS[name] for name in ("__eq__", "__hash__", "__repr__", "__getattribute__")}
_CLASS_HOOKS |= {name: _trap(name) for name in ("__instancecheck__", "__subclasscheck__", "mro_", "__iter__")}

BASES = (object, list, dict, set, frozenset, tuple, str, int, float, bytes, bytearray, Exception)


def hostile(base: Any, *, metaclass_too: bool) -> Any:
    """An instance of a subclass of ``base`` whose every method does harm."""
    traps = {name: trap for name, trap in TRAPS.items() if name != "__del__"}
    meta: Any = type("Meta", (type,), dict(_CLASS_HOOKS)) if metaclass_too else type
    make: Any = type.__new__
    made = make(meta, "Hostile", (base,), traps)
    return base.__new__(made)


@pytest.fixture(autouse=True)
def _nothing_called() -> Any:
    CALLED.clear()
    yield
    assert not CALLED


@pytest.mark.slow
def test_a_metaclass_of_a_library_does_not_make_looks_slow() -> None:
    """One that says how classes are compared is in the way only where it is the user's."""
    program = (
        "import typing_extensions\n"
        "from cellgraph.digest.class_reflection import odd_metaclass_loaded as odd\n"
        "assert typing_extensions._ProtocolMeta.__hash__ and not odd()\n"
        "class Meta(type):\n    def __eq__(self, other): return True\n    __hash__ = type.__hash__\n"
        "assert odd()"
    )
    if not hasattr(pytest.importorskip("typing_extensions"), "_ProtocolMeta"):
        pytest.skip("typing_extensions has no metaclass of its own on this Python")
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("metaclass_too", [False, True])
def test_no_method_of_a_hostile_object_is_called(base: type, metaclass_too: bool) -> None:
    """Each method of it raises; it is looked at alone, in containers, held by functions, and as a class."""
    held = hostile(base, metaclass_too=metaclass_too)
    holder = types.SimpleNamespace(held=held)
    for value in (held, [held], (held, 1), {"a": held}, [held] * 5_000, holder, lambda: held, type(held)):
        for budget in (AMPLE, NONE):
            found = look(value, budget)
            assert found.digest.value


def test_a_hostile_key_is_not_hashed() -> None:
    """The ``__hash__`` of a key of a dict or a set raises once the key is in."""
    made: dict[Any, Any] = {}
    calm = cell("class K:\n calm = True\n def __hash__(self):\n  assert self.calm\n  return 1\nk = K()")
    made[calm["k"]] = 1
    calm["K"].calm = False
    assert digest(made).quality == "exact"
    assert digest({*made}).quality == "exact"


def test_a_module_with_a_lazy_getattr_is_not_asked() -> None:
    """Its ``__getattr__`` raises when it is called."""
    module = types.ModuleType("lazy")
    module.__getattr__ = _trap("module")  # type: ignore[method-assign]
    assert digest(module).quality == "exact"


def nested(depth: int, wrap: Any) -> Any:
    """Something wrapped in itself many times over."""
    made: Any = []
    for _ in range(depth):
        made = wrap(made)
    return made


class Box:
    def __init__(self, held: object) -> None:
        self.held = held


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"a": x}, Box])
def test_depth_is_bounded_and_never_fatal(wrap: Any) -> None:
    """10,000 levels of lists, dicts or objects are sampled, and two such values agree."""
    deep = nested(10_000, wrap)
    found = digest(deep)
    assert found.quality == "sampled"
    assert found.agrees(digest(nested(10_000, wrap), NONE))
    while not isinstance(deep, list) or deep:  # taken apart by hand: freeing it might recurse
        deep = (
            next(iter(deep.values()))
            if isinstance(deep, dict)
            else deep.held
            if isinstance(deep, Box)
            else deep[0]
        )


def test_knots_of_every_size_are_looked_at_in_linear_time() -> None:
    """Sixty objects that each hold all sixty would take for ever if each path were followed."""
    nodes = [Box(None) for _ in range(60)]
    for node in nodes:
        node.held = nodes
    assert digest(nodes).quality == "exact"


def test_shared_parts_are_visited_once() -> None:
    """Eighty lists that each hold the one before twice would be 2^80 visits."""
    made: Any = Box(1)
    for _ in range(80):
        made = [made, made]
    assert digest(made).quality == "exact"


@pytest.mark.parametrize(
    "make",
    [
        lambda: list(range(300_000)),
        lambda: [Box(n) for n in range(10_000)],
        lambda: {str(n): Box(n) for n in range(3_000)},
        lambda: [[Box(n)] for n in range(3_000)],
        lambda: set(range(200_000)),
        lambda: "word " * 500_000,
        lambda: bytearray(3_000_000),
        lambda: [str(n) * 10 for n in range(100_000)],
    ],
)
def test_over_budget_a_large_value_is_sampled_and_still_comparable(make: Any) -> None:
    """The sample agrees with the exact digest, and with the sample of an equal value."""
    exact, sampled = digest(make()), digest(make(), NONE)
    assert (exact.quality, sampled.quality) == ("exact", "sampled")
    assert exact.agrees(sampled)
    assert sampled.agrees(digest(make(), NONE))


def test_a_small_value_is_exact_even_when_the_budget_is_spent() -> None:
    """Ten objects are looked at whole with a budget of nothing."""
    looker = Digester(NONE)
    assert looker.look([Box(1)] * 10).digest.quality == "exact"


def test_a_longer_value_differs_though_it_is_sampled() -> None:
    """The length is part of the sample: 90,000 objects are not 90,001."""
    assert not digest([Box(1)] * 90_000, NONE).agrees(digest([Box(1)] * 90_001, NONE))


@pytest.mark.slow
def test_a_value_that_changes_meanwhile_is_no_failure() -> None:
    """A thread adds to a dict and takes from it during fifty looks."""
    value: dict[Any, Any] = {n: Box(n) for n in range(500)}
    stop = threading.Event()

    def change() -> None:
        step = 0
        while not stop.is_set():
            step += 1
            value[f"new{step}"] = step
            with contextlib.suppress(KeyError):
                del value[f"new{step - 3}"]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert all(digest(value).value for _ in range(50))
    finally:
        stop.set()
        thread.join()


def test_a_token_that_fails_does_not() -> None:
    """The look goes on: where the token function raises, the address stands for the value."""

    def fail(value: object) -> str:
        raise ValueError

    assert Digester(1, fail).look(threading.Lock()).digest.quality == "opaque"


def test_nothing_is_alive_once_the_looker_is_dropped() -> None:
    """Weak references to a class, an instance and a function in a cycle die by a collection."""
    made = cell("class A: pass\na = A()\na.held = [A()]\ndef f(x=a): return x\na.f = f")
    watched = [weakref.ref(made[name]) for name in ("A", "a", "f")]
    looker = Digester(AMPLE)
    for name in ("A", "a", "f"):
        looker.look(made[name])
    del looker
    made.clear()
    gc.collect()
    assert [ref() for ref in watched] == [None] * 3


def test_a_value_is_freed_at_once_where_it_is_in_no_cycle() -> None:
    """The weak reference dies without a collection."""
    value = Box([1])
    watched = weakref.ref(value)
    looker = Digester(AMPLE)
    looker.look(value)
    gc.disable()
    try:
        del looker, value
        assert watched() is None
    finally:
        gc.enable()


@pytest.mark.slow
def test_a_look_brings_no_library_in() -> None:
    """In a new process, a look at a list imports none of five libraries."""
    code = (
        "import sys\nfrom cellgraph.digest import Digester\nDigester(1).look([1, object()])\n"
        "assert not {'numpy', 'pandas', 'sklearn', 'networkx', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

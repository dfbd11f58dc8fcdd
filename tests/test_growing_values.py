"""Values that grow while they are looked at, and values without measure: a look has an end, and soon."""

from __future__ import annotations

import threading
import tracemalloc
from collections import deque
from collections.abc import Callable
from time import process_time, thread_time
from typing import Any

import pytest

from cellgraph.digest import Digester
from cellgraph.digest.protocol import DigestSession, ResolvedHandler
from cellgraph.digest.traversal import ExactWalk

BUDGET_S = 0.05
MEMORY = 64_000_000


class _Thing:
    """An object of the user's."""


class _Own(list[Any]):
    """A list of a class of its own."""


class _Growing(Digester):
    """Lets a value grow by one step for every part of it that is visited."""

    def __init__(self, grow: Callable[[], None]) -> None:
        super().__init__(BUDGET_S)
        kinds = self._hook.kinds

        def growing(cls: type) -> ResolvedHandler:
            grow()
            return kinds(cls)

        self._hook.kinds = growing


def _objects(count: int) -> list[Any]:
    return [[_Thing(), {index}] for index in range(count)]


def _growing_object() -> tuple[Any, Callable[[], None]]:
    value = _Thing()
    value.held = [_Thing()]
    return value, lambda: setattr(value, f"more{len(vars(value))}", [_Thing()])


def _growing_list(make: Callable[[list[Any]], Any]) -> tuple[Any, Callable[[], None]]:
    held: Any = make(_objects(10))
    return held, lambda: held.append([_Thing()])


def _growing_dict() -> tuple[Any, Callable[[], None]]:
    held: dict[int, Any] = dict(enumerate(_objects(10)))
    return held, lambda: held.__setitem__(len(held), [_Thing()])


def _growing_set() -> tuple[Any, Callable[[], None]]:
    held: set[Any] = {(index, _Thing()) for index in range(10)}
    return held, lambda: held.add((_Thing(), len(held)))


def _growing_self() -> tuple[Any, Callable[[], None]]:
    held: list[Any] = []
    held.append(held)
    return held, lambda: held.append([held])


def _growing_chain() -> tuple[Any, Callable[[], None]]:
    last: list[Any] = []
    value = [last]

    def grow() -> None:
        nonlocal last
        last.append([])
        last = last[-1]

    return value, grow


def _growing_in_generator() -> tuple[Any, Callable[[], None]]:
    held = _objects(10)
    return (part for part in held), lambda: held.append([_Thing()])


GROWING: dict[str, Callable[[], tuple[Any, Callable[[], None]]]] = {
    "list": lambda: _growing_list(list),
    "subclass of list": lambda: _growing_list(_Own),
    "deque": lambda: _growing_list(deque),
    "dict": _growing_dict,
    "set": _growing_set,
    "object": _growing_object,
    "list that holds itself": _growing_self,
    "chain": _growing_chain,
    "list of a generator": _growing_in_generator,
}


@pytest.mark.parametrize("name", GROWING)
def test_a_value_that_grows_with_each_step_of_the_look_is_left_at_last(name: str) -> None:
    """The look sees about as much as there was at its start, or gives up within its budget."""
    value, grow = GROWING[name]()
    steps = 0

    def counted() -> None:
        nonlocal steps
        steps += 1
        if steps > 200_000:
            raise AssertionError("it never ends")
        grow()

    found = _Growing(counted).look(value)
    assert found.digest.quality in ("exact", "sampled", "opaque")
    assert steps < 100_000


def test_a_thread_that_appends_keeps_no_look_going() -> None:
    """What a thread adds as fast as it can is not looked at: time and memory stay small."""
    value: list[Any] = []
    done = threading.Event()

    def append() -> None:
        while not done.is_set() and len(value) < 5_000_000:
            value.append([_Thing()])

    thread = threading.Thread(target=append)
    thread.start()
    try:
        while len(value) < 1_000:
            pass
        begin = thread_time()
        Digester(BUDGET_S).look(value)
        took = thread_time() - begin
    finally:
        done.set()
        thread.join()
    assert took < 10 * BUDGET_S


def test_a_walk_takes_no_more_of_a_list_than_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements that come in while the others are visited are left to the next look."""
    value: list[Any] = [[_Thing()] for _ in range(5)]
    visited: list[object] = []

    class Walk(ExactWalk):
        def visit(self, value_: object) -> bytes:
            visited.append(value_)
            value.append(_Thing())
            return b""

    resolved = ResolvedHandler(b"", "", lambda *_: b"")
    Walk(DigestSession(str, lambda _: resolved)).sequence(value)
    assert len(visited) == 5


def _numbered(count: int) -> Any:
    value = _Thing()
    vars(value).update({f"a{index}": index for index in range(count)})
    return value


LARGE: dict[str, Callable[[], Any]] = {
    "integer": lambda: 1 << 800_000_000,
    "integers": lambda: [1 << (8_000_000 + index) for index in range(100)],
    "integer in a field": lambda: [setattr(it := _Thing(), "n", 1 << 800_000_000), it],
    "integer beside an object": lambda: {"a": _Thing(), "n": 1 << 800_000_000},
    "text": lambda: "é" * 100_000_000,
    "bytes": lambda: bytes(200_000_000),
    "view with gaps": lambda: memoryview(bytearray(200_000_000))[::3],
    "objects": lambda: _objects(200_000),
    "lists": lambda: [[index] for index in range(1_000_000)],
    "fields": lambda: _numbered(500_000),
    "own list": lambda: _Own(range(3_000_000)),
    "set": lambda: set(range(3_000_000)),
    "deque": lambda: deque([index] for index in range(300_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_look_at_a_large_value_is_short_and_takes_little_memory(name: str) -> None:
    """At most twice the budget, and at most 64 MB beyond what the value takes; the best of three counts."""
    value = LARGE[name]()
    Digester(BUDGET_S).look([1, _Thing()])
    took = []
    for _ in range(3):
        begin = process_time()
        Digester(BUDGET_S).look(value)
        took.append(process_time() - begin)
    tracemalloc.start()
    try:
        Digester(BUDGET_S).look(value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert min(took) <= 2 * BUDGET_S
    assert peak <= MEMORY

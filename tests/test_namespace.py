"""Which keys of the namespace are the user's, however they come and go."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.names import is_result_variable
from cellgraph.trace import dict_memory
from cellgraph.trace.dict_memory import _asked, entry_reader
from cellgraph.trace.namespace import NameTable, bound_since, gone_since, is_machinery

MACHINERY = (
    "In",
    "Out",
    "_",
    "__",
    "___",
    "_3",
    "_i",
    "_ii",
    "_i12",
    "_oh",
    "__name__",
    "__builtins__",
    "get_ipython",
)
THEIRS = ("x", "df", "_x", "_private", "_ix", "__mine", "i", "In2", "_1a", "X_")


@pytest.mark.parametrize("name", MACHINERY)
def test_what_ipython_keeps_is_machinery(name: str) -> None:
    """None of the names that IPython and Python put into the namespace is a variable of the user's."""
    assert is_machinery(name)


@pytest.mark.parametrize("name", THEIRS)
def test_other_names_are_the_users(name: str) -> None:
    """An underscore alone makes no machinery."""
    assert not is_machinery(name)


def test_results_are_the_names_that_display_has_made() -> None:
    """``_i3`` is an input, ``_3`` a result."""
    assert [name for name in MACHINERY if is_result_variable(name)] == ["Out", "_", "__", "___", "_3", "_oh"]


def test_an_underscore_is_the_users_once_they_have_bound_it() -> None:
    """``for _ in …`` makes a variable like others, until it is deleted."""
    namespace: dict[str, Any] = {"_": 1}
    table = NameTable(namespace)
    assert table.snapshot() == {}
    table.claim(["_", "In"])
    assert table.snapshot() == {"_": id(1)}
    del namespace["_"]
    assert table.snapshot() == {}


def test_a_name_that_was_deleted_and_bound_again_is_there() -> None:
    """Between two snapshots, with another new name behind it and before it."""
    namespace: dict[str, Any] = {"x": object(), "y": object()}
    table = NameTable(namespace)
    table.snapshot()
    del namespace["x"], namespace["y"]
    namespace |= {"new": object(), "x": object(), "y": object(), "newer": object()}
    assert table.snapshot() == {key: id(value) for key, value in namespace.items()}


KEYS = st.sets(st.sampled_from(["a", "b", "c", "d", "_i1", "_2"]))


ROUNDS = st.lists(st.tuples(KEYS, KEYS), max_size=8)
VALUES = [object() for _ in range(3)]


MANY = {f"_i{number}": "text" for number in range(50)}
"""What IPython adds: most of the keys of a long session."""


def moments(
    rounds: list[tuple[set[str], set[str]]], others: dict[str, Any]
) -> list[tuple[Any, dict[str, int]]]:
    """The snapshot after each round of deleting and binding names, and what it is to hold."""
    namespace: dict[str, Any] = dict(others)
    table = NameTable(namespace)
    found = []
    for number, (deleted, bound) in enumerate(rounds):
        for key in deleted & namespace.keys():
            del namespace[key]
        namespace |= {key: VALUES[(number + place) % 3] for place, key in enumerate(sorted(bound))}
        due = {k: id(v) for k, v in namespace.items() if not is_machinery(k)}
        found.append((table.snapshot(), due))
    return found


@given(ROUNDS, st.sampled_from([{}, MANY]))
def test_a_snapshot_holds_the_users_names_after_any_changes(
    rounds: list[tuple[set[str], set[str]]], others: dict[str, Any]
) -> None:
    """Whatever was deleted and bound between two snapshots, each shows what was there, later as well."""
    for snapshot, due in moments(rounds, others):
        assert snapshot == due
        assert {key: snapshot.get(key) for key in "abcd" if key in snapshot} == due
        assert len(snapshot) == len(due)


@given(ROUNDS, st.sampled_from([{}, MANY]))
def test_what_has_changed_is_what_two_snapshots_differ_in(
    rounds: list[tuple[set[str], set[str]]], others: dict[str, Any]
) -> None:
    """Between any two of them, in both directions."""
    found = moments(rounds, others)
    for before, then in found:
        for after, now in found:
            assert bound_since(before, after) == {name for name in now if then.get(name) != now[name]}
            assert gone_since(before, after) == then.keys() - now.keys()


def test_names_that_move_up_to_the_place_of_an_equal_value_are_seen() -> None:
    """The values stand where they stood, and the last key is the same: the keys are not."""
    namespace: dict[str, Any] = {"a": None, "z": None}
    table = NameTable(namespace)
    before = table.snapshot()
    namespace.clear()
    namespace |= {"b": None, "z": None}
    after = table.snapshot()
    assert (bound_since(before, after), gone_since(before, after)) == ({"b"}, {"a"})


@pytest.mark.parametrize("kind", [str, int], ids=["keys that are texts", "other keys"])
@pytest.mark.parametrize("size", [0, 1, 6, 128, 129, 1000])
def test_entries_are_the_keys_and_values(size: int, kind: type) -> None:
    """Read from memory or asked one by one; and where two moments differ is found on each page."""
    held: dict[Any, Any] = {kind(number): object() for number in range(size)}
    read = entry_reader(held)
    due = [(id(key), id(value)) for key, value in held.items()]
    assert read().pairs() == _asked(held).pairs() == due
    for place in {0, size // 2, size - 1} & {*range(size)}:
        before, held[kind(place)] = read(), object()
        for likely in ([], [place], sorted({0, size - 1}), [*range(size)]):
            assert before.differing(read(), likely) == [place]
        assert read().pairs()[place] == (due[place][0], id(held[kind(place)]))
    before, held[kind("10000")] = read(), None
    keys, values = (side[len(before.pairs()) :] for side in read().sides())
    assert ([*keys], [*values]) == ([id([*held][-1])], [id(None)])


def test_the_memory_of_this_python_is_known() -> None:
    """Else each look at the namespace takes a reference to each value."""
    assert dict_memory._IS_KNOWN


@pytest.mark.slow
def test_entries_are_read_while_a_thread_lays_the_dict_out_anew() -> None:
    """Whatever a thread binds and deletes meanwhile, what is read are addresses of one moment."""
    held: dict[str, Any] = {f"kept {number}": None for number in range(50)}
    read, over, interval = entry_reader(held), threading.Event(), sys.getswitchinterval()

    def churn() -> None:
        while not over.is_set():
            for number in range(300):
                held[f"new {number}"] = None
            for number in range(300):
                del held[f"new {number}"]
            held.update(dict(held))

    thread = threading.Thread(target=churn)
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(20_000):
            assert {value for _, value in read().pairs()} == {id(None)}
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(interval)

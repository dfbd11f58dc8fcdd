"""Which keys of the namespace are the user's, however they come and go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.names import is_result_variable
from cellgraph.trace.namespace import NameTable, is_machinery

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


@given(st.lists(st.tuples(KEYS, KEYS), max_size=8))
def test_a_snapshot_holds_the_users_names_after_any_changes(rounds: list[tuple[set[str], set[str]]]) -> None:
    """Whatever was deleted, and whatever else was bound between two snapshots, each shows what is there."""
    namespace: dict[str, Any] = {}
    table = NameTable(namespace)
    for deleted, bound in rounds:
        for key in deleted & namespace.keys():
            del namespace[key]
        namespace |= {key: object() for key in bound - deleted}
        assert table.snapshot() == {k: id(v) for k, v in namespace.items() if not is_machinery(k)}

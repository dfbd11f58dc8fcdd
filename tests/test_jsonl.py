"""The ledger as JSON Lines: what is written is read back, and what is not a ledger is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.model import Digest, Read, Run, Write
from cellgraph.names import Name
from cellgraph.record.jsonl import LedgerFormatError, dumps, loads
from tests.ledgers import any_runs


@given(st.lists(any_runs, max_size=4))
def test_a_ledger_is_read_back_as_it_was_written(drawn: list[Run]) -> None:
    """Every field of every run, whatever text is in it; those that take no part in equality too."""
    read = list(loads(dumps(drawn)).runs)
    assert read == drawn
    assert list(map(repr, read)) == list(map(repr, drawn))


def test_a_ledger_has_a_line_a_run_and_one_for_the_schema() -> None:
    """Tools that read lines can count, append and cut."""
    text = dumps([Run(1, "a", 1, "x = 1\ny = 2"), Run(2, "b", None, "\u2028")])
    assert text.endswith("\n")
    assert len(text.splitlines()) == 3


def test_a_ledger_of_the_first_schema_is_read() -> None:
    """Fields that have another name now are found under the name that they had."""
    run = Run(
        1,
        "a",
        1,
        "x = y",
        reads=(Read(Name("y"), "", Digest("1"), store_only=True),),
        writes=(Write(Name("x"), reads_before=1),),
        unbound=("z",),
    )
    text = dumps([run]).replace('"schema": 2', '"schema": 1')
    for name, former in (("store_only", "into"), ("reads_before", "after"), ("unbound", "unmade")):
        assert f'"{name}"' in text
        text = text.replace(f'"{name}"', f'"{former}"')
    assert list(loads(text).runs) == [run]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: this is no cellgraph ledger"),
        ("{}", "line 1: this is no cellgraph ledger"),
        ('{"format": "cellgraph-ledger", "schema": 99}', "schema 99"),
        (dumps([]) + "{broken", "line 2: not a run"),
        (dumps([]) + '{"number": 1}', "line 2: not a run"),
    ],
)
def test_what_is_no_ledger_is_refused_with_the_line(text: str, words: str) -> None:
    """The message says where and why."""
    with pytest.raises(LedgerFormatError, match=words):
        loads(text)

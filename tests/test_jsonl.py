"""The ledger as JSON Lines: what is written is read back, and what is not a ledger is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.model import Digest, RandomUse, Read, Run, Share, Write
from cellgraph.names import Name
from cellgraph.record.jsonl import LedgerFormatError, dumps, loads
from cellgraph.record.schema import wrong_field
from cellgraph.session import Tracker
from tests.ledgers import any_runs


@given(st.lists(any_runs, max_size=4))
def test_a_ledger_is_read_back_as_it_was_written(drawn: list[Run]) -> None:
    """Every field of every run, whatever text is in it; those that take no part in equality too."""
    drawn = [replace(run, number=number) for number, run in enumerate(drawn, start=1)]
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


def _mutants(seed: int) -> list[str]:  # noqa: PLR0915 - a table of ways
    """Ledgers that are wrong in one place each, in any way that a file can be."""
    rng = random.Random(seed)
    junk = [None, True, 5, -1, 1.5, 10**30, float("nan"), "x", "\ud800", [], [[]], {}, {"a": 1}, [5], [None]]
    digest = Digest("1", parts=((".a", "2"),))
    shares = (Share(1, 1, Name("x")),)
    used = (RandomUse("numpy", "seeded"),)
    run = Run(1, "a", 1, "x = y", reads=(Read(Name("y"), "", digest),), random=used,
              writes=(Write(Name("x"), "bind", (), digest, sources=("y",), shares=shares),))  # fmt: skip
    lines = dumps([run, replace(run, number=2)]).splitlines()
    made = []
    for _ in range(500):
        new, at = list(lines), rng.randrange(3)
        data = json.loads(new[at])
        places = list(_places(data))
        holder, key = rng.choice(places)
        match rng.randrange(6):
            case 0:
                del holder[key]
            case 1 | 2 | 3:
                holder[key] = rng.choice(junk)
            case 4 if isinstance(holder, dict):
                holder["unheard"] = rng.choice(junk)
            case _:
                holder[key] = json.loads("[" * 500 + "]" * 500)
        new[at] = json.dumps(data)
        if rng.random() < 0.2:
            new[at] = new[at][: rng.randrange(len(new[at]))]
        if rng.random() < 0.1:
            new.insert(at, new[at])
        made.append("\n".join(new) + "\n")
    return made


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    for key, held in data.items() if isinstance(data, dict) else enumerate(data):
        yield data, key
        if isinstance(held, dict | list):
            yield from _places(held)


def test_a_ledger_that_is_wrong_anywhere_is_refused_as_a_whole_or_sound(
    shell: Any, tracker: Tracker, tmp_path: Path
) -> None:
    """A refusal says the line and changes nothing; what is taken can be worked with and written again."""
    shell.run_cell("x = 1", cell_id="a")
    before, refused = tracker.runs, 0
    for text in _mutants(7):
        try:
            ledger = loads(text)
        except LedgerFormatError as error:
            assert str(error).startswith("line ")  # noqa: PT017 - most are refused, some are sound
            refused += 1
            continue
        assert list(loads(dumps(ledger.runs)).runs) == list(ledger.runs)
        assert all(wrong_field(run) is None for run in ledger.runs)
    assert refused > 300
    path = tmp_path / "ledger.jsonl"
    path.write_text(dumps([]) + '{"number": 1, "cell": 5, "source": ""}\n', encoding="utf-8")
    with pytest.raises(LedgerFormatError, match=r"line 2: .*cell"):
        tracker.load(path)
    assert tracker.runs == before
    shell.run_cell("y = x", cell_id="b")
    assert [run.cell for run in tracker.runs] == ["a", "b"]

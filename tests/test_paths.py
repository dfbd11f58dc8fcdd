"""Parts of values are tracked by themselves: who is concerned by a change, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from cellgraph.model import Digest, containing, covers, related
from cellgraph.session import Tracker
from tests.cases.paths import CONCERNS, Concern


def run_all(shell: Any, cells: dict[str, str]) -> None:
    """Run cells with an id each."""
    for cell, text in cells.items():
        done = shell.run_cell(text, store_history=True, cell_id=cell)
        assert done.error_in_exec is None


@pytest.mark.parametrize("case", CONCERNS, ids=str)
def test_a_change_concerns_who_read_that_part(case: Concern, shell: Any, tracker: Tracker) -> None:
    """A change is a note for the cell that read what has changed, and nothing for all others."""
    run_all(shell, {"made": case.made, "reader": case.reader, "change": case.change})
    noted = {finding.cell for finding in tracker.findings()}
    assert ("reader" in noted) is case.concerned


@pytest.mark.parametrize("case", [case for case in CONCERNS if case.concerned], ids=str)
def test_the_reader_is_stale_when_the_change_stood_above_it(
    case: Concern, shell: Any, tracker: Tracker
) -> None:
    """Run below the reader and standing above it, the change makes it another value."""
    run_all(shell, {"made": case.made, "reader": case.reader, "change": case.change})
    tracker.set_cell_order(["made", "change", "reader"])
    assert "reader" in tracker.stale()


@pytest.mark.parametrize("case", [case for case in CONCERNS if not case.concerned], ids=str)
def test_the_reader_is_good_wherever_a_change_beside_stands(
    case: Concern, shell: Any, tracker: Tracker
) -> None:
    """A cell that wrote one part and a cell that read another are independent of one another."""
    run_all(shell, {"made": case.made, "reader": case.reader, "change": case.change})
    tracker.set_cell_order(["made", "change", "reader"])
    assert "reader" not in tracker.stale()


def test_edges_go_from_the_cell_that_made_the_part(shell: Any, tracker: Tracker) -> None:
    """Between a cell that makes a column and one that reads another there is no edge."""
    frame = "import pandas as pd\ndf = pd.DataFrame({'a': [1], 'b': [2]})"
    run_all(shell, {"made": frame, "changed": "df['b'] = 3", "a": "y = df['a']", "b": "z = df['b']"})
    names = {(edge.source, edge.target): edge.names for edge in tracker.report().edges}
    assert names["made", "a"] == ('df["a"]',)
    assert names["changed", "b"] == ('df["b"]',)
    assert ("changed", "a") not in names


def test_findings_name_the_part(shell: Any, tracker: Tracker) -> None:
    """What is said is said of the part that was read."""
    run_all(shell, {"made": "d = {'k': {'j': 1, 'i': 2}}", "reader": "y = d['k']['j']"})
    run_all(shell, {"made": "d = {'k': {'j': 5, 'i': 2}}"})
    (finding,) = tracker.findings()
    assert (finding.code, finding.name) == ("CG101", 'd["k"]["j"]')
    assert 'd["k"]["j"]' in finding.message


def test_a_cell_is_good_where_its_part_was_made_the_same_again(shell: Any, tracker: Tracker) -> None:
    """Another value with the same part in it makes no reader of that part stale."""
    run_all(shell, {"made": "d = {'k': {'j': 1, 'i': 2}}", "reader": "y = d['k']['j']"})
    run_all(shell, {"made": "d = {'k': {'j': 1, 'i': 9}, 'l': 3}"})
    assert tracker.stale() == []


def test_doubt_about_a_part_ends_where_it_is_replaced(shell: Any, tracker: Tracker) -> None:
    """A part that a sure cell stores is sure; what lies beside it stays in doubt."""
    run_all(shell, {"x": "x = 1", "made": "d = {'k': {'j': 0, 'i': 0}}", "doubtful": "d['k']['i'] = x"})
    run_all(shell, {"sure": "d['k']['j'] = 5", "one": "y = d['k']['j']", "other": "z = d['k']['i']"})
    run_all(shell, {"x": "x = 2"})
    assert {finding.cell for finding in tracker.findings()} == {"doubtful", "other"}


def test_what_a_partial_change_leaves_alone_is_another_cells(shell: Any, tracker: Tracker) -> None:
    """A cell that appended to one item hands on the other items as they are, not as it found them."""
    run_all(shell, {"made": "d = {'log': [], 'lr': 1}", "grow": "d['log'].append(1)", "use": "y = d['lr']"})
    run_all(shell, {"made": "d = {'log': [], 'lr': 2}"})
    assert tracker.stale() == ["use"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ('["k"]', '["k"]["j"]', True),
        ('["k"]["j"]', '["k"]', True),
        ('["k"]["j"]', '["k"]["i"]', False),
        (".a", ".ab", False),
        ('["k"]', '["k.j"]', False),
        ("[1]", "[10]", False),
        ("", ".a", True),
    ],
)
def test_paths_are_related_where_one_lies_in_the_other(one: str, other: str, expected: bool) -> None:
    """The part itself, what it holds and what holds it."""
    assert related(one, other) is expected
    assert covers(one, one)


def test_a_key_may_hold_anything_that_a_path_is_written_with() -> None:
    """Brackets, dots and quotes in a key start no step."""
    assert containing(r'["a\"][\"b.c"].d[0]') == (r'["a\"][\"b.c"].d', r'["a\"][\"b.c"]')


def test_a_part_that_is_not_told_apart_is_compared_as_what_holds_it() -> None:
    """The nearest part that both digests know tells; failing all, the whole."""
    full = Digest("w", parts=(('["k"]', "1"), ('["k"]["j"]', "2")))
    seen = full.part('["k"]["j"]')
    assert seen is not None
    assert Digest("x", parts=(('["k"]', "1"),)).still_has('["k"]["j"]', seen)
    assert not Digest("x", parts=(('["k"]', "3"),)).still_has('["k"]["j"]', seen)
    assert Digest("w").still_has('["k"]["j"]', seen)
    assert not Digest("x").still_has('["k"]["j"]', seen)


def test_the_magic_takes_a_part(shell: Any, tracker: Tracker, capsys: pytest.CaptureFixture[str]) -> None:
    """``%cellgraph uses d["a"]`` lists who read that part, what holds it or what it holds."""
    run_all(shell, {"made": "d = {'a': {'k': 1}, 'b': 2}", "one": "y = d['a']['k']", "two": "z = d['b']"})
    run_all(shell, {"asked": """%cellgraph uses d["a"]"""})
    told = capsys.readouterr().out
    assert "[2] y" in told
    assert "[3] z" not in told

"""The order in which cells are run, as it is written on the command line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cellgraph.notebooks.cell_order import parse_order
from cellgraph.notebooks.errors import CannotRunError


@dataclass(frozen=True)
class Case:
    text: str
    numbers: tuple[int, ...]


CASES = (
    Case("1", (1,)),
    Case("1,2,5,3", (1, 2, 5, 3)),
    Case("1-4,2,5", (1, 2, 3, 4, 2, 5)),
    Case("2,2,2", (2, 2, 2)),
    Case("3-1", (3, 2, 1)),
    Case("5-5", (5,)),
    Case(" 1 , 2 - 3 ", (1, 2, 3)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_numbers_and_ranges(case: Case) -> None:
    """Numbers and ranges are run as written, repeats and ranges downwards included."""
    assert parse_order(case.text, total=5) == case.numbers


@pytest.mark.parametrize("text", ["", "1,", ",", "a", "1-", "-1", "1--2", "1.5", "1;2", "1-2-3", "²", "٣"])
def test_other_text_is_refused_with_an_example(text: str) -> None:
    """What is no number or range is refused, and the message shows how to write one."""
    with pytest.raises(CannotRunError, match=r"write it like 1-4,2,5"):
        parse_order(text, total=5)


@pytest.mark.parametrize("text", ["0", "6", "1-6", "99999999999999999999"])
def test_a_cell_that_is_not_there_is_refused_with_the_numbers_that_are(text: str) -> None:
    """Numbers outside the notebook are refused, and the message says what there is."""
    with pytest.raises(CannotRunError, match=r"there is no cell \d+; code cells are numbered 1 to 5"):
        parse_order(text, total=5)


def test_a_notebook_without_code_has_no_cell_to_order() -> None:
    """Where there is no code cell the message says so."""
    with pytest.raises(CannotRunError, match="the notebook has no code cells"):
        parse_order("1", total=0)

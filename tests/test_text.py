"""What users wrote is shown on one line, harmless, and within its room."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.render.text import columns, cut, first_line, isolated, merged, shown
from tests.made_reports import HOSTILE


@dataclass(frozen=True)
class Case:
    claim: str
    given: str
    expected: str


SHOWN = [
    Case("ordinary text stays", "df['a']", "df['a']"),
    Case("a line break becomes a space", "a\nb\tc", "a b c"),
    Case("an escape sequence is spelt", "\x1b[2J", "\\x1b[2J"),
    Case("a directional override is spelt", "a\u202eb", "a\\u202eb"),
    Case("half a surrogate pair is spelt", "\ud800", "\\ud800"),
    Case("an emoji of several keeps its joiner", "🧑‍🔬", "🧑‍🔬"),
    Case("a no-break space is a space", "a\xa0b", "a b"),
]

FIRST = [
    Case("code counts more than a comment above it", "# Load\n\ndf = load()", "df = load()"),
    Case("a comment is better than nothing", "\n  # Only this\n", "# Only this"),
    Case("nothing gives nothing", "", ""),
    Case("a magic is a line of code", "%time x = 1\ny = 2", "%time x = 1"),
    Case("a magic that many cells have tells none of them", "%%time\nx = 1", "x = 1"),
    Case("nor do two of them", "# Fit\n%%time -q\n%%capture out\n# model\nfit()", "fit()"),
    Case("a magic of another language tells what a cell is", "%%bash -e\nls", "%%bash -e"),
    Case("a magic alone is better than nothing", "%%time\n", "%%time"),
    Case("imports stand above many cells", "import os\nfrom a import b\n\nx = b(os)", "x = b(os)"),
    Case("so do those with names in brackets", "from a import (\n    b,\n    c,\n)\nx = b", "x = b"),
    Case("imports alone tell what a cell is", "%%time\nimport os\nimport sys", "import os"),
    Case("an import with more on its line is code", "import os; x = 1\ny = 2", "import os; x = 1"),
    Case("a name may start like an import", "from_date = 3\nx = 1", "from_date = 3"),
]

ISOLATED = [
    Case("left-to-right text stays", "df [2]", "df [2]"),
    Case("a right-to-left name is held together", "متغير_2 from [2]", "\u2068متغير_2\u2069 from [2]"),
]


def _claims(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.claim) for case in cases]


@pytest.mark.parametrize("case", _claims(SHOWN))
def test_text_is_shown_without_acting(case: Case) -> None:
    """What does not print is spelt out, and nothing else is touched."""
    assert shown(case.given) == case.expected


@pytest.mark.parametrize("case", _claims(FIRST))
def test_first_line_tells_cells_apart(case: Case) -> None:
    """The line on a card is the first that says what the cell does."""
    assert first_line(case.given) == case.expected


@pytest.mark.parametrize("case", _claims(ISOLATED))
def test_right_to_left_names_leave_their_surroundings_alone(case: Case) -> None:
    """Only words with right-to-left letters are isolated."""
    assert isolated(case.given) == case.expected


@given(st.text(st.characters(exclude_categories=[]), max_size=40))
def test_anything_shown_is_one_harmless_line(text: str) -> None:
    """Whatever the text, what is shown prints, on one line, in any Unicode encoding."""
    result = shown(text)
    assert all(character.isprintable() or character in "\u200c\u200d" for character in result)
    assert result.encode("utf-8").decode("utf-8") == result


@given(st.text(max_size=60), st.integers(0, 40))
def test_cut_text_fits(text: str, width: int) -> None:
    """Cut text takes no more columns than it was given, and text that fits is not cut."""
    result = cut(text, width)
    assert columns(result) <= width
    assert (result == text) == (columns(text) <= width)


@pytest.mark.parametrize(
    ("names", "expected"),
    [((), ""), (("a", "b", "c"), "a, b, c"), (("a", "b", "c", "d"), "a, b +2"), (("a",) * 9, "a, a +7")],
)
def test_long_lists_of_names_are_merged(names: tuple[str, ...], expected: str) -> None:
    """Three names are said; of more, two are said and the rest counted."""
    assert merged(names) == expected


def test_wide_and_combining_characters_are_measured() -> None:
    """East Asian characters take two columns, combining marks and joiners none."""
    assert [columns(text) for text in ("ab", "数据", "e\u0301", "🧑‍🔬")] == [2, 4, 1, 4]


def test_the_hostile_names_are_hostile() -> None:
    """The names that the other tests use do hold markup and characters that do not print."""
    assert any("<" in name for name in HOSTILE)
    assert sum(shown(name) != name for name in HOSTILE) >= 4

"""The parts of a value that are its structure, and the texts that leave it as it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from cellgraph.code.form_keeping import keeps_form
from cellgraph.digest import Digester
from cellgraph.names import Name
from cellgraph.structure import KEYS, LENGTH, SHAPE, structure_read


class Same(NamedTuple):
    """Two values, and the parts of the structure that they have in common."""

    one: Any
    other: Any
    parts: tuple[str, ...]


SAME = (
    Same([1, 2], [3, 4], (LENGTH,)),
    Same([1, 2], [1, 2, 3], ()),
    Same("cat", "dog", (LENGTH,)),
    Same({"a": 1, "b": 2}, {"a": 3, "b": 4}, (LENGTH, KEYS, KEYS + '["a"]', KEYS + '["z"]')),
    Same({"a": 1, "b": 2}, {"b": 2, "a": 1}, (LENGTH, KEYS + '["a"]', KEYS + '["z"]')),
    Same({"a": 1}, {"z": 1}, (LENGTH,)),
    Same(list(range(1000)), list(range(1, 1001)), (LENGTH,)),
    Same({}, {"a": 1}, (KEYS + '["z"]',)),
)


@pytest.mark.parametrize("case", SAME, ids=str)
def test_values_have_parts_of_their_structure_in_common(case: Same) -> None:
    """A part of the structure is the same where the values agree in it, whatever else they hold."""
    one, other = (Digester(1.0).look(value).digest for value in case[:2])
    asked = (LENGTH, KEYS, KEYS + '["a"]', KEYS + '["z"]')
    found = tuple(path for path in asked if (part := one.part(path)) and other.still_has(path, part))
    assert found == case.parts


class Sized(list[int]):
    """A list that tells another length than it has."""

    def __len__(self) -> int:
        return 7


@pytest.mark.parametrize(
    "value", [Sized([1]), 5, object(), {1: 2, None: 3}], ids=["class", "number", "object", "keys"]
)
def test_nothing_is_told_of_a_structure_that_is_not_known(value: Any) -> None:
    """The keys of a value are told only where all of them are, and of no class of the user's own."""
    digest = Digester(1.0).look(value).digest
    assert digest.part(KEYS) is None
    assert digest.part(SHAPE) is None


@pytest.mark.parametrize(
    ("path", "kind", "read"),
    [
        (LENGTH, "list", LENGTH),
        (".shape", "ndarray", SHAPE),
        (".shape[0]", "ndarray", LENGTH),
        (".shape[1]", "ndarray", SHAPE),
        (".shape", "Box", ""),
        (".height", "ndarray", ""),
        (".append", "list", ""),
    ],
)
def test_code_looks_at_a_part_of_the_structure(path: str, kind: str, read: str) -> None:
    """What the code does with a value tells whether it looks at more than the structure."""
    assert structure_read(path, kind, "shape (2, 3)", {}) == read


KEEPING = (
    ("df['v'] = df['w'] * rate", "DataFrame", True),
    ("df.loc[0, 'v'] = rate", "DataFrame", True),
    ("df.loc[df['v'] > top, 'v'] = 0", "DataFrame", True),
    ("df.iat[0, 0] = rate", "DataFrame", True),
    ("df.loc[at, 'v'] = rate", "DataFrame", False),
    ("df[name] = rate", "DataFrame", False),
    ("df.drop(index=0, inplace=True)", "DataFrame", False),
    ("df.columns = names", "DataFrame", False),
    ("clean(df)", "DataFrame", False),
    ("del df['v']", "DataFrame", False),
    ("df = df.dropna()", "DataFrame", False),
    ("df[:, 0] = k", "ndarray", True),
    ("df[at] = k", "list", False),
    ("df[0] = k", "list", True),
    ("df[0:1] = k", "list", False),
    ("df['k'] = k", "dict", True),
    ("df['k'] = df['j']", "defaultdict", False),
    ("df[0] = k; exec(text)", "list", False),
    ("other[0] = k", "list", False),
)


@pytest.mark.parametrize(("text", "kind", "keeps"), KEEPING)
def test_a_text_keeps_the_form_of_what_it_changes(text: str, kind: str, keeps: bool) -> None:
    """A text keeps a form if none of its uses of the variable can add or take away anything."""
    assert keeps_form(text, "df", kind) is keeps


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("xs.__len__()", "len(xs)"),
        ("df.shape[:]", "df.shape"),
        ("d.keys()", "d.keys()"),
        ('d.keys()["lr"]', '"lr" in d'),
        ('df["a"]', 'df["a"]'),
    ],
)
def test_a_part_of_the_structure_is_said_as_one_writes_it(label: str, words: str) -> None:
    """Nobody reads a path that stands for a part of the structure."""
    assert Name(label).label == words

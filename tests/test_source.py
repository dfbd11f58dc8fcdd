"""Names that a text alone shows to be read, and modules that it takes everything from."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from cellgraph.code.source import parse

TRANSFORM = TransformerManager().transform_cell


@dataclass(frozen=True)
class Case:
    """A cell's text, and the names and modules that no instruction of it would show."""

    name: str
    text: str
    names: str = ""
    modules: str = ""

    def __str__(self) -> str:
        return self.name


# A table: the shorter a row, the more rows are in view.
# fmt: off
CASES = (
    Case("nothing", "x = 2 * y"),
    Case("a decorator", "@f\ndef g(): pass"),
    Case("a name of query", "df.query('a > @low')", "low"),
    Case("a name of query in parts", "df.query('a > '\n         '@low')", "low"),
    Case("a table in SQL", "duckdb.sql('select * from sales')", "sales"),
    Case("a table in SQL of many lines", 'duckdb.sql("""\n  SELECT *\n  FROM sales""")', "sales"),
    Case("a table in SQL that is put together", "duckdb.sql(f'{how}select * from sales')", "sales"),
    Case("a table in what a keyword is given", "run(query='with a as (select 1) from sales')", "sales"),
    Case("no SQL", "say('a letter from me')"),
    Case("what %store keeps", "%store x y", "x y"),
    Case("what %store writes to a file", "%store x > out.txt", "x"),
    Case("what %store gives back", "%store -r x"),
    Case("a key of globals()", "globals()['x']", "x"),
    Case("a key of a namespace", "get_ipython().user_ns['x']", "x"),
    Case("a key that is stored under", "globals()['x'] = 1"),
    Case("a variable of a shell line", "!echo {x} $y", "x y"),
    Case("a star", "from math import *", modules="math"),
    Case("a star without room", "from math import*", modules="math"),
    Case("a star on a line of its own", "from math import \\\n    *", modules="math"),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_text_shows_these_names_and_modules(case: Case) -> None:
    """Also where a text with nothing of the kind would not be gone over."""
    found = parse(case.text, TRANSFORM)
    assert {each.name for each in found.interpolated} == set(case.names.split())
    assert found.star_modules == tuple(case.modules.split())


@pytest.mark.parametrize(
    ("text", "operands"),
    [
        ("x = 1", set()),
        ("x = y = a + 1\nz = -b * 'c'", {"a", "b"}),
        ("x = f(a)", None),
        ("x, y = a", None),
        ("x[0] = 1", None),
        ("x.y = 1", None),
        ("x += 1", None),
        ("x: int = 1", None),
        ("x = [a]", None),
        ("x = a < b", None),
        ("x = f'{a}'", None),
        ("x", None),
        ("%time x = 1", None),
        ("", None),
    ],
)
def test_a_text_that_only_binds_names_tells_what_it_computes_with(
    text: str, operands: set[str] | None
) -> None:
    """Any other text may run code of its own: a call, an iteration, a comparison, a display."""
    assert parse(text, TRANSFORM).operands == operands

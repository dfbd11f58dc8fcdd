"""Every type of value that people keep in notebooks: its changes are seen, its equals are quiet."""

from __future__ import annotations

import mmap  # noqa: F401 - an adapter's own import: it is no look of a value that brings it in
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cellgraph.digest import Digester
from tests.values.judge import Bench, Verdict, judge, missing, new_bench, own_folder
from tests.values.row import Row
from tests.values.rows import all_rows
from tests.values.table import END, START, Judged, merged, section, written

pytestmark = pytest.mark.filterwarnings("ignore")  # what libraries warn about is not judged here

ROWS = all_rows()
ENOUGH = 60.0
"""Seconds that a look may take here."""
QUICK = {"builtins", "classes", "collections", "functions"}
"""Whose rows are judged by ``pytest -m "not slow"`` too."""
LARGE_TEXT = "x" * 2_000_000
EVERYBODYS = (None, False, True, Ellipsis, NotImplemented)
"""Values that may come to be referred to more while they are looked at, where they are not immortal."""


def extra(row: Row) -> str:
    """The extra of this package that brings what the row needs."""
    return "torch" if "torch" in row.needs else "libraries"


def row_parameters() -> list[object]:
    """All rows; those that need what is not installed are skipped, unless it has to be there.

    All but those of the plainest values are slow.
    """
    return [pytest.param(row, id=row.name, marks=_marks(row)) for row in ROWS]


def _marks(row: Row) -> list[pytest.MarkDecorator]:
    slow = [] if row.library in QUICK else [pytest.mark.slow]
    required = os.environ.get("CELLGRAPH_REQUIRE_LIBRARIES", "").split()
    absent = missing(row)
    skipped = absent and extra(row) not in required
    return [*slow, pytest.mark.skip(reason=f"needs {absent}")] if skipped else slow


def expected(row: Row) -> Verdict:
    """What every row has to show."""
    changes = "yes" if row.change else "–"
    return Verdict(
        caught=changes,
        quiet="opaque" if row.quality == "opaque" else "yes",
        alias=changes if row.alias else "–",
        looks="yes",
        quality=row.quality,
    )


every_row = pytest.mark.parametrize("row", row_parameters())


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One session for all rows, cleared before each: a new one takes longer than most rows."""
    with new_bench() as new:
        yield new


@pytest.fixture(scope="module", autouse=True)
def _folder() -> Iterator[None]:
    with own_folder():
        yield


@every_row
def test_changes_are_seen_and_equals_are_quiet(row: Row, bench: Bench) -> None:
    """A change in place is a write of a value and its alias; a look at it and an equal value are none."""
    assert judge(row, bench) == expected(row)


@every_row
def test_a_look_leaves_no_trace(row: Row) -> None:
    """A look imports nothing, holds nothing, adds no attribute, and is the same from any thread.

    A value is opaque in a thread that its library keeps away from it. The same are the objects that names
    which share the value would be told by: none was made for the look, as another value could get its id.
    """
    value = made(row)
    modules, held, names = frozenset(sys.modules), sys.getrefcount(value), _attributes(value)
    look = Digester(ENOUGH).look(value)
    assert [name for name in sys.modules if name not in modules and not name.startswith("cellgraph")] == []
    assert sys.getrefcount(value) == held or any(value is one for one in EVERYBODYS)
    assert _attributes(value) == names
    looker = Digester(ENOUGH)  # holds what it makes, so that the next must make its own elsewhere
    known = looker.look(value)
    with ThreadPoolExecutor(max_workers=1) as other:
        seen = other.submit(lambda: Digester(ENOUGH).look(value)).result()
    assert known.digest.value == look.digest.value
    if row.thread_bound:
        assert seen.digest.quality == "opaque"
    else:
        assert seen.digest.value == look.digest.value
    assert seen.mutable == known.mutable
    hurried = [Digester(0.0), Digester(0.0)]
    assert _noted_in_a_hurry(hurried[0], value) == _noted_in_a_hurry(hurried[1], value)


def _noted_in_a_hurry(looker: Digester, value: object) -> frozenset[int]:
    """What is noted of a value that lies among so much else that only a sample is taken."""
    among = [LARGE_TEXT, value]
    return looker.look(among).mutable - {id(among)}


def made(row: Row) -> object:
    """The row's value, made as a script would; no shell is needed to look at it."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(row.setup, namespace)
    exec(row.make, namespace)
    return namespace.pop("v")


def _attributes(value: object) -> dict[str, int]:
    """What lies in the value's own ``__dict__``, where it has one: which objects, by name."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return {str(name): id(part) for name, part in dict(held).items()}


def test_there_are_enough_rows() -> None:
    """At least 120 types of 25 libraries have a row, and each row has a name of its own."""
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names)) >= 120
    assert len({row.library for row in ROWS}) >= 25


GOOD = Verdict("yes", "yes", "yes", "yes", "exact")
BAD = Verdict("no", "opaque", "–", "yes", "opaque")


def test_a_failing_row_is_shown_as_failing() -> None:
    """The table counts what failed and shows it, and does not count what cannot change."""
    shown = section([Judged("a", "x", "", "3", GOOD), Judged("a", "y", "", "3", BAD)])
    assert "| a | 2 | 1 of 2 | 1 of 1, 1 opaque | 1 of 1 |" in shown
    assert "| a | y | **no** | opaque | – |  |" in shown


def test_a_row_that_could_be_judged_elsewhere_is_taken_from_there() -> None:
    """What was judged here stands; what was skipped here is replaced."""
    here = [Judged("a", "x", "", "here", GOOD), Judged("a", "y", "", "here", skipped="needs a")]
    there = [Judged("a", "x", "", "there", BAD), Judged("a", "y", "", "there", BAD)]
    assert [row.on for row in merged(here, there)] == ["here", "there"]


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """The rest of the page stays as it is, however often the tables are written."""
    page = f"before {START} old {END} after"
    once = written(page, "new")
    assert once == f"before {START}\n\nnew\n\n{END} after"
    assert written(once, "new") == once

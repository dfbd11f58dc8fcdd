"""Generators, iterators and open files: who used them up is told, and a look uses up nothing."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import warnings
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from types import GeneratorType
from typing import Any

import pytest

from cellgraph.digest import Digester
from cellgraph.session import Tracker
from tests.digests import AMPLE, cell, digest

USED: tuple[tuple[str, str, str], ...] = (
    ("v = (x for x in [1, 2])", "y = list(v)", "v was consumed by an earlier run of that cell"),
    ("v = iter([1, 2])", "y = sum(v)", "v was consumed by an earlier run of that cell"),
    ("v = zip([1, 2], 'ab')", "y = dict(v)", "v was consumed by an earlier run of that cell"),
    ("v = map(str, [1, 2])", "y = next(v, 0)", "v was consumed by an earlier run of that cell"),
    (
        "import csv; v = csv.reader(['a', 'b'])",
        "y = list(v)",
        "v was consumed by an earlier run of that cell",
    ),
    (
        "import io; v = io.StringIO('text')",
        "y = v.read()",
        "v was read or written by an earlier run of that cell",
    ),
    ("v = open('v.txt')", "y = v.read()", "v was read or written by an earlier run of that cell"),
    ("v = open('v.txt', 'rb')", "y = v.readline()", "v was read or written by an earlier run of that cell"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of its own, with a file in it."""
    monkeypatch.chdir(tmp_path)
    Path("v.txt").write_text("one\ntwo\n")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("make", "use", "told"), USED)
def test_a_cell_that_finds_a_consumable_used_up_is_told_by_whom(
    make: str, use: str, told: str, shell: Any, tracker: Tracker
) -> None:
    """The forward pass is quiet, and the cell run again is told which run used up what it reads."""
    shell.run_cell(make, store_history=True, cell_id="make")
    shell.run_cell(use, store_history=True, cell_id="use")
    assert tracker.findings() == []
    shell.run_cell(use, store_history=True, cell_id="use")
    warned = [finding for finding in tracker.findings() if finding.name == "v"]
    assert [finding.code for finding in warned] == ["CG106"]
    assert told in warned[0].message
    shell.run_cell("getattr(v, 'close', int)()", cell_id="end")


def test_a_reader_above_is_told_who_consumed_it_since(shell: Any, tracker: Tracker) -> None:
    """A note says which cell consumed what an earlier cell had begun to read."""
    for name, code in (("a", "v = iter('abc')"), ("b", "y = next(v)"), ("c", "z = list(v)")):
        shell.run_cell(code, store_history=True, cell_id=name)
    told = [finding.message for finding in tracker.findings()]
    assert told == ["v is not what [2] `y = next(v)` saw: v was consumed by [3] `z = list(v)` since"]


ITERATORS: tuple[Callable[[], Iterable[Any]], ...] = (
    lambda: itertools.count(3),
    lambda: itertools.cycle("ab"),
    lambda: itertools.islice("abc", 2),
    lambda: itertools.chain("ab", "c"),
    lambda: itertools.accumulate([1, 2, 3]),
    lambda: itertools.permutations("abc", 2),
    lambda: itertools.zip_longest("a", "bc"),
    lambda: itertools.pairwise("abc"),
    lambda: itertools.groupby("aab"),
    lambda: itertools.tee("abc")[0],
    lambda: itertools.product("ab", repeat=2),
    lambda: enumerate("ab", 1),
    lambda: zip("ab", [1, 2], strict=False),
    lambda: reversed([1, 2, 3]),
    lambda: {"a": 1, "b": 2}.items().__iter__(),
    lambda: (x for x in "abc"),
)


@pytest.mark.parametrize("make", ITERATORS)
def test_a_look_takes_nothing_from_an_iterator_and_warns_of_nothing(make: Callable[[], Any]) -> None:
    """An iterator that is looked at after each step gives what one that is left alone gives."""
    watched, alone = make(), make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(4):
            digest(watched)
            assert next(watched, "end").__class__ is next(alone, "end").__class__
            digest(watched)
    assert caught == []


def test_an_iterator_is_another_one_after_each_step() -> None:
    """Each step until the end shows, and an iterator made again agrees at the same place."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: iter([1, 1, 1]),
        lambda: (x for x in [1, 1, 1]),
        lambda: map(abs, [1, 1, 1]),
    )
    for make in makers:
        one, other = make(), make()
        seen = [digest(one)]
        for _ in range(3):
            next(one)
            seen.append(digest(one))
        assert [d.agrees(seen[0]) for d in seen] == [True, False, False, False]
        next(other)
        if type(one) is GeneratorType and sys.version_info >= (
            3,
            15,
        ):  # the place in the list is not to be seen
            assert [d.quality for d in seen[1:]] == ["opaque"] * 3
            continue
        assert len({d.value for d in seen}) == 4
        assert digest(other).agrees(seen[1])


def test_a_generators_variables_are_not_kept_alive_by_a_look() -> None:
    """What a generator held is freed with the generator, and what it lets go of at once."""
    made = cell(
        "class A: pass\n"
        "def g(a):\n    import weakref\n    yield weakref.ref(a)\n    del a\n    yield\n"
        "v = g(A())\nw = next(v)"
    )
    looker = Digester(AMPLE)
    looker.look(made["v"])
    del looker
    next(made["v"])
    gc.collect()
    assert made["w"]() is None


def test_a_generator_shares_what_its_variables_hold() -> None:
    """A list in a generator's variable is an alias of the name that holds it."""
    made = cell("def g(kept):\n    kept.append(1)\n    yield\nxs = []\nv = g(xs)")
    assert id(made["xs"]) in Digester(AMPLE).look(made["v"]).mutable


def test_a_look_flushes_nothing(tmp_path: Path) -> None:
    """What was written into a text file and waits in its buffer still waits after a look."""
    path = tmp_path / "v.txt"
    with path.open("w") as file:
        file.write("waits")
        digest(file)
        assert os.stat(path).st_size == 0  # noqa: PTH116 - what the system says, nothing in between
    assert path.read_text() == "waits"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_a_look_between_the_lines_leaves_the_reader_where_it_is(tmp_path: Path, encoding: str) -> None:
    """A text file gives all its lines, by iteration and by ``readline``, with looks in between."""
    path = tmp_path / "v.txt"
    lines = [f"line {n} \xe9\n" for n in range(2_000)]
    path.write_text("".join(lines), encoding=encoding)
    with path.open(encoding=encoding) as file:
        read = []
        for line in file:
            digest(file)
            read.append(line)
        file.seek(0)
        again = [file.readline() for _ in lines if digest(file).value]
    assert read == again == lines


def test_a_decoder_of_the_users_is_not_run(tmp_path: Path) -> None:
    """The place in a file with an unusual way to treat errors is not asked for."""
    import codecs

    asked: list[str] = []

    def replace(error: UnicodeError) -> tuple[str, int]:
        asked.append("asked")
        return "?", error.end  # type: ignore[attr-defined]

    codecs.register_error("cellgraph.ask", replace)
    path = tmp_path / "v.txt"
    path.write_bytes(b"a\xff\nb\xff\n" * 3)
    with path.open(encoding="utf-8", errors="cellgraph.ask") as file:
        file.readline()
        asked.clear()
        digest(file)
    assert asked == []


def test_a_reference_that_dies_is_another_value() -> None:
    """A weak reference keeps nothing alive, and shows that its object is gone."""
    made = cell("class A: pass\na = A()")
    reference = weakref.ref(made["a"])
    before = digest(reference)
    del made["a"]
    gc.collect()
    assert reference() is None
    assert not digest(reference).agrees(before)

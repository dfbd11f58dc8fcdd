"""Saved outputs against fresh ones, without a kernel: what counts as the same, what differs, and where."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.notebooks.verification import images
from cellgraph.notebooks.verification.compare import compare
from cellgraph.notebooks.verification.judge import ErrorJudge, FreshCell, SavedCell, judge_cell
from cellgraph.notebooks.verification.text import Place, Tolerance
from cellgraph.notebooks.verification.verdicts import REPRODUCED, CellVerdict, NotebookVerdict, Shown, Verdict
from cellgraph.render.verify_page import page
from tests.verification.cases import DIFFERENT, SAME, Differs, Output, Same, frame, out, raises, shows
from tests.verification.mutate import mutants


@pytest.mark.parametrize("case", SAME, ids=lambda case: case.name)
def test_what_no_two_runs_share_is_named_and_is_no_difference(case: Same) -> None:
    """In both directions: it does not matter which of the two is saved."""
    for saved, fresh in ((case.saved, case.fresh), (case.fresh, case.saved)):
        found = compare(saved, fresh)
        assert not found.differs, found
        names = sorted({change.volatile for change in found.changes} - {""})
        assert names == sorted(filter(None, case.names.split(", ")))


@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case.name)
def test_a_difference_is_told_with_its_kind_and_place(case: Differs) -> None:
    """The first change that is no volatile part."""
    found = [change for change in compare(case.saved, case.fresh).changes if not change.volatile]
    assert found, compare(case.saved, case.fresh)
    assert found[0].kind == case.kind
    assert not case.where or found[0].where == case.where
    assert compare(case.fresh, case.saved).differs


@pytest.mark.parametrize("case", [*SAME, *DIFFERENT], ids=lambda case: case.name)
def test_outputs_are_the_same_as_themselves(case: Same | Differs) -> None:
    """Nothing is told of equal outputs, as lists of lines or as texts."""
    for outputs in (case.saved, case.fresh):
        again = json.loads(json.dumps(outputs))
        assert compare(outputs, again).changes == ()


def test_numbers_have_the_tolerance_that_is_asked_for() -> None:
    """Relative and absolute; whole numbers have to be equal; nan is equal to nan."""
    wide = Tolerance(relative=1e-2, absolute=1e-3)
    assert not compare([out("3.00 0.0001 nan")], [out("3.01 0.0002 nan")], wide).differs
    assert compare([out("300")], [out("301")], wide).differs
    assert compare([out("3.00")], [out("3.10")], wide).differs
    assert not compare([frame("3.00 x")], [frame("3.01 x")], wide).differs


def saved(*outputs: Output, count: int | None = 1) -> SavedCell:
    """A saved cell."""
    return SavedCell(1, "f()", outputs, count)


def fresh(*outputs: Output, by_chance: bool = False) -> FreshCell:
    """A cell after a fresh run."""
    return FreshCell(outputs, ran=True, by_chance=by_chance)


@pytest.mark.parametrize(
    ("cell", "runs", "verdict", "again"),
    [
        (saved(out("1")), [fresh(out("1"))], "same", False),
        (saved(out("1")), [fresh(out("2"))], "different", True),
        (saved(out("1")), [fresh(out("2")), fresh(out("2"))], "different", False),
        (saved(out("1")), [fresh(out("2")), fresh(out("3"))], "non-deterministic", False),
        (saved(out("1")), [fresh(out("2"), by_chance=True), fresh(out("2"))], "different", True),
        (saved(out("a 1\nx")), [fresh(out("a 2\ny")), fresh(out("a 3\ny"))], "different", True),
        (saved(out("a 1\nx")), [fresh(out("a 2\ny")), *[fresh(out("a 3\ny"))] * 3], "different", True),
        (
            saved(out("1\n2\n3\n4\n5")),
            [fresh(out("6\n7\n8\n9\n5")), fresh(out("0\n0\n0\n0\n5"))],
            "non-deterministic",
            False,
        ),
        (saved(out("took 3 s")), [fresh(out("took 4 s"))], "volatile only", True),
        (saved(out("took 3 s")), [fresh(out("took 4 s")), fresh(out("took 5 s"))], "volatile only", False),
        (saved(out("took 3 s")), [fresh(out("took 4 s")), fresh(out("took 4 s"))], "different", False),
        (saved(out("f at 0x7f0011223344")), [fresh(out("f at 0x7f0011229999"))], "volatile only", False),
        (
            saved(out("old", "stderr")),
            [fresh(out("a.py:1: FutureWarning: new", "stderr"))] * 2,
            "different",
            False,
        ),
        (saved(), [fresh(out("a.py:1: FutureWarning: new", "stderr"))] * 2, "version drift", False),
        (saved(count=None), [fresh(out("1"))], "not run", False),
        (saved(count=None), [fresh()], "same", False),
        (saved(out("1")), [FreshCell()], "not run", False),
    ],
)
def test_runs_tell_chance_from_change(
    cell: SavedCell, runs: list[FreshCell], verdict: Verdict, again: bool
) -> None:
    """Where two fresh runs differ it is chance, where they agree it is a difference."""
    judged = judge_cell(cell, runs, Tolerance())
    assert judged.verdict.verdict == verdict
    assert judged.needs_another == again


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("ModuleNotFoundError: No module named 'nowhere'", "missing module"),
        ("ModuleNotFoundError: No module named 'here.gone'", "version drift"),
        ("ImportError: cannot import name 'x' from 'here' (/a/b.py)", "version drift"),
        ("AttributeError: module 'numpy' has no attribute 'float'", "version drift"),
        ("AttributeError: 'DataFrame' object has no attribute 'append'", "version drift"),
        ("AttributeError: 'Own' object has no attribute 'append'", "error"),
        ("AttributeError: 'list' object has no attribute 'shape'", "error"),
        ("AttributeError: 'dict' object has no attribute 'iteritems'", "version drift"),
        ("TypeError: read_csv() got an unexpected keyword argument 'sep2'", "version drift"),
        ("TypeError: own() got an unexpected keyword argument 'sep2'", "error"),
        ("SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?", "version drift"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data.csv'", "missing file"),
        ("OSError: data.csv not found.", "missing file"),
        ("ValueError: no such column", "error"),
        ("NameError: name 'x' is not defined", "error"),
    ],
)
def test_errors_have_a_class(error: str, verdict: Verdict) -> None:
    """What a newer library no longer has is drift, but not what the notebook defines itself."""
    judge = ErrorJudge(frozenset({"Own", "own"}), installed=lambda name: name == "here")
    assert judge.verdict(error, ran_before=True) == verdict


def test_an_error_of_a_cell_that_never_ran_is_no_drift() -> None:
    """Nothing tells that it once worked."""
    assert (
        ErrorJudge().verdict("AttributeError: module 'numpy' has no attribute 'float'", ran_before=False)
        == "error"
    )


# -- pictures --------------------------------------------------------------------------------------


def png(*rows: bytes, text: bytes = b"", level: int = 9) -> str:
    """A picture in grey, in base64; ``text`` goes into its metadata."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), level)
    parts = [
        chunk(b"IHDR", head),
        chunk(b"tEXt", b"Software\0" + text),
        chunk(b"IDAT", body),
        chunk(b"IEND", b""),
    ]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


GREY = [bytes([200] * 30)] * 30


def test_the_metadata_of_a_picture_and_its_compression_do_not_count() -> None:
    """matplotlib writes its version into each. No library is needed to see that."""
    found = compare(
        [shows(image_png=png(*GREY, text=b"1.0"))], [shows(image_png=png(*GREY, text=b"2", level=1))]
    )
    assert [change.volatile for change in found.changes] == ["metadata of a picture"]


@pytest.mark.parametrize("strength", [1, 255])
def test_a_spot_of_a_picture_is_told_and_noise_is_not(strength: int) -> None:
    """A spot of three by three pixels; noise is one step of grey."""
    pytest.importorskip("PIL")
    row = bytes([200] * 10 + [abs(200 - strength)] * 3 + [200] * 17)
    found = compare([shows(image_png=png(*GREY))], [shows(image_png=png(*GREY[:10], *[row] * 3, *GREY[:17]))])
    assert found.differs == (strength > 1)
    if strength > 1:
        assert "pixels 10–13 × 10–13" in found.changes[0].fresh


def test_without_pillow_a_picture_is_not_compared_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that differ tell nothing about what is seen."""
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    other = [bytes([9] * 30)] * 30
    found = compare([shows(image_png=png(*GREY))], [shows(image_png=png(*other))])
    assert found.changes == ()
    assert found.skipped == (images.NOT_COMPARED,)


@pytest.mark.parametrize("data", ["", "!!!!", base64.b64encode(b"no picture").decode()])
def test_what_is_no_picture_differs_from_one(data: str) -> None:
    """Broken base64, and bytes of something else."""
    pytest.importorskip("PIL")
    assert compare([shows(image_png=data)], [shows(image_png=png(*GREY))]).differs


def test_pictures_with_transparency_are_compared_as_they_are_seen() -> None:
    """A pixel that cannot be seen has no colour."""
    image_module = pytest.importorskip("PIL.Image")
    made = []
    for colour in ((255, 0, 0, 0), (0, 255, 0, 0)):
        into = io.BytesIO()
        image_module.new("RGBA", (20, 20), colour).save(into, "PNG")
        made.append([shows(image_png=base64.b64encode(into.getvalue()).decode())])
    assert not compare(*made).differs


# -- anything at all ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OUTPUTS = st.lists(
    st.dictionaries(
        st.sampled_from(["output_type", "name", "text", "data", "ename", "evalue", "traceback", "png"]),
        st.sampled_from(["stream", "display_data", "error", "stderr"]) | JSON,
        max_size=5,
    )
    | JSON,
    max_size=3,
)


@given(OUTPUTS, OUTPUTS)
def test_no_output_is_too_odd(one: list[Any], other: list[Any]) -> None:
    """Whatever stands where outputs should be, comparing it raises nothing."""
    compare(one, other)
    judge_cell(SavedCell(1, "f()", one, 1), [FreshCell(other, ran=True)], Tolerance())


@given(st.text(max_size=60), st.text(max_size=60))
def test_texts_without_a_change_are_alike_but_for_what_is_volatile(one: str, other: str) -> None:
    """No change at all is told only of equal texts."""
    found = list(compare([out(one)], [out(other)]).changes)
    if not found and one.strip() and other.strip():
        assert one == other
    assert Place(1, Tolerance()).change("", "text", one, other).output == 1


NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": "f()",
            "outputs": [out("the mean is 3.25\nand the sum is 17\nof 4 values\n")],
        },
        {"cell_type": "code", "source": "g()", "outputs": [frame("1.5 abc", "2.5 cde", "3.5 efg")]},
        {"cell_type": "code", "source": "h()", "outputs": [raises("ValueError", "unknown column price")]},
        {
            "cell_type": "code",
            "source": "p()",
            "outputs": [shows(image_png=png(*GREY), text_plain="a picture")],
        },
    ]
}


@pytest.mark.parametrize("seed", range(12))
def test_one_change_by_hand_is_told_in_its_cell(seed: int) -> None:
    """A digit, a row, a line, a word, an order, a spot, an output: each is told, and in no other cell."""
    pytest.importorskip("PIL")
    made = mutants(NOTEBOOK, seed)
    assert {one.kind for one in made} == {"number", "row", "line", "message", "order", "pixels", "missing"}
    for mutant in made:
        pairs = zip(mutant.notebook["cells"], NOTEBOOK["cells"], strict=True)
        told = [
            number
            for number, (changed, cell) in enumerate(pairs, 1)
            for run in [fresh(*cell["outputs"])]
            if judge_cell(
                SavedCell(number, "f()", changed["outputs"], 1), [run, run], Tolerance()
            ).verdict.verdict
            not in REPRODUCED
        ]
        assert told == [mutant.cell], mutant


def test_a_report_shows_where_two_pictures_differ() -> None:
    """In red, beside both; nothing for pictures of other sizes, for equal ones, and for what is none."""
    image = pytest.importorskip("PIL.Image")

    def png(side: int, *dots: tuple[int, int]) -> str:
        picture, into = image.new("RGB", (side, side), "white"), io.BytesIO()
        for dot in dots:
            picture.putpixel(dot, (0, 0, 0))
        picture.save(into, "PNG")
        return base64.b64encode(into.getvalue()).decode()

    made = image.open(io.BytesIO(base64.b64decode(images.difference_picture(png(20), png(20, (4, 9))))))
    assert made.convert("RGB").getpixel((4, 9)) == (212, 0, 0)
    assert made.convert("RGB").getpixel((15, 15)) == (255, 255, 255)
    assert images.difference_picture(png(20), png(21)) == images.difference_picture("aGk=", png(20)) == ""
    sides = [(Shown("image/png", png(20)),), (Shown("image/png", png(20, (4, 9))),)]
    cell = CellVerdict(1, "different", saved=sides[0], fresh=sides[1], error="e")
    assert "where they differ" in page([NotebookVerdict("n.ipynb", "different", (cell,))])
    same = CellVerdict(1, "different", saved=sides[0], fresh=sides[0], error="e")
    assert "where they differ" not in page([NotebookVerdict("n.ipynb", "different", (same,))])

"""Stamps: what each output was made from, as data, as JSON, and compared with what is there now."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellgraph.notebooks.stamps.code_digests import code_digests, module_digest
from cellgraph.notebooks.stamps.stamp import (
    Difference,
    Input,
    Made,
    Stamp,
    StampedRun,
    differing_inputs,
)
from cellgraph.notebooks.stamps.storage import (
    StampError,
    from_data,
    from_text,
    in_metadata,
    to_data,
    to_text,
    with_stamp,
)
from cellgraph.notebooks.stamps.surroundings import outputs_hash

MAKER = StampedRun("a", "1", 1, made=(Made("x", "1"),), files={"d.csv": "f"}, packages=("numpy",))
READER = StampedRun(
    "b",
    "2",
    2,
    outputs="o",
    inputs=(Input("x", run=1, digest="v", preview="3"), Input('df["a"]', digest="w~s")),
    made=(Made("y", "2", ("x",)), Made("z", "2", None)),
    modules={"m.py": "code:1"},
    seeds={"numpy": "drew s"},
)
STAMP = Stamp((MAKER, READER), {"numpy": "2.0"}, "3.12.1")


# -- the data -------------------------------------------------------------------------------------------


def test_a_stamp_is_what_it_was_after_it_has_been_written_and_read() -> None:
    """As metadata and as the text of a file."""
    assert from_data(json.loads(json.dumps(to_data(STAMP)))) == STAMP
    assert from_text(to_text(STAMP)) == STAMP
    assert from_data(in_metadata(with_stamp({"cellgraph": {"other": 1}}, STAMP))) == STAMP


_word = st.text(max_size=4)
_named = st.dictionaries(_word, _word, max_size=2)
_runs = st.builds(
    StampedRun,
    cell=_word,
    code=_word,
    count=st.none() | st.integers(),
    outputs=_word,
    shown=st.booleans(),
    inputs=st.lists(st.builds(Input, _word, _word, st.just(0), _word, _word), max_size=2).map(tuple),
    made=st.lists(
        st.builds(Made, _word, _word, st.none() | st.lists(_word, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    files=_named,
    modules=_named,
    packages=st.lists(_word, max_size=2).map(tuple),
    seeds=_named,
    chance=_word,
    doubt=_word,
)


@given(st.builds(Stamp, st.lists(_runs, max_size=3).map(tuple), _named, _word, _word.filter(bool)))
def test_any_stamp_survives_being_written(stamp: Stamp) -> None:
    """Whatever its fields hold."""
    assert from_text(to_text(stamp)) == stamp


_MALFORMED: tuple[tuple[object, str], ...] = (
    ([], "it is no object"),
    ({}, "it does not say its version"),
    ({"version": True}, "it does not say its version"),
    ({"version": 99}, "update"),
    ({"version": 1, "runs": {}}, "runs is no list"),
    ({"version": 1, "runs": [1]}, "run 1 is no object"),
    ({"version": 1, "runs": [{}]}, "run 1: cell is no text"),
    ({"version": 1, "runs": [{"cell": "a", "code": "b", "count": "1"}]}, "count is no number"),
    ({"version": 1, "runs": [{"cell": "a", "code": "b", "inputs": [["x", 5]]}]}, "run that is not there"),
    ({"version": 1, "runs": [{"cell": "a", "code": "b", "inputs": [["x", "5"]]}]}, "no number of a run"),
    ({"version": 1, "runs": [{"cell": "a", "code": "b", "inputs": ["x"]}]}, "is no list"),
    ({"version": 1, "runs": [{"cell": "a", "code": "b", "made": [[1]]}]}, "is no text"),
    ({"version": 1, "runs": [{"cell": "a", "code": "b", "shown": 1}]}, "neither true nor false"),
    ({"version": 1, "packages": {"a": 1}}, "packages is no text"),
)


@pytest.mark.parametrize(("data", "reason"), _MALFORMED, ids=lambda part: str(part)[:40])
def test_what_is_no_stamp_is_refused_in_one_line(data: object, reason: str) -> None:
    """The message says what is wrong and where."""
    with pytest.raises(StampError) as caught:
        from_data(data)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_text_that_is_no_json_is_no_stamp(text: str) -> None:
    """However deep it is."""
    with pytest.raises(StampError):
        from_text(text)


_CHANGED: tuple[tuple[str, StampedRun, Difference | None], ...] = (
    ("nothing", READER, None),
    ("its text", replace(READER, code="3"), Difference("source", "b", "2", "3", "b")),
    (
        "a value",
        replace(READER, inputs=(replace(READER.inputs[0], digest="u", preview="4"), READER.inputs[1])),
        Difference("name", "x", "3", "4", "a"),
    ),
    (
        "a value that cannot be compared",
        replace(READER, inputs=(replace(READER.inputs[0], digest=""), READER.inputs[1])),
        None,
    ),
    (
        "a sample of the same value",
        replace(READER, inputs=(READER.inputs[0], replace(READER.inputs[1], digest="~s"))),
        None,
    ),
    (
        "a sample of another value",
        replace(READER, inputs=(READER.inputs[0], replace(READER.inputs[1], digest="~t"))),
        Difference("name", 'df["a"]', "w~s", "~t"),
    ),
    ("a name that was not read", replace(READER, inputs=READER.inputs[1:]), Difference("name", "x", "3", "")),
    (
        "a module",
        replace(READER, modules={"m.py": "code:2"}),
        Difference("module", "m.py", "code:1", "code:2"),
    ),
    ("a file", replace(READER, files={"n.csv": "f"}), Difference("file", "n.csv", "", "f")),
    ("a seed", replace(READER, seeds={"numpy": "drew t"}), Difference("seed", "numpy", "drew s", "drew t")),
)  # fmt: skip


@pytest.mark.parametrize(("what", "after", "said"), _CHANGED, ids=[row[0] for row in _CHANGED])
def test_two_stamps_tell_which_input_of_a_cell_differs(
    what: str, after: StampedRun, said: Difference | None
) -> None:
    """That one, and no other."""
    found = differing_inputs("b", STAMP, replace(STAMP, runs=(MAKER, after)))
    assert found == ((said,) if said is not None else ())


def test_versions_of_packages_are_compared_for_the_cells_that_use_them() -> None:
    """Python's own for every cell."""
    newer = replace(STAMP, packages={"numpy": "2.1"})
    assert differing_inputs("a", STAMP, newer) == (Difference("package", "numpy", "2.0", "2.1"),)
    assert differing_inputs("b", STAMP, newer) == ()
    assert differing_inputs("b", STAMP, replace(STAMP, python="3.13.0"))[0].name == "python"
    assert differing_inputs("unknown", STAMP, newer) == ()


# -- the digests of a text ------------------------------------------------------------------------------

_SAME = (
    ("x = 1", "# why\nx = 1  # so"),
    ("x = (1,\n     2)", "x = (1, 2)"),
    ("print('a')", 'print("a")'),
    ("df.head()", "df.head()  # a;b"),
    ("x = 1", "%load_ext cellgraph\nx = 1"),
    ("!ls", "\n!ls"),
    ("%%time\nx = 1", "%%time\nx  =  1"),
    ("", "# only words"),
    ("%load_ext cellgraph", ""),
    ("def f(a):\n    return a", "def f(a):\n\n    return (a)"),
)
_OTHER = (
    ("x = 1", "x = 2"),
    ("x = 1", "x = True"),
    ("x = 1", "x = 1.0"),
    ("df.head()", "df.head();"),
    ("!ls", "!ls -l"),
    ("%%bash\nls", "%%bash\nls -l"),
    ("x = !ls", "x = !pwd"),
    ("%%time\nx = 1", "x = 1"),
    ("print(1", "print(2"),
    ("f'{x}'", "f'{x!r}'"),
    ("import a.b", "import a.c"),
    ("from . import a", "from .. import a"),
    ("for x in y: pass\nelse: z", "for x in y: pass"),
    ("ls", "ls -l"),
)


@pytest.mark.parametrize(("one", "other"), _SAME)
def test_comments_and_layout_do_not_count(one: str, other: str) -> None:
    """Nor does a line that only talks to cellgraph."""
    assert code_digests(one).whole == code_digests(other).whole


@pytest.mark.parametrize(("one", "other"), _OTHER)
def test_other_code_has_another_digest(one: str, other: str) -> None:
    """Also where the text is no Python."""
    assert code_digests(one).whole != code_digests(other).whole


@pytest.mark.parametrize(
    ("one", "other", "same", "changed"),
    [
        ("a = 1\nb = 2", "a = 1\nb = 3", "a", "b"),
        ("a = 1\nb = a", "a = 2\nb = a", "", "a b"),
        ("import numpy as np\nx = 1", "import numpy as np\nimport os\nx = 1", "np x", ""),
        ("x = [1]", "x = [1]\nx.append(2)", "", "x"),
        ("x = [1]", "x = [1]\nprint(x)", "x", ""),
        ("x = [1]", "x = [1]\nf(x)", "", "x"),
        ("import ours\nours.add(1)", "import ours\nours.add(2)", "", "ours"),
        ("import seaborn as sns\nsns.plot(1)", "import seaborn as sns\nsns.plot(2)", "sns", ""),
        ("def f(): return 1\nx = f()", "def f(): return 2\nx = f()", "", "f x"),
        ("def f(): return k\nk = 1\nx = f()", "def f(): return k\nk = 2\nx = f()", "", "x k"),
        ("import os\nnp.random.seed(1)", "np.random.seed(1)", "setting:numpy.random", ""),
        ("np.random.seed(1)", "np.random.seed(2)", "", "setting:numpy.random"),
        ("for i in y:\n    t += i", "for i in y:\n    t -= i", "", "t"),
        ("if a:\n    x = 1", "if b:\n    x = 1", "", "x"),
        ("x = 1\ndel x", "x = 1", "", "x"),
        ("%%time\nx = 1\ny = 2", "%%time\nx = 1\ny = 3", "x", "y"),
    ],
)  # fmt: skip
def test_a_name_has_the_digest_of_the_statements_behind_it(
    one: str, other: str, same: str, changed: str
) -> None:
    """Statements of the cell that have nothing to do with it do not count."""
    before, after = code_digests(one), code_digests(other)
    assert [name for name in same.split() if before.of(name) != after.of(name)] == []
    assert [name for name in changed.split() if before.of(name) == after.of(name)] == []


def test_a_module_is_compared_by_its_code() -> None:
    """Comments do not count. A text that is no Python counts as it is."""
    assert module_digest("x = 1") == module_digest("# a\nx = 1\n")
    assert module_digest("x = 1") != module_digest("x = 2")
    assert module_digest("x = (") != module_digest("x = [")


def test_the_hash_of_outputs_is_of_what_is_shown() -> None:
    """Not of counts, metadata, or how the file breaks its texts into lines."""
    result = {
        "output_type": "execute_result",
        "data": {"text/plain": "3"},
        "execution_count": 1,
        "metadata": {},
    }
    same = {"output_type": "execute_result", "data": {"text/plain": ["3"]}, "execution_count": 7}
    other = {"output_type": "execute_result", "data": {"text/plain": "4"}, "execution_count": 1}
    assert outputs_hash([result]) == outputs_hash([same]) != outputs_hash([other])
    pieces = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("a\n", ["b\n"])]
    assert outputs_hash(pieces) == outputs_hash([{**pieces[0], "text": "a\nb\n"}])
    assert outputs_hash([]) == ""
    assert outputs_hash(["odd", None, {"output_type": 3, "data": 4}])

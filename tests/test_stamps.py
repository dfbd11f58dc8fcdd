"""Stamps: what each output was made from, as data, as JSON, and compared with what is there now."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cellgraph
from cellgraph import rules
from cellgraph.cli import main
from cellgraph.notebooks.checks.check import check_data
from cellgraph.notebooks.checks.settings import Settings
from cellgraph.notebooks.stamps.code_digests import code_digests, module_digest
from cellgraph.notebooks.stamps.making import Circumstances, ShownCell, make_stamp
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
from cellgraph.session.live_stamp import NoNotebookError
from tests.shells import fresh_shell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cellgraph.session import Tracker

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
    """Also for cells that rest on these, and Python's own for every cell."""
    newer = replace(STAMP, packages={"numpy": "2.1"})
    assert differing_inputs("a", STAMP, newer) == (Difference("package", "numpy", "2.0", "2.1"),)
    assert differing_inputs("b", STAMP, newer) == (Difference("package", "numpy", "2.0", "2.1", "a"),)
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


# -- what check tells ---------------------------------------------------------------------------------

CELLS = (
    "import random\nimport helper\nfrom pathlib import Path\nrandom.seed(1)",
    "rows = Path('data.csv').read_text().split()",
    "total = len(rows)\nunused = 3",
    "total",
    "k = 5\nnames = []",
    "k",
    "helper.twice(total)",
    "random.random()",
    "names.append('a')",
    "names",
)


@dataclass
class Saved:
    """A notebook that has run in a shell, and its stamp. An edit changes what is in its file."""

    folder: Path
    stamp: Stamp
    cells: list[dict[str, Any]]

    def stale(self) -> str:
        """The cells whose outputs do not hold any more; behind ``?`` those of which that is not known."""
        checked = check_data(str(self.folder / "a.ipynb"), self.data(), Settings(select=("CG31", "CG32")))
        assert checked.error == ""
        assert checked.stamp is not None
        names = [cell["id"] for cell in self.cells if cell["cell_type"] == "code"]
        stale, unknown = checked.stamp.stale, checked.stamp.unknown
        told = {one.cell for one in checked.findings if one.code in ("CG316", "CG317", "CG319")}
        assert set(stale) <= told
        return " ".join([*(names[n - 1] for n in stale), *("?" + names[n - 1] for n in unknown)])

    def data(self) -> bytes:
        """The bytes of the file."""
        notebook = {"cells": self.cells, "metadata": with_stamp({}, self.stamp), "nbformat": 4}
        return json.dumps(notebook | {"nbformat_minor": 5}).encode()


def cell(name: str, source: str, *shown: str) -> dict[str, Any]:
    """A code cell that has printed some lines."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": line} for line in shown]
    return {
        "cell_type": "code",
        "id": name,
        "source": source,
        "outputs": outputs,
        "metadata": {},
        "execution_count": 1,
    }


@cache
def _ran() -> tuple[Stamp, str]:
    """The stamp of the cells above after one run from top to bottom, and the cells as JSON."""
    before, path = Path.cwd(), list(sys.path)
    with TemporaryDirectory() as folder, fresh_shell() as shell:
        try:
            os.chdir(folder)
            sys.path.insert(0, folder)
            _put_files(Path(folder))
            sys.modules.pop("helper", None)  # one that another test has imported
            stamp, cells = stamped(cellgraph.load(shell), shell, Path(folder), CELLS)
        finally:
            cellgraph.unload(shell)
            sys.modules.pop("helper", None)
            sys.path[:] = path
            os.chdir(before)
    return stamp, json.dumps(cells)


def _put_files(folder: Path) -> None:
    (folder / "data.csv").write_text("a b c")
    (folder / "helper.py").write_text("def twice(x):\n    return 2 * x  # so\n")


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """The notebook of the cells above, as it is saved after its run, beside its data file and its module."""
    _put_files(tmp_path)
    stamp, cells = _ran()
    return Saved(tmp_path, stamp, json.loads(cells))


def stamped(
    tracker: Tracker, shell: InteractiveShell, folder: Path, texts: Sequence[str]
) -> tuple[Stamp, list[dict[str, Any]]]:
    """Some texts as cells that have run, with their outputs, and their stamp."""
    for text in texts:
        assert shell.run_cell(text, store_history=True).success, text
    made = [cell(run.cell, run.source, f"output {run.cell}") for run in tracker.runs]
    shown = [ShownCell(one["id"], outputs_hash(one["outputs"]), 1) for one in made]
    around = Circumstances(folder, folder / "a.ipynb")
    return make_stamp(tracker.ledger, shown, tracker.report(), around), made


Edit = Callable[[Saved], object]


def _edit(at: int, text: str) -> Edit:
    return lambda saved: saved.cells[at - 1].update(source=text)


def _write(name: str, text: str) -> Edit:
    return lambda saved: (saved.folder / name).write_text(text)


def _remove(name: str) -> Edit:
    return lambda saved: (saved.folder / name).unlink()


def _insert(at: int, text: str, kind: str = "code") -> Edit:
    return lambda saved: saved.cells.insert(at - 1, cell("new", text) | {"cell_type": kind})


def _move(start: int, to: int) -> Edit:
    return lambda saved: saved.cells.insert(to - 1, saved.cells.pop(start - 1))


def _delete(at: int) -> Edit:
    return lambda saved: saved.cells.pop(at - 1)


def _print(at: int, *lines: str) -> Edit:
    return lambda saved: saved.cells[at - 1].update(outputs=cell("", "", *lines)["outputs"])


def _forget_ids(then: Edit) -> Edit:
    def edit(saved: Saved) -> None:
        then(saved)
        for place, one in enumerate(saved.cells):
            one["id"] = f"other{place}"

    return edit


_EDITS: tuple[tuple[str, Edit, str], ...] = (
    ("nothing", repr, ""),
    ("a comment", _edit(5, "# five\nk = 5\nnames  =  []"), ""),
    ("prose", _insert(1, "x = 1", "markdown"), ""),
    ("a constant", _edit(5, "k = 6\nnames = []"), "5 6"),
    ("another name of the same cell", _edit(3, "total = len(rows)\nunused = 4"), "3"),
    ("the root", _edit(2, "rows = Path('data.csv').read_text().split(' ')"), "2 3 4 7"),
    ("a cell at the end", _edit(4, "total + 0"), "4"),
    ("an import more", _edit(1, "import os\n" + CELLS[0]), "1"),
    ("a seed", _edit(1, CELLS[0].replace("seed(1)", "seed(2)")), "1 8"),
    ("a change in place", _edit(9, "names.append('b')"), "9 10"),
    ("the data file", _write("data.csv", "a b"), "2 3 4 7"),
    ("the same data again", _write("data.csv", "a b c"), ""),
    ("the data file is gone", _remove("data.csv"), "?2 ?3 ?4 ?7"),
    ("a local module", _write("helper.py", "def twice(x):\n    return 3 * x\n"), "1 7"),
    ("a comment in a local module", _write("helper.py", "def twice(x):\n    # no\n    return 2 * x\n"), ""),
    ("a cell is gone", _delete(5), "6 9 10"),
    ("a cell that nobody needs is gone", _delete(4), ""),
    ("a new cell that makes a name", _insert(6, "k = 7"), "6"),
    ("a new cell that makes it below", _insert(7, "k = 7"), ""),
    ("a new cell that changes a name", _insert(10, "names.clear()\nnames.append(1)"), "10"),
    ("an edit that makes another name", _edit(5, "k = 5\nnames = []\ntotal = 1"), "5 7"),
    ("moved below its reader", _move(5, 6), "6"),
    ("moved where it does not matter", _move(5, 3), ""),
    ("another output", _print(4, "other"), "?4"),
    ("an output cleared", _print(4), ""),
    ("a cell of another language", _edit(5, "%%bash\nk=5"), "5 6 9 10"),
    ("text that does not parse", _edit(5, "k = ("), "5 6 9 10"),
)  # fmt: skip


@pytest.mark.parametrize(("what", "edit", "stale"), _EDITS, ids=[row[0] for row in _EDITS])
def test_an_edit_makes_stale_what_depends_on_it(what: str, edit: Edit, stale: str, saved: Saved) -> None:
    """That, and nothing else."""
    names = {str(place): one["id"] for place, one in enumerate(saved.cells, 1)}
    edit(saved)
    wanted = " ".join(word.replace(word.strip("?"), names[word.strip("?")]) for word in stale.split())
    assert saved.stale() == wanted


def test_cells_are_known_again_without_their_ids(saved: Saved) -> None:
    """A kernel may have had other ids, and text notebooks have none: then code and place tell."""
    edits = [
        ("", repr, 0),
        ("", _insert(1, "q = 1"), 0),
        ("", _edit(5, "k = 6\nnames = []"), 2),
        ("", _edit(4, "total + 1"), 1),
    ]
    for _, edit, stale in edits:
        stamp, cells = _ran()
        other = Saved(saved.folder, stamp, json.loads(cells))
        _forget_ids(edit)(other)
        assert len(other.stale().split()) == stale


def test_what_ran_out_of_order_does_not_follow_from_the_text(
    tracker: Tracker, shell: InteractiveShell, tmp_path: Path
) -> None:
    """Although no cell was edited since."""
    tracker.reset()
    stamp, cells = stamped(tracker, shell, tmp_path, ("x = 1", "x = 2", "x", "y = x", "y"))
    moved = [cells[0], cells[2], cells[1], *cells[3:]]
    assert Saved(tmp_path, stamp, moved).stale() == cells[2]["id"]


def test_counts_tell_nothing_where_the_stamp_knows_better(saved: Saved) -> None:
    """Cells that ran twice and in another order may show what the text gives all the same."""
    for place, one in enumerate(saved.cells):
        one["execution_count"] = 40 - 3 * place
    path, codes = str(saved.folder / "a.ipynb"), {"CG304", "CG305", "CG307"}
    stamped_codes = {one.code for one in check_data(path, saved.data()).findings}
    bare = json.dumps({"cells": saved.cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    assert codes & {one.code for one in check_data(path, bare).findings}
    assert not codes & stamped_codes


def test_other_versions_are_notes(saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    """They do not make an output stale."""
    runs = (replace(saved.stamp.runs[0], packages=("numpy",)), *saved.stamp.runs[1:])
    saved.stamp = replace(saved.stamp, runs=runs, packages={"numpy": "0.1", "surely_not_installed_x": "1"})
    (found,) = check_data(str(saved.folder / "a.ipynb"), saved.data()).findings
    assert (found.code, found.severity, found.cell) == (rules.OTHER_VERSION.code, "note", 1)
    assert "numpy 0.1" in found.message
    assert saved.stale() == ""


@pytest.mark.parametrize("data", [1, [], {"version": 9}, {"version": 1, "runs": [{}]}])
def test_a_malformed_stamp_is_one_line(
    data: object, saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the metadata or beside the notebook. It costs no other finding."""
    notebook = json.loads(saved.data())
    notebook["metadata"]["cellgraph"]["stamp"] = data
    path = saved.folder / "a.ipynb"
    checked = check_data(str(path), json.dumps(notebook).encode())
    assert [one.code for one in checked.findings] == [rules.BAD_STAMP.code]
    assert checked.stamp is None
    del notebook["metadata"]["cellgraph"]
    path.write_text(json.dumps(notebook))
    (saved.folder / "a.ipynb.stamp.json").write_text(json.dumps(data))
    assert main(["check", str(path)]) == 1
    assert rules.BAD_STAMP.code in capsys.readouterr().out


def test_the_stamp_beside_a_notebook_counts(saved: Saved, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two stamps the one by which more outputs hold. The summary and the JSON say how many."""
    path = saved.folder / "a.ipynb"
    (saved.folder / "a.ipynb.stamp.json").write_text(to_text(saved.stamp))
    saved.stamp = replace(saved.stamp, runs=saved.stamp.runs[:3])
    path.write_bytes(saved.data())
    assert main(["check", str(path)]) == 0
    assert "by its stamp, 10 of 10 outputs are what the text gives" in capsys.readouterr().out
    main(["check", "--format", "json", str(path)])
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["stamp"] == {"fresh": [*range(1, 11)], "stale": [], "unknown": []}


def test_what_was_in_doubt_or_left_to_chance_does_not_hold(
    tracker: Tracker, shell: InteractiveShell, tmp_path: Path
) -> None:
    """Never clean without knowing."""
    tracker.reset()
    texts = ("x = 1", "x", "import random\nrandom.random()", "x = 3")
    stamp, cells = stamped(tracker, shell, tmp_path, texts)
    assert tracker.runs[1].cell == cells[1]["id"]
    told = Saved(tmp_path, stamp, [cells[3], *cells[:3]]).stale()
    assert told == f"?{cells[2]['id']}"


# -- a live session -----------------------------------------------------------------------------------


def test_a_live_session_writes_its_stamp_beside_the_notebook(  # noqa: PLR0915 - one session
    tracker: Tracker, shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once with ``%cellgraph stamp``, after runs with ``config stamp true``."""
    path = tmp_path / "live.ipynb"
    beside = tmp_path / "live.ipynb.stamp.json"
    texts = ("x = 1", "print(x)", "y = 2\nprint(y)")

    def save(*sources: str) -> bytes:
        cells = [cell("", text, text) | {"execution_count": n} for n, text in enumerate(sources, 1)]
        data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()
        path.write_bytes(data)
        return data

    for text in texts:
        shell.run_cell(text, store_history=True)
    with pytest.raises(NoNotebookError, match="not known"):
        tracker.write_stamp()
    with pytest.raises(NoNotebookError, match="save the notebook first"):
        tracker.write_stamp(str(path))
    data = save(*texts)
    shell.run_cell(f"%cellgraph stamp {path}")
    assert "3 cells" in capsys.readouterr().out
    assert path.read_bytes() == data
    assert main(["check", str(path), "--select", "CG31,CG32"]) == 0
    save("x = 2", *texts[1:])
    assert main(["check", str(path), "--select", "CG31,CG32"]) == 1
    assert "1 of 3" in capsys.readouterr().out
    beside.unlink()
    shell.run_cell("%cellgraph config stamp true")
    shell.user_ns["__vsc_ipynb_file__"] = str(path)
    shell.run_cell("z = 1", store_history=True)
    assert sorted(found.name for found in tmp_path.iterdir()) == [path.name, beside.name]


# -- cellgraph run ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("version", [3, 4])
def test_a_run_stamps_the_notebook_that_it_writes(version: int, tmp_path: Path) -> None:
    """In any format, also where it is written to another folder than that of the notebook and its data."""
    code = {"source": "input", "execution_count": "prompt_number"} if version == 3 else {}
    cells = [
        {code.get(key, key): value for key, value in cell("", text).items() if version == 4 or key != "id"}
        for text in (
            "import pandas as pd",
            "df = pd.read_csv('d.csv')\ndf",
            "print(df.a.sum())",
            "k = 1\nk",
            "1 / 0",
        )
    ]
    for one in cells:
        one.pop("id", None)
        one.update({"metadata": {"tags": ["raises-exception"]}, "language": "python"})
    body: dict[str, Any] = {"worksheets": [{"cells": cells}]} if version == 3 else {"cells": cells}
    (tmp_path / "n.ipynb").write_text(
        json.dumps(body | {"metadata": {}, "nbformat": version, "nbformat_minor": 0})
    )
    (tmp_path / "d.csv").write_text("a\n1\n2\n")
    assert (
        main(
            [
                "run",
                str(tmp_path / "n.ipynb"),
                "--output-dir",
                str(tmp_path / "out"),
                "--stamp",
                "--stamp-file",
                "-q",
            ]
        )
        == 0
    )
    path = tmp_path / "out" / "n.executed.ipynb"

    def verdict() -> tuple[tuple[int, ...], ...]:
        found = check_data(str(path), path.read_bytes()).stamp
        assert found is not None
        return found.fresh, found.stale, found.unknown

    assert path.with_name("n.executed.ipynb.stamp.json").is_file()
    assert verdict() == ((2, 3, 4, 5), (), ())
    (tmp_path / "d.csv").write_text("a\n1\n3\n")
    assert verdict() == ((4, 5), (2, 3), ())

"""Files that cells write and read are names of their own, and what is on disk now counts."""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cellgraph
from cellgraph.code.source import parse
from cellgraph.record.jsonl import dumps, loads
from cellgraph.render.text_graph import graph_text
from cellgraph.trace.files import file_accesses, path_literals
from cellgraph.trace.files.content import Content, bytes_words, content
from cellgraph.trace.files.file_accesses import FileContents
from cellgraph.trace.files.folder_listings import FolderListings
from cellgraph.trace.files.paths import file_name, is_skipped
from tests.cases.files import FILES, FORMATS, Case, Format, put, read, saved
from tests.cases.findings import run
from tests.shells import fresh_shell
from tests.test_findings import Notebook, new_notebook

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is not judged here
monitoring: Any = getattr(sys, "monitoring", None)
watched = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """An empty notebook in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    with new_notebook() as new:
        yield new


def reads(notebook: Notebook) -> list[str]:
    """The files that the last run read."""
    return [r.name[5:] for r in notebook.tracker.runs[-1].reads if r.name.startswith("file:")]


def writes(notebook: Notebook) -> list[str]:
    """The files that the last run wrote."""
    return [w.name[5:] for w in notebook.tracker.runs[-1].writes if w.name.startswith("file:")]


def rows(cases: tuple[Case, ...]) -> list[Any]:
    """The cases; one that needs to see calls is skipped where nothing shows them."""
    return [pytest.param(c, id=c.name, marks=[watched] if c.needs else []) for c in cases]


# -- what is said -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows(FILES))
def test_a_session_leads_to_these_findings_and_this_remedy(case: Case, notebook: Notebook) -> None:
    """Findings, the plan, and what is left after carrying the plan out, are those of the table."""
    notebook.do(*case.actions)
    assert notebook.findings == set(case.findings.split()), notebook.tracker.findings()
    assert notebook.tracker.stale() == case.stale.split()
    if case.stale:
        notebook.rerun(notebook.tracker.stale())
        assert notebook.findings == set(case.left.split()), notebook.tracker.findings()


def results(shell: Any, cells: list[tuple[str, str]]) -> dict[str, str]:
    """What each cell shows."""
    return {cell: repr(shell.run_cell(text, cell_id=cell).result) for cell, text in cells}


@pytest.mark.slow
@pytest.mark.parametrize("case", rows(FILES))
def test_a_restart_on_the_same_disk_gives_another_result_where_it_is_said(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real Restart & Run All shows other results in the cells that have a warning, and in no other."""
    monkeypatch.chdir(tmp_path)
    shown: dict[str, str] = {}
    with new_notebook() as notebook:
        for action in case.actions:
            notebook.do(action)
            if action.kind == "run":
                result = getattr(notebook.shell, "last_execution_result", None)
                shown[action.cell] = repr(result.result) if result else "None"
        texts = [(cell, notebook.texts[cell]) for cell in notebook.order]
    with fresh_shell() as shell:
        fresh = results(shell, texts)
    expected = case.differs
    if expected is None:
        expected = " ".join(item.split(":")[0] for item in case.findings.split() if ":CG1" in item)
    assert {cell for cell in fresh if fresh[cell] != shown[cell]} == set(expected.split())


READERS = ("open('in.txt').read()", "open(p).read()", "Path(p).read_text()", "(os.stat(p), open(p).read())")


@pytest.mark.parametrize("reader", READERS)
def test_a_file_written_just_before_a_cell_is_read_by_it(
    reader: str, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some kernels give a file a later time than their coarse clock shows when the next cell starts."""
    monkeypatch.setattr(file_accesses, "_clock", lambda: time.time_ns() - 10**9)
    notebook.do(run("i", "import os\nfrom pathlib import Path\np = 'in.txt'"))
    notebook.do(run("w", saved("in.txt", "1")), run("r", f"x = {reader}"))
    edges = [edge for edge in notebook.tracker.report().edges if "file:in.txt" in edge.names]
    assert [(edge.source, edge.target) for edge in edges] == [("w", "r")]
    notebook.do(run("w", saved("in.txt", "22")))
    assert "file in.txt" in " ".join(notebook.warnings)


def test_a_file_that_gets_another_time_is_read_all_the_same(notebook: Notebook) -> None:
    """To give a file another time or other rights is no write of it."""
    touch = "import os\nos.utime('in.txt', (10**9, 10**9)); os.chmod('in.txt', 0o600)\n"
    notebook.do(run("w", saved("in.txt", "1")), run("r", f"{touch}p = 'in.txt'; x = open(p).read()"))
    assert notebook.tracker.report().edges
    notebook.do(run("w", saved("in.txt", "22")))
    assert "file in.txt" in " ".join(notebook.warnings)


def test_sentences(notebook: Notebook) -> None:
    """They tell what happened to the file, and what to do where something can be done."""
    notebook.do(put("in.csv", "a\n1\n"), run("r", read("in.csv")), put("in.csv", "a\n1\n22\n"))
    assert notebook.warnings == [
        (
            "[1] `x = open('in.csv').read()` read file in.csv, "
            "and the file has changed on disk since (4 bytes → 7 bytes) · run [1]"
        )
    ]
    notebook.do(run("w", saved("out.csv", "1")), run("o", read("out.csv")), run("w", saved("out.csv", "22")))
    assert notebook.warnings[1] == (
        "[3] `x = open('out.csv').read()` reads file out.csv of [4] `f = open('out.csv', 'w')`, "
        "which has run again: file out.csv is different now (1 byte → 2 bytes) · run [3]"
    )
    Path("out.csv").write_text("333")
    notebook.do(run("o"))
    Path("in.csv").unlink()
    assert notebook.warnings[0] == (
        "[1] `x = open('in.csv').read()` read file in.csv, "
        "and there is no such file any more: Restart & Run All fails here"
        " · put it back: a restart fails without it"
    )


def test_a_change_on_disk_is_said_after_the_next_cell_and_once(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after every cell, and not before anything runs."""
    notebook.do(put("in.txt", "1"), run("r", read("in.txt")), put("in.txt", "2"))
    capsys.readouterr()
    notebook.do(run("a", "1 + 1"))
    assert "changed on disk" in capsys.readouterr().out
    notebook.do(run("b", "1 + 1"))
    assert "changed on disk" not in capsys.readouterr().out


def test_a_file_that_was_changed_by_no_cell_is_noted(notebook: Notebook) -> None:
    """Restart & Run All writes it again, and running the reader alone would read another."""
    notebook.do(run("w", saved("a.txt", "1")), run("r", read("a.txt")), put("a.txt", "2"))
    assert [f.message for f in notebook.tracker.findings()] == [
        "file a.txt is not what [2] `x = open('a.txt').read()` read: it has changed on disk since, by no cell"
    ]


# -- what is seen -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_writers_and_readers_of_libraries_are_seen(form: Format, notebook: Notebook) -> None:
    """There is an edge from the writer to the reader, equal content is quiet, other content is not."""
    if form.library:
        pytest.importorskip(form.library)
    notebook.do(run("w", form.write.format(1)), run("r", form.read))
    (edge,) = notebook.tracker.report().edges
    assert any(name.startswith("file:") for name in edge.names)
    notebook.do(run("w"))
    assert notebook.warnings == []
    notebook.do(run("w", form.write.format(33)))
    assert "file" in " ".join(notebook.warnings)


NAMING = (
    *("os.system('cp a b')", "subprocess.getoutput('cat a.txt')", "!cat a.txt", "%run a.py"),
    *("%%bash\ncat a.txt", "con.sql(\"select * from 'a.csv'\")", "pd.ExcelFile('a')", "runner.run('x')"),
    *("(df\n .to_csv('a'))", "df. \\\n  to_csv('a')", "imread('a')", "p.rename('b')", "pd.read_csv(p)"),
    *("np.genfromtxt('a')", "x.from_query(\"select * from 'a.csv'\")", "T.parse('a')"),
)


@pytest.mark.parametrize("text", NAMING)
def test_a_text_that_names_a_file_in_a_call_is_gone_over(text: str) -> None:
    """Most texts are passed over at a glance: none of those may be that has such a call."""
    with fresh_shell() as shell:
        source = parse(text, shell.transform_cell)
    assert source.tree is not None
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    assert any(path_literals._call(call) is not None for call in calls)
    assert path_literals.calls(source)


def test_no_text_of_the_other_cases_that_names_a_file_in_a_call_is_passed_over() -> None:
    """As above, for all that is run elsewhere in these tests."""
    texts = {action.source for case in FILES for action in case.actions if action.source}
    for source in map(parse, texts | {form.write.format(1) for form in FORMATS} | {f.read for f in FORMATS}):
        calls = [node for node in ast.walk(source.tree or ast.Pass()) if isinstance(node, ast.Call)]
        told = any(path_literals._call(call) is not None for call in calls)
        assert not told or path_literals._SPEAKS_OF_FILES.search(source.text)


UNSEEN = {
    "temporary": "import tempfile, pathlib\nq = pathlib.Path(tempfile.mkdtemp(), 'x')\n"
    "q.write_text('1')\nq.read_text()",
    "cache": "import os\nos.makedirs('.cache', exist_ok=True)\nopen('.cache/x', 'w').write('1')",
    "sources": "import json, inspect, linecache\ninspect.getsource(json.dumps)\n"
    "linecache.getlines(json.__file__)",
    "library": "import json\nopen(json.__file__).read()",
    "devices": "import os\nopen(os.devnull, 'w').write('x')",
    "figure": "import matplotlib.pyplot as plt\nfig = plt.figure()\nplt.title('x')\nfig.canvas.draw()",
    "nothing there": "try:\n    open('nowhere')\nexcept OSError:\n    pass",
    "handles": "import os\nr, w = os.pipe()\nopen(r).close(); os.close(w)",
    "mentioned": "print('in.txt')\nlabel = 'in.txt'",
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_is_no_state_has_no_name(what: str, notebook: Notebook) -> None:
    """Temporary files, caches, sources, devices, what is not there, and what is only mentioned."""
    Path("in.txt").write_text("1")
    for _ in range(2):
        notebook.do(run("r", UNSEEN[what]))
        assert (reads(notebook), writes(notebook)) == ([], [])


def test_a_file_that_grows_in_a_temporary_folder_of_an_earlier_cell_is_state(notebook: Notebook) -> None:
    """It is new when the cell runs first, as a temporary file of the cell itself is; its folder is not."""
    notebook.do(
        run("a", "import tempfile, pathlib\nroot = pathlib.Path(tempfile.mkdtemp())"),
        run("b", "with open(root / 'log', 'a') as f: f.write('x')"),
    )
    assert notebook.findings == set()
    notebook.do(run("b", "with open(root / 'log', 'a') as f: f.write('x')"))
    if not notebook.tracker.runs[-1].conservative:
        assert notebook.findings == {"b:CG106"}


def test_a_temporary_file_that_outlives_its_run_is_state(notebook: Notebook) -> None:
    """Another cell reads it: what is written there later makes a difference."""
    notebook.do(
        run("a", "import tempfile, pathlib\nroot = pathlib.Path(tempfile.mkdtemp())"),
        run("b", "(root / 'x').write_text('1')"),
        run("c", "t = (root / 'x').read_text()"),
    )
    assert notebook.findings == set()
    notebook.do(run("b", "(root / 'x').write_text('2')"))
    if not notebook.tracker.runs[-1].conservative:
        assert notebook.findings == {"c:CG101"}


def test_a_pipe_and_a_file_that_cannot_be_read_do_not_block(notebook: Notebook) -> None:
    """Only regular files are opened; one that may not be read is told apart by its time."""
    os.mkfifo("pipe")
    Path("in.txt").write_text("1")
    notebook.do(run("a", "import os\nos.path.exists('pipe')\ndef read_it(path): pass\nread_it('pipe')"))
    assert reads(notebook) == []
    assert content("pipe") is None
    assert content(".") is None
    assert content("nothing\0at all") is None


def test_nothing_is_read_again_while_time_and_size_are_the_same(tmp_path: Path) -> None:
    """And what was written a moment ago is, for it may be written again within the clock's tick."""
    path = tmp_path / "x"
    path.write_text("1")
    just_now = content(str(path))
    assert just_now is not None
    assert just_now.fresh
    os.utime(path, (1, 1))
    known = content(str(path), just_now)
    assert known is not None
    assert known.digest == just_now.digest
    assert content(str(path), known) is known
    path.write_text("22")
    assert content(str(path), known) != known


def test_a_large_file_is_read_in_blocks(tmp_path: Path) -> None:
    """The first and the last among them; the digest says that it is a sample."""
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    before = content(str(path))
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    after = content(str(path))
    assert isinstance(before, Content)
    assert isinstance(after, Content)
    assert (before.digest.quality, before.digest.size) == ("sampled", "67.1 MB")
    assert before.digest.value != after.digest.value


def test_names_are_short() -> None:
    """Relative below the notebook's folder, then below the home, and whole elsewhere."""
    home = Path.home()
    base = str(home / "project")
    assert file_name(str(home / "project" / "data" / "x.csv"), base) == "file:data/x.csv"
    assert file_name(str(home / "x.csv"), base) == "file:~/x.csv"
    assert file_name("/data/x.csv", base) == "file:/data/x.csv"
    assert FileContents(base).path("file:~/x.csv") == str(home / "x.csv")
    assert (bytes_words(0), bytes_words(1), bytes_words(1234)) == ("0 bytes", "1 byte", "1.2 kB")


def test_where_the_notebook_lies_says_nothing() -> None:
    """A notebook in a hidden or a temporary folder has files like any other."""
    for base in ("/home/u/.trees/one", "/tmp/tmpabcdefgh", "/usr/src/app"):
        assert not is_skipped(f"{base}/data/x.csv", base)
        assert is_skipped(f"{base}/.cache/x.csv", base)
    assert is_skipped("/home/u/.cache/x", "/home/u")
    assert is_skipped("/usr/share/x", "/home/u")


@watched
def test_a_run_that_opens_a_data_set_has_a_bounded_record(notebook: Notebook) -> None:
    """Ten thousand names would say nothing."""
    for number in range(300):
        Path(f"{number}.txt").write_text("1")
    notebook.do(run("r", "for n in range(300):\n    with open(f'{n}.txt') as f: f.read()"))
    assert 0 < len(reads(notebook)) < 60


# -- where it is shown, and switched off ----------------------------------------------------------


def test_files_are_shown_like_names(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    """In the graph, by why, deps and uses, and in a saved ledger."""
    notebook.do(run("w", saved("a.txt", "1")), run("r", read("a.txt")))
    report = notebook.tracker.report()
    assert "file:a.txt [1]" in graph_text(report)
    assert [edge.names for edge in report.edges] == [("file:a.txt",)]
    for command, said in (
        ("why", "[1] `f = open('a.txt', 'w')` made it"),
        ("deps", "[1] f = open"),
        ("uses", "[2] x = open"),
    ):
        capsys.readouterr()
        notebook.shell.run_line_magic("cellgraph", f"{command} file:a.txt")
        assert said in capsys.readouterr().out
    text = dumps(notebook.tracker.runs)
    assert dumps(loads(text).runs) == text


def test_a_saved_ledger_still_knows_its_files(notebook: Notebook) -> None:
    """After a restart what changed meanwhile is told."""
    notebook.do(put("in.txt", "1"), run("r", read("in.txt")))
    notebook.tracker.save("ledger.jsonl")
    Path("in.txt").write_text("2")
    notebook.tracker.load("ledger.jsonl")
    assert notebook.findings == {"r:CG101"}


def test_files_can_be_left_out(notebook: Notebook) -> None:
    """``files = False``: no name, no finding."""
    notebook.tracker.config.files = False
    notebook.do(put("in.txt", "1"), run("r", read("in.txt")), put("in.txt", "2"))
    assert (reads(notebook), notebook.findings) == ([], set())


@watched
def test_nothing_is_watched_after_unloading_and_everything_after_loading_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries' code that has been seen once is watched by the next tracker too, and by none without."""
    from cellgraph.trace.files.file_observer import OPENERS

    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("1")
    for _ in range(2):
        with new_notebook() as notebook:
            notebook.do(run("r", "from pathlib import Path\np = 'in' + '.txt'\nPath(p).read_text()"))
            assert reads(notebook) == ["in.txt"]
        monitoring.use_tool_id(3, "test")
        try:
            assert [code for code in OPENERS if monitoring.get_local_events(3, code)] == []
        finally:
            monitoring.free_tool_id(3)


def test_a_failing_look_leaves_the_users_call_alone(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is opened although cellgraph fails to note it."""
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("1")
    monkeypatch.setattr("cellgraph.trace.files.file_observer.stat_of", lambda _: 1 / 0)
    cellgraph.load(shell)
    shell.run_cell("x = open('in.txt').read()", store_history=True)
    cellgraph.unload(shell)
    assert shell.user_ns["x"] == "1"


@pytest.mark.slow
def test_a_folder_that_is_too_large_to_look_at_is_the_same_whatever_is_in_it(tmp_path: Path) -> None:
    """Its names are not kept, and no look after a cell goes over them."""
    listings = FolderListings()
    for at in range(3):
        (tmp_path / f"{at}.txt").touch()
    assert listings.follow(f"{tmp_path}/", [str(tmp_path / "0.txt")])
    (small,) = (digest for _, digest in listings.digests())
    assert small.value == "1.txt\n2.txt"
    for at in range(2500):
        (tmp_path / f"{at}.csv").touch()
    assert listings.look(in_run=True) == []
    (large,) = (digest for _, digest in listings.digests())
    assert (large.value, large.size) == ("", "many entries")
    assert FolderListings().follow(f"{tmp_path}/**", [])

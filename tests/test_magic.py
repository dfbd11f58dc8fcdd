"""Every subcommand of ``%cellgraph``, right words and wrong ones, in a terminal and in a kernel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph.magic.dispatch import complete
from cellgraph.magic.subcommands import COMMANDS
from cellgraph.session import Tracker
from tests.kernels import Kernel

SESSION = ("x = 1", "y = x + 1", "z = y * 2", "unused = 0", "del unused")
"""The cells are ``In[1]`` to ``In[5]``."""


@dataclass(frozen=True)
class Case:
    """A line and patterns that its answer has to match."""

    line: str
    says: tuple[str, ...]


RIGHT = (
    Case("", ("x = 1", "y = x")),
    Case("graph", ("x = 1", "y = x")),
    Case("status", ("none in doubt", r"y = x \+ 1")),
    Case(
        "why y",
        (r"^y\n  \[2\] `y = x \+ 1` made it \(int 2\)\n  \[2\] `y = x \+ 1` uses x of \[1\] `x = 1`\n",),
    ),
    Case("why 2", (r"^\[2\] `y = x \+ 1`\n", r"uses x of \[1\] `x = 1`")),
    Case("why [2]", (r"^\[2\] `y = x \+ 1`\n", r"uses x of \[1\] `x = 1`")),
    Case("why unused", (r"\[5\]",)),
    Case("why --all", ("^no cell is in doubt$",)),
    Case("why z --all", (r"\[3\] `z = y \* 2` uses y of \[2\] `y = x \+ 1`",)),
    Case("deps z", (r"z is made by\n  \[3\]", r"from\n  \[1\] x = 1\n  \[2\]")),
    Case("uses x", (r"x is read by\n  \[2\]", r"through them by\n  \[3\]")),
    Case("uses z", ("no cell reads z",)),
    Case("check", ("^clean: Restart & Run All would give what is on the screen",)),
    Case("slice z", (r"# \[1\]\nx = 1\n\n# \[2\]\ny = x \+ 1\n\n# \[3\]",)),
    Case("slice --cells z", (r"# \[1\]\nx = 1\n\n# \[2\]\ny = x \+ 1\n\n# \[3\]",)),
    Case("slice 2", (r"# \[1\]\nx = 1\n\n# \[2\]\ny = x \+ 1\s*$",)),
    Case("rerun --dry-run", ("nothing to run again",)),
    Case("rerun --dry", ("nothing to run again",)),
    Case("rerun", ("nothing to run again",)),
    Case("config", ("budget_ms = 50.0", "ignore = ")),
    Case("config budget_ms", (r"^budget_ms = 50\.0$",)),
    Case("config budget_ms 75", (r"^budget_ms = 75\.0$",)),
    Case("config warn false", (r"^warn = False$",)),
    Case("config ignore CG201 cg106", (r"^ignore = \['CG201', 'CG106'\]$",)),
    Case("config ignore none", (r"^ignore = \[\]$",)),
    Case("off", ("not recording",)),
    Case("on", ("^recording$",)),
    Case("reset", ("ledger is empty",)),
    Case("help", tuple(COMMANDS)),
    Case("help CG104", ("^CG104", "warning", "deleted cell", "put the code of the deleted cell back")),
    Case("help cg202", ("^CG202", "note")),
    Case("--help", tuple(COMMANDS)),
)

WRONG = (
    Case("statsu", ("did you mean `%cellgraph status`",)),
    Case("xyzzy", ("there is no subcommand 'xyzzy'", "status")),
    Case("STATUS", ("there is no subcommand 'STATUS': there are .*status",)),
    Case("why", (r"missing: NAME\|CELL, or --all",)),
    Case("why nowhere", ("no recorded cell makes a name 'nowhere'",)),
    Case("why unusde", ("did you mean unused",)),
    Case("why 99", ("no cell has the number 99",)),
    Case("deps nowhere", ("no recorded cell makes a name 'nowhere'",)),
    Case("uses nowhere", ("no recorded cell makes a name 'nowhere'",)),
    Case("slice 99", ("no cell has the number 99",)),
    Case("status extra", (r"unrecognized arguments: extra \(usage: %cellgraph status",)),
    Case("rerun --dyr-run", ("unrecognized arguments: --dyr-run: did you mean --dry-run",)),
    Case("--foramt svg", ("did you mean --format",)),
    Case("why y --al x", ("unrecognized arguments: x",)),
    Case("rerun --wrong", (r"unrecognized arguments: --wrong \(usage: %cellgraph rerun \[--dry-run\]",)),
    Case("config budget", ("did you mean budget_ms",)),
    Case("config budget_ms much", ("'much' is no value for budget_ms",)),
    Case("config budget_ms -5", ("'-5' is no value for budget_ms",)),
    Case("config ignore CG999", ("there is no code 'CG999': there are CG101",)),
    Case("config warn maybe", ("'maybe' is no value for warn",)),
    Case("help CG101x", ("there is no code 'CG101x': did you mean CG101",)),
    Case("save", (r"missing: FILE \(usage: %cellgraph save FILE\)",)),
    Case("save /nowhere/at/all.jsonl", ("/nowhere/at/all.jsonl: No such file",)),
    Case("load /nowhere/at/all.jsonl", ("/nowhere/at/all.jsonl: No such file",)),
    Case("why 'open", ("cannot read this line",)),
)


@pytest.fixture
def session(shell: InteractiveShell, tracker: Tracker) -> InteractiveShell:
    """A shell in which ``SESSION`` has run."""
    ask(shell, *SESSION)
    return shell


def ask(shell: InteractiveShell, *cells: str) -> str:
    """Run cells; give all that is printed."""
    with capture_output() as captured:
        for cell in cells:
            shell.run_cell(cell, store_history=True)
    return str(captured.stdout + captured.stderr).strip()


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.line)
def test_each_subcommand_says_what_it_is_for(case: Case, session: InteractiveShell) -> None:
    """The answer holds what was asked for, and is no error."""
    answer = ask(session, f"%cellgraph {case.line}")
    assert [pattern for pattern in case.says if not re.search(pattern, answer)] == [], answer
    assert not answer.startswith("cellgraph: ")
    assert "Traceback" not in answer


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.line)
def test_a_wrong_word_gets_one_line_that_helps(case: Case, session: InteractiveShell) -> None:
    """No traceback: one line that says what is wrong, with the nearest right word where there is one."""
    answer = ask(session, f"%cellgraph {case.line}")
    assert [pattern for pattern in case.says if not re.search(pattern, answer)] == [], answer
    assert answer.startswith("cellgraph: ")
    assert len(answer.splitlines()) == 1, answer


@pytest.mark.parametrize("name", COMMANDS)
def test_each_subcommand_has_help_and_does_nothing_then(
    name: str, session: InteractiveShell, tracker: Tracker
) -> None:
    """``--help`` explains a subcommand without carrying it out."""
    before = (tracker.runs, tracker.paused)
    answer = ask(session, f"%cellgraph {name} --help")
    assert f"%cellgraph {name}" in answer
    assert (tracker.runs, tracker.paused) == before


def test_asking_is_no_part_of_the_notebook(session: InteractiveShell, tracker: Tracker) -> None:
    """Cells that only ask cellgraph are not recorded, and change no finding."""
    before = (tracker.runs, tracker.findings())
    ask(session, "%cellgraph status", "%cellgraph", "# why?\n%cellgraph check\n%cellgraph why y")
    assert (tracker.runs, tracker.findings()) == before


def test_check_says_code_and_title_of_each_finding(shell: InteractiveShell, tracker: Tracker) -> None:
    """Whoever reads a line knows what kind of finding it is without looking the code up."""
    for cell, text in (
        ("a", "x = 1"),
        ("b", "y = x"),
        ("a", "x = 2"),
        ("c", "items = []"),
        ("d", "len(items)"),
    ):
        ask_as(shell, cell, text)
    ask_as(shell, "e", "items.append(1)")
    lines = ask(shell, "%cellgraph check").splitlines()
    assert lines[0] == "1 finding · run [2]"
    assert lines[1].startswith("  CG101 stale: [2] `y = x` uses x of [3] `x = 2`, which has run again: ")
    assert lines[3].startswith("  CG203 mutated: len(items) is not what [5] `len(items)` saw: ")


def ask_as(shell: InteractiveShell, cell: str, text: str) -> None:
    """Run a text in a cell with an id."""
    with capture_output():
        shell.run_cell(text, store_history=True, cell_id=cell)


def test_save_load_and_reset_go_together(session: InteractiveShell, tracker: Tracker, tmp_path: Path) -> None:
    """What was saved comes back after a reset, and tracking goes on from there."""
    path, runs = tmp_path / "ledger.jsonl", tracker.runs
    assert "5 runs" in ask(session, f"%cellgraph save {path}")
    ask(session, "%cellgraph reset")
    assert tracker.runs == ()
    assert "5 runs" in ask(session, f"%cellgraph load {path}")
    assert tracker.runs == runs
    ask(session, "w = z")
    assert [read.name for read in tracker.runs[-1].reads] == ["z"]


def test_a_file_that_is_no_ledger_is_refused(
    session: InteractiveShell, tracker: Tracker, tmp_path: Path
) -> None:
    """Loading anything else says so in one line and leaves the ledger as it was."""
    path, runs = tmp_path / "other.txt", tracker.runs
    for content in (b"", b"no ledger\n", b"{}\n", b"[1]\n", b"\xff\xfe\x00"):
        path.write_bytes(content)
        answer = ask(session, f"%cellgraph load {path}")
        assert answer.startswith("cellgraph: ")
        assert len(answer.splitlines()) == 1
        assert tracker.runs == runs


def test_off_and_on_leave_out_what_ran_between(session: InteractiveShell, tracker: Tracker) -> None:
    """What runs while recording is off is no cell's doing."""
    ask(session, "%cellgraph off", "hidden = 1", "%cellgraph on", "seen = hidden")
    assert [run.source for run in tracker.runs[5:]] == ["seen = hidden"]
    assert "CG204" in [finding.code for finding in tracker.findings()]


def test_rerun_puts_right_what_is_in_doubt(shell: InteractiveShell, tracker: Tracker) -> None:
    """``rerun`` runs the cells in doubt again, in order, with the text that they have."""
    for cell, text in (("a", "x = 1"), ("b", "y = x + 1"), ("c", "z = y * 2"), ("a", "x = 5")):
        with capture_output():
            shell.run_cell(text, store_history=True, cell_id=cell)
    for dry in ("--dry-run", "--dry"):
        assert ask(shell, f"%cellgraph rerun {dry}") == "would run [2], [3]"
    assert shell.user_ns["z"] == 4
    assert "ran [2], [3] again" in ask(shell, "%cellgraph rerun")
    assert shell.user_ns["z"] == 12
    assert [f for f in tracker.findings() if f.severity == "warning"] == []


# -- completion -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("%cellgraph st", {"status"}),
        ("%cellgraph ", {"status", "why", "config"}),
        ("%cellgraph why ", {"x", "y", "z"}),
        ("%cellgraph config bud", {"budget_ms", "budget_share"}),
        ("%cellgraph help CG", {"CG101", "CG204"}),
    ],
)
def test_tab_completes_subcommands_names_and_options(
    line: str, offers: set[str], session: InteractiveShell
) -> None:
    """The completer of the shell offers what can stand there."""
    with provisionalcompleter():
        found = {completion.text for completion in session.Completer.completions(line, len(line))}
    assert offers <= found


def test_tab_completes_in_a_kernel(kernel: Kernel) -> None:
    """A front end's completion request gets the subcommands."""
    kernel.run("%load_ext cellgraph\nx = 1", "a")
    reply = kernel.client.complete("%cellgraph sta", reply=True, timeout=30)
    assert "status" in reply["content"]["matches"]


def test_every_subcommand_answers_in_a_kernel(kernel: Kernel, tmp_path: Path) -> None:
    """In a kernel each answers without an error, drawing and listing in HTML too."""
    kernel.run("%load_ext cellgraph\nx = 1", "a")
    kernel.run("y = x", "b")
    word = {"why": "y", "deps": "y", "uses": "x", "slice": "y"} | dict.fromkeys(
        ("save", "load"), str(tmp_path / "ledger.jsonl")
    )
    for name in ("save", *COMMANDS):
        shown = kernel.run(f"%cellgraph {name} {word.get(name, '')}", "ask")
        assert shown.error is None, name
        assert shown.text.strip(), name
        assert "internal error" not in shown.text
        if name in ("graph", "status"):
            assert "<" in shown.html
        if name == "status":
            (table,) = shown.displays
            assert "y = x" in table["text/plain"]
            assert "cellgraph-status" in table["text/html"]


FITTING = (
    ("%cellgraph why x ", set()),
    ("%cellgraph why --", {"--all", "--help"}),
    ("%cellgraph deps ", {"x", "y", "z", "unused"}),
    ("%cellgraph uses ", {"x", "y", "z", "unused"}),
    ("%cellgraph slice --c", {"--cells"}),
    ("%cellgraph rerun ", set()),
    ("%cellgraph status x", set()),
    ("%cellgraph config warn ", {"true", "false"}),
    ("%cellgraph config budget_ms ", set()),
    ("%cellgraph config ignore CG10", {f"CG10{digit}" for digit in range(1, 10)}),
    ("%cellgraph --format te", {"text"}),
    ("%cellgraph --view ", {"lifelines", "layers"}),
    ("%cellgraph --fo", {"--format", "--focus"}),
    ("%cellgraph graph --de", {"--depth"}),
    ("%cellgraph --focus unu", {"unused"}),
    ("%cellgraph nowhere ", set()),
)


@pytest.mark.parametrize(("line", "offers"), FITTING)
def test_tab_offers_only_what_fits(
    line: str, offers: set[str], session: InteractiveShell, tracker: Tracker
) -> None:
    """What may stand there and begins with what is typed, and nothing else."""
    assert set(complete(tracker, line)) == offers


ASKS = (
    "%who",
    "%whos int",
    "x?",
    "??print",
    "%history -n",
    "# what is there\n%who",
    "%cellgraph status\n%who",
)


@pytest.mark.parametrize("text", ASKS)
def test_asking_ipython_is_no_cell(text: str, session: InteractiveShell, tracker: Tracker) -> None:
    """A cell that only has IPython show something is no part of the notebook; neither is `clear`."""
    before = len(tracker.runs)
    with capture_output():
        session.run_cell(text, store_history=True)
    assert len(tracker.runs) == before


def test_a_magic_without_its_sign_is_told_from_a_variable(shell: InteractiveShell, tracker: Tracker) -> None:
    """`clear` clears the screen, unless a variable has that name."""
    with capture_output():
        shell.run_cell("who", store_history=True)
        assert len(tracker.runs) == 0
        shell.run_cell("who = 1", store_history=True)
        shell.run_cell("who", store_history=True)
    assert [run.source for run in tracker.runs] == ["who = 1", "who"]


def test_answers_have_links_and_colours_in_a_kernel(kernel: Kernel) -> None:
    """A click on a label goes to its cell; code has the colours of the editor; user text stays text."""
    kernel.run("%load_ext cellgraph\nx = 1", "a")
    kernel.run("y = x if '<b>' else None", "b")
    for line in ("why y", "deps y", "uses x", "check", "slice y"):
        html = kernel.run(f"%cellgraph {line}", "ask").html
        assert "<b>'" not in html
        assert line == "check" or "cell-id=b" in html or "y = x" in re.sub(r"<[^>]*>", "", html)
    assert "jp-mirror-editor-keyword-color" in kernel.run("%cellgraph slice y", "ask").html


@pytest.mark.usefixtures("tracker")
def test_why_all_tells_each_cell_in_doubt(shell: InteractiveShell) -> None:
    """One block a cell in doubt, called by the numbers that stand beside the cells now."""
    for cell, text in (("a", "x = 1"), ("b", "y = x + 1"), ("c", "z = y * 2"), ("a", "x = 5")):
        with capture_output():
            shell.run_cell(text, store_history=True, cell_id=cell)
    said = ask(shell, "%cellgraph why --all")
    assert said.startswith(
        "[2] `y = x + 1`\n  CG101 [2] `y = x + 1` uses x of [4] `x = 5`, which has run again"
    )
    assert "\n[3] `z = y * 2`\n" in said
    assert "[1]" not in said

"""Options of the process and random generators: which sessions are told of, and which stay quiet."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cellgraph
from cellgraph.code.source import parse
from cellgraph.model import Read
from cellgraph.names import Name
from cellgraph.record.jsonl import dumps, loads
from cellgraph.record.ledger import same_value
from cellgraph.trace.settings.text_events import events_of
from cellgraph.trace.settings.values import DEFAULT, OWN, digest_of, part_of, with_keys
from tests.cases.findings import run
from tests.cases.settings import QUIET, TELLING, Case
from tests.test_findings import new_notebook

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # what users' code warns about is not judged here
    pytest.mark.timeout(600),  # for those sessions
]

_SIZE, _DPI = '["figure.figsize"]', '["figure.dpi"]'


def _there(case: Case) -> bool:
    return all(importlib.util.find_spec(library) is not None for library in case.needs.split())


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """What was said in each session, by the name of the case: each was played in a process of its own."""
    names = [case.name for case in (*TELLING, *QUIET) if _there(case)]
    command = [sys.executable, "-m", "tests.settings_worker", *names]
    root = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["name"]: one for one in told}


@pytest.mark.slow
@pytest.mark.parametrize("case", TELLING, ids=str)
def test_a_session_leads_to_these_warnings_and_this_remedy(
    case: Case, outcomes: dict[str, dict[str, Any]]
) -> None:
    """The warnings, the plan and what is left after it are those of the table."""
    if not _there(case):
        pytest.skip(f"{case.needs} is not installed here")
    told = outcomes[case.name]
    assert told["trouble"] == []
    assert told["findings"] == sorted(case.findings.split()), told["messages"]
    assert told["stale"] == case.stale.split(), told["messages"]
    if case.stale:
        assert told["left"] == sorted(case.left.split())


@pytest.mark.slow
@pytest.mark.parametrize("case", QUIET, ids=str)
def test_a_session_that_a_restart_repeats_is_quiet(case: Case, outcomes: dict[str, dict[str, Any]]) -> None:
    """No run of it leads to a warning."""
    if not _there(case):
        pytest.skip(f"{case.needs} is not installed here")
    told = outcomes[case.name]
    assert (told["early"], told["trouble"]) == ([], []), told["messages"]


def test_what_is_at_its_default_is_equal_for_all() -> None:
    """A setting that nobody has touched is told by one digest; a key that is put back is as never set."""
    one = with_keys(DEFAULT, digest_of({_SIZE: "1"}), [_SIZE])
    assert one == digest_of({_SIZE: "1"})
    assert with_keys(one, DEFAULT, [_SIZE]) is DEFAULT


def test_a_read_of_all_leaves_out_what_the_run_had_set_itself() -> None:
    """Any value will do for such a key; every other one counts."""
    read = Read(Name.of_setting("matplotlib.rcParams"), "", digest_of({_SIZE: OWN}))
    assert same_value(read, digest_of({_SIZE: "1"}))
    assert same_value(read, DEFAULT)
    assert not same_value(read, digest_of({_DPI: "1"}))


def test_a_read_of_one_key_is_compared_with_that_key() -> None:
    """Where it was at its default, it has to be so still."""
    name = Name.of_setting("matplotlib.rcParams")
    assert same_value(Read(name, _SIZE, part_of("")), digest_of({_DPI: "1"}))
    assert not same_value(Read(name, _SIZE, part_of("")), digest_of({_SIZE: "1"}))
    assert same_value(Read(name, _SIZE, part_of("1")), digest_of({_SIZE: "1"}))


@pytest.mark.parametrize(
    ("text", "dotted", "keys", "undone"),
    [
        ("plt.rcParams['a'] = 1", ("plt", "rcParams"), ("a",), False),
        ("pd.options.display.width = 3", ("pd", "options", "display", "width"), (), False),
        ("with np.errstate(all='raise'):\n    np.seterr(all='ignore')", ("np", "seterr"), (), True),
        ("pd.set_option('display.width', 3)", ("pd", "set_option"), ("display.width", None), False),
        ("getcontext().prec = 5", ("getcontext()", "prec"), (), False),
        ("del os.environ['A']", ("os", "environ"), ("A",), False),
    ],
)
def test_a_text_tells_what_it_sets(
    text: str, dotted: tuple[str, ...], keys: tuple[str, ...], undone: bool
) -> None:
    """Stores and calls come with words and constants, and it is known what a context manager puts back."""
    found = {(event.dotted, event.keys, event.undone) for event in events_of(parse(text))}
    assert (dotted, keys, undone) in found


def test_a_setting_at_its_default_is_none_of_the_reads_that_are_shown() -> None:
    """Nearly every cell depends on some; they stand apart until somebody sets one."""
    with new_notebook() as notebook:
        notebook.do(run("a", "x = 1"), run("b", "x"))
        latest = notebook.tracker.runs[-1]
        assert [read.name for read in latest.reads] == ["x"]
        assert Name.of_setting("IPython") in {read.name for read in latest.untouched}


def test_the_ledger_keeps_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come back from its file, and a variable's value is in no ledger."""
    monkeypatch.setenv("CG_SECRET", "hunter1")
    with new_notebook() as notebook:
        notebook.do(run("i", "import os"), run("a", "os.environ['CG_SECRET'] = 'hunter2'"))
        notebook.do(run("b", "x = len(os.environ['CG_SECRET'])"), run("c", "x"))
        text = dumps(notebook.tracker.runs)
        assert list(loads(text).runs) == list(notebook.tracker.runs)
    assert text.count("setting:os.environ") >= 2
    assert "hunter" not in text.replace("= 'hunter2'", "")


def test_a_sentence_names_a_setting_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who set it, who has set another since, and what helps; no value of a variable."""
    monkeypatch.setenv("CG_A", "0")
    with new_notebook() as notebook:
        notebook.do(
            run("i", "import os"), run("a", "os.environ['CG_A'] = '1'"), run("b", "x = os.environ['CG_A']")
        )
        notebook.do(run("a", "os.environ['CG_A'] = '2'"))
        assert notebook.warnings == [_SET_ANOTHER]
        notebook.do(run("a", "pass"))
        assert notebook.warnings == [_NO_LONGER]


def test_a_cell_that_took_another_branch_is_told_to_have_left_a_setting_alone() -> None:
    """Its code still sets it, behind a condition."""
    with new_notebook() as notebook:
        notebook.do(
            run("i", "import os\non = True"),
            run("a", "if on: os.environ['CG_B'] = '1'"),
            run("b", "x = os.environ.get('CG_B')"),
            run("i", "import os\non = False"),
            run("a", "if on: os.environ['CG_B'] = '1'"),
        )
        assert [text for text in notebook.warnings if text.startswith("[3]")] == [_LEFT_ALONE]


_LEFT_ALONE = (
    "[3] `x = os.environ.get('CG_B')` ran with the environment variable CG_B as "
    "[5] `if on: os.environ['CG_B'] = '1'` had set it, which has run again and left it alone: "
    "Restart & Run All starts with the default · set it back and run [3], or restart"
)
_SET_ANOTHER = (
    "[3] `x = os.environ['CG_A']` ran with the environment variable CG_A as [4] `os.environ['CG_A'] = '2'` "
    "had set it, which has run again and set another · run [3]"
)
_NO_LONGER = (
    "[3] `x = os.environ['CG_A']` ran with the environment variable CG_A as [5] `pass` had set it, "
    "whose code no longer sets it: "
    "Restart & Run All starts with the default · set it back and run [3], or restart"
)


def test_options_of_a_library_that_is_not_known_can_be_registered() -> None:
    """A cell that uses the library is in doubt once a cell sets another option, until it is taken back."""
    library: Any = type(sys)("cg_toy")
    library.options = {"width": 80}
    library.__dict__["show"] = lambda: library.options["width"]
    sys.modules["cg_toy"] = library
    undo = cellgraph.register_setting(
        "cg_toy.options", lambda: library.options, defaults={"width": 80}, setters=["set_width"]
    )
    try:
        with new_notebook() as notebook:
            notebook.do(
                run("i", "import cg_toy"),
                run("a", "cg_toy.options['width'] = 5"),
                run("b", "x = cg_toy.show()"),
            )
            assert notebook.warnings == []
            notebook.do(run("a", "cg_toy.options['width'] = 6"))
            assert notebook.findings == {"b:CG101"}
            undo()
            notebook.do(run("a", "cg_toy.options['width'] = 7"))
            # Without the provider it is a store into a library that is not known, and is kept by its text.
            assert [write.name for write in notebook.tracker.runs[-1].writes] == ["setting:registrations"]
    finally:
        undo()
        del sys.modules["cg_toy"]

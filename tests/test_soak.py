"""The short form of the soak, part by part: no cell harmed, no run lost. No time is judged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.__main__ import PARTS, table
from tests.soak.cells import SLOT
from tests.soak.forks import LostError, in_fork, new_place
from tests.soak.junk import changed
from tests.soak.outcome import Row
from tests.soak.twins import Played, Ran, differences
from tests.soak.written import WRITTEN

ROOT = Path(__file__).parents[1]
SEED = "1"


@pytest.mark.slow
@pytest.mark.timeout(300)  # a part is a minute of a process at most, on a machine that is shared
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each case is a process that is forked")
@pytest.mark.parametrize("part", PARTS)
def test_the_soak_finds_no_fault(part: str) -> None:
    """One part of the command, in its short form, ends with nothing to tell."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))},
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, "-m", "tests.soak", "--part", part, "--seed", SEED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# -- the soak itself ----------------------------------------------------------------------------


@pytest.mark.slow
def test_every_kind_of_loss_of_a_process_is_told() -> None:
    """A process that raises, dies or takes too long gives an error with the cause."""
    with new_place() as place:
        assert in_fork(place, len, "four") == 4
        for words, function, arguments in (
            ("ZeroDivisionError", divmod, (1, 0)),
            ("died of SIGKILL", os.kill, (0, 9)),
            ("ended with 3", os._exit, (3,)),
            ("longer than", __import__("time").sleep, (30,)),
        ):
            with pytest.raises(LostError, match=words):
                in_fork(place, function, *arguments, seconds=1.0)


def ran(stdout: str, limits: str) -> Ran:
    """A cell that printed this."""
    return Ran(stdout, "", (), "NoneType: None", 2, left=False, state={"limits": limits})


def test_what_differs_between_twins_is_told_with_its_place() -> None:
    """An output, a state and a variable that differ are three differences; equal twins have none."""
    one = Played([ran("1\n", "5")], {"value of x": "1"})
    other = Played([ran("2\n", "6")], {"value of x": "2"})
    assert differences(one, one) == {}
    assert list(differences(one, other)) == [
        "cell 1: stdout",
        "after cell 1: limits",
        "at the end: value of x",
    ]
    assert "after cell 1: limits" not in differences(one, other, state=False)


def test_a_document_is_damaged_where_it_is_said() -> None:
    """Parts are counted from the outside in; each damage is done to what the one before left."""
    document = {"a": [1, 2]}
    assert changed(document, [(2, "replace", "x")]) == {"a": ["x", 2]}
    assert changed(document, [(1, "remove", None), (0, "replace", 5)]) == 5
    assert changed(document, [(1, "wrap", None)]) == {"a": [[1, 2]]}
    assert document == {"a": [1, 2]}


def test_written_sessions_have_names_of_their_own_and_no_open_slots() -> None:
    """Each session is found by its name, and has more than one cell."""
    names = [case.name for case in WRITTEN]
    assert len(set(names)) == len(names)
    assert all(len(case.cells) > 1 for case in WRITTEN)
    assert not [case.name for case in WRITTEN if SLOT.search(case.name)]


def test_the_table_has_a_line_for_each_row() -> None:
    """What was tried, the figure, and how many faults."""
    lines = table([Row("comm", "junk", 1_000, "5 ms", ("one",))]).splitlines()
    assert lines[-1] == "| comm | junk | 1,000 | 5 ms | 1 |"

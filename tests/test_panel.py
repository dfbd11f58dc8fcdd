"""What the interactive graph and the front end's extension are given. A browser judges how they look."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.analyse.report import reachable
from cellgraph.analyse.time_travel import report_after
from cellgraph.frontends.comm import FrontEnd, state
from cellgraph.frontends.pictures import SHARE_IN_QUEUE, Sent, Spaced
from cellgraph.model import Order
from cellgraph.record.ledger import Ledger
from cellgraph.render.interactive import interactive_page
from cellgraph.render.layers import part_to_draw
from cellgraph.render.panel.model import frame, panel_model
from cellgraph.render.panel.script import module, page_script
from cellgraph.session import Tracker
from tests.made_reports import HOSTILE, hostile, notebook
from tests.pictures.notebooks import session

CELLS = (("one", "x = 1"), ("two", "y = x + 1"), ("three", "z = y"), ("one", "x = 5"))


def run(shell: InteractiveShell, *cells: tuple[str, str]) -> None:
    """Run cells under their ids."""
    for cell, text in cells:
        shell.run_cell(text, store_history=True, cell_id=cell)


def test_the_graph_can_go_back_to_every_run(shell: InteractiveShell, tracker: Tracker) -> None:
    """After run n the report holds the cells that had run by then, in the states that they had."""
    run(shell, *CELLS)
    then = [tracker.after_run(number) for number in range(1, 5)]
    assert [[cell.cell for cell in report.cells] for report in then] == [
        *(["one"], ["one", "two"], ["one", "two", "three"], ["one", "two", "three"])
    ]
    assert [report.plan for report in then[:3]] == [(), (), ()]
    assert then[3] == tracker.report()


def test_a_moment_of_the_past_is_computed_from_the_ledger_alone(
    shell: InteractiveShell, tracker: Tracker
) -> None:
    """What was deleted later was there then."""
    run(shell, ("one", "x = 1"), ("two", "y = x"), ("three", "del x"))
    order = Order(("one", "two", "three"))
    assert not report_after(tracker.ledger, order, 2).findings
    assert [f.code for f in report_after(tracker.ledger, order, 3).findings] == ["CG202"]


def test_the_model_tells_the_history_of_a_name(shell: InteractiveShell, tracker: Tracker) -> None:
    """Who wrote it, when, and what it was: made, changed, deleted."""
    run(shell, ("one", "items = [1]"), ("two", "items.append(2)"), ("three", "del items"))
    writes = panel_model(tracker.report(), tracker.ledger)["names"]["items"]
    assert [(write["cell"], write["kind"], write["value"]) for write in writes] == [
        ("one", "bind", "list length 1"),
        ("two", "mutate", "list length 2"),
        ("three", "delete", ""),
    ]


@pytest.mark.slow
def test_a_huge_cell_is_cut_and_said_to_be(shell: InteractiveShell, tracker: Tracker) -> None:
    """10 MB of text do not go to the browser."""
    run(shell, ("one", f"x = '{'a' * 10_000_000}'"))
    model = panel_model(tracker.report(), tracker.ledger)
    assert len(json.dumps(model)) < 100_000
    assert "more characters" in model["sources"]["one"]


def test_nothing_in_the_data_can_leave_its_element() -> None:
    """Names and sources from anywhere stay data: the page has the elements that it was given and no more."""
    page = interactive_page(hostile(), Ledger(), title=HOSTILE[0])
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<img" not in page
    found = re.search(r'class="cellgraph-data">(.*?)</script>', page, flags=re.DOTALL)
    assert found is not None
    assert not set("<>&") & set(found[1])
    assert len(json.loads(found[1])["cells"]) == len(hostile().cells)


def test_the_script_is_whole_and_small() -> None:
    """One module without an import, below 1.5 MB; on a page it cannot end its own element."""
    assert len(module()) < 1_500_000
    assert not re.search(r"^\s*import\b", module(), flags=re.MULTILINE)
    assert not re.search(r"https?://(?!www\.w3\.org/)", module())
    assert "</" not in page_script()


def test_a_frame_says_what_changes_and_no_more() -> None:
    """The texts of the cells are not sent again with every moment."""
    report = notebook(30)
    assert "sources" not in frame(report)
    assert panel_model(report, Ledger()).items() >= frame(report).items()


class Comm:
    """A comm without a front end: keeps what is sent, and hands in what is said."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self.say: Callable[[dict[str, Any]], None] = lambda _: None

    def on_msg(self, take: Callable[[dict[str, Any]], None]) -> None:
        self.say = lambda data: take({"content": {"data": data}})

    def on_close(self, take: Callable[[object], None]) -> None:
        self.hang_up = take

    def send(self, data: dict[str, Any]) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def comm(tracker: Tracker) -> Comm:
    """The kernel's end of a comm whose other end is a notebook."""
    made = Comm()
    FrontEnd(tracker, made)
    return made


def told(*cells: tuple[str, str]) -> dict[str, Any]:
    """What a front end says of a notebook that stands like this."""
    return {"kind": "notebook", "cells": [cell for cell, _ in cells], "texts": dict(cells)}


def test_nothing_is_computed_for_a_front_end_that_says_nothing(
    shell: InteractiveShell, tracker: Tracker, comm: Comm
) -> None:
    """Without the extension the comm stays silent."""
    run(shell, *CELLS)
    assert comm.sent == []


def test_the_front_end_learns_what_is_in_doubt_and_what_to_run(
    shell: InteractiveShell, tracker: Tracker, comm: Comm
) -> None:
    """After each run: the cells that are not good, with reasons and causes, and the plan."""
    run(shell, *CELLS[:3])
    comm.say(told(*CELLS[:3]))
    assert comm.sent[-1]["cells"] == {}
    run(shell, CELLS[3])
    assert comm.sent[-1]["plan"] == ["two", "three"]
    reason = comm.sent[-1]["cells"]["two"]["reasons"][0]
    assert (reason["code"], reason["cause"]) == ("CG101", "one")
    assert comm.sent[-1]["edges"] == [["one", "two"], ["two", "three"]]


EDITS = (
    ("edited", (("one", "x = 7"), CELLS[1], CELLS[2]), "two", "CG108"),
    ("only laid out anew", (("one", "x  =  1  # one"), CELLS[1], CELLS[2]), "", ""),
    ("deleted", (CELLS[1], CELLS[2]), "two", "CG104"),
    ("moved below", (CELLS[1], CELLS[2], CELLS[0]), "two", "CG103"),
)


@pytest.mark.parametrize(
    ("shown", "cell", "code"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS]
)
def test_a_change_of_the_notebook_is_known_before_anything_runs(
    shown: tuple[tuple[str, str], ...],
    cell: str,
    code: str,
    shell: InteractiveShell,
    tracker: Tracker,
    comm: Comm,
) -> None:
    """An edit, a deletion or a move reaches the kernel as it is made, and the marks come back at once."""
    run(shell, *CELLS[:3])
    comm.say(told(*CELLS[:3]))
    comm.say(told(*shown))
    marked = comm.sent[-1]["cells"]
    assert [reason["code"] for reason in marked[cell]["reasons"]] == [code] if cell else marked == {}


def test_texts_that_did_not_change_are_not_sent_again(
    shell: InteractiveShell, tracker: Tracker, comm: Comm
) -> None:
    """What the front end said once is remembered: a deleted cell that comes back is not told again."""
    run(shell, *CELLS[:3])
    comm.say(told(*CELLS[:3]))
    comm.say({"kind": "notebook", "cells": ["one", "two", "three"], "texts": {"one": "x = 8"}})
    assert set(comm.sent[-1]["cells"]) == {"one", "two", "three"}
    comm.say({"kind": "notebook", "cells": ["two", "three"], "texts": {}})
    comm.say({"kind": "notebook", "cells": ["one", "two", "three"], "texts": {}})
    assert [reason["code"] for reason in comm.sent[-1]["cells"]["one"]["reasons"]] == ["CG109"]


@pytest.mark.parametrize("data", [None, [], {}, {"kind": "other"}], ids=repr)
def test_what_is_no_message_is_left_alone(data: Any, tracker: Tracker, comm: Comm) -> None:
    """A front end of another version does no harm."""
    comm.say(data)
    assert comm.sent == []


def test_a_front_end_that_went_away_is_told_nothing(
    shell: InteractiveShell, tracker: Tracker, comm: Comm
) -> None:
    """A closed comm costs nothing and is not written to."""
    run(shell, *CELLS[:3])
    comm.say(told(*CELLS[:3]))
    sent = len(comm.sent)
    comm.hang_up(None)
    run(shell, CELLS[3])
    assert len(comm.sent) == sent


def test_a_panel_that_fails_is_told_once_and_let_go(
    shell: InteractiveShell, tracker: Tracker, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever watches cannot make a cell fail."""

    def broken() -> None:
        raise ValueError("no picture")

    tracker.subscribe(broken)
    run(shell, *CELLS[:2])
    assert capsys.readouterr().out.count("no picture") == 1
    assert shell.user_ns["y"] == 2


def test_the_state_of_a_good_notebook_is_empty() -> None:
    """Nothing is marked where everything holds."""
    report = notebook(1)
    assert state(report)["cells"] == {}


def test_the_live_panel_follows(shell: InteractiveShell, tracker: Tracker) -> None:
    """The widget's graph is redrawn after each run, and one that nobody holds any more is not."""
    pytest.importorskip("anywidget", reason="the live panel needs anywidget")
    from cellgraph.frontends.live_panel import panel

    run(shell, *CELLS[:2])
    made = panel(tracker)
    run(shell, CELLS[2])
    assert [cell["id"] for cell in json.loads(made.graph)["cells"]] == ["one", "two", "three"]
    told: list[dict[str, Any]] = []
    made.send = told.append
    for question in ({"kind": "frame", "run": 1}, {"kind": "layers", "names": True}, {"kind": "other"}):
        made._handle_custom_msg({**question, "asked": 7}, [])
    assert [(one["kind"], one["asked"]) for one in told] == [("frame", 7), ("layers", 7)]
    assert len(told[0]["frame"]["cells"]) == 1
    assert told[1]["svg"].startswith("<svg")
    made.close()
    run(shell, CELLS[3])
    assert tracker._link.subscribers == []


class Clock:
    """A clock that stands still unless it is put forward, and calls what is due by then."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> SimpleNamespace:
        due = self.now + seconds, call
        self._due.append(due)
        return SimpleNamespace(cancel=lambda: self._due.remove(due) if due in self._due else None)

    def forward(self, seconds: float) -> None:
        self.now += seconds
        due = [call for at, call in self._due if at <= self.now]
        self._due = [(at, call) for at, call in self._due if at > self.now]
        for call in due:
            call()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that drawing goes by."""
    made = Clock()
    monkeypatch.setattr("cellgraph.frontends.pictures.time", SimpleNamespace(monotonic=lambda: made.now))
    loops = SimpleNamespace(get_running_loop=lambda: made)
    monkeypatch.setattr("cellgraph.frontends.pictures.asyncio", loops)
    return made


@pytest.mark.parametrize(("wait", "first"), [(0.0, 1), (0.03, 50)])
def test_a_queue_of_runs_is_not_held_up_by_drawing(wait: float, first: int, clock: Clock) -> None:
    """Of many changes one is drawn now or soon, and the last in the end: a small share of the time."""
    drawn, took = list[int](), 0.02

    def draw() -> None:
        drawn.append(state_now)
        clock.now += took

    state_now, spaced = 0, Spaced(draw, wait)
    for _ in range(50):
        state_now += 1
        spaced(in_queue=True)
    clock.forward(0.05)
    assert drawn == [first]
    for _ in range(50):
        state_now += 1
        spaced(in_queue=True)
    clock.forward(took / SHARE_IN_QUEUE - 0.1)
    assert drawn == [first], "the next drawing waits until the one before is a small share of the time"
    clock.forward(0.1)
    assert drawn == [first, 100]


def test_the_end_of_a_queue_is_drawn_sooner_than_what_comes_before(clock: Clock) -> None:
    """Who waits for a queue sees what has come of it, and each change is drawn once."""
    drawn, took = list[float](), 0.1

    def draw() -> None:
        drawn.append(clock.now)
        clock.now += took

    spaced = Spaced(draw)
    spaced(in_queue=True)
    spaced(in_queue=True)
    clock.forward(1.0)
    assert len(drawn) == 1
    spaced()
    clock.forward(0.0)
    assert len(drawn) == 2
    clock.forward(took / SHARE_IN_QUEUE)
    assert len(drawn) == 2


def test_without_an_event_loop_every_change_is_drawn() -> None:
    """As in a plain shell, where nothing calls back later."""
    drawn: list[int] = []
    spaced = Spaced(lambda: drawn.append(1), wait=9.0)
    spaced()
    spaced()
    assert len(drawn) == 2


def test_of_a_picture_only_what_has_changed_is_sent_again(
    shell: InteractiveShell, tracker: Tracker, comm: Comm
) -> None:
    """The first picture is whole; the texts of the cells, and cells as they were, are not sent again."""
    run(shell, *CELLS[:3])
    comm.say(told(*CELLS[:3]))
    comm.say({"kind": "watch", "on": True})
    assert comm.sent[-1]["model"]["sources"].keys() == {"one", "two", "three"}
    run(shell, ("three", "z = y + 1"))
    (changes,) = [message["changes"] for message in comm.sent if "changes" in message]
    assert changes["cells"]["at"].keys() == {"2"}
    assert changes["sources"] == {"gone": [], "at": {"three": "z = y + 1"}}
    assert "lines" not in changes


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_front_end_makes_of_the_changes_what_the_kernel_has(tmp_path: Path) -> None:
    """From picture to picture of a growing notebook; a message that was lost is noticed."""
    sent, messages, models = Sent(), [], []
    for size in (5, 30, 29, 60, 3):
        ledger, report = session(size)
        models.append(panel_model(report, ledger))
        messages.append(sent.message(models[-1]))
    asked = """import {deepEqual} from "node:assert";
import {readFileSync} from "node:fs";
import {Picture} from "./picture.mjs";
const [messages, models] = JSON.parse(readFileSync("data.json", "utf-8"));
const picture = new Picture();
const same = messages.map((message, at) => {
  try {
    deepEqual({...picture.take(message)}, models[at]);
    return true;
  } catch {
    return false;
  }
});
const gap = new Picture();
gap.take(messages[0]);
console.log(JSON.stringify([same, gap.take(messages[2]), gap.lost]));
"""
    assert asked_of_node(tmp_path, "picture", asked, [messages, models]) == [[True] * 5, None, True]


CHUNKS = (
    ("quick cells go together", {"a": 0.1, "b": 0.1, "c": 0.1}, "abc"),
    ("a slow one is asked about first", {"a": 0.1, "b": 2.0, "c": 0.1}, "a"),
    ("and so are those behind it", {"a": 2.0, "b": 0.1, "c": 0.1}, "a"),
    ("many quick ones take long together", {"a": 0.4, "b": 0.4, "c": 0.4}, "ab"),
    ("one that never ran may take long", {"a": 0.1, "c": 0.1}, "a"),
)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_as_many_cells_are_handed_over_as_take_a_second_together(tmp_path: Path) -> None:
    """Between two such parts the kernel is asked what is still needed."""
    asked = """import {readFileSync} from "node:fs";
import {chunk} from "./runner.mjs";
const rows = JSON.parse(readFileSync("data.json", "utf-8"));
console.log(JSON.stringify(rows.map((seconds) => chunk(["a", "b", "c"], seconds).join(""))));
"""
    parts = asked_of_node(tmp_path, "runner", asked, [row[1] for row in CHUNKS])
    assert parts == [row[2] for row in CHUNKS]


def static_files() -> Path:
    """The modules of the extension: beside the sources, else where the installed wheel has put them."""
    beside = Path(cellgraph.__file__).parent / "labextension" / "static"
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "cellgraph" / "static"
    return beside if beside.exists() else installed


def asked_of_node(tmp_path: Path, module: str, asked: str, data: object) -> Any:
    """What a script prints as JSON, which has a module of the extension and ``data.json`` beside it."""
    source = (static_files() / f"{module}.js").read_text(encoding="utf-8")
    (tmp_path / f"{module}.mjs").write_text(source, encoding="utf-8")
    (tmp_path / "data.json").write_text(json.dumps(data), encoding="utf-8")
    (tmp_path / "ask.mjs").write_text(asked, encoding="utf-8")
    done = subprocess.run(["node", "ask.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


LAYERS = (
    ("a small notebook is drawn whole", 80, None, 80, ""),
    ("of a large one what is in doubt", 400, None, 80, "around what is in doubt"),
    ("or what lies around a cell that was picked", 400, "c100", 80, "around [101]"),
)


@pytest.mark.parametrize(
    ("size", "around", "most", "words"), [row[1:] for row in LAYERS], ids=[row[0] for row in LAYERS]
)
def test_layers_are_kept_small(size: int, around: str | None, most: int, words: str) -> None:
    """Above 80 cells the second picture shows a part, and says which."""
    report = session(size)[1]
    part, said = part_to_draw(report, around)
    assert 1 < len(part.cells) <= most
    assert said.startswith(words)
    assert around is None or around in {state.cell for state in part.cells}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_a_cone_holds_what_a_cell_rests_on_and_what_rests_on_it(tmp_path: Path) -> None:
    """The script's own reckoning agrees with that of the analysis, for each cell and for a variable."""
    ledger, report = session(60)
    model = panel_model(report, ledger)
    source = files("cellgraph.render.panel").joinpath("static", "cones.js").read_text(encoding="utf-8")
    (tmp_path / "cones.mjs").write_text(source, encoding="utf-8")
    (tmp_path / "model.json").write_text(json.dumps(model), encoding="utf-8")
    (tmp_path / "ask.mjs").write_text(ASKED, encoding="utf-8")
    done = subprocess.run(["node", "ask.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    cones, lines = json.loads(done.stdout)
    place = {state.cell: row for row, state in enumerate(report.cells)}
    for one, cone in zip(report.cells, cones, strict=True):
        near = {one.cell, *(c for way in (True, False) for c in reachable(report.edges, one.cell, way))}
        assert set(cone) == {place[cell] for cell in near}
    assert all(index in cone for index, cone in enumerate(lines))


ASKED = """import {readFileSync} from "node:fs";
import {cgCone, cgLineCone} from "./cones.mjs";
const model = JSON.parse(readFileSync("model.json", "utf-8"));
const cones = model.cells.map((_, row) => [...cgCone(model, row).rows]);
const lines = model.lines.map((_, index) => [...cgLineCone(model, index).lines]);
console.log(JSON.stringify([cones, lines]));
"""

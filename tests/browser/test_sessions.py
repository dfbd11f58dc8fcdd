"""What a person does in an hour: edit, split, move, undo, rename, interrupt, restart, reload."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # a real browser

CELLS = {
    "load": "%load_ext cellgraph",
    "make": "x = 1",
    "use": "y = x + 1",
    "apart": "other = 5",
    "show": "print('sum', y)",
}
APPS = ("jupyterlab", "notebook")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

_ACTIVATE = """notebook.deselectAll();
notebook.activeCellIndex = notebook.widgets.findIndex(one => one.model.id === arguments[0]);"""
_OWN = """return notebook.widgets.filter(cell =>
  cell.node.querySelector(':scope > .cellgraph-badge, :scope > .cellgraph-message')
  || /cellgraph-(stale|unrun|noted|failed)/.test(cell.node.className)).map(cell => cell.model.id);"""
_REASON = """return notebook.widgets.find(cell => cell.model.id === arguments[0])
  .node.querySelector('.cellgraph-badge').title;"""
_IDS = "return notebook.widgets.map(cell => cell.model.id);"
_CURSOR = """const editor = notebook.activeCell.editor;
editor.setCursorPosition({line: arguments[0], column: 0}); notebook.mode = 'edit';"""
_LAYOUT_IS_KEPT = """return app.serviceManager.workspaces.fetch('default')
  .then(kept => JSON.stringify(kept).includes('"current":"cellgraph-panel"'), () => false);"""
_BUSY = "return notebook.parent.sessionContext.session.kernel.status === 'busy';"
_WAITING = "return notebook.widgets.some(cell => cell.model.executionState === 'running');"


def act(lab: Any, cell: str, *commands: str) -> None:
    """Make a cell the active one, and carry out commands on it."""
    lab.script(_ACTIVATE, cell)
    for command in commands:
        lab.command(command)


def marked_alike(lab: Any, *cells: str) -> bool:
    """Whether just these cells are marked, and whether status item, button and panel count the same."""
    if lab.marked() != list(cells):
        return False
    counted = lab.status().split() or ["0"]
    return counted[0] == str(len(cells)) if cells else not lab.status()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("app", APPS)
def test_cells_are_split_merged_cut_pasted_moved_and_brought_back(  # noqa: PLR0915 - a session
    notebook: Callable[..., Any], app: str, tmp_path: Path
) -> None:
    """After each of these the marks are those of the notebook as it stands, and in the end there are none."""
    with notebook(CELLS | {"pair": "a = 1\nb = a + 1", "sum": "c = b"}, app=app) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        lab.wait(lambda: not lab.script(_OWN))
        act(lab, "show", "notebook:move-cell-up", "notebook:move-cell-up", "notebook:move-cell-up")
        lab.wait(lambda: marked_alike(lab, "show"))  # above the cell that makes y
        act(lab, "show", "notebook:move-cell-down", "notebook:move-cell-down", "notebook:move-cell-down")
        lab.wait(lambda: not lab.script(_OWN))
        act(lab, "make", "notebook:cut-cell")
        lab.wait(lambda: marked_alike(lab, "use", "show"))
        act(lab, "load", "notebook:paste-cell-below")
        lab.wait(lambda: not lab.script(_OWN))
        time.sleep(0.7)  # what is done within half a second is undone together
        act(lab, "make", "notebook:delete-cell")
        lab.wait(lambda: marked_alike(lab, "use", "show"))
        lab.command("notebook:undo-cell-action")
        lab.wait(lambda: not lab.script(_OWN))
        act(lab, "pair")
        lab.script(_CURSOR, 1)
        lab.command("notebook:split-cell-at-cursor")
        lab.wait(lab.marked)  # one half is not the text that ran
        assert "sum" not in lab.marked()  # but both have run, one behind the other
        act(lab, "sum")
        lab.script(
            "notebook.activeCellIndex -= 2;"
            "notebook.extendContiguousSelectionTo(notebook.activeCellIndex + 1);"
        )
        lab.command("notebook:merge-cells")
        lab.wait(lambda: len(lab.script(_IDS)) == len(CELLS) + 2)
        lab.command("notebook:run-cell")
        lab.wait(lambda: not lab.script(_WAITING))
        if lab.marked():
            lab.command("cellgraph:run-stale")
        lab.wait(lambda: not lab.script(_OWN) and not lab.status())
        lab.save()
        saved = lab.saved(tmp_path)
        assert "cellgraph-" not in saved
        assert "CG1" not in saved
        assert lab.console() == []


@pytest.mark.timeout(240)
def test_run_stale_runs_what_was_edited_or_never_run_and_stops_at_an_error(  # noqa: PLR0915 - a session
    notebook: Callable[..., Any], tmp_path: Path
) -> None:
    """The cells behind the one that raises keep their outputs; an interrupt ends the rest as well."""
    with notebook(CELLS | {"late": "z = y * 2\nprint('twice', z)", "last": "print('last', z + x)"}) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("last", "last 5")
        lab.edit("make", "x = 2")
        act(lab, "use", "notebook:insert-cell-below")
        (new,) = set(lab.script(_IDS)) - {*CELLS, "late", "last"}
        lab.edit(new, "y = y + 100")
        lab.wait(lambda: lab.marked() == ["make", "use", "show", "late", "last"] or new in lab.marked())
        lab.command("cellgraph:run-stale")
        lab.wait_for("last", "last 208")  # (2 + 1 + 100) * 2 + 2
        lab.wait(lambda: not lab.script(_OWN))
        lab.edit("make", "x = 'text'")
        lab.wait(lambda: "make" in lab.marked())
        lab.command("cellgraph:run-stale")
        lab.wait_for("use", "TypeError")
        lab.wait(lambda: not lab.script(_WAITING) and lab.output("last") == "last 208")
        assert lab.output("late") == "twice 206"
        assert {"show", "late", "last"} <= set(lab.marked())
        lab.wait(lambda: "unning" not in lab.status())
        lab.edit("make", "import time\nprint('begun')\nfor _ in range(600):\n    time.sleep(0.05)\nx = 3")
        lab.script("app.commands.execute('cellgraph:run-stale');")  # what was typed just now counts
        lab.wait_for("make", "begun")
        assert lab.script(_BUSY)
        assert "unning" in lab.status()
        lab.script("return notebook.parent.sessionContext.session.kernel.interrupt();")
        lab.wait_for("make", "KeyboardInterrupt")
        lab.wait(lambda: not lab.script(_WAITING) and "unning" not in lab.status())
        assert lab.output("last") == "last 208"
        assert "late" in lab.marked()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("app", APPS)
def test_marks_and_panel_outlive_a_reload_and_not_the_kernel(  # noqa: PLR0915 - a session
    notebook: Callable[..., Any], app: str, tmp_path: Path
) -> None:
    """After a reload all is there again; after a restart the panel says so, and nothing else is left."""
    with notebook(CELLS, app=app) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        lab.command("cellgraph:open-panel")
        lab.edit("make", "x = 2")
        lab.run("make")
        lab.wait(lambda: marked_alike(lab, "use", "show") and lab.find("make", ".cellgraph-warning"))
        lab.save()
        assert "in doubt" not in lab.saved(tmp_path)
        if app == "jupyterlab":  # the front end writes down how it is laid out a moment later
            lab.wait(lambda: lab.script(_LAYOUT_IS_KEPT))
        lab.reload()
        lab.wait(lambda: lab.script("return Boolean(document.querySelector('.cellgraph-status-item'));"))
        lab.wait(lambda: marked_alike(lab, "use", "show") and lab.find("make", ".cellgraph-warning"))
        lab.wait(lambda: "[3]" in lab.side() or "y = x + 1" in lab.side())
        lab.script("notebook.parent.context.rename('renamed.ipynb');")
        lab.edit("make", "x = 3")
        lab.run("make")
        lab.wait(lambda: marked_alike(lab, "use", "show"))
        lab.restart()
        lab.wait(lambda: "ot tracked since the restart" in lab.side())
        lab.wait(lambda: not lab.script(_OWN) and not lab.status())
        lab.command("cellgraph:load")
        lab.wait(lambda: "ot tracked" not in lab.side())
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 4")
        lab.wait(lambda: not lab.script(_OWN) and "y = x + 1" in lab.side())
        assert lab.console() == []


@pytest.mark.timeout(240)
def test_the_panel_and_the_status_follow_the_notebook_that_has_the_focus(
    notebook: Callable[..., Any], tmp_path: Path
) -> None:
    """Two notebooks, two kernels: neither is told of the other; without a notebook the panel says so."""
    from tests.browser.conftest import write

    write(
        tmp_path / "second.ipynb", {"two": "second = 1", "three": "print(second)", "four": "4", "five": "5"}
    )
    with notebook(CELLS) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        lab.command("cellgraph:open-panel")
        lab.edit("make", "x = 2")
        lab.run("make")
        lab.wait(lambda: marked_alike(lab, "use", "show") and "y = x + 1" in lab.side())
        first = lab.script("return notebook.parent.context.path;")
        other = first.replace("test.ipynb", "second.ipynb")
        lab.script("app.commands.execute('docmanager:open', {path: arguments[0]});", other)
        lab.wait(lambda: lab.script("return notebook?.widgets?.length === 4;"))
        lab.wait(lambda: "not tracked" in lab.side() and not lab.status())
        lab.command("cellgraph:load")
        lab.run("two")
        lab.run("three")
        lab.wait(lambda: "second = 1" in lab.side() and "y = x + 1" not in lab.side())
        assert not lab.status()
        lab.script("app.commands.execute('docmanager:open', {path: arguments[0]});", first)
        lab.wait(lambda: "y = x + 1" in lab.side() and lab.status().startswith("2 stale"))
        assert lab.console() == []


_SECOND_VIEW = """window.firstView = app.shell.currentWidget;
return app.commands.execute('docmanager:clone').then(() => app.shell.currentWidget !== window.firstView);"""


@pytest.mark.timeout(240)
def test_two_views_of_a_notebook_are_marked_alike(notebook: Callable[..., Any]) -> None:
    """Marks, counts and messages are in both; either may be closed, and the kernel may restart after that."""
    with notebook(CELLS) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        assert lab.script(_SECOND_VIEW)
        lab.wait(lambda: lab.script("return notebook?.widgets?.length === 5;"))
        lab.edit("make", "x = 2")
        lab.run("make")
        lab.wait(lambda: marked_alike(lab, "use", "show") and lab.find("make", ".cellgraph-warning"))
        lab.script("app.shell.activateById(window.firstView.id);")
        lab.wait(lambda: marked_alike(lab, "use", "show") and lab.find("make", ".cellgraph-warning"))
        lab.script("window.firstView.dispose();")
        lab.wait(lambda: marked_alike(lab, "use", "show"))
        lab.command("cellgraph:run-stale")
        lab.wait_for("show", "sum 3")
        lab.wait(lambda: not lab.script(_OWN))
        lab.restart()
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 3")
        lab.edit("make", "x = 3")
        lab.wait(lambda: marked_alike(lab, "make", "use", "show"))
        assert lab.console() == []


_SWITCH = """const box = [...document.querySelectorAll('.jp-SettingsPanel input[type=checkbox]')]
  .find(one => one.id.endsWith('_' + arguments[0]));
if (!box) return false; box.click(); return true;"""


@pytest.mark.timeout(240)
def test_each_switch_of_the_settings_page_does_what_it_says(  # noqa: PLR0915 - each takes a few lines
    notebook: Callable[..., Any],
) -> None:
    """Badges, notes, messages, reactive mode and loading by itself are switched there, and act at once."""
    with notebook({name: text for name, text in CELLS.items() if name != "load"} | {"end": "1"}) as lab:
        path = lab.script("return notebook.parent.context.path;")

        def switch(name: str) -> None:
            lab.script("app.commands.execute('settingeditor:open', {query: 'cellgraph'});")
            lab.wait(lambda: lab.browser.execute_script(_SWITCH, name))
            lab.browser.execute_script(
                "window.jupyterapp.commands.execute('docmanager:open', {path: arguments[0]});", path
            )
            lab.wait(lambda: lab.script("return notebook?.widgets?.length === 5;"))

        switch("autoload")
        lab.wait(lambda: lab.script("return app.commands.isEnabled('cellgraph:select-upstream');"))
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        lab.edit("make", "x = 2")
        lab.run("make")
        lab.wait(lambda: lab.marked() == ["use", "show"] and lab.find("make", ".cellgraph-warning"))
        switch("badges")
        lab.wait(lambda: not lab.marked())
        assert lab.find("make", ".cellgraph-warning")
        switch("messages")
        lab.wait(lambda: not lab.find("make", ".cellgraph-message"))
        switch("badges")
        lab.wait(lambda: lab.marked() == ["use", "show"])
        switch("reactive")
        lab.wait(lambda: lab.script("return app.commands.isToggled('cellgraph:toggle-reactive');"))
        lab.edit("make", "x = 3")
        lab.run("make")
        lab.wait_for("show", "sum 4")
        lab.wait(lambda: not lab.marked())
        lab.edit("end", "other = 6")
        lab.run("end")
        lab.edit("apart", "print(x)\nx = 9")
        lab.run("apart")
        lab.wait(lambda: lab.marked("noted") or lab.marked())
        switch("notes")
        lab.wait(lambda: not lab.marked("noted"))
        assert lab.console() == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("name", "app"), [("ml_workflow", "notebook"), ("tour", "jupyterlab")])
def test_a_clean_run_of_all_cells_says_and_marks_nothing(  # noqa: PLR0915 - a session
    notebook: Callable[..., Any], tmp_path: Path, name: str, app: str
) -> None:
    """Nor is anything of cellgraph's in the file, beside the answers that the notebook asks for."""
    text = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = text["cells"]
    with notebook(CELLS, app=app) as lab:
        shutil.copytree(NOTEBOOKS / "images", tmp_path / "images")
        lab.script("notebook.model.fromJSON(arguments[0]);", text | {"cells": cells})
        lab.command("notebook:run-all-cells")
        last = [cell["id"] for cell in cells if cell["cell_type"] == "code"][-1]
        lab.wait(
            lambda: lab.script(
                f"return notebook.widgets.find(c => c.model.id === '{last}').model.executionCount;"
            )
        )
        lab.wait(lambda: not lab.script(_WAITING))
        lab.wait(lambda: lab.script(_IDLE_FOR_A_MOMENT))
        assert lab.script(_OWN) == []
        assert lab.status() == ""
        lab.save()
        saved = json.loads(lab.saved(tmp_path))
        own = [cell for cell in saved["cells"] if "cellgraph" not in "".join(cell["source"])]
        outputs = json.dumps([cell["outputs"] for cell in own if cell["cell_type"] == "code"])
        assert (
            name == "tour" or "cellgraph" not in outputs
        )  # the tour is about cellgraph, and shows its messages
        assert '"cellgraph": true' not in json.dumps(saved)
        if name == "tour":  # its shells inside cells have not taken the extension's place
            lab.edit("prices", 'prices = {"espresso": 3.00, "cappuccino": 3.10, "filter": 2.60}')
            lab.run("prices")
            lab.wait(lambda: marked_alike(lab, "raise", "revenue", "best"))
            lab.command("cellgraph:run-stale")
            lab.wait(lambda: not lab.script(_OWN) and not lab.status())
        assert lab.console() == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("app", APPS)
def test_messages_that_are_to_be_saved_are_outputs(
    notebook: Callable[..., Any], app: str, tmp_path: Path
) -> None:
    """They are in the file, each once. One that is over is no text in it."""
    with notebook(CELLS | {"config": "%cellgraph config save_messages true"}, app=app) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        lab.edit("make", "x = 2")
        lab.run("make")
        lab.wait(lambda: lab.marked() == ["use", "show"])
        assert len(lab.find("make", ".cellgraph-warning")) == 1
        assert not lab.find("make", ".cellgraph-message"), "drawn by the extension as well"
        lab.save()
        (said,) = _said_in(lab.saved(tmp_path))
        assert said.startswith("cellgraph: 2 cells in doubt")
        assert "2 cells in doubt" in lab.output("make")
        lab.command("cellgraph:run-stale")
        lab.wait(lambda: not lab.marked() and "doubt" not in lab.output("make"))
        lab.save()
        assert _said_in(lab.saved(tmp_path)) == []
        assert lab.console() == []


def _said_in(saved: str) -> list[str]:
    """The messages in the text of a saved notebook."""
    outputs = [one for cell in json.loads(saved)["cells"] for one in cell.get("outputs", ())]
    own = [one for one in outputs if one.get("metadata", {}).get("cellgraph")]
    return [text for one in own if (text := "".join(one["data"]["text/plain"]))]


_IDLE_FOR_A_MOMENT = """const kernel = notebook.parent.sessionContext.session.kernel;
window.calm = kernel.status === 'idle' ? (window.calm || 0) + 1 : 0; return window.calm > 3;"""


@pytest.mark.timeout(240)
def test_a_collapsed_cell_shows_its_badge(notebook: Callable[..., Any]) -> None:
    """Input and output hidden: the badge is seen all the same, and covers no first line."""
    with notebook(CELLS) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        act(lab, "show", "notebook:hide-cell-code", "notebook:hide-cell-outputs")
        lab.edit("make", "x = 2")
        lab.run("make")
        lab.wait(lambda: lab.marked() == ["use", "show"])
        boxes = """return arguments[0].map(id => {
const cell = notebook.widgets.find(one => one.model.id === id);
const badge = cell.node.querySelector('.cellgraph-badge').getBoundingClientRect();
const line = cell.node.querySelector('.cm-line, .jp-Placeholder').getBoundingClientRect();
return [badge.width > 20 && badge.height > 8, badge.bottom - line.top]; });"""
        for seen, over in lab.script(boxes, ["use", "show"]):
            assert seen
            assert over < 8


@pytest.mark.timeout(180)
def test_a_cell_made_markdown_is_not_called_deleted(notebook: Callable[..., Any]) -> None:
    """It still stands there. Made a code cell again, with the text that ran, it puts nothing in doubt."""
    with notebook(CELLS) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        act(lab, "make", "notebook:change-cell-to-markdown")
        lab.wait(lambda: lab.marked() == ["use", "show"])
        lab.run("use")
        lab.wait_for("use", "which holds no code any more")
        assert "deleted" not in lab.output("use")
        act(lab, "make", "notebook:change-cell-to-code")
        lab.wait(lambda: not lab.script(_OWN))


@pytest.mark.timeout(180)
def test_a_cell_that_is_emptied_and_run_is_there_no_more(notebook: Callable[..., Any]) -> None:
    """The front end asks the kernel for nothing. With its text back it puts nothing in doubt."""
    with notebook(CELLS) as lab:
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 2")
        lab.edit("apart", "")
        lab.wait(lambda: lab.marked() == ["apart"])
        lab.run("apart")
        lab.wait(lambda: not lab.script(_OWN))
        lab.edit("make", "")
        lab.wait(lambda: lab.marked() == ["make", "use", "show"])
        lab.run("make")
        lab.wait(lambda: lab.marked() == ["use", "show"])
        assert "holds no code any more" in lab.script(_REASON, "use")
        lab.edit("make", CELLS["make"])
        lab.wait(lambda: not lab.script(_OWN))

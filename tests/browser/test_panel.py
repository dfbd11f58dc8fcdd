"""The live panel and the marks on cells, as a person meets them in JupyterLab and in Notebook 7."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # a real browser

PICTURES = os.environ.get("CELLGRAPH_TEST_PICTURES")
"""A folder for screenshots, where somebody wants to look at them."""

CELLS = {
    "load": "%load_ext cellgraph",
    "make": "x = 1",
    "use": "y = x + 1",
    "apart": "other = 5",
    "show": "print('sum', y)",
    "watch": "%cellgraph watch",
}
RUN = ("load", "make", "use", "apart", "show")
STATES = ("good", "stale", "noted", "failed", "deleted", "unrun")
DARK = "JupyterLab Dark"
APPS = ("jupyterlab", "notebook")

_PANEL = "const panel = document.querySelector('.cellgraph-panel');"
_STATES = f"""{_PANEL} return Object.fromEntries([...panel.querySelectorAll('.cgl-row')]
.map(row => [row.dataset.cell, [...row.classList].map(name => name.replace('cgl-', ''))
  .find(name => arguments[0].includes(name))]));"""
_CLICK = f"""{_PANEL} const row = [...panel.querySelectorAll('.cgl-row')]
.find(one => one.dataset.cell === arguments[0]);
row.dispatchEvent(new MouseEvent('click', {{bubbles: true}}));"""
_DIMMED = f"""{_PANEL}
return [...panel.querySelectorAll('.cgl-row.cgp-dim')].map(row => row.dataset.cell);"""
_LINES = f"""{_PANEL} return [...panel.querySelectorAll('.cgl-line')].filter(one => !one.matches('.cgp-dim'))
.map(line => line.dataset.line);"""
_PRESS = f"""{_PANEL} const button = [...panel.querySelectorAll('button')]
.find(one => one.textContent === arguments[0]);
button.click(); return button.textContent;"""
_TYPE = f"""{_PANEL} const box = panel.querySelector('.cgp-search'); box.value = arguments[0];
box.dispatchEvent(new Event('input'));"""
_SLIDE = f"""{_PANEL} const range = panel.querySelector('.cgp-time input'); range.value = arguments[0];
range.dispatchEvent(new Event('input'));"""
_ACTIVATE = """notebook.deselectAll();
notebook.activeCellIndex = notebook.widgets.findIndex(one => one.model.id === arguments[0]);"""
_WALK = """const panel = document.querySelector('.cellgraph-panel');
const first = panel.querySelector('.cgl-row[tabindex="0"]');
const here = () => panel.contains(document.activeElement) ? document.activeElement : first;
const press = key => here().dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
return arguments[0].map(key => (press(key), document.activeElement.textContent));"""
_COUNT = "return document.querySelectorAll(arguments[0]).length;"
_TEXT = f"{_PANEL} return panel.querySelector(arguments[0])?.innerText ?? '';"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("app", APPS)
def test_the_panel_follows_the_notebook(notebook: Callable[..., Any], app: str) -> None:
    """Run, edit, click, search, filter, go back in time, close and restart: the panel shows what is true."""
    with notebook(CELLS, app=app) as lab:
        _start(lab, *RUN, "watch")
        assert _states(lab) == dict.fromkeys(("make", "use", "apart", "show"), "good")
        _edit_and_run(lab, "make", "x = 2")
        # Between the edit and the end of the run the edited cell is in doubt as well.
        after = {"make": "good", "use": "stale", "apart": "good", "show": "stale"}
        lab.wait(lambda: _states(lab) == after)
        _keep(lab, f"panel-{app}")
        _look_closer(lab)
        lab.browser.execute_script(_SLIDE, 2)
        lab.wait(lambda: set(_states(lab)) == {"make", "use"})
        lab.browser.execute_script(_SLIDE, 99)
        lab.wait(lambda: len(_states(lab)) == 4)
        for cell in ("use", "show"):
            lab.run(cell)
        lab.wait(lambda: set(_states(lab).values()) == {"good"})
        lab.run("watch")
        lab.wait(lambda: len(_states(lab)) == 4)


def _look_closer(lab: Any) -> None:
    lab.browser.execute_script(_CLICK, "use")
    lab.wait(lambda: "CG101" in lab.browser.execute_script(_TEXT, ".cgp-details"))
    assert "y = x + 1" in lab.browser.execute_script(_TEXT, ".cgp-source")
    assert lab.browser.execute_script(_DIMMED) == ["apart"]
    assert lab.browser.execute_script(_LINES) == ["make x", "use y"]
    lab.browser.execute_script(_CLICK, "use")
    lab.browser.execute_script(_TYPE, "other")
    lab.wait(lambda: set(lab.browser.execute_script(_DIMMED)) == {"make", "use", "show"})
    lab.browser.execute_script(_TYPE, "")
    lab.browser.execute_script(_PRESS, "only in doubt")
    lab.wait(lambda: set(_states(lab)) == {"use", "show"})
    lab.browser.execute_script(_PRESS, "only in doubt")
    lab.wait(lambda: len(_states(lab)) == 4)
    lab.browser.execute_script(_PRESS, "layers")
    lab.wait(lambda: lab.browser.execute_script(_COUNT, ".cgp-layers [data-cell]") == 4)
    lab.browser.execute_script(_PRESS, "lifelines")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("app", APPS)
def test_cells_in_doubt_are_marked_and_run_again_in_place(notebook: Callable[..., Any], app: str) -> None:
    """An edit marks the cell and what rests on it; one command runs just that, in order, and the marks go."""
    with notebook(CELLS, app=app) as lab:
        _start(lab, *RUN)
        assert lab.marked() == []
        lab.edit("make", "x = 7")
        lab.wait(lambda: lab.marked() == ["make", "use", "show"])
        for cell, code in (("make", "CG109"), ("use", "CG108")):
            assert code in lab.script(f"return {_cell(cell)}.node.querySelector('.cellgraph-badge').title;")
        _keep(lab, f"marks-{app}")
        lab.script(_ACTIVATE, "use")
        lab.command("cellgraph:select-downstream")
        assert lab.selected() == ["use", "show"]
        lab.command("cellgraph:select-upstream")
        assert lab.selected() == ["make", "use"]
        lab.script(_ACTIVATE, "show")
        lab.command("cellgraph:go-to-cause")
        lab.wait(lambda: lab.selected() != ["show"])
        lab.command("cellgraph:run-stale")
        lab.wait_for("show", "sum 8")
        lab.wait(lambda: lab.marked() == [])
        lab.delete("make")
        lab.wait(lambda: "use" in lab.marked())
        lab.command("notebook:undo-cell-action")
        lab.wait(lambda: lab.marked() == [])


@pytest.mark.timeout(240)
def test_dependents_run_by_themselves_only_where_that_was_asked_for(notebook: Callable[..., Any]) -> None:
    """Reactive mode is off until it is switched on; a cell that raises ends it; a restart clears it all."""
    with notebook(CELLS) as lab:
        _start(lab, *RUN)
        _edit_and_run(lab, "make", "x = 3")
        lab.wait(lambda: lab.marked() == ["use", "show"])
        assert "sum 2" in lab.output("show")
        lab.command("cellgraph:toggle-reactive")
        _edit_and_run(lab, "make", "x = 4")
        lab.wait_for("show", "sum 5")
        lab.wait(lambda: lab.marked() == [])
        _edit_and_run(lab, "make", "x = 'text'")
        lab.wait_for("use", "TypeError")
        lab.wait(lambda: "show" in lab.marked())
        lab.wait_for("show", "sum 5")  # what it showed is put back once the kernel has left it out
        lab.script("return notebook.parent.sessionContext.restartKernel();")
        lab.wait(lambda: lab.marked() == [])
        _start(lab, *RUN[:1])


@pytest.mark.timeout(240)
def test_the_panel_wears_the_theme_of_the_notebook(notebook: Callable[..., Any]) -> None:
    """A change of theme reaches the panel at once."""
    paper = f"{_PANEL} return getComputedStyle(panel.querySelector('.cgp-bar')).backgroundColor;"
    with notebook(CELLS) as lab:
        _start(lab, *RUN, "watch")
        light = lab.browser.execute_script(paper)
        lab.script("return app.commands.execute('apputils:change-theme', {theme: arguments[0]});", DARK)
        lab.wait(lambda: lab.browser.execute_script(paper) != light)
        _keep(lab, "panel-dark")


NAME = "<img src=x onerror=alert(1)>"
HOSTILE = {
    "load": "%load_ext cellgraph",
    "make": f"globals()['{NAME}'] = 1\nمتغير = 2",
    "use": f"text = '</script><script>alert(2)</script>' + str(متغير) + str(globals()['{NAME}'])",
    "long": "\n".join(f"big_{line} = 'abcdefghijklmnopqrstuvwxyz'" for line in range(1_000)),
    "watch": "%cellgraph watch",
}


@pytest.mark.timeout(240)
def test_nothing_in_a_notebook_becomes_markup(notebook: Callable[..., Any]) -> None:
    """Names that are HTML, texts that end scripts, and huge cells are shown as they are; nothing runs."""
    with notebook(HOSTILE) as lab:
        _start(lab, "load", "make", "use", "long", "watch")
        lab.wait(lambda: "</script>" in lab.browser.execute_script(_TEXT, ".cgp-stage"))
        assert lab.browser.execute_script(_COUNT, ".cellgraph-panel :is(img, script)") == 0
        assert "<img src=x" in lab.browser.execute_script(_TEXT, ".cgp-stage")


@pytest.mark.timeout(240)
def test_a_large_notebook_scrolls_and_can_be_walked(tmp_path: Path, notebook: Callable[..., Any]) -> None:
    """A page of 1,000 cells has few rows at a time, is drawn and brought up to date at once, and has keys."""
    from cellgraph.render.interactive import interactive_page
    from tests.pictures import lab
    from tests.pictures.notebooks import session

    page = tmp_path / "page.html"
    ledger, report = session(1_000, again=0)
    page.write_text(interactive_page(report, ledger), encoding="utf-8")
    with lab._browser(tmp_path / "profile") as browser:
        browser.get(page.as_uri())
        lab._wait(lambda: browser.execute_script(_COUNT, ".cgl-row") > 10)
        assert browser.execute_script(_COUNT, ".cgl-row") < 120
        walked = browser.execute_script(_WALK, ["ArrowDown", "ArrowUp", "End", "Home"])
        assert [text[: text.index("]") + 1] for text in walked] == ["[2]", "[1]", "[1000]", "[1]"]
        took = browser.execute_script(_TIMES)
        assert took["first"] < 1_500  # 31 ms on a quiet machine
        assert took["update"] < 500  # 12 ms
        assert browser.execute_script(_COUNT, "script[src], link") == 0
        if PICTURES:
            browser.save_screenshot(str(Path(PICTURES) / "page-1000.png"))


_TIMES = """const {cellgraph: panel} = document.querySelector('.cellgraph-place');
const text = document.querySelector('.cellgraph-data').textContent;
const took = act => {
  const began = performance.now();
  act();
  document.body.getBoundingClientRect();
  return performance.now() - began;
};
const updates = [1, 2, 3].map(() => took(() => panel.update(JSON.parse(text))));
const Panel = panel.constructor;
let other = null;
const first = took(() => { other = new Panel(document.body, JSON.parse(text), {layers() {}}); });
other.destroy();
return {first, update: Math.min(...updates)};"""


def _cell(cell: str) -> str:
    return f"notebook.widgets.find(one => one.model.id === '{cell}')"


def _start(lab: Any, *cells: str) -> None:
    for cell in cells:
        lab.run(cell)
    if "watch" in cells:
        lab.wait(lambda: lab.browser.execute_script("return Boolean(document.querySelector('.cgl-row'));"))


def _edit_and_run(lab: Any, cell: str, text: str) -> None:
    lab.edit(cell, text)
    lab.run(cell)


def _states(lab: Any) -> dict[str, str]:
    return dict(lab.browser.execute_script(_STATES, STATES))


def _keep(lab: Any, name: str) -> None:
    if PICTURES:
        lab.picture(Path(PICTURES) / f"{name}.png")


_PICTURE = """const [kind] = arguments;
return [...document.querySelectorAll(kind)].filter(one => one.getBoundingClientRect().width > 100).length;"""


@pytest.mark.timeout(240)
def test_a_saved_notebook_shows_the_graph_trusted_or_not(
    tmp_path: Path, notebook: Callable[..., Any]
) -> None:
    """Opened again, there is a picture: a live one where the notebook is trusted, else an image."""
    from tests.pictures import lab as pages

    with notebook({**CELLS, "graph": "%cellgraph"}) as lab:
        _start(lab, *RUN, "graph")
        lab.save()
        saved = tmp_path / "test.ipynb"
        lab.wait(lambda: "cellgraph-live" in saved.read_text(encoding="utf-8"))
    foreign = saved.read_text(encoding="utf-8").replace(
        "other = 5", "other = 6"
    )  # no longer as it was signed
    (tmp_path / "foreign.ipynb").write_text(foreign, encoding="utf-8")
    for name, kind in (("test", ".cellgraph-live svg"), ("foreign", "img.cellgraph-still")):
        with pages._server(tmp_path) as address, pages._browser(tmp_path / f"profile-{name}") as browser:
            browser.get(f"{address}/doc/tree/{name}.ipynb")
            pages._wait(lambda: browser.execute_script(_PICTURE, kind) == 1)  # noqa: B023 - called at once

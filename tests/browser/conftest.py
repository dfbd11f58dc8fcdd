"""A JupyterLab with one open notebook, seen through a browser."""

from __future__ import annotations

import os
import shutil
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.pictures import lab

_NOTEBOOK = "const notebook = window.jupyterapp.shell.currentWidget.content;"
_CELL = _NOTEBOOK + "const at = notebook.widgets.findIndex(cell => cell.model.id === arguments[0]);"
_SELECT = _CELL + "notebook.activeCellIndex = at; notebook.deselectAll();"
_RUN = _SELECT + "return window.jupyterapp.commands.execute('notebook:run-cell');"
_DELETE = _SELECT + "return window.jupyterapp.commands.execute('notebook:delete-cell');"
_EDIT = _CELL + "notebook.widgets[at].model.sharedModel.setSource(arguments[1]);"
_BELOW = _CELL + (
    "const cell = notebook.widgets[at];"
    "return [cell.outputArea.node, ...cell.node.querySelectorAll(':scope > .cellgraph-message')];"
)
_TEXT_BELOW = _BELOW.replace("return [", "const parts = [") + (
    "return parts.map(part => part.innerText.trim()).filter(Boolean).join('\\n');"
)
"""In one script: the front end may replace an element between two."""
_SAVE = "return window.jupyterapp.commands.execute('docmanager:save');"
_IDLE = "return window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle';"
_END = "return window.jupyterapp.serviceManager.sessions.shutdownAll();"
_OWN = (
    "yjs#509",
    "is duplicated.",
    "(reading 'schema')",  # Notebook 7 by itself
    "Connection lost, reconnecting",  # at a restart
    "Could not restore the debugger state",  # the same
    "default shortcut because it collides",
    "Settings failed to load for (@jupyterlab",
)
"""What the front ends write to the console without cellgraph as well."""


def missing() -> str:
    """What is not installed, in one line; empty where everything is there."""
    modules = [name for name in ("jupyterlab", "notebook", "selenium") if find_spec(name) is None]
    programs = [name for name in ("chromedriver",) if shutil.which(name) is None]
    chromium = [] if shutil.which("chromium") or shutil.which("google-chrome") else ["chromium"]
    return ", ".join([*modules, *programs, *chromium, *_extension()])


def _extension() -> list[str]:
    """An editable install has no extension where Jupyter looks for it; an installed wheel has."""
    place = Path(sys.prefix, "share", "jupyter", "labextensions", "cellgraph", "package.json")
    return [] if place.exists() else ["cellgraph's extension (install the wheel)"]


@dataclass(frozen=True)
class Lab:
    """One notebook in JupyterLab; cells are named by their ids."""

    browser: Any

    def run(self, cell: str) -> None:
        """Run a cell as Ctrl+Enter does, and wait until its outputs have come."""
        self.browser.execute_script(_RUN, cell)
        self.wait(lambda: self.browser.execute_script(_IDLE))

    def edit(self, cell: str, source: str) -> None:
        """Type a new text into a cell."""
        self.browser.execute_script(_EDIT, cell, source)

    def delete(self, cell: str) -> None:
        """Delete a cell."""
        self.browser.execute_script(_DELETE, cell)

    def save(self) -> None:
        """Save the notebook."""
        self.browser.execute_script(_SAVE)

    def saved(self, folder: Path) -> str:
        """The notebook's file as it stands, once all that is saved is in it."""
        self.wait(lambda: not self.script("return app.shell.currentWidget.context.model.dirty;"))
        return (folder / "test.ipynb").read_text(encoding="utf-8")

    def output(self, cell: str) -> str:
        """The text that stands below a cell, as a person reads it."""
        return str(self.browser.execute_script(_TEXT_BELOW, cell))

    def find(self, cell: str, selector: str) -> list[Any]:
        """The elements below a cell that match a CSS selector."""
        parts = self.browser.execute_script(_BELOW, cell)
        return [found for part in parts for found in part.find_elements("css selector", selector)]

    def wait_for(self, cell: str, text: str) -> None:
        """Wait until a text stands below a cell."""
        self.wait(lambda: text in self.output(cell))

    def script(self, code: str, *given: Any) -> Any:
        """What JavaScript gives; ``notebook`` and ``app`` are at hand."""
        return self.browser.execute_script(f"{_NOTEBOOK} const app = window.jupyterapp; {code}", *given)

    def command(self, name: str) -> Any:
        """Carry out a command of the front end, as its menu would."""
        return self.script("return app.commands.execute(arguments[0]);", name)

    def console(self) -> list[str]:
        """Errors and warnings in the browser's console since the last call, without the front end's own."""
        told = (entry for entry in self.browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING"))
        return [entry["message"] for entry in told if not any(own in entry["message"] for own in _OWN)]

    def status(self) -> str:
        """What the status item says, as a person reads it."""
        return str(self.script("return document.querySelector('.cellgraph-status-item').innerText.trim();"))

    def button(self) -> str:
        """What stands on the button in the toolbar; empty where it is not shown."""
        return str(self.script("return document.querySelector('.cellgraph-toolbar').innerText.trim();"))

    def side(self) -> str:
        """What the panel at the side says."""
        return str(self.script("return document.querySelector('.cellgraph-side').innerText;"))

    def reload(self) -> None:
        """Load the page again, as F5 does, and wait for the notebook."""
        self.browser.refresh()
        self.wait(lambda: self.browser.execute_script(lab._READY))

    def restart(self) -> None:
        """Restart the kernel."""
        self.script("return notebook.parent.sessionContext.restartKernel();")
        self.wait(lambda: self.browser.execute_script(_IDLE))

    def marked(self, state: str = "stale") -> list[str]:
        """The ids of the cells that carry a mark, from top to bottom."""
        return self._ids("cell.node.matches(arguments[0])", f".cellgraph-{state}:has(> .cellgraph-badge)")

    def selected(self) -> list[str]:
        """The ids of the selected cells."""
        return self._ids("notebook.isSelectedOrActive(cell)")

    def _ids(self, condition: str, *given: Any) -> list[str]:
        code = f"return notebook.widgets.filter(cell => {condition}).map(cell => cell.model.id);"
        return list(self.script(code, *given))

    def wait(self, happened: Callable[[], object]) -> None:
        """Wait for anything. Raises TimeoutError."""
        lab._wait(happened)

    def picture(self, path: Path) -> None:
        """A screenshot of the notebook as PNG."""
        frame = self.browser.execute_script(lab._FRAME, lab.MARGIN)
        shot = self.browser.execute_cdp_cmd(
            "Page.captureScreenshot", {"clip": frame, "captureBeyondViewport": True}
        )
        path.write_bytes(b64decode(shot["data"]))


class Servers:
    """The servers of a session of tests, started when first needed. All have one root folder."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self._stack = stack
        self._addresses: dict[tuple[str, str], str] = {}

    def address(self, app: str, theme: lab.Theme) -> str:
        """The address of a JupyterLab, or of Notebook 7, with settings as nobody has changed them."""
        home = self.root / f"{app}-{theme}"
        shutil.rmtree(home / "workspaces", ignore_errors=True)
        shutil.rmtree(home / "settings" / "cellgraph", ignore_errors=True)
        if (app, theme) not in self._addresses:
            lab._write_settings(home / "settings", theme)
            address = self._stack.enter_context(lab._server(home, app, self.root))
            self._addresses[app, theme] = address
        return self._addresses[app, theme]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers over the folder that holds the folders of all tests."""
    with ExitStack() as stack:
        yield Servers(tmp_path_factory.getbasetemp(), stack)


@contextmanager
def opened(
    servers: Servers, folder: Path, cells: dict[str, str], theme: lab.Theme, app: str
) -> Iterator[Lab]:
    """A notebook of these cells (id: text), opened with its kernel idle, in JupyterLab or Notebook 7."""
    write(folder / "test.ipynb", cells)
    place = "doc/tree" if app == "jupyterlab" else "notebooks"
    path = (folder / "test.ipynb").relative_to(servers.root).as_posix()
    address = servers.address(app, theme)
    with lab._browser(folder / "profile") as browser:
        browser.get(f"{address}/{place}/{path}")
        lab._wait(lambda: browser.execute_script(lab._READY))
        try:
            yield Lab(browser)
        finally:
            browser.execute_script(_END)


def write(path: Path, cells: dict[str, str]) -> None:
    """Write a notebook of these cells (id: text)."""
    made = [new_code_cell(text, id=cell) for cell, text in cells.items()]
    nbformat.write(new_notebook(cells=made, metadata=lab._metadata()), path)


@pytest.fixture
def notebook(tmp_path: Path, servers: Servers) -> Callable[..., Any]:
    """Opens a notebook of cells (id: text) for a ``with``; skips where there is no browser."""
    if missing():
        assert not os.environ.get("CELLGRAPH_REQUIRE_BROWSER"), f"needs {missing()}"
        pytest.skip(f"needs {missing()}")
    return lambda cells, theme="light", app="jupyterlab": opened(servers, tmp_path, cells, theme, app)

"""Screenshots of the story in a real JupyterLab, in Chromium without a window.

Needs ``jupyterlab`` and ``selenium`` in this environment, and Chromium with its driver on the PATH.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tests.pictures.story import EDITED, cells, edited

Theme = Literal["light", "dark"]

SIZE = (940, 1000)
"""Width and height of the window in CSS pixels: large enough that nothing scrolls."""

MARGIN = 6
"""CSS pixels below the last cell."""

SCALE = 2
"""Pixels of the picture for each CSS pixel."""

SECONDS = 60.0

_SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "apputils-extension/themes": {"adaptive-theme": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
THEMES: dict[Theme, str] = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

_RUN_ALL = "return window.jupyterapp.commands.execute('notebook:run-all-cells')"
_EDIT_AND_RUN = """
const [id, source] = arguments;
const notebook = window.jupyterapp.shell.currentWidget.content;
const place = notebook.widgets.findIndex(cell => cell.model.id === id);
notebook.widgets[place].model.sharedModel.setSource(source);
notebook.activeCellIndex = place;
notebook.deselectAll();
return window.jupyterapp.commands.execute('notebook:run-cell');
"""
_READY = """
const widget = window.jupyterapp?.shell?.currentWidget;
return widget?.sessionContext?.session?.kernel?.status === 'idle' && widget.content.widgets.length > 3;
"""
_FRAME = """
document.activeElement.blur();
const panel = document.querySelector('.jp-NotebookPanel').getBoundingClientRect();
const last = [...document.querySelectorAll('.jp-Cell')].at(-1).getBoundingClientRect();
return {x: panel.x, y: panel.y, width: panel.width, height: last.bottom - panel.y + arguments[0], scale: 1};
"""
_PICK = """
const stale = document.querySelector('.cellgraph-panel .cgl-row.cgl-stale');
if (stale) stale.dispatchEvent(new MouseEvent('click', {bubbles: true}));
return Boolean(stale);
"""
_PANEL = """
document.activeElement.blur();
const panel = document.querySelector('.cellgraph-panel');
panel.scrollIntoView({block: 'center'});
const box = panel.getBoundingClientRect();
return {x: box.x - 4, y: box.y - 4, width: box.width + 8, height: box.height + 8, scale: 1};
"""


def shoot(path: Path, theme: Theme) -> None:
    """Play the story in JupyterLab and write the picture as PNG."""
    with _opened(theme, cells()) as browser:
        _play(browser)
        path.write_bytes(_picture(browser, _FRAME, MARGIN))


def shoot_panel(path: Path, theme: Theme) -> None:
    """The same with the live panel in the last cell: the panel, with a cell in doubt picked in it."""
    with _opened(theme, [*cells(), new_code_cell("%cellgraph watch", id="watch")]) as browser:
        _play(browser)
        _wait(lambda: browser.execute_script(_PICK))
        time.sleep(1.0)
        path.write_bytes(_picture(browser, _PANEL))


@contextmanager
def _opened(theme: Theme, made: list[Any], size: tuple[int, int] = SIZE) -> Iterator[Any]:
    """A browser in which a notebook of these cells is open, and its kernel idle."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        nbformat.write(new_notebook(cells=made, metadata=_metadata()), folder / "tour.ipynb")
        _write_settings(folder / "settings", theme)
        with _server(folder) as address, _browser(folder / "profile", size) as browser:
            browser.get(f"{address}/doc/tree/tour.ipynb")
            _wait(lambda: browser.execute_script(_READY))
            yield browser


def _play(browser: Any) -> None:
    browser.execute_script(_RUN_ALL)
    time.sleep(2.0)  # the kernel's last messages are drawn a moment after its last reply
    (cell,) = (cell for cell in cells() if cell.id == EDITED)
    browser.execute_script(_EDIT_AND_RUN, EDITED, edited(cell.source))
    _wait(lambda: browser.find_elements("css selector", ".cellgraph-warning"))
    time.sleep(1.0)


def _picture(browser: Any, frame_of: str, *given: Any) -> bytes:
    """What lies in the frame that a script gives."""
    return _clip(browser, browser.execute_script(frame_of, *given))


def _clip(browser: Any, frame: dict[str, float]) -> bytes:
    """What lies in a frame (``x``, ``y``, ``width``, ``height`` in CSS pixels, and ``scale``), as PNG."""
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": frame, "captureBeyondViewport": True})
    return b64decode(shot["data"])


def _metadata() -> dict[str, Any]:
    return {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def _write_settings(folder: Path, theme: Theme) -> None:
    chosen = _SETTINGS["apputils-extension/themes"] | {"theme": THEMES[theme]}
    for name, settings in (_SETTINGS | {"apputils-extension/themes": chosen}).items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")


@contextmanager
def _server(folder: Path, app: str = "jupyterlab", root: Path | None = None) -> Iterator[str]:
    """A JupyterLab (or the ``notebook`` app) over ``root``; gives its address.

    ``folder`` has its settings, and is its root if none is given.
    """
    port = _free_port()
    options = {"IdentityProvider.token": "", "ServerApp.port": port, "ServerApp.root_dir": root or folder}
    command = [sys.executable, "-m", app, "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--{name}={value}" for name, value in options.items()]
    home = {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | home, stdout=log, stderr=log)
        try:
            _wait(lambda: _answers(f"http://localhost:{port}/api"))
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:  # it waits for a kernel that does not answer
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urlopen(address):
            return True
    except (URLError, ConnectionError):
        return False


@contextmanager
def _browser(profile: Path, size: tuple[int, int] = SIZE) -> Iterator[Any]:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    for flag in ("headless", "no-sandbox", "disable-gpu", "no-first-run", "hide-scrollbars"):
        options.add_argument(f"--{flag}")
    for flag in ("disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"):
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={profile}")
    options.add_argument(f"--window-size={size[0]},{size[1]}")
    options.add_argument(f"--force-device-scale-factor={SCALE}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    browser = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    try:
        yield browser
    finally:
        browser.quit()


def _wait(happened: Callable[[], object]) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("JupyterLab or the browser did not get ready")
        time.sleep(0.2)

"""A session in a real JupyterLab as a short animated picture: a screenshot a moment, with a line below it.

Needs pandas, matplotlib and Pillow, and what ``tests.pictures.lab`` needs. The environment variable
``CELLGRAPH_PICTURES`` may name a folder: there each moment is written as PNG too, to be looked at.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell

from tests.pictures import lab

WINDOW = (905, 1000)
"""Width and height of the window in CSS pixels. The notebook in it is as wide as GitHub shows a picture."""

LONGEST = 400_000
"""Bytes. A larger picture takes too long to load for what it says."""

EDITED = "prices"
CELLS = {
    "load": "%load_ext cellgraph",
    "cups": """\
import pandas as pd
cups = pd.DataFrame({"espresso": [52, 48, 61, 55], "cappuccino": [33, 41, 38, 44]})""",
    EDITED: 'prices = pd.Series({"espresso": 2.20, "cappuccino": 3.10})',
    "best": """\
takings = (cups * prices).sum()
print(f"{takings.idxmax()} brings in {takings.max() / takings.sum():.0%}")""",
    "chart": "(cups * prices).plot.bar(figsize=(7.5, 1.5), ylim=(0, 280), rot=0);",
}
BEFORE, AFTER = "2.20", "3.00"
IN_DOUBT = 3
"""How many cells are marked after the edit: the edited cell, and those that read what it makes."""

_CAPTION = 40
"""CSS pixels below the last cell, for the line that says what happens."""

_CELL = """
const notebook = window.jupyterapp.shell.currentWidget.content;
const at = notebook.widgets.findIndex(cell => cell.model.id === arguments[0]);
"""
_SELECT = f"{_CELL} notebook.activeCellIndex = at; notebook.deselectAll();"
_EDIT = f"{_SELECT} notebook.widgets[at].model.sharedModel.setSource(arguments[1]);"
_RUN = "return window.jupyterapp.commands.execute('notebook:run-cell');"
_TEXT = f"{_CELL} return notebook.widgets[at].outputArea.node.innerText;"
_MARKED = "return document.querySelectorAll('.cellgraph-stale > .cellgraph-badge').length;"
_BOTTOM = "return [...document.querySelectorAll('.jp-Cell')].at(-1).getBoundingClientRect().bottom;"
_SAY = """
document.activeElement.blur();
const line = document.getElementById('caption') || document.createElement('div');
line.id = 'caption';
line.textContent = arguments[0];
const panel = document.querySelector('.jp-NotebookPanel').getBoundingClientRect();
line.style = `position: fixed; z-index: 99; box-sizing: border-box; left: ${panel.x}px;
width: ${panel.width}px; top: ${arguments[1]}px; height: ${arguments[2]}px; padding: 0 16px;
color: var(--jp-ui-font-color0); font: 600 16px/${arguments[2] - 1}px var(--jp-ui-font-family);
background: var(--jp-layout-color2); border-top: 1px solid var(--jp-border-color1);`;
document.body.append(line);
"""
_DRAW_POINTER = """
const box = arguments[0].getBoundingClientRect();
const pointer = document.createElement('div');
pointer.id = 'pointer';
pointer.style = `position: fixed; z-index: 99; pointer-events: none; left: ${box.x + box.width * 0.8}px;
top: ${box.y + box.height * 0.6}px`;
pointer.innerHTML = '<svg width="18" height="26"><path d="M1 1v19l4.5-4 3.5 8 3.5-1.5-3.5-8h6z" '
  + 'fill="#000" stroke="#fff" stroke-width="1.5"/></svg>';
document.body.append(pointer);
"""


@dataclass(frozen=True)
class Moment:
    """One picture of the animation: PNG, and how long it stands."""

    picture: bytes
    milliseconds: int


def animate(path: Path, theme: lab.Theme) -> None:
    """Play the session and write it as an animated WebP.

    Raises ValueError where that takes more than ``LONGEST`` bytes.
    """
    made = [new_code_cell(text, id=cell) for cell, text in CELLS.items()]
    with lab._opened(theme, made, WINDOW) as browser:
        moments = _play(browser)
    written = _joined(moments, folder=os.environ.get("CELLGRAPH_PICTURES", ""), name=path.stem)
    if len(written) > LONGEST:
        raise ValueError(f"{path.name} takes {len(written)} bytes")
    path.write_bytes(written)


def _play(browser: Any) -> list[Moment]:
    """Run all, edit a cell, run it, run the cells in doubt; the moments in between."""
    moments = []

    def show(caption: str, seconds: float) -> None:
        moments.append(_moment(browser, caption, seconds))

    browser.execute_script(lab._RUN_ALL)
    lab._wait(lambda: browser.find_elements("css selector", ".jp-OutputArea img"))
    browser.execute_script(_SELECT, EDITED)
    first = browser.execute_script(_TEXT, "best")
    show("Run from top to bottom: cellgraph is quiet.", 2.5)
    browser.execute_script(_EDIT, EDITED, CELLS[EDITED].replace(BEFORE, AFTER))
    lab._wait(lambda: browser.execute_script(_MARKED) == IN_DOUBT)
    show("Edit a price: it has not run yet, and two results rest on it.", 3)
    browser.execute_script(_RUN)
    lab._wait(lambda: browser.find_elements("css selector", ".cellgraph-warning"))
    show("Run that cell: below it stands what no longer holds, why, and what to run.", 5)
    _point(browser, ".cellgraph-run")
    show("Click “Run stale cells”: it runs just those, in order.", 2.5)
    browser.execute_script("document.getElementById('pointer').remove();")
    browser.find_element("css selector", ".cellgraph-run").click()
    lab._wait(lambda: browser.execute_script(_MARKED) == 0)
    lab._wait(lambda: browser.execute_script(_TEXT, "best") != first)
    show("What is on the screen follows from the notebook again.", 4.5)
    return moments


def _point(browser: Any, selector: str) -> None:
    """Put the mouse on an element, and draw it: a browser without a window shows no pointer."""
    from selenium.webdriver import ActionChains

    element = browser.find_element("css selector", selector)
    ActionChains(browser).move_to_element(element).perform()
    browser.execute_script(_DRAW_POINTER, element)


def _moment(browser: Any, caption: str, seconds: float) -> Moment:
    time.sleep(1.0)  # outlines, badges and charts are drawn a moment after the kernel's message
    bottom = browser.execute_script(_BOTTOM)
    browser.execute_script(_SAY, caption, bottom, _CAPTION)
    frame = browser.execute_script(lab._FRAME, _CAPTION)
    return Moment(lab._clip(browser, frame), round(seconds * 1000))


def _joined(moments: list[Moment], folder: str, name: str) -> bytes:
    """All moments as one WebP, without loss. Shorter ones are made as high as the rest, above the line."""
    from PIL import Image

    images = [Image.open(BytesIO(moment.picture)).convert("RGB") for moment in moments]
    size = (images[0].width, max(image.height for image in images))
    foot = _CAPTION * lab.SCALE
    frames = []
    for image in images:
        frame = Image.new("RGB", size, image.getpixel((2, image.height - foot - 4)))
        frame.paste(image.crop((0, 0, image.width, image.height - foot)), (0, 0))
        frame.paste(image.crop((0, image.height - foot, *image.size)), (0, size[1] - foot))
        frames.append(frame)
    if folder:
        for number, frame in enumerate(frames, 1):
            frame.save(Path(folder) / f"{name}-{number}.png")
    written = BytesIO()
    times = [moment.milliseconds for moment in moments]
    frames[0].save(
        written,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=times,
        loop=0,
        lossless=True,
        quality=100,
        method=6,
        minimize_size=True,
    )
    return written.getvalue()

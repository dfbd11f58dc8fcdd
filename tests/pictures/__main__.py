"""``python -m tests.pictures [WHAT …]``: make again what readers see without running anything.

Run it where cellgraph is installed. ``screenshots`` needs JupyterLab, selenium and Chromium as well,
``animation`` pandas, matplotlib and Pillow besides, and the panel needs anywidget.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from cellgraph.render.interactive import interactive_page
from cellgraph.render.lifelines.svg import lifelines_svg
from cellgraph.render.lifelines.text import lifelines_text
from tests.pictures import animation, codes, graph, lab, notebooks, outputs
from tests.pictures.story import FOLDER, IMAGES

SIZES = (5, 20, 60, 200, 1_000)
"""Numbers of cells of the made notebooks that are drawn for the eye; no document shows them."""


def _notebooks() -> None:
    for path in sorted(FOLDER.glob("*.ipynb")):
        outputs.refresh(path)


def _codes() -> None:
    codes.write(FOLDER.parent / "README.md")


def _graph() -> None:
    graph.draw(IMAGES / "lifelines.svg")


def _sizes() -> None:
    folder = Path(tempfile.gettempdir(), "cellgraph-pictures")
    folder.mkdir(exist_ok=True)
    for size in SIZES:
        ledger, report = notebooks.session(size)
        (folder / f"lifelines-{size}.svg").write_text(lifelines_svg(report), encoding="utf-8")
        (folder / f"lifelines-{size}.txt").write_text(lifelines_text(report, 120, encoding="utf-8"), "utf-8")
        (folder / f"page-{size}.html").write_text(interactive_page(report, ledger), encoding="utf-8")
    print(f"to be judged by eye: {folder}")


def _screenshots() -> None:
    for theme in lab.THEMES:
        lab.shoot(IMAGES / f"warning-{theme}.png", theme)
        lab.shoot_panel(IMAGES / f"panel-{theme}.png", theme)


def _animation() -> None:
    for theme in lab.THEMES:
        animation.animate(IMAGES / f"session-{theme}.webp", theme)


MAKERS: dict[str, Callable[[], None]] = {
    "notebooks": _notebooks,
    "codes": _codes,
    "graph": _graph,
    "sizes": _sizes,
    "screenshots": _screenshots,
    "animation": _animation,
}


def main() -> None:
    """Make what is asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"of {', '.join(MAKERS)}; all without one")
    chosen = parser.parse_args().what
    if unknown := set(chosen) - set(MAKERS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    for name in chosen or MAKERS:
        MAKERS[name]()
        print(f"{name}: done")


if __name__ == "__main__":
    main()

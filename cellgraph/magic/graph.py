"""Subcommands that draw: the graph in every format, and the live panel. Renderers are imported on use."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph.analyse.slices import makers, readers
from cellgraph.magic.arguments import NO_CELL, UsageError, check_known, color, width
from cellgraph.session import Tracker

if TYPE_CHECKING:
    from cellgraph.render.formats import RenderInput

_MOST_MOMENTS = 200
"""Largest number of runs for which a page includes the graph after each run."""


def graph(tracker: Tracker, options: Namespace) -> None:
    """Draw the graph, or write it to a file."""
    material = _material(tracker, options)
    if not material.report.cells:
        tracker.display(NO_CELL)
    elif options.output is not None:
        _write_graph(tracker, material, options)
    elif options.format is not None:
        _show_graph(tracker, material, options)
    else:
        _draw_graph(tracker, material, whole=options.focus is not None)


def _material(tracker: Tracker, options: Namespace) -> RenderInput:
    from cellgraph.analyse.subgraph import focused
    from cellgraph.render.formats import RenderInput

    report = tracker.report()
    if options.focus is not None:
        check_known(tracker, options.focus)
        cell = tracker.find_cell(options.focus)
        cells = (cell,) if cell else makers(report, options.focus) + readers(report, options.focus)
        report = focused(report, cells, options.depth)
    layers = options.view == "layers" or options.vars
    return RenderInput(report, tracker.ledger, names=options.vars, layers=layers)


def _draw_graph(tracker: Tracker, material: RenderInput, whole: bool) -> None:
    if material.layers:
        _draw_layers(tracker, material, whole)
        return
    from cellgraph.render.lifelines.html import lifelines_html
    from cellgraph.render.terminal import lifelines_text

    if tracker.rich:
        tracker.display(lifelines_text(material.report), lifelines_html(material.report))
    else:
        tracker.display(lifelines_text(material.report, width(), color=color()))


def _draw_layers(tracker: Tracker, material: RenderInput, whole: bool) -> None:
    """Draw the second picture; of a large notebook the part in doubt, unless some part was asked for."""
    from dataclasses import replace

    from cellgraph.render.layers import part_to_draw
    from cellgraph.render.svg import graph_html
    from cellgraph.render.terminal import graph_text

    part, words = (material.report, "") if whole else part_to_draw(material.report)
    words = f"{words} (--focus draws another part)" if words else ""
    drawn = replace(material, report=part).drawn
    if tracker.rich:
        tracker.display(graph_text(drawn), graph_html(drawn, words or None))
    else:
        tracker.display("\n".join(filter(None, [words, graph_text(drawn, width(), color=color())])))


def _show_graph(tracker: Tracker, material: RenderInput, options: Namespace) -> None:
    from cellgraph.render.formats import format_of
    from cellgraph.render.terminal import picture_text

    chosen = format_of(options.format, None)
    made = chosen.make(material)
    if isinstance(made, bytes) and not tracker.rich:
        raise UsageError("a terminal cannot show an image: write it to a file with -o FILE")
    if chosen.mime and tracker.rich:
        tracker.show_data(
            {chosen.mime: made, "text/plain": picture_text(material.drawn, layers=material.layers)}
        )
    else:
        tracker.display(str(made))


def _write_graph(tracker: Tracker, material: RenderInput, options: Namespace) -> None:
    from dataclasses import replace

    from cellgraph.render.formats import FORMATS, format_of

    chosen = format_of(options.format, options.output)
    if chosen is FORMATS["html"] and len(tracker.runs) <= _MOST_MOMENTS:
        past = tuple(tracker.after_run(run.number) for run in tracker.runs)
        material = replace(material, past=past)
    made = chosen.make(material)
    path = Path(options.output).expanduser()
    tracker.write_file(path, made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass"))
    tracker.display(f"{path}: {chosen.words}, {len(material.report.cells)} cells")


def watch(tracker: Tracker, options: Namespace) -> None:
    """Show the live panel: at the side of the notebook, or below the cell where the front end cannot."""
    if tracker.open_panel():
        return
    if not tracker.rich:
        raise UsageError("the live panel needs a notebook; here `%cellgraph` draws the graph as text")
    from IPython.display import display

    from cellgraph.frontends.live_panel import STILL, panel
    from cellgraph.render.lifelines.html import lifelines_html
    from cellgraph.render.terminal import picture_text

    report = tracker.report()
    display(panel(tracker))  # type: ignore[no-untyped-call]
    tracker.display(picture_text(report), lifelines_html(report, STILL))

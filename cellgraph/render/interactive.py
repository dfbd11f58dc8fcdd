"""The interactive graph as an HTML page: a single file that loads nothing from a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cellgraph.render.layers import layers_answer
from cellgraph.render.lifelines.html import table_below
from cellgraph.render.lifelines.svg import lifelines_svg
from cellgraph.render.markup import cell_address, escape, policy
from cellgraph.render.panel.model import frame, panel_model
from cellgraph.render.panel.script import css, page_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cellgraph.model import Report
    from cellgraph.record.ledger import Ledger

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; padding: 12px; box-sizing: border-box; font: 14px system-ui, sans-serif;
  --cellgraph-height: calc(100vh - 60px); }}
{css}</style></head>
<body>{graph}{table}</body></html>
"""


_MOST_DRAWN = 600
"""Largest number of cells for which the page includes a static picture, for readers without scripts."""


def interactive_page(
    report: Report, ledger: Ledger, past: Sequence[Report] = (), title: str = "", layers: bool = False
) -> str:
    """A whole page with lifelines and layers. ``past`` are the reports after each run, for the slider.

    ``layers``: it opens with the layers.
    """
    graph = interactive_graph(report, ledger, past, layers=layers)
    return _PAGE.format(
        title=escape(title or "cellgraph"),
        policy=policy((page_script(),)),
        css=css(),
        graph=graph,
        table=table_below(report),
    )


def interactive_graph(
    report: Report,
    ledger: Ledger,
    past: Sequence[Report] = (),
    anchors: dict[str, str] | None = None,
    layers: bool = False,
) -> str:
    """Lifelines and layers as a part of a page that has ``css`` in its head.

    ``anchors``: where on the page each cell stands. Without scripts the static picture is shown.
    """
    model = panel_model(report, ledger)
    model |= {"frames": [frame(one) for one in past], "anchors": anchors or {}}
    model["view"] = "layers" if layers else "lifelines"
    model["layers"] = {"cells": layers_answer(report), "names": layers_answer(report, names=True)}
    data = f'<script type="application/json" class="cellgraph-data">{_in_script(model)}</script>'
    address = anchors.__getitem__ if anchors else cell_address
    picture = lifelines_svg(report, address) if len(report.cells) <= _MOST_DRAWN else ""
    static = f'<div class="cellgraph-static" style="overflow:auto">{picture}</div>'
    return f'<div class="cellgraph-place">{static}{data}</div><script type="module">{page_script()}</script>'


def _in_script(model: object) -> str:
    """JSON for a ``<script>`` element, escaped so that no text of a cell can end the element."""
    text = json.dumps(model)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

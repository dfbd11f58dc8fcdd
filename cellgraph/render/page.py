"""The report as one self-contained HTML page that loads nothing from a network.

The graph is shown as lifelines. With the history of the run it is interactive, has the layers as a second
tab, and can go back in time. Without scripts the same lifelines are shown as a picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from cellgraph.light_dataclass import dataclass
from cellgraph.render.alt_text import heading
from cellgraph.render.code import code_css, highlighted
from cellgraph.render.interactive import interactive_graph
from cellgraph.render.lifelines.svg import lifelines_svg
from cellgraph.render.markup import escape, link, linked, policy
from cellgraph.render.panel.script import css, page_script
from cellgraph.render.status import CONSERVATIVE
from cellgraph.render.svg_style import MONO, SANS
from cellgraph.render.table import cell_table, chance_list, finding_list
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cellgraph.model import CellState, Report
    from cellgraph.record.ledger import Ledger

_STYLE = f"""
:root {{ color-scheme: light dark; --ink: #1f2328; --dim: #656d76; --line: #d5dae1; --paper: #fff;
  --soft: #f8f9fb; --link: #0550ae; --warn: #b84a00; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6edf3; --dim: #9198a1; --line: #30363d;
  --paper: #0b0e12; --soft: #151a21; --link: #79b8ff; --warn: #ff9a52; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 1180px; padding: 32px 24px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.55 {SANS}; }}
h1 {{ font-size: 26px; margin: 0 0 4px; overflow-wrap: anywhere; }}
h2 {{ font-size: 18px; margin: 36px 0 12px; }}
a {{ color: var(--link); text-decoration: none; }} a:hover {{ text-decoration: underline; }}
nav {{ margin: 12px 0 0; }} nav a {{ margin-right: 16px; }}
code, pre {{ font-family: {MONO}; font-size: 13px; }}
.verdict {{ font-size: 17px; margin: 0; }}
.verdict code {{ font-size: .9em; }} .doubt {{ color: var(--warn); font-weight: 600; }}
.dim {{ color: var(--dim); }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 16px 0 0; }}
dt {{ color: var(--dim); }} dd {{ margin: 0; overflow-wrap: anywhere; }}
.graph {{ overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 8px; }}
.graph svg {{ display: block; margin: 0 auto; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
th {{ color: var(--dim); font-weight: 600; }}
th, td {{ padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }}
td:nth-child(-n+2) {{ white-space: nowrap; }}
li {{ margin: 6px 0; }} li.note {{ color: var(--dim); }}
abbr {{ font: 600 12px {MONO}; text-decoration: none; border: 1px solid var(--line); border-radius: 4px;
  padding: 1px 5px; margin-right: 4px; cursor: help; }}
li.warning abbr {{ color: var(--warn); border-color: var(--warn); }}
section.cell {{ margin: 14px 0; }} section.cell h3 {{ font-size: 14px; margin: 0 0 4px; }}
section.cell:target pre {{ outline: 2px solid var(--link); }}
pre {{ margin: 0; padding: 10px 14px; background: var(--soft); border: 1px solid var(--line);
  border-radius: 6px; overflow-x: auto; }}
.outputs {{ display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 0; }}
.outputs img {{ max-width: 320px; max-height: 200px; background: #fff;
  border: 1px solid var(--line); border-radius: 6px; }}
@media print {{ .graph {{ max-height: none; overflow: visible; }} }}
"""


Failed = Callable[[str, Exception], None]
"""Called with the name of a part of the page that could not be made, and the error."""


@dataclass(frozen=True, slots=True)
class PageHistory:
    """The ledger of a run of the notebook, the report after each cell's run, and images among the outputs.

    ``pictures`` holds ``data:`` addresses by cell.
    """

    ledger: Ledger
    past: Sequence[Report] = ()
    pictures: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageHead:
    """What stands around the parts of a page.

    ``facts`` are pairs to show at the top (notebook, kernel, duration); ``generated`` says when the page was
    made and by what. ``verdicts`` are lines about the run as a whole that stand first.
    """

    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    generated: str = ""
    verdicts: Sequence[str] = ()


def report_page(
    report: Report,
    page: PageHead,
    history: PageHistory | None = None,
    failed: Failed | None = None,
) -> str:
    """The page of ``cellgraph run``: verdict, graph, findings, table of cells, and their sources.

    Without ``history`` the graph is a picture. If a part cannot be made, ``failed`` is called and the page
    has a line in its place; without ``failed`` the error is raised.
    """
    part = partial(_part, failed=failed)
    targets = _targets(report)
    pictures = history.pictures if history is not None else {}
    head = part("heading", lambda: _verdict(report, targets, page.verdicts)) + part(
        "facts", lambda: _facts(page.facts)
    )
    sources = "".join(
        part(f"source of {state.label}", partial(_source, report, state, targets, pictures))
        for state in report.cells
    )
    cells = part("table of cells", lambda: f'<div class="wide">{cell_table(report, targets)}</div>')
    scripts = (page_script(),) if history is not None else ()
    body = [
        f"<header><h1>{escape(page.title)}</h1>{head}{_NAVIGATION}</header>",
        "<main>",
        _section("graph", "Graph", part("graph", lambda: _graph(report, history))),
        _section("findings", "Findings", part("findings", lambda: _findings(report, targets))),
        _section("cells", "Cells", cells),
        _section("sources", "Sources", sources),
        f'</main><footer class="dim"><p>{escape(page.generated)}</p></footer>',
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}{code_css('section.cell pre')}"
        f"{css() if history is not None else ''}</style></head>\n<body>{''.join(body)}</body></html>\n"
    )


def _part(name: str, make: Callable[[], str], failed: Failed | None) -> str:
    """The result of ``make`` or, if it raises and ``failed`` is given, a line in its place."""
    if failed is None:
        return make()
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - a part that fails for whatever reason costs no other part
        failed(name, error)
        return f'<p class="dim">The {escape(name)} could not be made ({escape(type(error).__name__)}).</p>'


def _findings(report: Report, targets: Mapping[str, str]) -> str:
    found = finding_list(report.findings, targets) or "<p>None.</p>"
    return found + chance_list(report.chances, targets)


_NAVIGATION = (
    '<nav><a href="#graph">Graph</a><a href="#findings">Findings</a>'
    '<a href="#cells">Cells</a><a href="#sources">Sources</a></nav>'
)


def _anchors(report: Report) -> dict[str, str]:
    """Cell → its anchor on this page. The anchor is a number, because a cell's id may hold any character."""
    return {state.cell: f"#cell-{number}" for number, state in enumerate(report.cells, 1)}


def _targets(report: Report) -> dict[str, str]:
    """Label → anchor. Deleted cells are included. If two cells have the same label the later one counts."""
    anchors = _anchors(report)
    return {state.label: anchors[state.cell] for state in report.cells}


def _verdict(report: Report, targets: Mapping[str, str], verdicts: Sequence[str]) -> str:
    doubted = any(state.state in {"stale", "failed"} for state in report.cells)
    kind = "verdict doubt" if doubted else "verdict"
    note = f'<p class="dim">{escape(CONSERVATIVE)}</p>' if report.conservative else ""
    first = "".join(f'<p class="verdict doubt">{linked(line, targets)}</p>' for line in verdicts)
    return f'{first}<p class="{kind}">{linked(heading(report), targets)}</p>{note}'


def _facts(facts: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{linked(value, {})}</dd>" for name, value in facts.items())
    return f"<dl>{rows}</dl>" if rows else ""


def _section(anchor: str, title: str, content: str) -> str:
    return f'<section id="{anchor}"><h2>{title}</h2>{content}</section>'


def _graph(report: Report, history: PageHistory | None) -> str:
    anchors = _anchors(report)
    if history is None:
        return f'<div class="graph" tabindex="0">{lifelines_svg(report, anchors.__getitem__)}</div>'
    return interactive_graph(report, history.ledger, history.past, anchors)


def _pictures(cell: str, pictures: Mapping[str, Sequence[str]]) -> str:
    shown = pictures.get(cell, ())
    images = "".join(f'<img src="{escape(address)}" alt="output" loading="lazy">' for address in shown)
    return f'<div class="outputs">{images}</div>' if images else ""


def _source(
    report: Report, state: CellState, targets: Mapping[str, str], pictures: Mapping[str, Sequence[str]]
) -> str:
    style = STATE_STYLES[state.state]
    mark = f'<span style="color: {style.hue}" aria-hidden="true">{style.glyph}</span>'
    code = highlighted(state.source)
    took = f" · {state.duration:.2g} s" if state.duration else ""
    anchor = _anchors(report)[state.cell].removeprefix("#")
    images = _pictures(state.cell, pictures)
    return (
        f'<section class="cell" id="{anchor}"><h3>{mark} {link(state.label, targets)} '
        f'<span class="dim">{style.word}{took}</span></h3><pre>{code}</pre>{images}</section>'
    )

"""The table of cells as HTML: for a notebook's output, where styles may be stripped, and for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.render.alt_text import heading
from cellgraph.render.markup import addresses, escape, link, linked
from cellgraph.render.status import CONSERVATIVE
from cellgraph.render.text import UNDETERMINED, chance_line, cut, first_line, unrun_line
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cellgraph.model import CellState, Finding, Nondeterminism, Report

_CODE = 60
_LEFT = "text-align: left; vertical-align: top"
_MONO = "font-family: var(--jp-code-font-family, monospace)"
_HEADS = ("cell", "state", "first line", "reads", "writes")


def status_html(report: Report) -> str:
    """The table of cells with the findings below it; cells link to themselves in the notebook."""
    targets = addresses(report)
    unrun = f"<div>{escape(unrun_line(report.unrun))}</div>" if report.unrun else ""
    conservative = f"<div>{escape(CONSERVATIVE)}</div>" if report.conservative else ""
    return (
        f'<div class="cellgraph-status"><div><b>{linked(heading(report), targets)}</b></div>'
        f"{cell_table(report, targets)}{finding_list(report.findings, targets)}"
        f"{chance_list(report.chances, targets)}{unrun}{conservative}</div>"
    )


def cell_table(report: Report, targets: Mapping[str, str]) -> str:
    """A row for each cell: label, state in mark and word, first line, reads and writes."""
    if not report.cells:
        return ""
    heads = "".join(f'<th scope="col" style="{_LEFT}">{head}</th>' for head in _HEADS)
    rows = "".join(_row(state, targets, state.cell in report.undetermined) for state in report.cells)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def finding_list(findings: Sequence[Finding], targets: Mapping[str, str]) -> str:
    """The findings as a list; each code has its meaning as tooltip."""
    items = "".join(_item(finding, targets) for finding in findings)
    return f"<ul>{items}</ul>" if items else ""


def chance_list(chances: Sequence[Nondeterminism], targets: Mapping[str, str]) -> str:
    """The cells whose results are left to chance, as a list."""
    items = "".join(f'<li class="note">{linked(chance_line(chance), targets)}</li>' for chance in chances)
    return f"<ul>{items}</ul>" if items else ""


def _item(finding: Finding, targets: Mapping[str, str]) -> str:
    code = f'<abbr title="{escape(rules.meaning(finding.code))}">{escape(finding.code)}</abbr>'
    return f'<li class="{finding.severity}">{code} {linked(finding.message, targets)}</li>'


def _row(state: CellState, targets: Mapping[str, str], undetermined: bool) -> str:
    style = STATE_STYLES[state.state]
    mark = f'<span style="color: {style.hue}" aria-hidden="true">{style.glyph}</span>'
    chance = f' <abbr title="not deterministic">{UNDETERMINED}</abbr>' if undetermined else ""
    cells = (
        link(state.label, targets),
        f"{mark} {style.word}{chance}",
        f"<code>{escape(cut(first_line(state.source), _CODE))}</code>",
        *(
            f'<span style="{_MONO}">{escape(", ".join(names))}</span>'
            for names in (state.reads, state.writes)
        ),
    )
    return "<tr>" + "".join(f'<td style="{_LEFT}">{cell}</td>' for cell in cells) + "</tr>"

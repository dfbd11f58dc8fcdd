"""The message after a cell: new findings, cells that hold again, and notes.

It is made after every cell, so it imports only the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.analyse.messages.common import listed
from cellgraph.render.markup import addresses, escape, linked
from cellgraph.render.text import counted, shown, unique

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cellgraph.model import Finding, Report

_OPEN = 3
"""Number of findings that are shown unfolded."""

_FOLDED = 20
"""Number of findings that can be unfolded below them. The rest is referred to ``%cellgraph status``."""

_TEXT_LINES = 10
"""Number of findings in plain text. The rest is referred to ``%cellgraph status``."""

_NOTES = 2
"""Number of notes in the one line for notes."""

_DOUBT = "var(--jp-warn-color1, var(--vscode-editorWarning-foreground, #d55e00))"
_BLOCK = f"border-left: 3px solid {_DOUBT}; padding: 2px 0 2px 10px; margin: 4px 0; line-height: 1.5"
_QUIET = "opacity: 0.7; margin: 2px 0; padding-left: 13px; font-size: 0.92em"
_LIST = "margin: 2px 0; padding-left: 1.4em"
_CODE = "opacity: 0.65; font-size: 0.85em"


def warnings_text(
    report: Report,
    new: Sequence[Finding],
    resolved: Sequence[Finding] = (),
    notes: Sequence[Finding] = (),
    *,
    fresh: bool = True,
) -> str:
    """Plain text for terminals and logs; empty where there is nothing to say.

    ``fresh``: the findings have just appeared, and are counted as new.
    """
    lines = _text_block(report, new, fresh) if new else []
    lines += [_held_again(report, resolved)] if _held(report, resolved) else []
    lines += [_notes_line(notes)] if notes else []
    return "\n".join(map(shown, lines))


def warnings_html(
    report: Report,
    new: Sequence[Finding],
    resolved: Sequence[Finding] = (),
    notes: Sequence[Finding] = (),
    *,
    fresh: bool = True,
) -> str:
    """The same as HTML that is readable without its styles too, because some front ends remove them."""
    targets = addresses(report)
    blocks = [_html_block(report, new, targets, fresh)] if new else []
    blocks += [_quiet(_held_again(report, resolved), targets)] if _held(report, resolved) else []
    blocks += [_quiet(_notes_line(notes), targets)] if notes else []
    return "".join(blocks)


def quiet_html(line: str) -> str:
    """One dim line as HTML."""
    return _quiet(line, {})


def before_text(messages: Sequence[str]) -> str:
    """Lines said before a cell runs; empty where there are none."""
    return "\n".join(f"cellgraph: {shown(message)}" for message in messages)


def before_html(messages: Sequence[str]) -> str:
    """The same lines as HTML."""
    if not messages:
        return ""
    lines = "<br>".join(f"<b>cellgraph:</b> {escape(message)}" for message in messages)
    return f'<div class="cellgraph-before" style="{_BLOCK}">{lines}</div>'


def _text_block(report: Report, new: Sequence[Finding], fresh: bool) -> list[str]:
    lines = [_heading(report, new, fresh) + _plan(report, new)]
    lines += [f"  {finding.message}  ({finding.code})" for finding in new[:_TEXT_LINES]]
    rest = len(new) - _TEXT_LINES
    return lines + ([f"  … and {rest} more: %cellgraph status"] if rest > 0 else [])


def _heading(report: Report, new: Sequence[Finding], fresh: bool) -> str:
    cells = unique(finding.cell for finding in new)
    doubted = unique([*_doubted(report), *cells])
    share = f" ({len(cells)} new)" if fresh and len(cells) < len(doubted) else ""
    return f"cellgraph: {counted(len(doubted), 'cell')} in doubt{share}"


def _plan(report: Report, new: Sequence[Finding]) -> str:
    cells = report.plan or unique(cell for finding in new for cell in finding.remedy)
    return f" · run {listed(cells, report.label)}" if cells else ""


def _doubted(report: Report) -> tuple[str, ...]:
    """The cells in doubt, by state or by finding. A report may hold only the new findings."""
    stale = (state.cell for state in report.cells if state.state == "stale")
    return unique([*stale, *(finding.cell for finding in report.findings if finding.severity == "warning")])


def _held(report: Report, resolved: Sequence[Finding]) -> tuple[str, ...]:
    """The cells of resolved findings that have no other warning and were not deleted."""
    doubted = set(_doubted(report))
    there = {state.cell for state in report.cells if state.state != "deleted"}
    return unique(finding.cell for finding in resolved if finding.cell in there - doubted)


def _held_again(report: Report, resolved: Sequence[Finding]) -> str:
    cells = _held(report, resolved)
    return f"cellgraph: {listed(cells, report.label)} {'holds' if len(cells) == 1 else 'hold'} again"


def _notes_line(notes: Sequence[Finding]) -> str:
    rest = len(notes) - _NOTES
    more = f"; and {rest} more: %cellgraph status" if rest > 0 else ""
    return "cellgraph note: " + "; ".join(note.message for note in notes[:_NOTES]) + more


def _html_block(report: Report, new: Sequence[Finding], targets: Mapping[str, str], fresh: bool) -> str:
    heading = f"<b>{escape(_heading(report, new, fresh))}</b>{linked(_plan(report, new), targets)}"
    shut = _folded(new[_OPEN:], targets) if len(new) > _OPEN else ""
    listed = _items(new[:_OPEN], targets)
    return f'<div class="cellgraph-warning" style="{_BLOCK}"><div>{heading}</div>{listed}{shut}</div>'


def _folded(findings: Sequence[Finding], targets: Mapping[str, str]) -> str:
    rest = len(findings) - _FOLDED
    more = f"<div>… and {rest} more: <code>%cellgraph status</code></div>" if rest > 0 else ""
    items = _items(findings[:_FOLDED], targets)
    return f"<details><summary>{len(findings)} more</summary>{items}{more}</details>"


def _items(findings: Sequence[Finding], targets: Mapping[str, str]) -> str:
    items = "".join(f"<li>{linked(finding.message, targets)} {_code(finding)}</li>" for finding in findings)
    return f'<ul style="{_LIST}">{items}</ul>'


def _code(finding: Finding) -> str:
    title = escape(rules.meaning(finding.code))
    return f'<abbr title="{title}" style="{_CODE}">{escape(finding.code)}</abbr>'


def _quiet(line: str, targets: Mapping[str, str]) -> str:
    return f'<div class="cellgraph-quiet" style="{_QUIET}">{linked(line, targets)}</div>'

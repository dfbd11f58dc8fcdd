"""The message after a cell: new findings, cells that hold again, and notes.

It is made after every cell, so it imports only the standard library.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from cellgraph import rules
from cellgraph.analyse.messages.common import listed
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.names import Name
from cellgraph.render.markup import NamedCells, addresses, escape, linked, quiet_html
from cellgraph.render.text import counted, shown, unique

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cellgraph.model import Finding

_OPEN = 3
"""Number of lines that are shown unfolded."""

_FOLDED = 20
"""Number of lines that can be unfolded below them. The rest is referred to ``%cellgraph status``."""

_TEXT_LINES = 10
"""Number of lines in plain text. The rest is referred to ``%cellgraph status``."""

_ALSO = 3
"""Number of further names that the line of a cell lists."""

_NOTES = 2
"""Number of notes in the one line for notes."""

_DOUBT = "var(--jp-warn-color1, var(--vscode-editorWarning-foreground, #d55e00))"
_BLOCK = f"border-left: 3px solid {_DOUBT}; padding: 2px 0 2px 10px; margin: 4px 0; line-height: 1.5"
_LIST = "margin: 2px 0; padding-left: 1.4em"
_CODE = "opacity: 0.65; font-size: 0.85em"


class Standing(NamedCells, Protocol):
    """How the notebook stands: a report, or the part of it that a message needs."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What does not hold, where that is told."""

    @property
    def plan(self) -> Sequence[str]:
        """The cells to run, in order."""

    def label(self, cell: str) -> str:
        """What a cell is called."""


class Line(NamedTuple):
    """What is said of one cell: its first reason, and the names that its other reasons are about."""

    message: str
    code: str
    also: tuple[str, ...] = ()

    @property
    def reasons(self) -> str:
        """The code, and the further names after ``; also``. ``%cellgraph why`` tells each."""
        return self.code + (f"; {also(self.also)}" if self.also else "")


def also(names: Sequence[str]) -> str:
    """Further names that the same is said of: the first few, and how many more there are."""
    rest = len(names) - _ALSO
    said = [Name(name).label if Name(name).is_patch else name for name in names[:_ALSO]]
    return f"also {', '.join(said)}" + (f" and {rest} more" if rest > 0 else "")


def message_lines(report: Standing, findings: Sequence[Finding]) -> list[Line]:
    """One line for each cell, in the order of the findings.

    Cells that are in doubt only through others share the last line, where there are several of them, and
    others.
    """
    by_cell: dict[str, list[Finding]] = {}
    for finding in findings:
        by_cell.setdefault(finding.cell, []).append(finding)
    through = [cell for cell, reasons in by_cell.items() if all(map(_is_upstream, reasons))]
    if len(through) < 2 or len(through) == len(by_cell):
        through = []
    lines = [_line(reasons) for cell, reasons in by_cell.items() if cell not in through]
    if through:
        lines.append(
            Line(f"{listed(through, report.label)} use what cells in doubt make", rules.UPSTREAM.code)
        )
    return lines


def _line(reasons: Sequence[Finding]) -> Line:
    """A value that differs by itself is the first reason, before one that comes from a cell in doubt.

    A whole value stands for its parts.
    """
    names = unique(finding.name for finding in reasons if finding.name)
    wholes = [name for name in names if not any(_is_part(name, other) for other in names)]
    first = min(reasons, key=lambda found: (_is_upstream(found), found.name not in (*wholes, "")))
    others = [name for name in wholes if name != first.name and not _is_part(first.name, name)]
    return Line(first.message, first.code, tuple(others))


def _is_upstream(finding: Finding) -> bool:
    return finding.code == rules.UPSTREAM.code


def _is_part(name: str, whole: str) -> bool:
    """Whether ``whole`` is a value that the part ``name`` belongs to: ``df`` of ``df["price"]``."""
    return name.startswith(whole) and name[len(whole) : len(whole) + 1] in ("[", ".")


def warnings_text(
    report: Standing,
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
    report: Standing,
    new: Sequence[Finding],
    resolved: Sequence[Finding] = (),
    notes: Sequence[Finding] = (),
    *,
    fresh: bool = True,
) -> str:
    """The same as HTML that is readable without its styles too, because some front ends remove them."""
    targets = addresses(report)
    blocks = [_html_block(report, new, targets, fresh)] if new else []
    blocks += [quiet_html(_held_again(report, resolved), targets)] if _held(report, resolved) else []
    blocks += [quiet_html(_notes_line(notes), targets)] if notes else []
    return "".join(blocks)


def before_text(messages: Sequence[str]) -> str:
    """Lines said before a cell runs; empty where there are none."""
    return "\n".join(f"cellgraph: {shown(message)}" for message in messages)


def before_html(messages: Sequence[str], targets: Mapping[str, str] = MappingProxyType({})) -> str:
    """The same lines as HTML. ``targets``: addresses of cells by their labels."""
    if not messages:
        return ""
    lines = "<br>".join(f"<b>cellgraph:</b> {linked(message, targets)}" for message in messages)
    return f'<div class="cellgraph-before" style="{_BLOCK}">{lines}</div>'


def _text_block(report: Standing, new: Sequence[Finding], fresh: bool) -> list[str]:
    lines = [_heading(report, new, fresh) + _plan(report, new)]
    told = message_lines(report, new)
    lines += [f"  {line.message}  ({line.reasons})" for line in told[:_TEXT_LINES]]
    rest = len(told) - _TEXT_LINES
    return lines + ([f"  … and {rest} more: %cellgraph status"] if rest > 0 else [])


def _heading(report: Standing, new: Sequence[Finding], fresh: bool) -> str:
    cells = unique(finding.cell for finding in new)
    doubted = unique([*_doubted(report), *cells])
    share = f" ({len(cells)} new)" if fresh and len(cells) < len(doubted) else ""
    return f"cellgraph: {counted(len(doubted), 'cell')} in doubt{share}"


def _plan(report: Standing, new: Sequence[Finding]) -> str:
    cells = report.plan or unique(cell for finding in new for cell in finding.remedy)
    return f" · run {listed(cells, report.label)}" if cells else ""


def _doubted(report: Standing) -> tuple[str, ...]:
    """The cells in doubt, by state or by finding. A report may hold only the new findings."""
    stale = (state.cell for state in report.cells if state.state == "stale")
    return unique([*stale, *(finding.cell for finding in report.findings if finding.severity == "warning")])


def _held(report: Standing, resolved: Sequence[Finding]) -> tuple[str, ...]:
    """The cells of resolved findings that have no other warning and were not deleted."""
    doubted = set(_doubted(report))
    there = {state.cell for state in report.cells if state.state != "deleted"}
    return unique(finding.cell for finding in resolved if finding.cell in there - doubted)


def _held_again(report: Standing, resolved: Sequence[Finding]) -> str:
    cells = _held(report, resolved)
    return f"cellgraph: {listed(cells, report.label)} {'holds' if len(cells) == 1 else 'hold'} again"


def _notes_line(notes: Sequence[Finding]) -> str:
    rest = len(notes) - _NOTES
    more = f"; and {rest} more: %cellgraph status" if rest > 0 else ""
    return "cellgraph note: " + "; ".join(note.message for note in notes[:_NOTES]) + more


def _html_block(report: Standing, new: Sequence[Finding], targets: Mapping[str, str], fresh: bool) -> str:
    heading = f"<b>{escape(_heading(report, new, fresh))}</b>{linked(_plan(report, new), targets)}"
    told = message_lines(report, new)
    shut = _folded(told[_OPEN:], targets) if len(told) > _OPEN else ""
    lines = _items(told[:_OPEN], targets)
    return f'<div class="cellgraph-warning" style="{_BLOCK}"><div>{heading}</div>{lines}{shut}</div>'


def _folded(lines: Sequence[Line], targets: Mapping[str, str]) -> str:
    rest = len(lines) - _FOLDED
    more = f"<div>… and {rest} more: <code>%cellgraph status</code></div>" if rest > 0 else ""
    items = _items(lines[:_FOLDED], targets)
    return f"<details><summary>{len(lines)} more</summary>{items}{more}</details>"


def _items(lines: Sequence[Line], targets: Mapping[str, str]) -> str:
    items = "".join(f"<li>{linked(line.message, targets)} {_reasons(line)}</li>" for line in lines)
    return f'<ul style="{_LIST}">{items}</ul>'


def _reasons(line: Line) -> str:
    title = escape(rules.meaning(line.code))
    return f'<abbr title="{title}" style="{_CODE}">{escape(shown(line.reasons))}</abbr>'

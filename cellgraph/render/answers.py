"""The answers of ``%cellgraph why``, ``deps``, ``uses``, ``check`` and ``slice``, as text and as HTML.

Both say the same. In HTML each label is a link to its cell, and code is coloured as the front end colours it.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.light_dataclass import dataclass
from cellgraph.render.code import highlighted_inline
from cellgraph.render.markup import addresses, escape, link, linked
from cellgraph.render.text import chance_line, first_line, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cellgraph.model import CellState, Finding, Nondeterminism, Report

_PRE = "margin: 2px 0 8px; padding: 4px 8px; overflow-x: auto"
_LIST = "margin: 2px 0; padding-left: 1.4em"
_CODE = "opacity: 0.65; font-size: 0.85em"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in both forms."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, lines below it, cells below these, and code at the end."""

    heading: str
    lines: Sequence[str] = ()
    cells: Sequence[CellState] = ()
    findings: Sequence[Finding] = ()
    code: str = field(default="", kw_only=True)

    def text(self) -> str:
        """The block as text: what stands below the heading is indented, and code is not."""
        rows = [*map(shown, self.lines)]
        rows += [f"{cell.label} {first_line(cell.source)}" for cell in self.cells]
        rows += [shown(f"{rules.titled(one.code)}: {one.message}") for one in self.findings]
        head = f"# {self.heading}" if self.code else self.heading
        return "\n".join([head, *(f"  {row}" for row in rows), *([self.code] if self.code else [])])

    def html(self, targets: Mapping[str, str]) -> str:
        """The block as HTML."""
        rows = [linked(line, targets) for line in self.lines]
        rows += [
            f"{link(cell.label, targets)} <code>{highlighted_inline(first_line(cell.source))}</code>"
            for cell in self.cells
        ]
        rows += [_finding(one, targets) for one in self.findings]
        listed = "".join(f"<li>{row}</li>" for row in rows)
        listed = f'<ul style="{_LIST}">{listed}</ul>' if listed else ""
        code = f'<pre style="{_PRE}">{highlighted_inline(self.code)}</pre>' if self.code else ""
        return f"<div><b>{linked(self.heading, targets)}</b>{listed}{code}</div>"


def answer(report: Report, blocks: Iterable[Block]) -> Answer:
    """An answer of several blocks, of which those with code stand apart."""
    every = list(blocks)
    targets = addresses(report)
    between = "\n\n" if any(block.code for block in every) else "\n"
    html = "".join(block.html(targets) for block in every)
    return Answer(
        between.join(block.text() for block in every),
        f'<div class="cellgraph-answer" style="line-height: 1.5">{html}</div>',
    )


def script_html(report: Report, cells: Sequence[CellState], script: str) -> str:
    """A script as HTML, below links to the cells that it comes from."""
    targets = addresses(report)
    links = ", ".join(link(cell.label, targets) for cell in cells)
    code = f'<pre style="{_PRE}">{highlighted_inline(script)}</pre>'
    return f'<div class="cellgraph-answer" style="line-height: 1.5"><div>from {links}</div>{code}</div>'


def check_blocks(
    verdict: str, warnings: Sequence[Finding], notes: Sequence[Finding], chances: Sequence[Nondeterminism]
) -> list[Block]:
    """The blocks of ``check``: the verdict with the warnings, the notes, and what is left to chance."""
    blocks = [Block(verdict, findings=warnings)]
    if notes:
        blocks.append(Block("notes: inputs that would be different if one cell ran now", findings=notes))
    return [*blocks, *(Block(chance_line(chance)) for chance in chances)]


def _finding(finding: Finding, targets: Mapping[str, str]) -> str:
    code = (
        f'<abbr title="{escape(rules.meaning(finding.code))}" style="{_CODE}">{escape(finding.code)}</abbr>'
    )
    return f"{linked(finding.message, targets)} {code}"

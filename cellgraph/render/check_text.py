"""Findings of saved notebooks for people: a terminal, Markdown, and the annotations of GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cellgraph.notebooks.checks.check import Checked
from cellgraph.notebooks.checks.finding import CheckFinding
from cellgraph.notebooks.checks.stamped import StampVerdict
from cellgraph.render.text import columns, counted, cut, shown
from cellgraph.rules import EVERY_RULE

_WIDTH = 100
_COLOURS = {
    "warning": "\x1b[33m",
    "note": "\x1b[36m",
    "path": "\x1b[1m",
    "caret": "\x1b[31m",
    "off": "\x1b[0m",
}


def place(found: CheckFinding) -> str:
    """``analysis.ipynb:120 cell 3 line 2``: the line of the file, then the cell."""
    cell = f" cell {found.cell} line {found.span.line}" if found.cell else ""
    return f"{found.path}:{found.file_line}{cell}"


def word(found: CheckFinding) -> str:
    """How sure it is."""
    return (
        found.certainty
        if found.severity == "warning" or found.certainty == "certain"
        else f"note, {found.certainty}"
    )


def text_lines(found: CheckFinding, *, colour: bool = False) -> Iterator[str]:
    """The place, the sentence, the line of the cell, and a caret below what is meant."""
    paint = _COLOURS if colour else dict.fromkeys(_COLOURS, "")
    code = f"{paint[found.severity]}{found.code}{paint['off']}"
    title = EVERY_RULE[found.code].title
    where = f"{paint['path']}{shown(place(found))}{paint['off']}"
    yield f"{where}: {code} {title} ({word(found)}): {shown(found.message)}"
    if not found.text.strip():
        return
    start = found.span.column - 1
    end = found.span.end_column - 1 if found.span.end_line == found.span.line else len(found.text)
    left = max(0, start - _WIDTH // 2) if columns(found.text) > _WIDTH else 0
    line = cut(shown(found.text[left:]), _WIDTH)
    before = columns(shown(found.text[left:start]))
    length = max(1, min(columns(shown(found.text[start:end])), _WIDTH - before))
    gutter = f"{found.span.line:>5} | "
    yield f"{gutter}{line}"
    yield f"{' ' * (len(gutter) - 2)}| {' ' * before}{paint['caret']}{'^' * length}{paint['off']}"


def text(checked: Sequence[Checked], *, colour: bool = False) -> str:
    """All findings, a blank line between two, and a summary."""
    blocks = ["\n".join(text_lines(found, colour=colour)) for one in checked for found in one.findings]
    return "\n".join([*blocks, *_remarks(checked), summary(checked)])


def _remarks(checked: Iterable[Checked]) -> Iterator[str]:
    for one in checked:
        if one.skipped:
            yield f"{shown(one.path)}: skipped: {shown(one.skipped)}"
        if one.error:
            yield f"{shown(one.path)}: not checked, a fault of cellgraph's own: {shown(one.error)}"
        if one.stamp is not None:
            yield f"{shown(one.path)}: {stamp_line(one.stamp)}"


def stamp_line(verdict: StampVerdict) -> str:
    """Which outputs hold, in one line: ``by its stamp, 2 of 3 outputs are what the text gives; …``."""
    total = len(verdict.fresh) + len(verdict.stale) + len(verdict.unknown)
    line = f"by its stamp, {len(verdict.fresh)} of {counted(total, 'output')} are what the text gives"
    if verdict.stale:
        line += f"; not those of {_cells(verdict.stale)}"
    if verdict.unknown:
        line += f"; it does not tell for {_cells(verdict.unknown)}"
    return line


def _cells(numbers: Sequence[int]) -> str:
    return f"cell{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def summary(checked: Sequence[Checked]) -> str:
    """``3 notebooks, 41 cells: 2 certain, 1 possible``."""
    found = [one for each in checked for one in each.findings]
    looked = [one for one in checked if not one.skipped]
    certain = sum(one.certainty == "certain" for one in found)
    notes = sum(one.severity == "note" for one in found)
    words = (
        f"{certain} certain, {len(found) - certain} possible ({counted(notes, 'note')})"
        if found
        else "nothing found"
    )
    skipped = f", {len(checked) - len(looked)} skipped" if len(looked) < len(checked) else ""
    cells = counted(sum(one.cells for one in looked), "cell")
    return f"{counted(len(looked), 'notebook')}{skipped}, {cells}: {words}"


def github(checked: Sequence[Checked]) -> str:
    """Workflow commands of GitHub Actions: an annotation at the line of the file."""
    lines = []
    for found in (found for one in checked for found in one.findings):
        kind = (
            "notice" if found.severity == "note" else ("error" if found.certainty == "certain" else "warning")
        )
        where = f" (cell {found.cell}, line {found.span.line})" if found.cell else ""
        fields = {
            "file": found.path, "line": found.file_line, "endLine": found.file_line,
            "title": f"{found.code} {EVERY_RULE[found.code].title}",
        }  # fmt: skip
        given = ",".join(f"{name}={_escaped(str(value), more=True)}" for name, value in fields.items())
        lines.append(f"::{kind} {given}::{_escaped(found.message + where)}")
    return "\n".join(lines)


def _escaped(value: str, *, more: bool = False) -> str:
    value = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return value.replace(":", "%3A").replace(",", "%2C") if more else value


def markdown(checked: Sequence[Checked]) -> str:
    """A table, for a comment on a pull request or the summary of a job."""
    found = [one for each in checked for one in each.findings]
    head = ["# Saved notebooks", "", f"{summary(checked)}.", ""]
    if found:
        head += ["| file | cell | code | | what |", "|---|--:|---|---|---|"]
    rows = [f"| {' | '.join(_columns_of(one))} |" for one in found]
    return "\n".join([*head, *rows, *(f"- {_cell(line)}" for line in _remarks(checked))])


def _columns_of(found: CheckFinding) -> tuple[str, ...]:
    return (
        _cell(f"{found.path}:{found.file_line}"),
        f"{found.cell}:{found.span.line}" if found.cell else "",
        f"{found.code} {EVERY_RULE[found.code].title}",
        found.certainty,
        _cell(found.message),
    )


def _cell(value: str) -> str:
    value = shown(value)
    for mark in "\\`*_[]<>|":
        value = value.replace(mark, f"\\{mark}" if mark != "<" else "&lt;")
    return value

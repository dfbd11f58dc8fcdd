"""Verdicts on saved notebooks as one HTML page that loads nothing: the classes, and outputs side by side.

Outputs are shown as texts, pictures and tables that are rebuilt from their cells. No HTML or script of a
notebook gets into the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from cellgraph._version import __version__
from cellgraph.notebooks.verification.images import difference_picture
from cellgraph.notebooks.verification.tables import Table, read_html
from cellgraph.notebooks.verification.verdicts import (
    MEANINGS,
    REPRODUCED,
    CellVerdict,
    NotebookVerdict,
    Shown,
)
from cellgraph.render.code import code_css, highlighted
from cellgraph.render.markup import escape
from cellgraph.render.svg_style import MONO, SANS
from cellgraph.render.text import counted
from cellgraph.render.verify_text import (
    COLOURS,
    by_class,
    place,
    sides,
    summary,
    true_changes,
    volatile_names,
)

_ENDED_EARLY = frozenset({"error", "missing file", "missing module", "timed out"})
_MOST_ROWS = 60
_MOST_CELLS = 40
_STYLE = f"""
:root {{ color-scheme: light dark; --ink: #1f2328; --dim: #656d76; --line: #d5dae1; --paper: #fff;
  --soft: #f6f8fa; --mark: #ffe3b3; --link: #0550ae; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6edf3; --dim: #9198a1; --line: #30363d;
  --paper: #0b0e12; --soft: #151a21; --mark: #5c3d00; --link: #79b8ff; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 1280px; padding: 28px 24px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 {SANS}; }}
h1 {{ font-size: 24px; margin: 0 0 4px; }} h2 {{ font-size: 18px; margin: 32px 0 10px; }}
h3 {{ font-size: 15px; margin: 18px 0 6px; }} a {{ color: var(--link); }}
.dim {{ color: var(--dim); }} .chip {{ display: inline-block; width: 11px; height: 11px; border-radius: 3px;
  margin-right: 7px; vertical-align: -1px; }}
table {{ border-collapse: collapse; font-size: 14px; }} .wide {{ overflow-x: auto; }}
th, td {{ text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
details {{ border: 1px solid var(--line); border-radius: 8px; margin: 10px 0; padding: 8px 14px; }}
summary {{ cursor: pointer; overflow-wrap: anywhere; }} summary b {{ font-weight: 600; }}
pre {{ font: 13px/1.45 {MONO}; margin: 0; padding: 8px 12px; background: var(--soft); overflow-x: auto;
  border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }}
.sides {{ display: grid; grid-template-columns: 1fr 1fr; gap: 12px; margin: 8px 0 4px; }}
.sides > div {{ min-width: 0; overflow-x: auto; }}
.sides h4 {{ font-size: 12px; margin: 0 0 4px; color: var(--dim); }}
.sides img {{ max-width: 100%; background: #fff; border: 1px solid var(--line); border-radius: 6px; }}
.sides table td, .sides table th {{ font-size: 12.5px; padding: 2px 10px 2px 0; }}
mark {{ background: var(--mark); color: inherit; border-radius: 2px; }}
.err {{ border-left: 3px solid #a6261d; }}
ul {{ margin: 6px 0; padding-left: 20px; }} svg text {{ font: 12px {SANS}; }}
@media (max-width: 760px) {{ .sides {{ grid-template-columns: 1fr; }} }}
"""


def page(verdicts: Sequence[NotebookVerdict]) -> str:
    """The page for one notebook or many."""
    title = verdicts[0].path if len(verdicts) == 1 else counted(len(verdicts), "notebook")
    generated = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z} by cellgraph {__version__}"
    body = [
        f"<h1>Verified: {escape(title)}</h1>",
        f'<p class="dim">{escape(generated)}. Fresh runs are compared with what is saved.</p>',
        _classes(verdicts),
        _study(verdicts) if len(verdicts) > 1 else "",
        "<h2>Notebooks</h2>",
        *(_notebook(one, is_open=len(verdicts) == 1) for one in verdicts if one.verdict not in REPRODUCED),
        _reproduced([one for one in verdicts if one.verdict in REPRODUCED]),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Verified: {escape(title)}</title><style>{_STYLE}{code_css('pre.code')}</style></head>\n"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


# -- numbers ---------------------------------------------------------------------------------------


def _classes(verdicts: Sequence[NotebookVerdict]) -> str:
    numbers = by_class(verdicts)
    rows = "".join(
        f'<tr><td><span class="chip" style="background: {COLOURS[name]}"></span>{name}</td>'
        f'<td class="number">{number}</td><td class="number">{_share(number, len(verdicts))}</td>'
        f'<td class="dim">{escape(MEANINGS[name])}</td></tr>'
        for name, number in numbers.items()
    )
    bar = _bar([(COLOURS[name], number, name) for name, number in numbers.items()], len(verdicts))
    return f'{bar}<div class="wide"><table>{rows}</table></div>'


def _share(number: int, total: int) -> str:
    return f"{100 * number / total:.1f} %" if total else ""


def _bar(parts: Sequence[tuple[str, int, str]], total: int) -> str:
    """A bar of parts beside each other. Its numbers stand in the table below it, too."""
    if not total:
        return ""
    left, drawn = 0.0, []
    for colour, number, name in parts:
        width = 1000 * number / total
        drawn.append(
            f'<rect x="{left:.1f}" y="0" width="{width:.1f}" height="28" fill="{colour}">'
            f"<title>{escape(name)}: {number}</title></rect>"
        )
        left += width
    told = ", ".join(f"{number} {name}" for _, number, name in parts)
    return (
        f'<svg viewBox="0 0 1000 28" width="100%" height="28" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(told)}">{"".join(drawn)}</svg>'
    )


def _short_bar(share: float, colour: str) -> str:
    return (
        f'<svg width="220" height="12" aria-hidden="true"><rect width="{220 * share:.1f}" height="12" '
        f'rx="2" fill="{colour}"/></svg>'
    )


def _study(verdicts: Sequence[NotebookVerdict]) -> str:
    """The steps from all files to those that give the same, as studies of notebooks at large count them."""
    code = [one for one in verdicts if not (one.set_aside and not one.runs)]
    begun = [one for one in code if one.runs]
    ended = [
        one for one in begun if one.verdict not in ("error", "missing file", "missing module", "timed out")
    ]
    compared = [one for one in ended if not one.set_aside]
    steps = (
        ("files", len(verdicts)),
        ("Python notebooks with code", len(code)),
        ("could be begun", len(begun)),
        ("ran to their end without an error", len(ended)),
        ("have saved outputs to compare with", len(compared)),
        ("gave the same results", sum(one.verdict in REPRODUCED for one in compared)),
    )
    rows = "".join(
        f'<tr><td>{name}</td><td class="number">{number}</td>'
        f'<td class="number">{_share(number, len(verdicts))}</td>'
        f"<td>{_short_bar(number / len(verdicts), '#0072b2')}</td></tr>"
        for name, number in steps
    )
    return f'<h2>From files to results</h2><div class="wide"><table>{rows}</table></div>{_failures(verdicts)}'


def _failures(verdicts: Sequence[NotebookVerdict]) -> str:
    """What stopped those that did not run to their end, the most frequent first."""
    stopped = ("error", "missing file", "missing module", "timed out", "version drift")
    found = Counter(_cause(one) for one in verdicts if one.verdict in stopped and one.reason)
    if not found:
        return ""
    most = max(found.values())
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="number">{number}</td>'
        f"<td>{_short_bar(number / most, '#a6261d')}</td></tr>"
        for name, number in found.most_common(15)
    )
    return f'<h2>What stopped them</h2><div class="wide"><table>{rows}</table></div>'


def _cause(one: NotebookVerdict) -> str:
    """The name of the error that ended a notebook, or its class."""
    error = one.reason.partition(": ")[2].partition(":")[0]
    return error if error.isidentifier() else one.verdict


# -- notebooks -------------------------------------------------------------------------------------


def _notebook(one: NotebookVerdict, *, is_open: bool) -> str:
    cells = [cell for cell in one.cells if cell.verdict not in REPRODUCED and (cell.changes or cell.error)]
    more = f'<p class="dim">and {len(cells) - _MOST_CELLS} more cells</p>' if len(cells) > _MOST_CELLS else ""
    chip = f'<span class="chip" style="background: {COLOURS[one.verdict]}"></span>'
    reason = f": {escape(one.reason)}" if one.reason else ""
    opened = " open" if is_open else ""
    return (
        f"<details{opened}><summary>{chip}<b>{escape(one.path)}</b> {one.verdict}{reason}</summary>"
        f"{_why(one)}{_facts(one)}{''.join(map(_cell, cells[:_MOST_CELLS]))}{more}</details>"
    )


def _why(one: NotebookVerdict) -> str:
    if one.why is None:
        return ""
    return f"<p><b>Why{'' if one.why.sure else ', perhaps'}:</b> {escape(one.why.message)}</p>"


def _facts(one: NotebookVerdict) -> str:
    told = [f"{counted(one.runs, 'fresh run')} in {one.running:.1f} s" if one.runs else "", one.kernel]
    told += [f"volatile: {', '.join(volatile_names(one))}" if volatile_names(one) else "", *one.notes]
    return f'<p class="dim">{escape(" · ".join(filter(None, told)))}</p>'


def _cell(cell: CellVerdict) -> str:
    changes = "".join(
        f"<li>{escape(place(change))}: {escape(sides(change, 120))}</li>" for change in true_changes(cell)[:8]
    )
    error = f'<p class="err">&nbsp;{escape(cell.error)}</p>' if cell.error else ""
    listed = f"<ul>{changes}</ul>" if changes else ""
    return (
        f'<h3>Cell {cell.number} <span class="dim">{cell.verdict}</span></h3>'
        f'<pre class="code">{highlighted(cell.source)}</pre>{error}{listed}{_outputs(cell)}'
    )


def _outputs(cell: CellVerdict) -> str:
    if not cell.saved and not cell.fresh:
        return ""
    sides_ = (
        f"<div><h4>{title}</h4>{''.join(_drawn(shown, others)) or '<p class=dim>nothing</p>'}</div>"
        for title, shown, others in (("saved", cell.saved, cell.fresh), ("fresh run", cell.fresh, cell.saved))
    )
    return f'<div class="sides">{"".join(sides_)}</div>{_differences(cell)}'


def _differences(cell: CellVerdict) -> str:
    """For each pair of pictures that differ, a third one that shows where."""
    pairs = zip(cell.saved, cell.fresh, strict=False)
    differ = [(one.text, other.text) for one, other in pairs if _is_picture(one, other)]
    drawn = "".join(
        f'<img src="data:image/png;base64,{made}" alt="in red, where the two pictures differ">'
        for made in (difference_picture(*pair) for pair in differ)
        if made
    )
    return f'<div class="sides"><div><h4>where they differ</h4>{drawn}</div></div>' if drawn else ""


def _is_picture(one: Shown, other: Shown) -> bool:
    """Whether two outputs are pictures of pixels that are not the same."""
    kinds = {one.kind, other.kind}
    return kinds <= {"image/png", "image/jpeg", "image/gif"} and one.text.split() != other.text.split()


def _drawn(outputs: Sequence[Shown], others: Sequence[Shown]) -> Iterator[str]:
    """Each output, with what the other side does not have marked."""
    for number, output in enumerate(outputs):
        other = others[number] if number < len(others) and others[number].kind == output.kind else None
        if output.kind == "table":
            tables = read_html(output.text).tables
            against = read_html(other.text).tables if other is not None else []
            yield from (
                _table(table, against[at] if at < len(against) else None) for at, table in enumerate(tables)
            )
        elif output.kind.startswith("image/"):
            address = f"data:{output.kind};base64,{escape(output.text)}"
            yield f'<img src="{address}" alt="a picture that the cell shows">'
        else:
            style = ' class="err"' if output.kind in ("error", "stderr") else ""
            yield f"<pre{style}>{_marked(output.text, other.text if other is not None else None)}</pre>"


def _marked(text: str, other: str | None) -> str:
    """A text with the lines marked that the other side does not have."""
    if other is None:
        return "\n".join(map(escape, text.split("\n")))
    known = Counter(other.split("\n"))
    lines = []
    for line in text.split("\n"):
        is_known = known[line] > 0
        known[line] -= is_known
        lines.append(escape(line) if is_known else f"<mark>{escape(line)}</mark>")
    return "\n".join(lines)


def _table(table: Table, other: Table | None) -> str:
    rows = []
    for number, row in enumerate(table.rows[:_MOST_ROWS]):
        against = other.rows[number] if other is not None and number < len(other.rows) else None
        tag = "th" if number < table.heads else "td"
        cells = []
        for column, content in enumerate(row):
            differs = against is None or column >= len(against) or against[column] != content
            marked = f"<mark>{escape(content)}</mark>" if differs and other is not None else escape(content)
            cells.append(f"<{tag}>{marked}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    more = (
        f'<p class="dim">and {len(table.rows) - _MOST_ROWS} more rows</p>'
        if len(table.rows) > _MOST_ROWS
        else ""
    )
    return f"<table>{''.join(rows)}</table>{more}"


def _reproduced(verdicts: Sequence[NotebookVerdict]) -> str:
    if not verdicts:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.path)}</td>"
        f'<td><span class="chip" style="background: {COLOURS[one.verdict]}"></span>{one.verdict}</td>'
        f'<td class="number">{one.running:.1f} s</td>'
        f'<td class="dim">{escape(", ".join(volatile_names(one)))}</td></tr>'
        for one in verdicts
    )
    head = f"<summary>{escape(summary(verdicts))}</summary>"
    return f'<details open>{head}<div class="wide"><table>{rows}</table></div></details>'

"""What the saved execution counts tell about how a notebook was run.

Only what data flow depends on is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from cellgraph import rules
from cellgraph.code.expression_names import is_name
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make, span_of
from cellgraph.notebooks.checks.flow import CellFlow, NotebookFlow, Sources, consumed


def counts_tell(document: Document) -> bool:
    """Whether there can be any finding: many notebooks ran from top to bottom, each cell once.

    If they only have gaps, a finding needs a cell behind a gap that consumes what it makes.
    """
    cells = [cell for cell in document.cells if cell.source.strip()]
    counts = [cell.count for cell in cells]
    if not any(counts):
        return False
    known = [count for count in counts if count]
    if len(known) < len(counts) or sorted(set(known)) != known:
        return True
    gaps = (cell for before, cell in zip([0, *known], cells, strict=False) if cell.count != before + 1)
    return any(cell.read.tree is not None and consumed(cell.read.tree) for cell in gaps)


def count_findings(document: Document, flow: NotebookFlow) -> Iterator[CheckFinding]:
    """The findings of one notebook; none where no cell has a count."""
    ran = {cell.number: cell.count for cell in document.cells if cell.count and cell.source.strip()}
    if not ran:
        return
    order = sorted(ran, key=lambda number: (ran[number], number))
    in_file = flow.sources(sorted(flow.cells))
    as_run = flow.sources(order)
    found = [one for number in sorted(ran) for one in _reads(document, flow, number, in_file, as_run, ran)]
    yield from found
    if order != sorted(ran) and not found:
        yield _harmless(document, ran)
    yield from _own_outputs(document, flow, ran)


def _reads(
    document: Document,
    flow: NotebookFlow,
    number: int,
    in_file: dict[int, dict[str, Sources]],
    as_run: dict[int, dict[str, Sources]],
    ran: dict[int, int],
) -> Iterator[CheckFinding]:
    """The reads of a cell that had another source than a restart gives them. One finding for each source."""
    reader = flow.cells[number]
    seen: set[int] = set()
    for name, wanted in sorted(in_file[number].items()):
        if name in flow.cells[wanted.maker].imports:
            continue
        got = as_run[number].get(name)
        later = [
            source for source in (wanted.maker, *wanted.changers) if ran.get(source, 1 << 60) > ran[number]
        ]
        if got == wanted or (not later and got is None):
            continue
        if (
            got is not None
            and got.maker != wanted.maker
            and flow.cells[got.maker].cell.source == flow.cells[wanted.maker].cell.source
        ):
            continue
        if later and later[0] not in seen:
            seen.add(later[0])
        elif later:
            continue
        yield _other_source(document, reader, name, wanted, got, later)


def _other_source(
    document: Document, reader: CellFlow, name: str, wanted: Sources, got: Sources | None, later: list[int]
) -> CheckFinding:
    place = _use(reader.cell, name)
    who = f"cell {reader.cell.number}"
    if got is None or (later and got.maker == wanted.maker and set(got.changers) <= set(wanted.changers)):
        words: dict[str, object] = {
            "reader": who,
            "name": name,
            "cause": f"cell {later[0] if later else wanted.maker}",
        }
        return make(rules.HIDDEN_RUNS, document, reader.cell, place, words, severity="warning", name=name)
    # Of two lists of sources the last one in which they differ made the difference.
    mine, other = (got.maker, *got.changers), (wanted.maker, *wanted.changers)
    cause = next((source for source in reversed(mine) if source not in other), mine[-1])
    instead = next((source for source in reversed(other) if source not in mine), other[-1])
    words = {"reader": who, "name": name, "cause": f"cell {cause}", "instead": f"cell {instead}"}
    return make(rules.WRONG_ORDER, document, reader.cell, place, words, severity="warning", name=name)


def _harmless(document: Document, ran: dict[int, int]) -> CheckFinding:
    """One note for a notebook whose disorder changes nothing."""
    numbers = sorted(ran)
    first = next(after for before, after in pairwise(numbers) if ran[after] < ran[before])
    cell = next(cell for cell in document.cells if cell.number == first)
    words = {"reader": "", "name": "", "cause": "", "instead": ""}
    found = make(rules.WRONG_ORDER, document, cell, Span(), words, severity="note")
    message = f"cell {first} ran before a cell above it (count {ran[first]}); no data flow depends on it"
    return replace(found, message=message)


def _own_outputs(document: Document, flow: NotebookFlow, ran: dict[int, int]) -> Iterator[CheckFinding]:
    """Cells that consume their own output, with counts missing right before theirs."""
    counts = sorted(cell.count for cell in document.cells if cell.count)
    for number, count in sorted(ran.items()):
        names = flow.cells[number].consumes
        before = max((other for other in counts if other < count), default=0)
        missing = count - before - 1
        if not names or not missing:
            continue
        name = min(names)
        cell = flow.cells[number].cell
        words: dict[str, object] = {"reader": f"cell {number}", "name": name, "runs": missing}
        yield make(rules.RAN_TWICE, document, cell, _use(cell, name), words, severity="warning", name=name)


def _use(cell: CodeCell, name: str) -> Span:
    """Where a cell uses a name first."""
    nodes = [node for node in cell.read.nodes if is_name(node, name)]
    if not nodes:
        return Span()
    node = min(nodes, key=lambda one: (one.lineno, one.col_offset))
    return span_of(
        cell, node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0
    )

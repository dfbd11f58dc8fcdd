"""The ledger that a notebook's text stands for: as if its cells had run from top to bottom.

It draws the graph of a notebook that nobody has run here. A digest stands for the cell that made a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellgraph.model import Digest, Order, Read, Run, Write
from cellgraph.names import Name
from cellgraph.notebooks.checks.document import Document
from cellgraph.notebooks.checks.flow import CellFlow, flow_of
from cellgraph.record.ledger import Ledger


def static_ledger(document: Document) -> tuple[Ledger, Order]:
    """The ledger of a notebook and the order of its cells. Cells without code are left out."""
    flow = flow_of(document)
    held: dict[str, Digest] = {}
    runs: list[Run] = []
    for number in sorted(flow.cells):
        cell = flow.cells[number]
        if not cell.cell.source.strip():
            continue
        runs.append(_run(len(runs) + 1, cell, held))
    return Ledger(runs), Order(tuple(run.cell for run in runs))


def cell_name(flow: CellFlow) -> str:
    """The cell's id in the graph: the file's, or its number where the file has none."""
    return flow.cell.id or f"cell-{flow.cell.number}"


def _run(number: int, flow: CellFlow, held: dict[str, Digest]) -> Run:
    reads = tuple(Read(Name(name), "", held[name]) for name in sorted(flow.reads) if name in held)
    sources = tuple(str(read.name) for read in reads)
    writes = tuple(_writes(number, flow, held, sources))
    for write in writes:
        if write.digest is None:
            held.pop(write.name, None)
        else:
            held[write.name] = write.digest
    return Run(
        number,
        cell_name(flow),
        flow.cell.number,
        flow.cell.source,
        reads=reads,
        writes=writes,
        conservative=True,
    )


def _writes(
    number: int, flow: CellFlow, held: Mapping[str, Digest], sources: tuple[str, ...]
) -> Iterator[Write]:
    for name in sorted(flow.made):
        yield Write(Name(name), "bind", (), Digest(f"{number}:{name}"), sources)
    for name in sorted(flow.changed - flow.made):
        if name in held:
            yield Write(Name(name), "mutate", (), Digest(f"{number}:{name}"), (*sources, name), held[name])
    for name in sorted(flow.deleted & held.keys()):
        yield Write(Name(name), "delete", (), None, ())

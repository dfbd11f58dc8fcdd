"""The stamp of a notebook that ``cellgraph run`` has run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph.notebooks.checks.document import UnreadableError, read_document
from cellgraph.notebooks.stamps.making import Circumstances, ShownCell, make_stamp
from cellgraph.notebooks.stamps.storage import with_stamp
from cellgraph.notebooks.stamps.surroundings import outputs_hash
from cellgraph.record.jsonl import LedgerFormatError, loads

if TYPE_CHECKING:
    from cellgraph.notebooks.run_types import Execution
    from cellgraph.notebooks.source import NotebookFile
    from cellgraph.notebooks.stamps.stamp import Stamp


def stamp_of_run(source: NotebookFile, execution: Execution, path: Path) -> Stamp | None:
    """What the outputs of an executed notebook were made from; None if the run has no results.

    ``path`` is where the executed notebook is written to. Its outputs are hashed as its file will hold them.
    """
    from cellgraph.notebooks.source import executed_text

    results = execution.results
    if results is None or not results.judged or execution.behind:
        return None
    try:
        saved = read_document(
            "executed.ipynb", executed_text(source, execution.notebook).encode("utf-8", "replace")
        )
        ledger = loads(results.ledger)
    except (UnreadableError, LedgerFormatError):
        return None
    cells = [
        ShownCell(ran.cell, outputs_hash(cell.outputs), cell.count)
        for ran, cell in zip(source.cells, saved.cells, strict=True)
    ]
    info = execution.notebook.metadata.get("language_info", {})
    around = Circumstances(
        source.path.absolute().parent, path, execution.packages, str(info.get("version", ""))
    )
    return make_stamp(ledger, cells, results.report, around)


def put_stamp(source: NotebookFile, execution: Execution, stamp: Stamp) -> None:
    """Put a stamp into the metadata of the executed notebook, in each form of it that may be written."""
    for notebook in (execution.notebook, source.document):
        if notebook is not None:
            notebook.metadata = type(notebook.metadata)(with_stamp(notebook.metadata, stamp))

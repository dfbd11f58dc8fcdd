"""Parameters as papermill has them: a cell that sets them, below the cell with the tag ``parameters``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cellgraph.notebooks.cell_order import CodeCell
from cellgraph.notebooks.source import NotebookFile
from cellgraph.notebooks.verification.options import Parameters

INJECTED = "injected-parameters"


def inject(source: NotebookFile, given: Parameters) -> tuple[NotebookFile, int]:
    """The notebook with a cell that sets the parameters, and the number of a cell that was added (0: none).

    A cell that papermill injected before is replaced. Without a cell for parameters it comes first.
    """
    if not given:
        return source, 0
    text = "# Parameters\n" + "\n".join(f"{name} = {value}" for name, value in given)
    for code_cell in source.cells:
        if INJECTED in _tags(source, code_cell):
            source.notebook.cells[code_cell.index]["source"] = text
            return _renumbered(source), 0
    tagged = next((cell for cell in source.cells if "parameters" in _tags(source, cell)), None)
    place = tagged.index + 1 if tagged is not None else 0
    made: dict[str, Any] = {
        "cell_type": "code",
        "source": text,
        "metadata": {"tags": [INJECTED]},
        "outputs": [],
        "execution_count": None,
    }
    if any("id" in cell for cell in source.notebook.cells):
        made["id"] = INJECTED
    source.notebook.cells.insert(place, type(source.notebook)(made))
    source.notebook.cells[place]["metadata"] = type(source.notebook)(made["metadata"])
    return _renumbered(source), (tagged.number if tagged is not None else 0) + 1


def _renumbered(source: NotebookFile) -> NotebookFile:
    cells = [(index, cell) for index, cell in enumerate(source.notebook.cells) if cell.cell_type == "code"]
    made = tuple(
        CodeCell(number, index, cell.get("id", f"cell-{number}"), cell.source)
        for number, (index, cell) in enumerate(cells, 1)
    )
    return replace(source, cells=made)


def _tags(source: NotebookFile, code_cell: CodeCell) -> tuple[str, ...]:
    tags = source.notebook.cells[code_cell.index].metadata.get("tags", ())
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, (list, tuple)) else ()

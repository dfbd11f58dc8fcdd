"""A run of a notebook without cellgraph: ``python -m tests.corpus.plain NOTEBOOK OUT.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.exceptions import CellExecutionError

from cellgraph.notebooks.client import PatientClient


class _OwnKernel(KernelSpecManager):
    """The kernel of this environment, whatever the notebook names."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(**get_kernel_dict())


class _PlainClient(PatientClient):
    def create_kernel_manager(self) -> Any:
        manager = super().create_kernel_manager()
        manager.kernel_spec_manager = _OwnKernel()
        return manager


def run_plainly(path: Path) -> tuple[list[dict[str, Any]], str]:
    """The code cells with their outputs, and the error that ended the run (empty where it went through)."""
    notebook = nbformat.from_dict(nbformat.read(path, as_version=4))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = _PlainClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.absolute().parent)}},
    )
    error = ""
    try:
        client.execute()
    except CellExecutionError as raised:
        error = raised.ename
    return [cell for cell in notebook.cells if cell.cell_type == "code"], error


def main(notebook: str, out: str) -> None:
    """Run a notebook and write its cells as JSON."""
    cells, error = run_plainly(Path(notebook))
    Path(out).write_text(json.dumps({"cells": cells, "error": error}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

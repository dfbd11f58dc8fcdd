"""The outputs that are saved with the notebooks, so that they can be read where nothing runs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from cellgraph.cli import main

KEPT = ("tags", "jupyter")
"""Cell metadata that someone wrote; the rest (times of execution) differs from run to run."""

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def refresh(notebook: Path) -> None:
    """Run a notebook from top to bottom and save it with what it shows.

    Raises RuntimeError where it does not run, or is not clean.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder) / notebook.name
        code = main(["run", str(notebook), "--quiet", "--output-dir", folder, "--output", str(out)])
        if code != 0:
            raise RuntimeError(f"{notebook} is not clean: cellgraph run returned {code}")
        executed = nbformat.read(out, as_version=4)
    executed.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in executed.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT if key in cell.metadata})
    nbformat.write(executed, notebook)

"""What ``cellgraph run`` prints at the end: a summary for people, or JSON for programs.

Cells are called by their places among the code cells, as ``--order`` takes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cellgraph.model import Finding
from cellgraph.notebooks.outputs import Outputs
from cellgraph.notebooks.run_summary import failure, mended
from cellgraph.notebooks.run_types import Execution
from cellgraph.notebooks.source import NotebookFile
from cellgraph.render.text import chance_line, counted, first_line, shown

_LISTED = 20
"""Number of cells in doubt that the summary lists; the report has all."""


def summary(source: NotebookFile, execution: Execution, written: Outputs) -> str:
    """How the run went, in a few lines: what failed, what is in doubt and why, and what was written."""
    lines = [
        _headline(execution),
        *(f"  {shown(failure(ran))}" for ran in execution.failed),
        *_doubts(execution.warnings),
        *(
            f"  {chance_line(chance)}"
            for chance in (execution.results.report.chances if execution.results else ())
        ),
    ]
    if source.flaws:
        lines.append(f"  {mended(source)}")
    lines += [f"{what:<17}  {path}" for what, path in written.named() if path is not None]
    return "\n".join(lines)


def _headline(execution: Execution) -> str:
    ran = f"{counted(len(execution.ran), 'cell')} run in {execution.seconds:.1f} s"
    doubted = {finding.cell for finding in execution.warnings}
    failed = f"{counted(len(execution.failed), 'cell')} failed, " if execution.failed else ""
    return f"{ran}, {failed}{len(doubted) or 'none'} in doubt"


def _doubts(warnings: tuple[Finding, ...]) -> Iterator[str]:
    """A line for each cell in doubt: its first reason, and how many more there are."""
    by_cell: dict[str, list[Finding]] = {}
    for finding in warnings:
        by_cell.setdefault(finding.cell, []).append(finding)
    for first, *rest in list(by_cell.values())[:_LISTED]:
        more = f", and {len(rest)} more" if rest else ""
        yield f"  {shown(first.message)}  ({first.code}{more})"
    if len(by_cell) > _LISTED:
        yield f"  … and {len(by_cell) - _LISTED} more cells, which the report has"


def summary_json(
    source: NotebookFile, execution: Execution, written: Outputs, code: int, stopped: str
) -> str:
    """The same as JSON text. A cell is an object with its place, its id and its first line."""
    cells = {one.cell: {"number": one.number, "id": one.cell, "first_line": first_line(one.source)}
             for one in source.cells}  # fmt: skip
    report = execution.results.report if execution.results is not None else None
    failed = [
        {**cells[ran.code_cell.cell], "error": ran.failed, "expected": ran.expected}
        for ran in execution.failed
    ]
    found = {
        "notebook": str(source.path),
        "exit": code,
        "stopped": stopped,
        "kernel": execution.kernel,
        "seconds": round(execution.seconds, 3),
        "ran": [ran.code_cell.number for ran in execution.ran],
        "failed": failed,
        "findings": [_finding(finding, cells) for finding in (report.findings if report else ())],
        "plan": [cells[cell]["number"] for cell in (report.plan if report else ()) if cell in cells],
        "chances": [
            {"kind": chance.kind, "cell": cells.get(chance.cell), "message": chance.message}
            for chance in (report.chances if report else ())
        ],
        "files": {what: str(path) for what, path in written.named() if path is not None},
        "notes": list(execution.notes),
    }
    return json.dumps(found, indent=1)


def not_run_json(notebook: Path, why: str) -> str:
    """What ``--json`` prints if nothing was run."""
    return json.dumps({"notebook": str(notebook), "exit": 2, "stopped": why}, indent=1)


def _finding(finding: Finding, cells: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "cell": cells.get(finding.cell),
        "name": finding.name,
        "cause": cells.get(finding.cause or ""),
        "message": finding.message,
        "remedy": [cells[cell]["number"] for cell in finding.remedy if cell in cells],
    }

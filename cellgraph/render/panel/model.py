"""The data of the interactive graph, ready for JSON.

A cell of 10 MB and a notebook of 2,000 cells are ordinary input: texts are cut, and said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellgraph import rules
from cellgraph.names import Name
from cellgraph.render.alt_text import heading
from cellgraph.render.lifelines.model import lifelines
from cellgraph.render.text import cut, first_line, shown
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cellgraph.model import Finding, Report, Run, Write
    from cellgraph.record.ledger import Ledger
    from cellgraph.render.lifelines.model import Line, NameTag, Row

Model = dict[str, Any]

_LONGEST_SOURCE = 20_000
"""Characters of a cell's text that the panel shows."""

_LONGEST_HISTORY = 200
"""Largest number of writes in the history of a name; the latest ones are kept."""

_CODE = 90
"""Columns of a cell's first line."""


def panel_model(report: Report, ledger: Ledger) -> Model:
    """Everything at this moment: cells, edges, findings, the plan, each name's history, the runs."""
    return {
        "heading": heading(report),
        "looks": {state: {"word": style.word, "hue": style.hue, "mark": style.mark, "dash": style.dash}
                  for state, style in STATE_STYLES.items()},
        **frame(report),
        "sources": {state.cell: _source(state.source) for state in report.cells},
        "former": _former(report, ledger),
        "names": _histories(ledger),
        "runs": [_run(run) for run in ledger.runs],
    }  # fmt: skip


def frame(report: Report) -> Model:
    """The part of the model that changes from run to run: states, lines and edges, without texts."""
    found, picture = report.findings_by_cell(), lifelines(report)
    place = {state.cell: row for row, state in enumerate(report.cells)}
    return {
        "heading": heading(report),
        "cells": [_cell(row, found.get(row.state.cell, ())) for row in picture.rows],
        "lines": [_line(line) for line in picture.lines],
        "lanes": picture.lanes,
        "hidden": picture.hidden,
        "edges": [[place[edge.source], place[edge.target]] for edge in report.edges if edge.source in place],
        "plan": list(report.plan),
    }


def _cell(row: Row, findings: Iterable[Finding]) -> Model:
    state = row.state
    return {
        "id": state.cell,
        "label": shown(state.label),
        "state": state.state,
        "code": cut(first_line(state.source), _CODE),
        "makes": [_tag(tag) for tag in row.makes],
        "reads": [_tag(tag) for tag in row.reads],
        "folded": [shown(name) for name in row.folded],
        "read": [shown(Name(name).label) for name in state.reads],
        "runs": state.runs,
        "seconds": round(state.duration, 3),
        "outcome": state.outcome,
        "turn": row.turn,
        "findings": [_finding(finding) for finding in findings],
    }


def _tag(tag: NameTag) -> list[Any]:
    return [shown(tag.name), tag.line, tag.stale]


def _line(line: Line) -> Model:
    return {
        "name": shown(line.label),
        "maker": line.maker,
        "lane": line.lane,
        "hue": line.hue,
        "marks": [[mark.row, mark.kind, mark.stale] for mark in line.marks],
        "flows": [[flow.source, flow.target] for flow in line.flows],
        "spans": [list(span) for span in line.spans()],
    }


def _finding(finding: Finding) -> Model:
    return {
        "code": finding.code,
        "meaning": rules.meaning(finding.code),
        "severity": finding.severity,
        "message": shown(finding.message),
        "name": shown(finding.name),
        "cause": finding.cause,
    }


def _source(text: str) -> str:
    if len(text) <= _LONGEST_SOURCE:
        return text
    return f"{text[:_LONGEST_SOURCE]}\n… {len(text) - _LONGEST_SOURCE:,} more characters"


def _former(report: Report, ledger: Ledger) -> dict[str, str]:
    """The first lines of cells that ran and are not shown: histories of names speak of them."""
    shown_now = {state.cell for state in report.cells}
    runs = [ledger.latest(cell) for cell in ledger.cells if cell not in shown_now]
    return {run.cell: cut(first_line(run.source), _CODE) for run in runs if run is not None}


def _histories(ledger: Ledger) -> dict[str, list[Model]]:
    found: dict[str, list[Model]] = {}
    for run in ledger.runs:
        for write in run.writes:
            if not write.name.is_result:
                found.setdefault(shown(Name(write.name).label), []).append(_write(run, write))
    return {name: writes[-_LONGEST_HISTORY:] for name, writes in found.items()}


def _write(run: Run, write: Write) -> Model:
    digest = write.digest
    value = " ".join(filter(None, (digest.type, digest.size, digest.preview))) if digest is not None else ""
    return {
        "run": run.number,
        "cell": run.cell,
        "kind": write.kind,
        "parts": [shown(path) for path in write.paths[:8]],
        "value": shown(value),
        "at": run.started,
    }


def _run(run: Run) -> Model:
    return {
        "number": run.number,
        "cell": run.cell,
        "at": run.started,
        "seconds": round(run.duration, 3),
        "outcome": run.outcome,
    }

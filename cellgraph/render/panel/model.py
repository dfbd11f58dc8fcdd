"""The data of the interactive graph, ready for JSON.

A cell of 10 MB and a notebook of 2,000 cells are ordinary input: texts are cut, and said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellgraph import rules
from cellgraph.render.alt_text import heading
from cellgraph.render.edge_groups import bundles
from cellgraph.render.text import columns, cut, first_line, merged, shown
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cellgraph.model import CellState, Finding, Report, Run, Write
    from cellgraph.record.ledger import Ledger
    from cellgraph.render.edge_groups import Bundle

Model = dict[str, Any]

_LONGEST_SOURCE = 20_000
"""Characters of a cell's text that the panel shows."""

_LONGEST_HISTORY = 200
"""Largest number of writes in the history of a name; the latest ones are kept."""

_CODE, _WRITES, _TAG, _LABEL = 34, 26, 37, 34
"""Columns of the lines on a card and of the label on an edge."""


def panel_model(report: Report, ledger: Ledger) -> Model:
    """Everything at this moment: cells, edges, findings, the plan, each name's history, the runs."""
    return {
        "heading": heading(report),
        "looks": {state: {"word": style.word, "hue": style.hue, "mark": style.mark, "dash": style.dash}
                  for state, style in STATE_STYLES.items()},
        **frame(report),
        "sources": {state.cell: _source(state.source) for state in report.cells},
        "names": _histories(ledger),
        "runs": [_run(run) for run in ledger.runs],
    }  # fmt: skip


def frame(report: Report) -> Model:
    """The part of the model that changes from run to run: states and edges, without texts."""
    found = report.findings_by_cell()
    turns = {cell: turn for turn, cell in enumerate(report.plan, 1)}
    return {
        "heading": heading(report),
        "cells": [
            _cell(state, turns.get(state.cell, 0), found.get(state.cell, ())) for state in report.cells
        ],
        "bundles": [_bundle(report, bundle) for bundle in bundles(report)],
        "plan": list(report.plan),
    }


def _cell(state: CellState, turn: int, findings: Iterable[Finding]) -> Model:
    return {
        "id": state.cell,
        "label": shown(state.label),
        "state": state.state,
        "code": cut(first_line(state.source), _CODE),
        "writes": cut(merged(state.writes), _WRITES),
        "made": [shown(name) for name in state.writes],
        "read": [shown(name) for name in state.reads],
        "runs": state.runs,
        "seconds": round(state.duration, 3),
        "outcome": state.outcome,
        "turn": turn,
        "findings": [_finding(finding) for finding in findings],
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


def _bundle(report: Report, bundle: Bundle) -> Model:
    mixed = 0 < len(bundle.stale) < len(bundle.names)
    names = [f"{name}!" if mixed and name in bundle.stale else name for name in bundle.names]
    text = cut(merged(names), _LABEL)
    label = report.cells[bundle.source].label
    return {
        "source": bundle.source,
        "targets": list(bundle.targets),
        "names": [shown(name) for name in bundle.names],
        "stale": sorted(map(shown, bundle.stale)),
        "upward": bundle.upward,
        "tagged": bundle.tagged,
        "text": text,
        "columns": columns(text),
        "tag": cut(f"{merged(bundle.names)} from {label}", _TAG),
    }


def _source(text: str) -> str:
    if len(text) <= _LONGEST_SOURCE:
        return text
    return f"{text[:_LONGEST_SOURCE]}\n… {len(text) - _LONGEST_SOURCE:,} more characters"


def _histories(ledger: Ledger) -> dict[str, list[Model]]:
    found: dict[str, list[Model]] = {}
    for run in ledger.runs:
        for write in run.writes:
            if not write.name.is_result:
                found.setdefault(shown(write.name), []).append(_write(run, write))
    return {name: writes[-_LONGEST_HISTORY:] for name, writes in found.items()}


def _write(run: Run, write: Write) -> Model:
    digest = write.digest
    value = " ".join(filter(None, (digest.type, digest.size, digest.preview))) if digest is not None else ""
    return {
        "run": run.number,
        "cell": run.cell,
        "label": run.label,
        "kind": write.kind,
        "parts": [shown(path) for path in write.paths[:8]],
        "value": shown(value),
        "at": run.started,
    }


def _run(run: Run) -> Model:
    return {
        "number": run.number,
        "cell": run.cell,
        "label": run.label,
        "at": run.started,
        "seconds": round(run.duration, 3),
        "outcome": run.outcome,
    }

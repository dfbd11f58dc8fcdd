"""``cellgraph check --fix``: the changes to a notebook that are certain, as text and as a diff.

A seed before an unseeded draw; a cell that defines a name moved above the cells that use it; counts from top
to bottom where the disorder is harmless. A move is checked again, and dropped if it leads to anything new.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from cellgraph import rules
from cellgraph.notebooks.checks.counts import count_findings
from cellgraph.notebooks.checks.document import CodeCell, Document, UnreadableError, from_json, read_document
from cellgraph.notebooks.checks.finding import CheckFinding
from cellgraph.notebooks.checks.flow import flow_of
from cellgraph.notebooks.checks.names import name_findings, walk
from cellgraph.notebooks.checks.outputs import random_findings
from cellgraph.notebooks.checks.positions import CellLines
from cellgraph.notebooks.checks.settings import Settings, ignored_by_comment

_SEEDS = {"random": "seed(0)", "numpy": "seed(0)", "torch": "manual_seed(0)"}
_MOST_MOVES = 50
_INDENT = re.compile(r"\n([ \t]++)\"")


@dataclass(frozen=True)
class Change:
    """The new text of a file, the difference in lines, and what was done in words."""

    text: str
    diff: str
    what: tuple[str, ...]


def fixed(path: str, data: bytes, settings: Settings) -> Change | None:
    """What can be changed in a notebook; None if there is nothing."""
    try:
        document = read_document(path, data)
    except UnreadableError:
        return None
    if document.raw is None or not document.is_python or not isinstance(document.raw.get("cells"), list):
        return None
    raw = deepcopy(document.raw)
    what = [words for step in _steps(settings) for words in step(path, raw, settings)]
    if not what:
        return None
    text = _written(raw, document.text)
    lines = difflib.unified_diff(
        document.text.splitlines(), text.splitlines(), f"a/{path}", f"b/{path}", lineterm=""
    )
    return Change(text, "\n".join(lines), tuple(what))


def _steps(settings: Settings) -> Iterator[Callable[[str, Any, Settings], Iterator[str]]]:
    if settings.wants(rules.DEFINED_BELOW.code):
        yield _move
    if settings.wants(rules.UNSEEDED.code):
        yield _seed
    if settings.wants(rules.WRONG_ORDER.code):
        yield _renumber


def _document(path: str, raw: Any) -> Document:
    document = from_json(path, "", raw)
    document.lines = CellLines()  # the file has no such text yet, and nobody asks for its lines
    return document


def _written(raw: Any, before: str) -> str:
    """The JSON in the layout of the file that it came from."""
    match = _INDENT.search(before)
    indent = match[1] if match else None
    text = json.dumps(raw, indent=indent, ensure_ascii=before.isascii() and "\\u" in before)
    return text + "\n" * before.endswith("\n")


# -- order --------------------------------------------------------------------------------------------


def _certain(document: Document) -> list[CheckFinding]:
    return [one for one in name_findings(document, walk(document)) if one.certainty == "certain"]


def _move(path: str, raw: Any, settings: Settings) -> Iterator[str]:
    """Move cells that define a name above the first cell that uses it, where that leads to nothing new."""
    for _ in range(_MOST_MOVES):
        document = _document(path, raw)
        before = _certain(document)
        for found in before:
            moved = _moved(document, found, before)
            if moved is not None:
                raw["cells"] = moved
                yield f"moved the cell that defines {found.name} above cell {found.cell}"
                break
        else:
            return


def _moved(document: Document, found: CheckFinding, before: Sequence[CheckFinding]) -> list[Any] | None:
    if found.code != rules.DEFINED_BELOW.code or found.code in ignored_by_comment(
        _cell(document, found.cell).source
    ):
        return None
    flow = flow_of(document)
    makers = [number for number, cell in flow.cells.items() if found.name in cell.made]
    if len(makers) != 1:
        return None
    maker = flow.cells[makers[0]]
    touched = maker.made | maker.changed | maker.deleted
    for number in range(found.cell, makers[0]):
        between = flow.cells[number]
        own = between.made | between.changed | between.deleted
        if own & (maker.reads | touched) or (between.reads & touched) - maker.made:
            return None  # what lies between has to do with it: the order may matter
    cells = list(document.raw["cells"])
    cells.insert(_cell(document, found.cell).index, cells.pop(maker.cell.index))
    after = _certain(_document(document.path, {**document.raw, "cells": cells}))
    known = sorted(one.name for one in before)
    names = sorted(one.name for one in after)
    return cells if len(names) < len(known) and set(names) <= set(known) else None


def _cell(document: Document, number: int) -> CodeCell:
    return next(cell for cell in document.cells if cell.number == number)


# -- seeds --------------------------------------------------------------------------------------------


def _seed(path: str, raw: Any, settings: Settings) -> Iterator[str]:
    """Put a seed before the first unseeded draw of each kind."""
    document = _document(path, raw)
    for found in list(random_findings(document, lambda: flow_of(document))):
        cell = _cell(document, found.cell)
        if found.code in ignored_by_comment(cell.source):
            continue
        line = _seed_line(cell, found)
        if line is None:
            continue
        at, text = line
        lines = cell.source.split("\n")
        lines.insert(at, text)
        cell.source = "\n".join(lines)
        raw["cells"][cell.index]["source"] = cell.source.splitlines(keepends=True)
        cell.__dict__.pop("read", None)
        yield f"put {text} into cell {cell.number}"


def _seed_line(cell: CodeCell, found: CheckFinding) -> tuple[int, str] | None:
    """The line before which a seed goes, and its text; None if the call is not spelled by its module."""
    seed = _SEEDS.get(found.name)
    tree = cell.read.tree
    if seed is None or tree is None or cell.read.heads or cell.read.shifts:
        return None
    wanted = (found.span.line, found.span.column - 1)
    calls = [node for node in cell.read.nodes if isinstance(node, ast.Call) and node.lineno == wanted[0]]
    call = next((node for node in calls if isinstance(node.func, ast.Attribute)), None)
    if (
        call is None
        or not isinstance(call.func, ast.Attribute)
        or call.func.attr in ("default_rng", "RandomState")
    ):
        return None
    statement = next(
        (node for node in tree.body if node.lineno <= wanted[0] <= (node.end_lineno or node.lineno)), None
    )
    if not isinstance(statement, ast.Assign | ast.Expr):
        return None  # inside a definition or a loop the seed would stand elsewhere
    return statement.lineno - 1, f"{ast.unparse(call.func.value)}.{seed}"


# -- counts -------------------------------------------------------------------------------------------


def _renumber(path: str, raw: Any, settings: Settings) -> Iterator[str]:
    """Count the cells from top to bottom, if all of them ran and nothing depends on their order."""
    document = _document(path, raw)
    cells = [cell for cell in document.cells if cell.source.strip()]
    counts = [cell.count for cell in cells]
    if None in counts or counts == list(range(1, len(cells) + 1)):
        return
    told = list(count_findings(document, flow_of(document)))
    if any(one.severity == "warning" for one in told) or _certain(document):
        return
    for number, cell in enumerate(cells, 1):
        saved = raw["cells"][cell.index]
        saved["execution_count"] = number
        for output in saved.get("outputs") or []:
            if isinstance(output, dict) and output.get("execution_count") is not None:
                output["execution_count"] = number
    yield "counted the cells from top to bottom"

"""A copy of the notebook in which promoted cells call the module; Markdown and pictures stay in place.

A step's call stands where the first of its cells had its first statement; statements that were left out
stay. A step whose inner values are shown, or whose values are shown before it is done, keeps its cells as
they are.
"""

from __future__ import annotations

import ast
import copy
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.promotion.model import SETTINGS, Pipeline, Step
from cellgraph.notebooks.promotion.module_text import step_call
from cellgraph.notebooks.promotion.program import Program

Place = tuple[int, int]
"""A cell's number and the line in its plain text where a statement begins, from 0."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of the notebook, promoted or not."""

    place: Place
    text: str
    loads: frozenset[str]


def rewritten_notebook(
    document: Document, pipeline: Pipeline, program: Program, package: Path, copy_at: Path
) -> str:
    """The text of the copy's file. ``package`` is the folder of the package."""
    if not isinstance(document.raw, dict) or not isinstance(document.raw.get("cells"), list):
        raise CannotRunError("only a notebook of format 4 (.ipynb) can be rewritten")
    raw = copy.deepcopy(document.raw)
    rewriter = _Rewriter(document, pipeline, program)
    called = {step.name: step for step in pipeline.steps if rewriter.can_call(step)}
    for cell in document.cells:
        text = rewriter.source(cell, called)
        held = raw["cells"][cell.index]
        held["source"] = text
        held["outputs"], held["execution_count"] = [], None
    raw["cells"].insert(0, _first(raw, rewriter.head(called, package, copy_at)))
    return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def _first(raw: Mapping[str, Any], text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cell["source"] = text
    named = (raw.get("nbformat"), raw.get("nbformat_minor", 0)) >= (4, 5)
    return {"id": "promoted-steps", **cell} if named else cell


class _Rewriter:
    def __init__(self, document: Document, pipeline: Pipeline, program: Program) -> None:
        self.pipeline = pipeline
        self.program = program
        self.pieces = {(piece.number, piece.unit.start): piece for piece in program.pieces}
        self.functions = {
            (piece.number, piece.unit.start): name
            for name, piece in program.functions.items()
            if not program.needs.get(name)
        }
        self.constants = {
            (piece.number, piece.unit.start): name
            for held in (program.constants, program.shared)
            for name, piece in held.items()
        }
        self.others = [
            statement
            for cell in document.cells
            for statement in _statements(cell)
            if statement.place not in self.pieces
        ]

    def can_call(self, step: Step) -> bool:
        """Whether the call of a step can stand for its cells: nothing else sees what happens inside."""
        own = [self.pieces[place] for place in sorted(step.places)]
        returned = {value.name for value in step.returns}
        inner = frozenset[str]().union(*(piece.unit.binds for piece in own)) - returned
        if any(statement.loads & inner for statement in self.others):
            return False
        start = (own[0].number, own[0].unit.start)
        for statement in self.others:
            later = [p for p in own if (p.number, p.unit.start) > statement.place > start]
            if statement.loads & frozenset[str]().union(*(p.unit.binds | p.unit.evidence for p in later)):
                return False
        return True

    def head(self, called: Collection[str], package: Path, copy_at: Path) -> str:
        """The first cell: what is taken from the module."""
        names = [*(["Settings"] if self.pipeline.settings else []), *self.functions.values(), *called]
        lines = (
            [f"from {self.pipeline.package}.steps import {', '.join(dict.fromkeys(names))}"] if names else []
        )
        folder = os.path.relpath(package.absolute().parent, copy_at.absolute().parent)
        if folder != ".":
            lines = ["import sys", "", f"sys.path.insert(0, {folder!r})", *lines]
        if self.pipeline.settings:
            lines += ["", f"{SETTINGS} = Settings()"]
        return "\n".join(lines)

    def source(self, cell: CodeCell, called: Mapping[str, Step]) -> str:
        """A cell's text with calls in the places of promoted statements."""
        statements = list(_statements(cell))
        changed = [s for s in statements if self._replacement(s.place, called) is not None]
        if not changed:
            return cell.source
        dropped = plain_python(cell.source).dropped
        found = [line for line in cell.source.split("\n") if line.strip() in dropped]
        for statement in statements:
            new = self._replacement(statement.place, called)
            if new is None:
                found.append(statement.text)
            elif new:
                found.append(new)
        return "\n".join(found) or "# promoted: see the module"

    def _replacement(self, place: Place, called: Mapping[str, Step]) -> str | None:
        """What stands for a statement; empty for nothing, None where the statement stays."""
        if place in self.functions:
            return ""
        if place in self.constants:
            name = self.constants[place]
            return f"{name} = {SETTINGS}.{name}" if name in self.program.constants else None
        piece = self.pieces.get(place)
        step = next((s for s in called.values() if place in s.places), None)
        if piece is None or step is None:
            return None
        return step_call(step) if place == min(step.places) else ""


def _statements(cell: CodeCell) -> Iterator[_Statement]:
    text = plain_python(cell.source).text or ""
    lines = text.split("\n")
    end = 0
    for node in body(text):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
        if first < end:
            continue  # it stands on the line of the one before
        last = node.end_lineno or node.lineno
        while end < first and not lines[end].startswith("#"):
            end += 1
        loads = frozenset(
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
        )
        yield _Statement((cell.number, first), "\n".join(lines[end:last]), loads)
        end = last

"""The frozen types of a promoted notebook, and its description as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

FORMAT = 1
"""Version of ``dag.json``. It rises when a field changes its meaning."""

SETTINGS = "settings"
"""The source of a parameter that is a field of ``Settings``; also the parameter that is all of it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a return value of a step.

    ``annotation`` is how the module writes the type. ``type`` is the class that was seen in the run, as
    ``module.qualname``; empty if none was seen. ``source`` is where ``main`` takes a parameter from: the
    step that returns it, or ``SETTINGS``. Of a return value it is empty.
    """

    name: str
    annotation: str = "Any"
    type: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One function of the module.

    ``cells`` are the numbers of the code cells that it is made of, from 1. ``body`` is its code without the
    head, at the margin. ``places`` are the cells and lines (from 0) where its statements begin.
    """

    name: str
    cells: tuple[int, ...]
    parameters: tuple[Value, ...]
    returns: tuple[Value, ...]
    body: str
    doc: str = ""
    is_async: bool = False
    places: frozenset[tuple[int, int]] = frozenset()

    @property
    def after(self) -> tuple[str, ...]:
        """The steps that it takes something from, in the order of its parameters."""
        sources = (value.source for value in self.parameters)
        return tuple(dict.fromkeys(source for source in sources if source not in ("", SETTINGS)))


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of ``Settings``: a constant, a path or a seed of the notebook. ``default`` is Python text."""

    name: str
    annotation: str
    default: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Omitted:
    """Code of the notebook that the module does not have, and why."""

    cell: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A promoted notebook.

    ``imports``, ``constants`` and ``functions`` are Python text at the margin of the module, in order.
    """

    package: str
    notebook: str
    targets: tuple[Value, ...]
    steps: tuple[Step, ...]
    settings: tuple[Setting, ...] = ()
    imports: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    omitted: tuple[Omitted, ...] = ()
    doc: str = ""


def as_dag(pipeline: Pipeline) -> dict[str, Any]:
    """The description of a pipeline that ``dag.json`` holds."""
    return {
        "format": FORMAT,
        "notebook": pipeline.notebook,
        "module": f"{pipeline.package}.steps",
        "settings": [
            {"name": one.name, "annotation": one.annotation, "default": one.default, "help": one.help}
            for one in pipeline.settings
        ],
        "steps": [
            {
                "name": step.name,
                "cells": list(step.cells),
                "after": list(step.after),
                "parameters": _described(step.parameters),
                "returns": _described(step.returns),
            }
            for step in pipeline.steps
        ],
        "targets": _described(pipeline.targets),
        "omitted": [{"cell": one.cell, "text": one.text, "reason": one.reason} for one in pipeline.omitted],
    }


def _described(values: Iterable[Value]) -> list[dict[str, str]]:
    """The fields of some values; of a target the source is the step that returns it."""
    return [
        {"name": one.name, "annotation": one.annotation, "type": one.type, "source": one.source}
        for one in values
    ]

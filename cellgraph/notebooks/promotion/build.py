"""A program and what a run showed of it become a ``Pipeline``. Nothing runs and nothing is written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cellgraph.analyse.slice_script import awaits
from cellgraph.code.source import parsed
from cellgraph.notebooks.promotion.annotations import Annotations
from cellgraph.notebooks.promotion.edits import Edit, edited
from cellgraph.notebooks.promotion.functions import with_arguments, with_parameters
from cellgraph.notebooks.promotion.grouping import MOST_PARAMETERS, Facts, Manner, Plan, plans_of
from cellgraph.notebooks.promotion.lifting import Lifted, from_settings
from cellgraph.notebooks.promotion.model import SETTINGS, Omitted, Pipeline, Step, Value
from cellgraph.notebooks.promotion.naming import docstring, headings, step_name
from cellgraph.notebooks.promotion.program import BUILTINS, RESERVED, Program


@dataclass(frozen=True)
class Material:
    """What a pipeline is built from. Cells are told by their numbers.

    ``types`` are the types of names after each cell that changed them, ``files`` the paths that the run
    opened.
    """

    package: str
    notebook: str
    targets: tuple[str, ...]
    program: Program
    markdown: Mapping[int, str]
    types: Mapping[int, Mapping[str, str]]
    changed: Mapping[int, frozenset[str]]
    files: frozenset[str]
    omitted: tuple[Omitted, ...] = ()


def build(material: Material, manner: Manner = "parts") -> Pipeline:
    """The pipeline, divided into steps in a manner of ``grouping``."""
    return _Builder(material, manner).pipeline()


@dataclass
class _Builder:
    material: Material
    manner: Manner
    names: set[str] = field(default_factory=set)
    makers: dict[str, str] = field(default_factory=dict)
    """For each variable the step that returned it last."""

    def __post_init__(self) -> None:
        program = self.material.program
        self.program = program
        self.names = {*program.names, *BUILTINS, *RESERVED}
        self.lifted = Lifted(self.material.files, set(self.names))
        own = [name for name, piece in program.functions.items() if isinstance(piece.node, ast.ClassDef)]
        self.title = self._first_heading()
        self.annotations = Annotations(program.imports, own, program.bound)

    def pipeline(self) -> Pipeline:
        material, program = self.material, self.program
        for name, piece in program.constants.items():
            self.lifted.constant(name, piece)
        headed = frozenset(number for number, text in material.markdown.items() if headings(text))
        facts = Facts(program, material.changed, headed, frozenset(material.targets))
        before = 0
        steps: list[Step] = []
        for plan in plans_of(facts, self.manner):
            steps.append(self._step(plan, before))
            before = plan.group.cells[-1]
        functions = tuple(
            with_parameters(piece.text, name, program.needs) for name, piece in program.functions.items()
        )
        last = max([*material.types, 0])
        targets = tuple(self._value(name, last, self.makers.get(name, "")) for name in material.targets)
        constants = tuple(piece.text for piece in program.shared.values())
        return Pipeline(
            material.package,
            material.notebook,
            targets,
            tuple(steps),
            tuple(self.lifted.settings.values()),
            (*program.imports, *self.annotations.added),
            constants,
            functions,
            material.omitted,
            self._doc(),
        )

    def _first_heading(self) -> str:
        """The first heading, if there are others: it is that of the notebook."""
        every = self._headings()
        return every[0] if len(every) > 1 else ""

    def _headings(self) -> list[str]:
        return [heading for text in self.material.markdown.values() for heading in headings(text)]

    def _doc(self) -> str:
        material = self.material
        first = next(iter(self._headings()), "")
        made = f"The steps of {material.notebook} that make {', '.join(material.targets)}."
        return f"{first.rstrip('.')}.\n\n{made}" if first else made

    def _step(self, plan: Plan, before: int) -> Step:
        body, lifted = self._body(plan)
        cells = plan.group.cells
        constants = [name for name in plan.inputs if name in self.program.constants]
        inputs = [
            self._value(name, cells[0] - 1 + (before == cells[0]), self.makers.get(name, ""))
            for name in plan.inputs
            if name not in constants
        ]
        chosen = [*constants, *sorted(lifted)]
        given = [Value(n, self.lifted.settings[n].annotation, "", SETTINGS) for n in chosen]
        if len(inputs) + len(given) > MOST_PARAMETERS and len(given) > 1:
            body = from_settings(body, set(chosen), SETTINGS)
            given = [Value(SETTINGS, "Settings", "", SETTINGS)]
        returns = tuple(self._value(name, cells[-1], "") for name in plan.outputs)
        name, doc = self._name_and_doc(plan, before, body)
        self.makers |= dict.fromkeys(plan.outputs, name)
        waits = any(awaits(node) for piece in plan.group.pieces for node in piece.unit.nodes)
        places = frozenset((piece.number, piece.unit.start) for piece in plan.group.pieces)
        return Step(name, cells, (*inputs, *given), returns, body, doc, waits, places)

    def _name_and_doc(self, plan: Plan, before: int, body: str) -> tuple[str, str]:
        cells = plan.group.cells
        titles = self._titles(range(before + 1, cells[0] + 1)) or self._titles(cells)
        title = titles[-1] if titles else ""
        name = step_name(title, plan.outputs, body, self.names)
        self.names.add(name)
        near = self.material.markdown.get(cells[0], "")
        return name, docstring(title, near, plan.outputs, cells)

    def _titles(self, cells: Iterable[int]) -> list[str]:
        """The headings above some cells, but for the first of the notebook: the module is called that."""
        texts = "\n\n".join(filter(None, (self.material.markdown.get(number, "") for number in cells)))
        return [title for title in headings(texts) if title != self.title]

    def _body(self, plan: Plan) -> tuple[str, frozenset[str]]:
        """The statements of a step, and the settings that came in place of paths and seeds."""
        texts: list[str] = []
        found: set[str] = set()
        number = plan.group.pieces[0].number
        bound = set(plan.inputs).union(*(piece.unit.binds for piece in plan.group.pieces))
        for piece in plan.group.pieces:
            text = with_arguments(_nonlocal(piece.text), self.program.needs)
            text, lifted = self.lifted.text(text)
            found |= lifted
            unset = sorted(piece.unit.closure_binds - bound)
            bound |= piece.unit.closure_binds
            declared = [f"{name} = None" for name in unset]
            gap = [""] if piece.number != number else []
            texts += [*gap, *declared, text]
            number = piece.number
        return "\n".join(texts), frozenset(found)

    def _value(self, name: str, cell: int, source: str) -> Value:
        """A variable with its type after a cell."""
        kind = ""
        for number in sorted(self.material.types):
            if number <= cell:
                kind = self.material.types[number].get(name, kind)
        return Value(name, self.annotations.of(kind), kind, source)


def _nonlocal(text: str) -> str:
    """Functions inside a step change the variables of the step, not those of the module."""
    tree = parsed(text)
    if tree is None or "global " not in text:
        return text
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Global) and node.col_offset)
    return edited(text, [Edit(n.lineno, n.col_offset, n.lineno, n.col_offset + 6, "nonlocal") for n in found])


def changed_names(writes: Iterable[tuple[int, str, str]]) -> dict[int, frozenset[str]]:
    """For each cell the names that it changed in place, from (cell, name, kind of the write)."""
    found: dict[int, set[str]] = {}
    for cell, name, kind in writes:
        if kind == "mutate":
            found.setdefault(cell, set()).add(name)
    return {cell: frozenset(names) for cell, names in found.items()}

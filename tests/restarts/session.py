"""A written session: what the user did, and which cells must be told for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

StepKind = Literal[
    "run",
    "edit",
    "insert",
    "delete",
    "undo",
    "order",
    "interrupt",
    "rerun",
    "outside",
    "by hand",
    "file",
    "wait",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. Which fields count depends on the kind.

    ``after`` says when an interrupt comes: at so many printed lines (int), or after seconds (float).
    """

    kind: StepKind
    cell: str = ""
    text: str | None = None
    above: str = ""
    below: str = ""
    after: float = 0
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """A session and what is to be said at its end. Cells are listed between spaces.

    Attributes:
        told: Cells that a restart changes (what they show, or the values that they bind), and which must
            carry a warning. The restart is asked whether that is so.
        demanded: Cells that must carry a warning though a restart may not change them.
        quiet: Cells that must carry no warning, whatever else differs; "*" stands for all.
        may: Cells of which nothing is claimed: what they show is chance, or a matter of taste.
        unclean: Whether ``check`` may not say clean without a reservation.
        done: Whether to run the cells that it advises must lead to the restart's notebook.
        never: A regular expression that nothing that is said at the end may match.
        files: Files that are there before the session starts.
        left: Whether the restart finds the files that the session left. Else it finds ``files``.
        needs: Libraries without which the session makes no sense, between spaces.
        fails: Why the claims cannot be met yet.
    """

    name: str
    kind: str
    steps: tuple[Step, ...]
    told: str = ""
    demanded: str = ""
    quiet: str = ""
    may: str = ""
    unclean: bool = False
    done: bool = False
    never: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    left: bool = False
    needs: str = ""
    fails: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class Notebook:
    """The cells in order, and every text: those of deleted cells too, as a deletion may be undone."""

    order: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, str]:
        """Cell → text, from top to bottom."""
        return {cell: self.texts[cell] for cell in self.order}

    def apply(self, step: Step) -> None:
        """Do what a step does to the notebook. It runs nothing."""
        if step.kind in ("run", "edit", "interrupt", "insert"):
            self._type(step)
        elif step.kind == "delete":
            for cell in step.cells:
                self.places[cell] = self.order.index(cell)
                self.order.remove(cell)
        elif step.kind == "undo":
            self.order.insert(self.places[step.cell], step.cell)
        elif step.kind == "order":
            assert sorted(step.cells) == sorted(self.order), f"not all cells: {step.cells}"
            self.order[:] = step.cells

    def _type(self, step: Step) -> None:
        if step.text is not None:
            self.texts[step.cell] = step.text
        if step.cell not in self.order:
            self.order.insert(self._place(step), step.cell)

    def _place(self, step: Step) -> int:
        if step.above:
            return self.order.index(step.above)
        return self.order.index(step.below) + 1 if step.below else len(self.order)


def stages(session: Session) -> Iterator[tuple[Step, dict[str, str]]]:
    """Each step, with the notebook as it stands when the step's text has been typed."""
    notebook = Notebook()
    for step in session.steps:
        notebook.apply(step)
        yield step, notebook.shown


def final(session: Session) -> dict[str, str]:
    """The notebook at the end: cell → text, from top to bottom."""
    notebook = Notebook()
    for step in session.steps:
        notebook.apply(step)
    return notebook.shown


def files_from_outside(session: Session) -> dict[str, str]:
    """The files that a restart finds in a directory in which the notebook never ran."""
    return {**session.files, **{step.cell: step.text or "" for step in session.steps if step.kind == "file"}}


def ran(session: Session) -> frozenset[str]:
    """The cells that ran at least once."""
    return frozenset(step.cell for step in session.steps if step.kind in ("run", "interrupt"))

"""What people do to a notebook without running it, and runs that do not get to their end."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from tests.oracle.generate import Author, Draft, Habits, compiles, joined, with_source
from tests.oracle.session import Action


def type_only(author: Author) -> None:
    """Another text for a cell, which does not run."""
    cell = author.any_cell()
    draft = author.edited(cell)
    if compiles(draft.source):
        author.drafts[cell] = draft
        author.do(Action("type", cell, draft.source))


def add_only(author: Author) -> None:
    """A new cell anywhere, which does not run."""
    place = author.rng.randint(0, len(author.notebook.order))
    _add(author, place, author.draft(place))


def split(author: Author) -> None:
    """The lower lines of a cell become a cell of their own; then some of both run, or none."""
    cell = author.any_cell()
    draft = author.drafts[cell]
    starts = _later_statements(draft.source)
    if not starts:
        return
    lines, start = draft.source.split("\n"), author.rng.choice(starts)
    author.drafts[cell] = with_source(draft, "\n".join(lines[:start]))
    author.do(Action("type", cell, author.drafts[cell].source))
    lower = _add(author, author.notebook.order.index(cell) + 1, with_source(draft, "\n".join(lines[start:])))
    _run_some(author, cell, lower)


def merge(author: Author) -> None:
    """A cell takes in the one below it; then it runs, or does not."""
    place = author.rng.randrange(len(author.notebook.order) - 1)
    upper, lower = author.notebook.order[place : place + 2]
    author.drafts[upper] = joined((author.drafts[upper], author.drafts[lower]))
    author.do(Action("type", upper, author.drafts[upper].source))
    author.do(Action("delete", lower))
    _run_some(author, upper)


def paste(author: Author) -> None:
    """A copy of a cell somewhere else; it runs, or does not."""
    draft = author.drafts[author.any_cell()]
    copy = _add(author, author.rng.randint(0, len(author.notebook.order)), draft)
    _run_some(author, copy)


def rename(author: Author) -> None:
    """A variable gets another name in the cells that have it, or in most; then they run, or do not."""
    names = sorted(frozenset().union(*(author.drafts[cell].defines for cell in author.notebook.order)))
    if not names:
        return
    name, runs, whole = author.rng.choice(names), author.rng.random() < 0.5, author.rng.random() < 0.75
    word = re.compile(rf"(?<![\w.']){name}(?![\w'])")
    for cell in list(author.notebook.order):
        draft = author.drafts[cell]
        source = word.sub(f"{name}_2", draft.source)
        if source == draft.source or not compiles(source) or not (whole or author.rng.random() < 0.6):
            continue
        author.drafts[cell] = replace(draft, source=source, defines=draft.defines - {name})
        author.do(Action("edit" if runs else "type", cell, source))


def undo(author: Author) -> None:
    """A cell is deleted, and brought back to its place."""
    cell = author.any_cell()
    place = author.notebook.order.index(cell)
    author.do(Action("delete", cell))
    if author.rng.random() < 0.4:
        author.rerun()
    author.do(Action("restore", cell, place=min(place, len(author.notebook.order))))


def interrupt(author: Author) -> None:
    """A run that the user interrupts after some printed lines."""
    printing = [cell for cell in author.notebook.order if "print(" in author.drafts[cell].source]
    if printing:
        author.do(Action("interrupt", author.rng.choice(printing), lines=author.rng.randint(1, 3)))


def rerun_stale(author: Author) -> None:
    """The user follows the advice that is there."""
    author.do(Action("rerun"))


def _add(author: Author, place: int, draft: Draft) -> str:
    cell = f"c{len(author.drafts) + 1}"
    author.drafts[cell] = draft
    author.do(Action("add", cell, draft.source, place))
    return cell


def _run_some(author: Author, *cells: str) -> None:
    for cell in cells:
        if author.rng.random() < 0.5:
            author.do(Action("run", cell))


def _later_statements(source: str) -> list[int]:
    """The lines, from 0, at which a statement but the first starts."""
    try:
        body = ast.parse(source.replace("show ", "show, ")).body
    except SyntaxError:
        return []
    return [node.lineno - 1 for node in body[1:]]


UNRUN: Habits = (
    (type_only, 2.5),
    (add_only, 1.2),
    (split, 1.2),
    (merge, 0.8),
    (paste, 0.7),
    (rename, 0.8),
    (undo, 0.7),
    (rerun_stale, 0.4),
)
INTERRUPTED: Habits = ((interrupt, 3),)

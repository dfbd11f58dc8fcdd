"""What a piece of a notebook cell is: a small text with slots for names.

A slot is ``$`` + mode + kind + an optional digit that tells two slots of a kind apart::

    $int     reads a name of kind int           $=int    binds one
    $!int    changes one that exists            $-int    deletes one
    $?int    any name of the kind, there or not

The same slot stands for the same name throughout its piece, and the mode of its first appearance
counts. ``$k`` is a constant. A line ``show X`` becomes ``print(X)``, or ``X`` alone where it ends
the cell. Every piece shows something that follows from what it read: a wrong value cannot hide.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Snippet:
    """One piece of a cell. ``kind`` is the construct it exercises, ``weight`` how usual it is."""

    kind: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Pieces that go together. ``first`` is the text of the cell that their notebook starts with.

    ``needs`` is a library that must be installed. ``weight`` says how often a session is about them.
    """

    first: str
    snippets: tuple[Snippet, ...]
    needs: str = ""
    weight: float = 1.0

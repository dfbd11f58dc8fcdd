"""A long cell in parts: it is cut where few variables cross, best where its author left a gap."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cellgraph.notebooks.promotion.program import Piece

LONGEST_PART = 28
"""Lines from which on a cell is cut, if it can be."""
_SHORTEST_PART = 4
_MOST_CROSSING = 4
"""Variables that may go from one part of a cell to the next."""
_MOST_GIVEN = 6
_MOST_TAKEN = 7
_GAP = 1.5
"""What a gap in the text is worth, in variables that cross."""
_UNEVEN = 3.0

Loads = Callable[[Piece], frozenset[str]]


def parts_of(pieces: Sequence[Piece], loads: Loads, needed: Collection[str]) -> list[tuple[Piece, ...]]:
    """The statements of a cell, in one part or in several.

    ``loads`` tells what a statement reads, ``needed`` what is read after the cell.
    """
    if _lines(pieces) > LONGEST_PART:
        costs = {place: _cost(pieces, place, loads, needed) for place in range(1, len(pieces))}
        possible = {place: cost for place, cost in costs.items() if cost is not None}
        if possible:
            best = min(possible, key=lambda place: (possible[place], place))
            before, after = pieces[:best], pieces[best:]
            return [
                *parts_of(before, loads, {*needed, *_read(after, loads)}),
                *parts_of(after, loads, needed),
            ]
    return [tuple(pieces)]


def _lines(pieces: Sequence[Piece]) -> int:
    return sum(piece.text.count("\n") + 1 for piece in pieces)


def _read(pieces: Sequence[Piece], loads: Loads) -> frozenset[str]:
    return frozenset[str]().union(*map(loads, pieces))


def _bound(pieces: Sequence[Piece]) -> frozenset[str]:
    return frozenset[str]().union(*(piece.unit.binds | piece.unit.closure_binds for piece in pieces))


def _cost(pieces: Sequence[Piece], place: int, loads: Loads, needed: Collection[str]) -> float | None:
    """How bad it is to cut before a statement; None where it must not be."""
    before, after = pieces[:place], pieces[place:]
    if min(_lines(before), _lines(after)) < _SHORTEST_PART:
        return None
    bound, read = _bound(before), _read(after, loads)
    crossing = bound & read
    given = bound & {*needed, *read}
    taken = read - (_bound(after) - crossing)
    if not given or len(crossing) > _MOST_CROSSING or len(given) > _MOST_GIVEN or len(taken) > _MOST_TAKEN:
        return None
    uneven = abs(_lines(before) - _lines(after)) / _lines(pieces)
    gap = after[0].text.startswith("#") or after[0].unit.start > before[-1].unit.end
    return len(crossing) + _UNEVEN * uneven - (_GAP if gap else 0.0)

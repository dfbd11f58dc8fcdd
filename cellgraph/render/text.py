"""Text that users wrote, made safe to show: what it holds is seen, and never acted on.

Sources and names come from anywhere. A control character would move a terminal's cursor or make
XML invalid, and a directional override would show a line as something that it is not.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from cellgraph.code import source as cell_text
from cellgraph.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cellgraph.model import Nondeterminism

_JOINERS = "\u200c\u200d"
"""Zero-width joiner and non-joiner. They are kept: emoji and several scripts need them."""

_LONGEST_LINE = 500
"""Characters of a cell's first line that are looked at. Data that is pasted into a cell may have millions."""

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
_RIGHT_TO_LEFT_CHARACTER = Pattern(rf"[{_RIGHT_TO_LEFT}]")
_WORD = Pattern(rf"[\w{_RIGHT_TO_LEFT}]+")


def shown(text: str) -> str:
    """``text`` on one line, with every character that does not print written as its escape."""
    return text if text.isprintable() else "".join(map(_shown_character, text))


def _shown_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if character.isspace():
        return " "
    return character.encode("unicode_escape").decode("ascii")


def isolated(text: str) -> str:
    """``text`` with each right-to-left word isolated, so that it does not reorder the text around it.

    U+2068 and U+2069 do in HTML and SVG alike what ``<bdi>`` does in HTML only.
    """
    if text.isascii() or _RIGHT_TO_LEFT_CHARACTER.search(text) is None:
        return text
    return _WORD.sub(lambda word: _isolated_word(word[0]), text)


def _isolated_word(word: str) -> str:
    return f"\u2068{word}\u2069" if _RIGHT_TO_LEFT_CHARACTER.search(word) else word


def columns(text: str) -> int:
    """How many columns of a monospaced font ``text`` takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in _JOINERS or "\ufe00" <= character <= "\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int, mark: str = "…") -> str:
    """``text`` cut to ``width`` columns. If it is cut it ends with ``mark``."""
    if columns(text) <= width:
        return text
    kept, taken = [], len(mark)
    for character in text:
        taken += _columns(character)
        if taken > width:
            break
        kept.append(character)
    return "".join(kept).rstrip() + mark[: max(width, 0)]


def first_line(source: str) -> str:
    """The first line of code of a cell, escaped. It shows a reader which cell is meant."""
    return shown(cell_text.first_line(source)[:_LONGEST_LINE])


def merged(names: Sequence[str], most: int = 3) -> str:
    """Names as a short list: ``a, b, c``, and beyond ``most`` of them ``a, b +3``."""
    if len(names) <= most:
        return ", ".join(map(shown, names))
    return f"{', '.join(map(shown, names[: most - 1]))} +{len(names) - most + 1}"


UNDETERMINED = "≈"
"""Stands beside the state of a cell that gives other results with every run of the notebook."""


def chance_line(chance: Nondeterminism) -> str:
    """A cause of nondeterminism as a line."""
    kinds = {
        "elsewhere": "random numbers",
        "outside": "not known",
        "beside": "not known",
        "left": "not known",
        "hidden": "not known",
    }
    kind = kinds.get(chance.kind, f"{UNDETERMINED} not deterministic")
    return shown(f"{kind}: {chance.message}")


def unrun_line(texts: Sequence[str], width: int = 30, most: int = 3) -> str:
    """A line that lists cells without a recorded run, by their first lines of code."""
    lines = "; ".join(cut(first_line(text), width) for text in texts[:most])
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"○ not run since cellgraph was loaded: {lines}{more}"


def counted(number: int, noun: str) -> str:
    """``1 cell``, ``2 cells``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The items without repetition, in the order in which they first came."""
    return tuple(dict.fromkeys(items))


def nearest(word: str, known: Iterable[str], cutoff: float = 0.5) -> str | None:
    """The known word that is most similar to ``word``; None if none is similar.

    ``cutoff`` is the least similarity, from 0 to 1, as ``difflib`` measures it.
    """
    import difflib  # this module is loaded with the extension, and few sessions have a word to correct

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)


_UNKNOWN_OPTION = Pattern(r"unrecognized arguments: (--?[\w-]+)")


def with_nearest(message: str, options: Iterable[str]) -> str:
    """An error message of ``argparse`` about an unknown option, with the most similar one behind it."""
    found = _UNKNOWN_OPTION.match(message)
    near = nearest(found[1], options, cutoff=0.7) if found is not None else None
    return f"{message}: did you mean {near}?" if near is not None else message


def did_you_mean(word: str, known: Iterable[str], form: str = "{}") -> str:
    """The end of an error message about an unknown word: the most similar word, else all known words.

    ``form`` is a template of ``str.format`` for the word.
    """
    every = list(known)
    near = nearest(word, every)
    if near is not None:
        return f"did you mean {form.format(near)}?"
    return f"there is: {every[0]}" if len(every) == 1 else f"there are {', '.join(every)}"

"""Compares the outputs of a cell with those of another run of it, item by item, each by its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cellgraph.notebooks.verification.images import compare_images
from cellgraph.notebooks.verification.outputs import IMAGES, Item, typed
from cellgraph.notebooks.verification.plots import compare_json
from cellgraph.notebooks.verification.tables import compare_html
from cellgraph.notebooks.verification.text import Place, Tolerance, compare_texts
from cellgraph.notebooks.verification.verdicts import Change, ChangeKind
from cellgraph.notebooks.verification.volatile import prepared, without_ids, without_svg_ids

_WARNING = re.compile(r"Warning: |warnings\.warn\(")
_ROOM = re.compile(r"[^\S\n]+")
_CELL_FRAME = re.compile(r"<cell>|^-+> ?\d+ (.*)$", re.MULTILINE)
_RICHEST = (
    *IMAGES, "image/svg+xml", "application/vnd.plotly.v1+json", "application/pdf", "text/html", "text/latex",
    "text/markdown", "text/plain",
)  # fmt: skip
_LONGEST = 3_000_000
"""Characters of an output that are compared in parts. A longer one is the same or not, as a whole."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``changes`` between two lists of outputs, and what was not compared, in words."""

    changes: tuple[Change, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether there is a true difference."""
        return any(not change.volatile for change in self.changes)


def compare(saved: Sequence[Any], fresh: Sequence[Any], tolerance: Tolerance = Tolerance()) -> Comparison:  # noqa: B008 - frozen
    """Compare two lists of outputs as a notebook's file holds them."""
    if saved == fresh:
        return Comparison(skipped=tuple(_uncompared(typed(saved))))
    left, right = typed(saved), typed(fresh)
    found: list[Change] = []
    skipped: list[str] = list(_uncompared(left))
    for change in _compare_items(left, right, tolerance):
        if isinstance(change, str):
            skipped.append(change)
        else:
            found.append(change)
    return Comparison(tuple(found), tuple(dict.fromkeys(skipped)))


def _uncompared(items: Sequence[Item]) -> Iterator[str]:
    if any(item.kind == "widget" for item in items):
        yield "a widget"


def _compare_items(left: list[Item], right: list[Item], tolerance: Tolerance) -> Iterator[Change | str]:
    warned = [next((item for item in items if item.kind == "stderr"), None) for items in (left, right)]
    left, right = ([item for item in items if item.kind != "stderr"] for items in (left, right))
    pairs, rest = _paired(left, right)
    for number, (item, other) in enumerate(pairs, 1):
        yield from _compare_pair(item, other, Place(number, tolerance))
    for number, (item, is_new) in enumerate(rest, len(pairs) + 1):
        told = _summary(item)
        yield Change(number, "", "extra", "", told) if is_new else Change(number, "", "missing", told, "")
    if warned[0] is not None or warned[1] is not None:
        yield from _compare_stderr(warned[0], warned[1], len(pairs) + len(rest) + 1, tolerance)


def _paired(left: list[Item], right: list[Item]) -> tuple[list[tuple[Item, Item]], list[tuple[Item, bool]]]:
    """Items that belong together, and the others: those missing in the fresh run, and the new ones."""
    if len(left) == len(right):
        return list(zip(left, right, strict=True)), []
    import difflib

    keys, others = ([f"{item.kind} {_richest(item.data)}" for item in items] for items in (left, right))
    pairs: list[tuple[Item, Item]] = []
    rest: list[tuple[Item, bool]] = []
    for tag, low, high, other_low, other_high in difflib.SequenceMatcher(
        None, keys, others, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            pairs += zip(left[low:high], right[other_low:other_high], strict=True)
        else:
            rest += [(item, False) for item in left[low:high]]
            rest += [(item, True) for item in right[other_low:other_high]]
    return pairs, rest


def _richest(data: Mapping[str, Any]) -> str:
    plots = (kind for kind in data if kind.startswith("application/vnd.vega"))
    return next(plots, next((kind for kind in _RICHEST if kind in data), ""))


def _summary(item: Item) -> str:
    if item.kind == "error":
        return f"{item.name}: {item.text}"[:200]
    if item.kind == "data":
        return str(item.data.get("text/plain", _richest(item.data)))[:200]
    return item.text[:200] or item.kind


def _compare_pair(item: Item, other: Item, place: Place) -> Iterator[Change | str]:
    if item.kind != other.kind:
        kind: ChangeKind = "missing" if other.kind == "error" else "other form"
        yield place.change("", kind, _summary(item), _summary(other))
    elif item.kind == "stdout":
        yield from _compare_long(item.text, other.text, place, compare_texts)
    elif item.kind == "error":
        yield from _compare_errors(item, other, place)
    elif item.kind == "widget":
        yield from _compare_widgets(item.data, other.data, place)
    elif item.kind == "data":
        yield from _compare_data(item.data, other.data, place)


def _compare_long(
    saved: str, fresh: str, place: Place, compare_parts: Callable[[str, str, Place], Iterator[Change]]
) -> Iterator[Change]:
    if max(len(saved), len(fresh)) <= _LONGEST:
        yield from compare_parts(saved, fresh, place)
    elif saved != fresh:
        first = next((at for at, (a, b) in enumerate(zip(saved, fresh, strict=False)) if a != b), 0)
        yield place.change(f"character {first + 1}", "text", saved[first:], fresh[first:])


def _compare_data(saved: Mapping[str, Any], fresh: Mapping[str, Any], place: Place) -> Iterator[Change | str]:
    richest = _richest(saved), _richest(fresh)
    if richest[0] not in fresh or richest[1] not in saved:
        if not saved.keys() & fresh.keys() or any(map(_is_picture, richest)):
            yield place.change("", "other form", richest[0] or "nothing", richest[1] or "nothing")
            return
        # Another version may offer more forms of the same.
        yield place.volatile("", "forms of an output", richest[0], richest[1])
    several = sum(kind in fresh for kind in saved) > 1
    for kind, value in saved.items():
        if kind in fresh and value != fresh[kind]:
            prefix = kind if several and kind != richest[0] else ""
            yield from _compare_form(kind, value, fresh[kind], replace(place, prefix=prefix))


def _is_picture(kind: str) -> bool:
    return kind.startswith(("image/", "application/"))


def _compare_widgets(
    saved: Mapping[str, Any], fresh: Mapping[str, Any], place: Place
) -> Iterator[Change | str]:
    """The texts and pictures that stand in for a widget. What it is and shows itself is not compared."""
    for kind, value in saved.items():
        if kind in fresh and kind.startswith("text/"):
            yield from _compare_form(kind, without_ids(value), without_ids(fresh[kind]), place)
        elif kind in fresh and kind in IMAGES:
            yield from _compare_form(kind, value, fresh[kind], place)


def _compare_form(kind: str, saved: Any, fresh: Any, place: Place) -> Iterator[Change | str]:
    if not isinstance(saved, str) or not isinstance(fresh, str):
        yield from compare_json(saved, fresh, place)
    elif kind in IMAGES:
        yield from compare_images(saved, fresh, place)
    elif kind == "text/html":
        yield from _compare_long(saved, fresh, place, compare_html)
    elif kind == "image/svg+xml":
        yield from _compare_svg(saved, fresh, place)
    elif kind == "text/plain" and _is_figure(saved) and _is_figure(fresh):
        yield place.volatile("", "repr of a figure", saved, fresh)
    elif kind.startswith(("text/", "application/javascript", "application/x-tex")):
        yield from _compare_long(saved, fresh, place, compare_texts)
    else:
        yield f"an output of type {kind}"


_FIGURE = re.compile(r"<(?:matplotlib\.[^>]*|Figure size [^>]* with \d+ Axes|[\w.]*Axes[^>]*)>")
_LONGEST_FIGURE = 500


def _is_figure(text: str) -> bool:
    return len(text) <= _LONGEST_FIGURE and _FIGURE.fullmatch(text.strip()) is not None


def _compare_svg(saved: str, fresh: str, place: Place) -> Iterator[Change]:
    left, right = without_svg_ids(saved), without_svg_ids(fresh)
    if left == right:
        yield place.volatile("", "identifier in a picture", "", "")
    else:
        yield from _compare_long(left, right, replace(place, kind="image"), compare_texts)


def _compare_errors(saved: Item, fresh: Item, place: Place) -> Iterator[Change]:
    if saved.name != fresh.name:
        yield place.change("", "traceback", f"{saved.name}: {saved.text}", f"{fresh.name}: {fresh.text}")
        return
    found = list(compare_texts(saved.text, fresh.text, replace(place, kind="message")))
    yield from found
    if found or saved.traceback == fresh.traceback:
        return
    left, right = (_own_frames(item) for item in (saved, fresh))
    if left != right and saved.name in left[-1] and fresh.name in right[-1]:  # neither was cut
        found = list(
            compare_texts(
                "\n".join(left), "\n".join(right), replace(place, prefix="traceback", kind="traceback")
            )
        )
        yield from found
    if not found:
        yield place.volatile("", "frames of libraries in a traceback", "", "")


def _own_frames(item: Item) -> list[str]:
    """The lines of a traceback that are the notebook's own: where each of its cells was, and the message."""
    text, _, _ = prepared(item.traceback, "")
    text = _ROOM.sub(" ", text)
    lines = [match[1].strip() for match in _CELL_FRAME.finditer(text) if match[1]]
    last = next((line for line in reversed(text.split("\n")) if line.strip(" -")), "")
    return [*lines[:1], last]


def _compare_stderr(
    saved: Item | None, fresh: Item | None, number: int, tolerance: Tolerance
) -> Iterator[Change]:
    """The error stream stands apart: warnings in it tell of versions more often than of results."""
    place = Place(number, tolerance, stderr=True, prefix="stderr", kind="message")
    left, right = (item.text if item is not None else "" for item in (saved, fresh))
    for change in compare_texts(left, right, place):
        yield replace(change, warning=_is_warning(left, right, change))


def _is_warning(left: str, right: str, change: Change) -> bool:
    """Whether what changed is a warning of Python's, or the line of code that it quotes."""
    texts = [text for text in (change.saved, change.fresh) if text]
    return bool(texts) and all(
        _WARNING.search(text) or _quoted(text, whole)
        for text in texts
        for whole in (left, right)
        if text in whole
    )


def _quoted(text: str, whole: str) -> bool:
    before = whole[: whole.find(text)].rstrip("\n").rpartition("\n")[2]
    return text.startswith("  ") and bool(_WARNING.search(before))

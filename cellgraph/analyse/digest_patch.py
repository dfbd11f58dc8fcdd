"""What a value would be if some of its parts were replaced by those that a run wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cellgraph.model import Digest, Write, containing, covers, may_be_untold
from cellgraph.structure import COLUMNS, MAPPINGS, is_key, keys_told

_INDEX = ".index"


def patched(there: Digest | None, write: Write) -> Digest | None:
    """What is there with the written parts put in; None where that cannot be told.

    A part that now holds some of both is no value that any run has seen: its hash is a new one.
    """
    written = write.digest
    if there is None or written is None or not written.parts or not write.paths:
        return None
    if not there.parts and keys_told(there.type, there.size, {}) is None:
        return None  # an empty dict has none
    old, new = dict(there.parts), dict(written.parts)
    outer = {part for path in write.paths for part in containing(path)}
    told = {part for part in outer if not may_be_untold(part, there.type)}
    if not told <= old.keys() or not outer <= new.keys() or _has_moved(write, old):
        return None
    kept = {part: value for part, value in old.items() if part in new or not _inside(part, write.paths)}
    parts = kept | {part: value for part, value in new.items() if _inside(part, write.paths)}
    outer |= {part for part in parts.keys() & new.keys() if part.endswith(COLUMNS)}
    for part in sorted(outer, key=len, reverse=True):
        same = _held(part, parts) == _held(part, new)
        parts[part] = new[part] if same else f"{old.get(part, '')}~{new[part]}"
    if parts == new and _keys(parts) == _keys(new):
        return written
    value = f"{there.value}~{written.value}"
    size = _size(there, written, write, parts)
    return replace(written, value=value, sample="", size=size, parts=tuple(parts.items()))


def _keys(parts: Mapping[str, str]) -> list[str]:
    """The keys in their order, which is part of what a dict holds."""
    return [part for part in parts if part.startswith("[") and not containing(part)]


def _size(there: Digest, written: Digest, write: Write, parts: Mapping[str, str]) -> str:
    """How large the value is then, with these parts. Empty where that is not known."""
    form, before = there.form, write.before
    if before is not None and form is not None and before.form == form:
        return written.size
    keyed = all(is_key(path) or path == COLUMNS for path in write.paths) and there.type == written.type
    if keyed and there.type in MAPPINGS:
        return f"length {len(_keys(parts))}"
    held = dict(there.parts)
    if keyed and there.type == "DataFrame" and held.get(_INDEX) == parts.get(_INDEX):
        return f"{there.size.partition(',')[0]}, {len(_keys(parts))})"  # its rows are those that were there
    return there.size if write.keeps_form and held.keys() >= set(write.paths) else ""


def same_parts(made: Digest, patch: Digest, there: Digest) -> bool:
    """Whether ``patch``, put together from ``there``, has the parts of a value that a run has made.

    They are the same with the same content, and those with keys in the same order. Parts that hold others,
    and the list of columns, follow from these. Of several new keys nobody knows which comes first.
    """
    ours, theirs, before = _leaves(made), _leaves(patch), _leaves(there)
    new = [part for part in theirs if part.startswith("[") and part not in before]
    keys = [[part for part in parts if part.startswith("[")] for parts in (ours, theirs)]
    return made.type == patch.type and bool(ours) and ours == theirs and keys[0] == keys[1] and len(new) <= 1


def _leaves(digest: Digest) -> dict[str, str]:
    outer = {container for part, _ in digest.parts for container in containing(part)}
    return {part: value for part, value in digest.parts if part not in outer and not part.endswith(COLUMNS)}


def _inside(part: str, paths: Iterable[str]) -> bool:
    return any(covers(path, part) for path in paths)


def _held(part: str, parts: Mapping[str, str]) -> object:
    """What the hash of a part depends on, as far as other parts tell it."""
    if part.endswith(COLUMNS):
        start, depth = part.removesuffix(COLUMNS) + "[", len(containing(part))
        return [other for other in parts if other.startswith(start) and len(containing(other)) == depth]
    return {other: value for other, value in parts.items() if other != part and covers(part, other)}


def _has_moved(write: Write, old: Mapping[str, str]) -> bool:
    """Whether a place that was written (``x[-1]``) is another one in a sequence of another length."""
    before = write.before.parts if write.before is not None else ()
    numbered = {path[: path.rindex("[")] for path in write.paths if _is_numbered(path)}
    known = dict(before)
    return any(_places(part, known) != _places(part, old) for part in numbered)


def _places(part: str, parts: Mapping[str, str]) -> set[str]:
    return {other for other in parts if _is_numbered(other) and other[: other.rindex("[")] == part}


def _is_numbered(path: str) -> bool:
    return path.endswith("]") and not path.endswith('"]')

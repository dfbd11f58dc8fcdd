"""Which parts of a name's value a run read and wrote.

The digests before and after show what changed; the places in the code (``Sites``) show what was accessed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping

from cellgraph.code.part_paths import FITTING, LOOKUP, PARAMETERS, item_path
from cellgraph.model import Digest, containing, covers
from cellgraph.patterns import Pattern
from cellgraph.structure import ASKED, MAPPINGS, builtin_behind, is_structure, structure_read, told_by_keys
from cellgraph.trace.tracing_backend import Sites

_STORABLE = frozenset({"dict", "list", "ndarray", "DataFrame", "Series", "type", "module", "bytearray"})
"""Types that can be stored into without any code of the user's having a look at the rest."""
_ASKED_BY_KEY = MAPPINGS | {"DataFrame"}
"""Types of which ``get`` and ``in`` look at one item, and at nothing else."""
_GROWN = frozenset({"columns", "index"})
"""Parts of a frame that change along where a column is put (the index: where the frame was empty)."""


_BY_LABEL = Pattern(r"\.(?:loc|at)(?=\[)")
"""``s.loc["a"]`` is the same element of a series as ``s["a"]``."""


def paths_read(
    sites: Sites, before: Digest, after: Digest | None, is_builtin: Callable[[str], bool] | None = None
) -> list[str] | None:
    """The parts that were read. None if it may have been the whole value.

    ``after`` is the value after the run if the run has changed it. ``is_builtin`` tells whether the
    name of a builtin function stands for it; without that the structure is not told apart.
    """
    anew = fits_anew(sites, before)
    looked = (
        {PARAMETERS} if anew else {_looked_at(path, before, is_builtin) for path, only in sites if not only}
    )
    if after is not None and looked and not anew:
        looked = {part for path in looked for part in _before_stores(path, before)}
    if "" in looked:
        return None
    if after is None or anew:
        return sorted(looked)
    filled = {path for path, store_only in sites if store_only}
    looked |= built_on([(path, True) for path in filled], before, after)
    if not (_is_told(before) and _is_told(after)):
        return sorted(looked) if filled and not looked and after.type in _STORABLE else None
    if "" in filled and after.type in _STORABLE:
        return sorted(looked)  # at a computed key: other changes come from that store
    if after.type not in _STORABLE and any(path and not resolved(path, after) for path in filled):
        return None  # a property: its code may have read anything
    touched = _both_ways(looked | {resolved(path, after) for path in filled if path}, after)
    changed = changed_paths(before, after)
    begun = {path for path in changed if path not in touched and _is_begun(path, before, after, touched)}
    # Other changes were made by called code, which may have read anything.
    return sorted(looked | begun) if _all_within(changed, touched | begun) else None


def built_on(sites: Iterable[tuple[str, bool]], before: Digest, after: Digest) -> set[str]:
    """The parts into which code goes more deeply than parts are told apart, and which it does not replace.

    A store into ``d["w"][0]`` leaves the rest of ``d["w"]`` as it was.
    """
    if after.quality != "exact":
        return set()
    kept = dict(before.parts).keys() - {path for path, store_only in sites if store_only}
    parts = {path: resolved(path, after) for path, _ in sites}
    return {part for path, part in parts.items() if part in containing(path) and part in kept}


def _is_begun(path: str, before: Digest, after: Digest, touched: set[str]) -> bool:
    """Whether a part that was empty holds what the run stored into it, and nothing else."""
    inside = [part for part, _ in after.parts if path in containing(part)]
    empty = not any(path in containing(part) for part, _ in before.parts)
    return bool(inside) and empty and _all_within(inside, touched) and path in dict(before.parts)


def _looked_at(path: str, before: Digest, is_builtin: Callable[[str], bool] | None) -> str:
    """The part that the code at a path looks at: of the structure, or the nearest known one."""
    if not path or is_builtin is None:
        return resolved(path, before)
    found = structure_read(path, before.type, before.size, dict(before.parts))
    behind = builtin_behind(path) if found else ""
    return found if found and (not behind or is_builtin(behind)) else resolved(path, before)


def _before_stores(path: str, before: Digest) -> tuple[str, ...]:
    """The parts that a read depends on, of a run that has also changed the value or stored into it."""
    if not is_structure(path):
        return (path,)
    return told_by_keys(path, before.type, before.size, dict(before.parts)) or ("",)


def paths_written(before: Digest, after: Digest, sites: Sites) -> tuple[str, ...]:
    """The parts that differ, and those that were stored into without a difference."""
    if fits_anew(sites, before):
        return ()
    known = dict(after.parts)
    filled = {resolved(path, after) for path, store_only in sites if store_only}
    changed = {_stored_at(path, filled) for path in changed_paths(before, after)}
    again = {path for path in filled & known.keys() if not any(covers(path, part) for part in changed)}
    return tuple(sorted(again | changed))


def _stored_at(path: str, filled: Iterable[str]) -> str:
    """The part that a store replaced as a whole, if this changed part lies in it: else the part itself."""
    return next((stored for stored in filled if stored and covers(stored, path)), path)


def fits_anew(sites: Sites, before: Digest | None) -> bool:
    """Whether the run fitted an estimator before it did anything else with it: what it was does not count."""
    if before is None or not sites or any(path not in FITTING for path, _ in sites):
        return False
    return PARAMETERS in dict(before.parts)


def changed_paths(before: Digest, after: Digest) -> tuple[str, ...]:
    """The parts that differ. Empty if more than the known parts differ.

    If the parts of a part are known too, those that differ are returned in its place.
    """
    if not (_is_told(before) and _is_told(after)):
        return ()
    old, new = dict(before.parts), dict(after.parts)
    changed = [path for path in {**old, **new} if old.get(path) != new.get(path)]
    outer = {part for path in changed for part in containing(path)}
    opened = outer & _divided(old) & _divided(new)
    closed = outer - opened
    return tuple(
        path
        for path in changed
        if path not in opened and not any(part in closed for part in containing(path))
    )


def explained(before: Digest, after: Digest, stored: Iterable[str]) -> bool:
    """Whether every difference is in parts that the code itself ``stored`` into."""
    changed = changed_paths(before, after)
    return bool(changed) and _all_within(changed, _both_ways({path for path in stored if path}, after))


def certain_part(path: str, digest: Digest | None) -> str:
    """The part that a path of the code certainly leads to. Empty if that is the whole value.

    A position from the end (``[-1]``) has a second path.
    """
    steps = (*reversed(containing(path)), path)
    known = [step for step in steps if "[-" not in step]
    return resolved(known[-1], digest) if known and digest is not None else ""


def resolved(path: str, digest: Digest) -> str:
    """The nearest known part that a path leads into. Empty if that is the whole value."""
    known = dict(digest.parts)
    if digest.type == "Series" and (found := _BY_LABEL.match(path)):
        path = path[found.end() :]
    if path.startswith(ASKED):
        path = LOOKUP + path[len(ASKED) :]
    if f"{LOOKUP}[" in path:
        path = _looked_up(path, digest.type, known)
    for part in (path, *containing(path)):
        if part in known:
            return part
        if digest.type == "DataFrame" and not containing(part) and is_column(part, known):
            return item_path(part[1:])
    return ""


def _looked_up(path: str, kind: str, known: Mapping[str, str]) -> str:
    """The path of the item that ``cfg.get("lr")`` gives, where it is there. No other item is read then."""
    if path.startswith(LOOKUP) and kind not in _ASKED_BY_KEY:
        return path  # a ``get`` of the user's own may do anything
    item = path.replace(f"{LOOKUP}[", "[")
    return item if item in known else path


def _is_told(digest: Digest) -> bool:
    """Whether its parts are known: an empty dict has none."""
    return bool(digest.parts) or (digest.type == "dict" and digest.size == "length 0")


def _both_ways(paths: set[str], digest: Digest) -> set[str]:
    """The paths, with both paths of the last element of a sequence: ``[-1]`` and its number."""
    found = set(paths)
    for path in paths:
        start, at = path[: path.rfind("[")], path[path.rfind("[") + 1 : -1]
        if not at.removeprefix("-").isdigit():
            continue
        last = max((p for p, _ in digest.parts if _is_element(p, start)), key=_number, default="")
        if last and (at == "-1" or path == last):
            found |= {f"{start}[-1]", last}
    return found


def _is_element(path: str, start: str) -> bool:
    return path.startswith(f"{start}[") and path[len(start) + 1 : -1].isdigit()


def _number(path: str) -> int:
    return int(path[path.rfind("[") + 1 : -1])


def _all_within(changed: Iterable[str], touched: set[str]) -> bool:
    return all(any(covers(part, path) for part in touched) or _follows(path, touched) for path in changed)


def _follows(path: str, touched: set[str]) -> bool:
    """Whether a part follows from what was stored: the list of columns, a class as a whole."""
    start, dot, last = path.rpartition(".")
    if f".{last}" == PARAMETERS:
        return any(part.startswith(start) and part != path for part in touched)
    grown = last in _GROWN and any(part.startswith(f"{start}[") for part in touched)
    return bool(dot) and (grown or (last == "__class__" and any(covers(start, part) for part in touched)))


def _divided(parts: Mapping[str, str]) -> set[str]:
    """The parts of which parts are known in turn."""
    return {outer for path in parts for outer in containing(path)[:1]}


def is_column(path: str, known: Mapping[str, str]) -> bool:
    """Whether ``df.price`` is ``df["price"]``: not where the name is one of the frame's own."""
    if path[:1] != "." or item_path(path[1:]) not in known:
        return False
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    return frame is not None and not any(path[1:] in vars(cls) for cls in frame.__mro__)

"""A setting as a digest: of all keys whose values differ from the defaults.

An untouched setting has the same digest everywhere. So a run may record one read for all options of a
library, and a restart, which starts with the defaults, can be compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from xxhash import xxh3_64_hexdigest

from cellgraph.code.part_paths import item_path
from cellgraph.model import Digest

TYPE = "setting"
"""The type of these digests."""
OWN = "="
"""What stands for a key that the run had set itself before it read the rest: any value will do."""
SOME = "some"
"""What stands for a key of which a run asked only whether it is there, and found it: any count will do."""
GONE = "absent"
"""What stands for a key that is there by default and is not any more."""
_ONCE, _TIMES = "once", " times"
_MOST = 60


@lru_cache(maxsize=512)
def _digest(parts: tuple[tuple[str, str], ...]) -> Digest:
    return Digest(xxh3_64_hexdigest(repr(parts).encode("utf8", "surrogatepass")), type=TYPE, parts=parts)


DEFAULT = _digest(())
"""The digest of a setting of which nothing has been changed."""


def digest_of(parts: Mapping[str, str]) -> Digest:
    """The digest of a setting with these parts: by the path of the key, the text of the value."""
    return _digest(tuple(sorted(parts.items()))) if parts else DEFAULT


@lru_cache(maxsize=512)
def part_of(value: str) -> Digest:
    """The digest of one key. Empty if its value is the default."""
    return Digest(value, type=TYPE)


def deviations(values: Mapping[str, str], baseline: Mapping[str, str]) -> dict[str, str]:
    """The parts that differ from ``baseline``."""
    found = {item_path(key): _short(value) for key, value in values.items() if baseline.get(key) != value}
    return found | {item_path(key): GONE for key in baseline.keys() - values.keys()}


def _short(value: str) -> str:
    """The value as it is written in a digest: a long one by its start and its hash."""
    if len(value) <= _MOST:
        return value
    return f"{value[: _MOST - 20]}… {xxh3_64_hexdigest(value.encode('utf8', 'surrogatepass'))}"


def differing(path: str, seen: Digest, there: Digest) -> list[str]:
    """The paths of the keys, at ``path`` or (empty) all, of which a read found another value."""
    known = dict(there.parts)
    if path:
        here = known.get(path, "")
        return [path] if seen.value != (SOME if here and seen.value == SOME else here) else []
    if seen.value == there.value:
        return []
    taken = dict(seen.parts)
    both = sorted(taken.keys() | known.keys())
    return [key for key in both if taken.get(key, "") not in (OWN, known.get(key, ""))]


def times_there(count: int) -> str:
    """The value of a key that stands for an entry of a list, which may be there several times."""
    return _ONCE if count == 1 else f"{count}{_TIMES}" if count else ""


def _count(value: str) -> int | None:
    """How often an entry is there; None if the value is no such count."""
    if value in ("", _ONCE):
        return int(value != "")
    number = value.removesuffix(_TIMES)
    return int(number) if number != value and number.isdecimal() else None


def is_more(value: str, other: str) -> bool:
    """Whether an entry is there more often than in another value of its key."""
    many, few = _count(value), _count(other)
    return many is not None and few is not None and many > few


def with_keys(there: Digest, written: Digest, paths: Iterable[str], before: Digest | None = None) -> Digest:
    """The setting ``there`` with the values that these keys have in ``written``.

    ``before`` is the setting that the run found: it put an entry into a list once more than that has it.
    """
    parts, new = dict(there.parts), dict(written.parts)
    found = dict(before.parts) if before is not None else {}
    for path in paths:
        value = new.get(path, "")
        counts = [_count(held) for held in (value, found.get(path, ""), parts.pop(path, ""))]
        if before is not None and None not in counts:
            now, then, here = (count or 0 for count in counts)
            value = times_there(max(0, here + now - then))
        if value:
            parts[path] = value
    return digest_of(parts)

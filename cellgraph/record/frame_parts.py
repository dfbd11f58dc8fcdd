"""Which parts of a pandas frame a run looked at where its text uses the frame as it is, or calls a method."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from cellgraph.code.frame_columns import Frame, bound_once, parts_used
from cellgraph.code.part_paths import attribute_path, key_of
from cellgraph.digest.class_reflection import module_name
from cellgraph.model import Digest, first_step
from cellgraph.record.path_changes import is_column, resolved
from cellgraph.structure import COLUMNS
from cellgraph.trace.tracing_backend import Sites

if TYPE_CHECKING:
    from collections.abc import Collection

    from cellgraph.record.digest_store import DigestStore

_MOST_TEXTS = 200


def opened_frame(
    name: str, sites: Sites, before: Digest, text: str, store: DigestStore, changed: Collection[str]
) -> Sites:
    """The places at which a run accessed a frame, with its columns in place of methods and calls.

    ``before`` is the digest of the frame, ``text`` what the run executed, ``changed`` the names that it bound
    or changed. The places are returned as they are where all of the frame may count.
    """
    parts = dict(before.parts)
    whole = {path for path, store_only in sites if not store_only and not resolved(path, before)}
    if not whole or COLUMNS not in parts or ".attrs" in parts or not _is_pandas(store.value(name)):
        return sites
    once = bound_once(text)
    columns = frozenset(key_of(path) for path in parts if path.startswith("["))
    frame = Frame(
        name,
        columns,
        frozenset(column for column in columns if is_column(attribute_path(column), parts)),
        lambda other: _module(other, store),
        lambda other: _texts(store.value(other)) if other not in changed or other in once else None,
        lambda other: _rows(store.value(other)) if other not in changed or other in once else "",
    )
    found = parts_used(text, frame, {first_step(path) for path in whole})
    if found is None:
        return sites
    return frozenset({*(site for site in sites if site[0] not in whole), *((path, False) for path in found)})


def _is_pandas(value: object) -> bool:
    kind = type(value)
    return kind.__name__ == "DataFrame" and module_name(kind).partition(".")[0] == "pandas"


def _module(name: str, store: DigestStore) -> str:
    """The module that a variable holds, or from which what it holds comes. Empty where there is none."""
    held = store.value(name)
    if type(held) is ModuleType:
        return str(held.__name__)
    found = held.__module__ if type(held) is FunctionType else module_name(type(held))
    return found if type(found) is str and held is not None else ""


def _rows(value: object) -> str:
    """``mask`` for a column or an array of truth values, ``series`` for another column; else empty."""
    kind = type(value)
    library = module_name(kind).partition(".")[0]
    if (library, kind.__name__) not in (("pandas", "Series"), ("numpy", "ndarray")):
        return ""
    is_mask = str(value.dtype) == "bool"  # type: ignore[attr-defined]
    return "mask" if is_mask else "series" if library == "pandas" else ""


def _texts(value: object) -> list[str] | None:
    """The texts that a value is or lists; None for any other value."""
    if type(value) is str:
        return [value]
    if type(value) is not list and type(value) is not tuple:
        return None
    short = len(value) <= _MOST_TEXTS and all(type(each) is str for each in value)
    return list(value) if short else None

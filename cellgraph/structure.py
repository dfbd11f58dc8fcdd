"""Parts of a value that are its structure: its length, its shape, its keys.

No handler makes them. They follow from what each digest holds anyway: the type, the extent and the paths of
the other parts. So a value that is too large to be looked at whole has them too. A change of an element, of
a key's value or of a column's values leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from xxhash import xxh3_128_hexdigest

from cellgraph.patterns import Pattern

LENGTH = ".__len__()"
"""What ``len(x)`` gives."""
SHAPE = ".shape[:]"
"""What ``x.shape`` gives, and with it ``x.ndim``, ``x.size`` and ``x.empty``."""
KEYS = ".keys()"
"""The keys of a dict, or the names of a frame's columns, in their order. One of them: ``.keys()["lr"]``."""
STRUCTURE = "<structure>"
"""Stands for all of these together."""
STORES = ".__setattr__"
"""The part of a class that stands for what becomes of a store into an attribute of its instances."""

ASKED = ".__contains__"
"""Begins the path of what ``"lr" in cfg`` looks at: ``.__contains__["lr"]``."""
MAPPINGS = frozenset({"dict", "OrderedDict", "defaultdict", "Counter"})
_SIZED = MAPPINGS | {"list", "tuple", "set", "frozenset", "deque", "str", "bytes", "bytearray"}
_SHAPED = frozenset({"ndarray", "DataFrame", "Series"})
COLUMNS = ".columns"
"""The labels of a frame's columns."""
_CLASS, _INDEX, _DTYPE = ".__class__", ".index", ".dtype"
_BY_ATTRIBUTE = {".shape": SHAPE, ".ndim": SHAPE, ".size": SHAPE, ".empty": SHAPE, ".shape[0]": LENGTH}
_OF_POLARS = {".height": LENGTH, ".width": SHAPE}
"""Attributes of frames of polars. A frame of pandas may have columns with these names."""
_GOT = ".get["
_ITERATED = ".__iter__("
LOOPED = f"{_ITERATED})"
"""What ``for key in cfg`` looks at."""
_NUMBER = Pattern(r"\d+")
_STEP = Pattern(r"\.[^.\[]+")


def asked_by(function: str) -> str:
    """The path of what a builtin function looks at in its argument; empty for any other function."""
    if function == "len":
        return LENGTH
    return f"{_ITERATED}{function})" if function in ITERATING else ""


ITERATING = frozenset({"list", "sorted", "tuple", "set"})


def asked_for(item: str) -> str:
    """The path of what ``"lr" in cfg`` looks at, from that of the item (``["lr"]``)."""
    return ASKED + item


def builtin_behind(path: str) -> str:
    """The builtin function that has to be Python's own for a path to be right; empty if there is none."""
    if path == LENGTH:
        return "len"
    return path[len(_ITERATED) : -1] if path.startswith(_ITERATED) else ""


def in_code(label: str) -> str:
    """The label of what was read, as one writes it: ``len(xs)`` for ``xs.__len__()``."""
    if label.endswith(LENGTH):
        return f"len({label[: -len(LENGTH)]})"
    if label.endswith(SHAPE):
        return f"{label[: -len(SHAPE)]}.shape"
    if label.endswith(STORES):
        return f"{label[: -len(STORES)]} (how it takes attributes)"
    name, found, item = label.partition(KEYS)
    return f"{item[1:-1]} in {name}" if found and item else label


def is_structure(path: str) -> bool:
    """Whether a part is of the structure alone."""
    return path in (LENGTH, SHAPE, STRUCTURE) or path.startswith(KEYS)


def structure_read(path: str, kind: str, size: str, parts: Mapping[str, str]) -> str:
    """The part of the structure that the code at a path looks at, of a value of this type.

    Empty if it looks at more than that, or if nothing tells.
    """
    wanted = _wanted(path, kind, parts)
    return wanted if wanted and structure_value(wanted, kind, size, parts) is not None else ""


def _wanted(path: str, kind: str, parts: Mapping[str, str]) -> str:
    if path in (LENGTH, KEYS):
        return path
    if path.startswith(ASKED):
        return KEYS + path[len(ASKED) :]
    if path.startswith(_GOT):  # an item that is there is a part itself
        item = path[len(_GOT) - 1 :]
        return KEYS + item if kind in MAPPINGS and item not in parts else ""
    if path.startswith(_ITERATED):  # a frame of polars gives its columns, not their names
        return KEYS if kind != "DataFrame" or _INDEX in parts else ""
    return _by_attribute(path, kind, parts) if kind in _SHAPED else ""


def _by_attribute(path: str, kind: str, parts: Mapping[str, str]) -> str:
    """The part of the structure at which an attribute of an array or a table looks; empty for any other."""
    first = _STEP.match(path)
    if first is None:
        return ""
    if kind == "DataFrame" and first[0] in _OF_POLARS and parts and _INDEX not in parts:
        return _OF_POLARS[first[0]]
    return _BY_ATTRIBUTE.get(path) or _BY_ATTRIBUTE.get(first[0], "")


def told_by_keys(path: str, kind: str, size: str, parts: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that tell how large a value is once more keys have been stored into it; none if none does.

    How many there are then depends on which there were. Of an array, or a list, it does not.
    """
    if path not in (LENGTH, SHAPE) or kind not in MAPPINGS | _LABELLED:
        return (path,)
    if kind in MAPPINGS:
        return (KEYS,) if keys_told(kind, size, parts) is not None else ()
    labels = (COLUMNS, _INDEX) if kind == "DataFrame" else (_INDEX,)
    return labels if parts.keys() >= set(labels) else ()


def structure_value(path: str, kind: str, size: str, parts: Mapping[str, str]) -> str | None:
    """What a part of the structure is, as a hash stands for a value; None where it is not known.

    ``kind``, ``size`` and ``parts`` are what the digest of the value tells of it.
    """
    if not is_structure(path) or _CLASS in parts:  # a class of the user's may tell another length
        return None
    if path.startswith(KEYS):
        keys = keys_told(kind, size, parts)
        if keys is None:
            return None
        return _hashed("\n".join(keys)) if path == KEYS else str(int(path[len(KEYS) :] in keys))
    if kind in MAPPINGS and parts:
        return _hashed(str(sum(map(is_key, parts))))
    numbers = _NUMBER.findall(size) if kind in _SIZED or kind in _SHAPED else []
    if not numbers or (path == SHAPE and kind not in _SHAPED):
        return None
    return _hashed(numbers[0] if path == LENGTH else ",".join(numbers))


def keys_told(kind: str, size: str, parts: Mapping[str, str]) -> list[str] | None:
    """The paths of the items of a dict, or of the columns of a frame; None where they are not known."""
    if kind in MAPPINGS:
        return list(filter(is_key, parts)) if parts or size == "length 0" else None
    if kind == "DataFrame" and COLUMNS in parts and ".values" not in parts:
        return list(filter(is_key, parts))
    return None


def form_of(kind: str, size: str, parts: Mapping[str, str]) -> Form | None:
    """All that is known of the structure, to compare. Values of one form are built alike. None if too little.

    They are of one type and as large. Arrays have one dtype, dicts the same keys in the same order, frames
    and series the same labels.
    """
    keys = keys_told(kind, size, parts)
    labels = parts.get(COLUMNS, ""), parts.get(_INDEX, "")
    dtype = parts.get(_DTYPE, "") if kind == "ndarray" else ""
    unknown = (kind in MAPPINGS and keys is None) or (kind in _LABELLED and not any(labels))
    if unknown or not size or _CLASS in parts:
        return None
    return kind, size, tuple(keys or ()), labels, dtype


Form = tuple[str, str, tuple[str, ...], tuple[str, str], str]
_LABELLED = frozenset({"DataFrame", "Series"})


def is_key(path: str) -> bool:
    """Whether a path is of one item of the value itself: ``["lr"]``."""
    return path.startswith("[") and _END.match(path) is not None


_END = Pattern(r"""\[(?:"(?:[^"\\]|\\.)*"|[^\[\]"]*)\]$""")


def _hashed(text: str) -> str:
    return xxh3_128_hexdigest(text.encode("utf8", "surrogatepass"))

"""JSON that is nearly right: a document with some of its parts replaced, taken out, doubled or cut."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

SCALARS = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        5,
        2**63,
        10**400,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        "0",
        "\x00",
        "ü",
    ),
    *(
        "\ud800",
        "\u2028",
        "\u202e",
        "a\nb",
        "a" * 3_000,
        "../../x",
        "/dev/null",
        "<script>",
        "%",
        "{}",
        "python3",
        "code",
    ),
)
junk: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "", "name", "\ud800"]), inner, max_size=3)
    ),
    max_leaves=5,
)
"""Any value of JSON, and some that only Python's reader takes."""
Change = tuple[int, str, Any]
changes: st.SearchStrategy[list[Change]] = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.sampled_from(["replace", "replace", "replace", "remove", "wrap", "double", "rename", "empty"]),
        junk,
    ),
    min_size=1,
    max_size=4,
)
"""What is done to a document: which of its parts, how, and with what."""


def places(document: Any, path: Path = ()) -> Iterator[Path]:
    """The way to each part of a document, from the outside in."""
    yield path
    parts: Any = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, part in parts:
        yield from places(part, (*path, key))


def changed(document: Any, done: list[Change]) -> Any:
    """The document after these changes."""
    result = copy.deepcopy(document)
    for number, how, what in done:
        known = list(places(result))
        path = known[number % len(known)]
        if not path:
            result = what if how == "replace" and len(known) == 1 else result
            continue
        holder = result
        for key in path[:-1]:
            holder = holder[key]
        _change(holder, path[-1], how, copy.deepcopy(what))
    return result


def _change(holder: Any, key: Any, how: str, what: Any) -> None:
    if how == "remove":
        del holder[key]
    elif how == "wrap":
        holder[key] = [holder[key]]
    elif how == "double" and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif how == "rename" and isinstance(holder, dict):
        holder[str(what)[:20]] = holder.pop(key)
    elif how == "empty":
        holder[key] = type(holder[key])() if holder[key] is not None else {}
    else:
        holder[key] = what


@st.composite
def texts(draw: st.DrawFn, document: Any) -> str:
    """The document as JSON text after some changes; one in four is cut or has a character replaced."""
    text = json.dumps(changed(document, draw(changes)), ensure_ascii=draw(st.booleans()))
    how = draw(st.sampled_from(["whole", "whole", "whole", "cut", "character", "doubled"]))
    at = draw(st.integers(0, max(0, len(text) - 1)))
    if how == "cut":
        return text[:at]
    if how == "character":
        return (
            text[:at]
            + draw(st.sampled_from(['"', "}", "[", ",", "\x00", "9", "\\", "\n", "é"]))
            + text[at + 1 :]
        )
    return text + text if how == "doubled" else text

"""The outputs of a cell as typed items: streams joined, widgets told apart, errors in their parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cellgraph.notebooks.verification.verdicts import Shown
from cellgraph.notebooks.verification.volatile import carriage_returned

ItemKind = Literal["stdout", "stderr", "error", "data", "widget"]

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
WIDGET = "application/vnd.jupyter.widget-view+json"
_OWN_MESSAGE = "application/vnd.cellgraph"
_MOST_SHOWN = 4000
_MOST_IMAGE = 1_500_000
"""Largest picture, in characters, that a verdict carries to a report."""


@dataclass(frozen=True, slots=True)
class Item:
    """One output. ``text`` is that of a stream, ``data`` the forms of what was displayed, by MIME type.

    An error has ``name``, ``text`` (its message) and ``traceback``.
    """

    kind: ItemKind
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    traceback: str = ""


def joined(value: Any) -> str:
    """A text, which the format may hold as a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return ""


def typed(outputs: Sequence[Any]) -> list[Item]:
    """The outputs in order. Texts that follow each other are one; the error stream is the last item."""
    items: list[Item] = []
    errors: list[str] = []
    for output in outputs:
        item = _typed(output) if isinstance(output, Mapping) else None
        if item is None:
            continue
        if item.kind == "stderr":
            errors.append(item.text)
        elif item.kind == "stdout" and items and items[-1].kind == "stdout":
            items[-1] = Item("stdout", items[-1].text + item.text)
        else:
            items.append(item)
    items = [item for item in items if item.kind != "stdout" or item.text.strip()]
    text = "".join(errors)
    return [*items, Item("stderr", text)] if text.strip() else items


def _typed(output: Mapping[str, Any]) -> Item | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = output.get("name", output.get("stream"))
        return Item("stderr" if name == "stderr" else "stdout", joined(output.get("text")))
    if kind in ("error", "pyerr"):
        lines = output.get("traceback")
        traceback = (
            "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
        )
        return Item(
            "error",
            str(output.get("evalue", "")),
            name=str(output.get("ename", "")),
            traceback=traceback,
        )
    data = _data(output)
    if not data:
        return None
    return Item("widget" if WIDGET in data else "data", data=data)


_FORMER = {"png": "image/png", "jpeg": "image/jpeg", "svg": "image/svg+xml", "html": "text/html",
           "latex": "text/latex", "text": "text/plain", "javascript": "application/javascript",
           "json": "application/json"}  # fmt: skip
"""Fields of outputs in format 3 and older → MIME types."""


def _data(output: Mapping[str, Any]) -> dict[str, Any]:
    data = output.get("data")
    if not isinstance(data, Mapping):
        data = {_FORMER[key]: value for key, value in output.items() if key in _FORMER}
    return {
        str(kind): (joined(value) if isinstance(value, (str, list)) and not _is_json(str(kind)) else value)
        for kind, value in data.items()
    }


def _is_json(kind: str) -> bool:
    return kind.startswith("application/") and kind.endswith("json")


def shown(outputs: Sequence[Any]) -> tuple[Shown, ...]:
    """The outputs for a report, each cut to a size that a page can hold."""
    return tuple(part for item in typed(outputs) for part in _shown(item))


def _shown(item: Item) -> Iterator[Shown]:
    if item.kind == "error":
        yield Shown("error", _cut(f"{item.name}: {item.text}"))
    elif item.kind in ("stdout", "stderr"):
        yield Shown("stderr" if item.kind == "stderr" else "text", _cut(carriage_returned(item.text)))
    elif item.kind == "widget":
        yield Shown("text", _cut(str(item.data.get("text/plain", "a widget"))))
    else:
        yield _shown_data(item.data)


def _shown_data(data: Mapping[str, Any]) -> Shown:
    for kind in ("image/png", "image/jpeg", "image/gif"):
        if isinstance(data.get(kind), str) and len(data[kind]) <= _MOST_IMAGE:
            return Shown(kind, "".join(data[kind].split()))
    html = data.get("text/html")
    if isinstance(html, str) and "<table" in html and len(html) <= _MOST_IMAGE:
        return Shown("table", html)
    for kind in ("text/plain", "text/markdown", "text/latex", "text/html"):
        if isinstance(data.get(kind), str):
            return Shown("text", _cut(data[kind]))
    kind, value = next(iter(data.items()))
    return Shown(
        "text", _cut(f"{kind}\n{value if isinstance(value, str) else json.dumps(value)[:_MOST_SHOWN]}")
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "\n…"

"""What a run displayed, as a hash: two runs with the same hash show the same below their cell.

IPython 9 keeps the outputs of each execution count (``HistoryManager.outputs``), and they are read there.
Nothing is captured for it. Older versions keep none, and then what a run displayed is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.model import NOTHING

_MEANINGLESS = re.compile(
    r"\b0x[0-9a-fA-F]{4,}\b|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|sk-\w+-id-\d+|\bT_[0-9a-f]{5,}"
)
"""Memory addresses, and the ids that pages give to their parts: no two runs share them."""

Extents = Mapping[int, tuple[int, int]]
"""For an execution count the number of its outputs, and of the pieces that the last of them has so far."""


def extents(shell: Any) -> Extents | None:
    """How much of each execution count's output is there already; None where IPython keeps none.

    Only the latest counts can grow, so that no more than two are looked at.
    """
    outputs = _kept(shell)
    if outputs is None:
        return None
    now = shell.execution_count
    return {count: _extent(outputs[count]) for count in (now - 1, now) if count in outputs}


def output_hash(shell: Any, before: Extents | None, count: int | None) -> str:
    """The hash of what a run with this execution count displayed; empty where it is not known.

    ``before`` are the ``extents`` from before the run.
    """
    outputs = _kept(shell)
    if outputs is None or before is None or count is None:
        return ""
    entries = outputs.get(count)
    if not entries:
        return NOTHING
    number, pieces = before.get(count, (0, 0))
    new = [_text(entry) for entry in entries[number:]]
    if number and (rest := _stream(entries[number - 1])[pieces:]):
        new.insert(0, f"{entries[number - 1].output_type}\0{''.join(rest)}")
    return xxh3_64_hexdigest("\1".join(new).encode(errors="surrogatepass")) if new else NOTHING


def _kept(shell: Any) -> dict[int, Any] | None:
    outputs = getattr(getattr(shell, "history_manager", None), "outputs", None)
    return outputs if isinstance(outputs, dict) else None


def _extent(entries: Any) -> tuple[int, int]:
    return len(entries), len(_stream(entries[-1])) if entries else 0


def _stream(entry: Any) -> list[str]:
    pieces = entry.bundle.get("stream")
    return pieces if isinstance(pieces, list) else []


def _text(entry: Any) -> str:
    """One output: its kind, and its data by type of content."""
    bundle: Mapping[str, Any] = entry.bundle
    if "stream" in bundle:
        return f"{entry.output_type}\0{_plain(''.join(_stream(entry)))}"
    data = (f"\0{kind}\0{_plain(str(part))}" for kind, part in sorted(bundle.items()))
    return "".join((entry.output_type, *data))


def _plain(text: str) -> str:
    return _MEANINGLESS.sub("", text)

"""A hash of what a run displayed. Runs with the same hash show the same below their cell.

IPython 9 keeps texts and results for each execution count (``HistoryManager.outputs``). Older versions keep
none, and then what a run displayed is not known. What is displayed in a kernel passes through the hook of its
display publisher.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from xxhash import xxh3_64_hexdigest

from cellgraph.model import NOTHING
from cellgraph.patterns import Pattern

_MEANINGLESS = {
    "0x": Pattern(r"\b0x[0-9a-fA-F]{4,}\b"),
    "<ipython-input-": Pattern(r"<ipython-input-\d+-"),
    "ipykernel_": Pattern(r"\bipykernel_\d+"),
    "sk-": Pattern(r"sk-\w+-id-\d+"),
    "T_": Pattern(r"\bT_[0-9a-f]{5,}"),
}
"""Memory addresses, the names of cells in warnings, and the ids that pages give to their parts: no two runs
share them. By what each of them holds, as a text is searched for that much faster: the page of an estimator
has 145,000 characters.
"""
_UUID = Pattern(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_IN_A_UUID = Pattern(r"-[0-9a-f]{4}-[0-9a-f]{4}-")

_DISPLAYING = re.compile(
    r"display|show|plot|plt|fig|\bax|draw|HTML|Image|Markdown|widget|progress|tqdm|chart"
)
"""Words of a text that may display more than what it prints and its result."""

_ERRORS = "err_stream\0"
_LONGEST = 100_000
"""Characters up to which what is displayed is kept until the run ends."""

Extents = Mapping[int, tuple[int, int]]
"""For an execution count the number of its outputs, and of the pieces that the last of them has so far."""


class ShownOutput:
    """Follows what is displayed, one run at a time. It keeps hashes, and nothing that was displayed."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._displayed: list[str] = []
        self._texts: list[str] | None = []
        """What was displayed during the run, as text, until it ends; None where some of it is too long."""
        self._before: Extents | None = None
        publisher: Any = shell.display_pub
        self._unhook: Callable[[], None] | None = None
        if hasattr(publisher, "register_hook"):  # a kernel's
            publisher.register_hook(self._note)
            self._unhook = partial(publisher.unregister_hook, self._note)

    def begin(self) -> None:
        """A run starts."""
        self._displayed, self._texts = [], []
        self._before = _extents(self._shell)

    def end(self, count: int | None, source: str) -> str:
        """The hash of what the run displayed. Empty if that is not known.

        ``count`` is its execution count, None for a run that has none and is started by another cell's code.
        ``source`` is the text that ran: if output is not observed, it matters whether the text may display
        more than plain text.
        """
        self._texts = []
        outputs, before = _kept(self._shell), self._before
        if outputs is None or before is None or self._is_hidden(source):
            return ""
        if count is None:  # its text is kept with the next count, its results with that of the other cell
            now = self._shell.execution_count
            text = _new(outputs, before, now)[0]
            others = [*_new(outputs, before, now - 1)[1], *_new(outputs, before, now)[1]]
        else:
            text, others = _new(outputs, before, count)
        shown = [*text, *others, *self._displayed]
        return _hash("\1".join(shown)) if shown else NOTHING

    def errors(self, count: int) -> str | None:
        """What the run wrote to the stream of errors, while it ends. None if that is not known."""
        outputs, before = _kept(self._shell), self._before
        if outputs is None or before is None:
            return None
        return "\n".join(text for text in _new(outputs, before, count)[0] if text.startswith(_ERRORS))

    def text(self, count: int, source: str) -> str | None:
        """All that the run displayed, as text, while it ends. None if that is not known."""
        outputs, before = _kept(self._shell), self._before
        if outputs is None or before is None or self._texts is None or self._is_hidden(source):
            return None
        text, others = _new(outputs, before, count)
        return "\n".join([*text, *others, *self._texts])

    def _is_hidden(self, source: str) -> bool:
        """Whether a text may display something that is not seen here."""
        return _DISPLAYING.search(source) is not None and not self._is_seen

    @property
    def _is_seen(self) -> bool:
        """Whether what is displayed passes through here, or is kept by IPython."""
        publisher = self._shell.display_pub
        return self._unhook is not None or type(publisher).publish is DisplayPublisher.publish

    def close(self) -> None:
        """Stop following."""
        if self._unhook is not None:
            self._unhook()
            self._unhook = None

    def _note(self, message: Any) -> Any:
        """A kernel is about to display something. The message is passed on as it is."""
        try:
            data = message["content"]["data"]
            plain = data.get("text/plain", "")
            if self._texts is not None and type(plain) is str:
                self._texts = [*self._texts, plain] if len(plain) <= _LONGEST else None
            self._displayed.append(f"{message['header']['msg_type']}\0{_hash(_bundle(data))}")
        except Exception:  # noqa: BLE001 - whatever it is, it is to be displayed
            self._before = None  # what this run displays is not known
        return message


def _kept(shell: Any) -> dict[int, Any] | None:
    outputs = getattr(getattr(shell, "history_manager", None), "outputs", None)
    return outputs if isinstance(outputs, dict) else None


def _extents(shell: Any) -> Extents | None:
    """How much output the latest execution counts have already. Only these can grow."""
    outputs = _kept(shell)
    if outputs is None:
        return None
    now = shell.execution_count
    counts = [count for count in (now - 1, now) if outputs.get(count)]
    return {count: (len(outputs[count]), len(_stream(outputs[count][-1]))) for count in counts}


def _new(outputs: Mapping[int, Any], before: Extents, count: int) -> tuple[list[str], list[str]]:
    """What was added under an execution count: the texts of the two streams, and other outputs in order."""
    entries = outputs.get(count) or []
    number, pieces = before.get(count, (0, 0))
    streams: dict[str, list[str]] = {}
    if number:
        streams[entries[number - 1].output_type] = _stream(entries[number - 1])[pieces:]
    others: list[str] = []
    for entry in entries[number:]:
        if "stream" in entry.bundle:
            streams.setdefault(entry.output_type, []).extend(_stream(entry))
        else:
            others.append(f"{entry.output_type}\0{_bundle(entry.bundle)}")
    texts = ((kind, "".join(parts)) for kind, parts in sorted(streams.items()))
    return [f"{kind}\0{_plain(text)}" for kind, text in texts if text], others


def _stream(entry: Any) -> list[str]:
    pieces = entry.bundle.get("stream")
    return pieces if isinstance(pieces, list) else []


def _bundle(data: Mapping[str, Any]) -> str:
    return "\0".join(f"{kind}\0{_content(kind, str(part))}" for kind, part in sorted(data.items()))


def _content(kind: str, text: str) -> str:
    """A picture in base64 is long, and has no words that differ between two runs."""
    return text if kind.startswith("image/") and kind != "image/svg+xml" else _plain(text)


def _plain(text: str) -> str:
    for sign, meaningless in _MEANINGLESS.items():
        if sign in text:
            text = meaningless.sub("", text)
    return _UUID.sub("", text) if _IN_A_UUID.search(text) else text


def _hash(text: str) -> str:
    return xxh3_64_hexdigest(text.encode(errors="surrogatepass"))

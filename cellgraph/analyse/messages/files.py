"""The sentences about files. What is on disk outlives the kernel, and the sentences say so."""

from __future__ import annotations

from collections.abc import Callable

from cellgraph import rules
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Digest, Read

Label = Callable[[str], str]
Difference = Callable[[Digest | None, Digest | None], str]


def called(read: Read) -> str:
    """A file as a sentence calls it: ``file data/clean.csv``."""
    return read.name.label


def spoken(message: str, read: Read) -> str:
    """A sentence made for variables, about a file."""
    return message.replace(f"used {read.name}", f"read {called(read)}").replace(read.name, called(read))


def is_module(read: Read) -> bool:
    """Whether the file is that of a module: what counts is what was imported of it."""
    return read.digest is not None and read.digest.type == "module"


def file_doubt(doubt: StaleRead, label: Label, difference: Difference) -> str | None:
    """What is wrong with a file that no cell above makes; None where the usual sentence says it."""
    if doubt.slot is None or doubt.slot.cell:
        return _rewritten(doubt, label) if is_module(doubt.read) and doubt.code == rules.STALE.code else None
    return _BY_CODE[doubt.code](doubt, label, difference) if doubt.code in _BY_CODE else None


def file_drift(drift: LiveDifference, label: Label) -> str | None:
    """How a file has changed by no cell's doing; None where the usual sentence says it."""
    if drift.run is not None:
        return None
    reader, name = label(drift.cell), called(drift.read)
    if drift.code == rules.DELETED.code:
        return f"{name}, which {reader} read, is gone: running {reader} again now would fail"
    return f"{name} is not what {reader} read: it has changed on disk since, by no cell"


def _rewritten(doubt: StaleRead, label: Label) -> str:
    maker = label(doubt.slot.cell) if doubt.slot else ""
    file = doubt.read.name.path
    return f"{label(doubt.cell)} uses {file}, which {maker} has written since it was imported"


def _changed(doubt: StaleRead, label: Label, difference: Difference) -> str:
    reader, name = label(doubt.cell), called(doubt.read)
    now = doubt.slot.digest if doubt.slot else None
    if is_module(doubt.read):
        file = doubt.read.name.path
        if now is None:
            return f"{reader} uses {file}, and the file is not there any more"
        return f"{reader} uses {file}, and the file has changed since it was imported"
    if now is None:
        return f"{reader} read {name}, and there is no such file any more: Restart & Run All fails here"
    how = difference(doubt.read.digest, now)
    return f"{reader} read {name}, and the file has changed on disk since {how}".rstrip()


def _from_below(doubt: StaleRead, label: Label, _: Difference) -> str:
    maker = label(doubt.origin.cell) if doubt.origin else "a cell"
    return (
        f"{label(doubt.cell)} read {called(doubt.read)} from {maker}, which stands below it: "
        "Restart & Run All reads what an earlier session left on disk, and fails where there is nothing"
    )


def _own(doubt: StaleRead, label: Label, difference: Difference) -> str:
    reader = label(doubt.cell)
    how = difference(doubt.read.digest, doubt.slot.digest if doubt.slot else None)
    return (
        f"{reader} started from what it had written itself to {called(doubt.read)} {how}".rstrip()
        + f": each run of {reader} goes on from the last, and so does Restart & Run All"
    )


_BY_CODE: dict[str, Callable[[StaleRead, Label, Difference], str]] = {
    rules.STALE.code: _changed,
    rules.OUT_OF_ORDER.code: _from_below,
    rules.OWN_OUTPUT.code: _own,
}

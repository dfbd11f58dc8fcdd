"""The sentences of warnings: what a cell used, what is wrong with that, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cellgraph import rules
from cellgraph.analyse.messages.common import Label, difference, maker
from cellgraph.analyse.messages.consumables import consumed_doubt
from cellgraph.analyse.predicted_absence import fails_without
from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Run


def sentence(doubt: StaleRead, label: Label) -> str:
    """What is wrong and why, without what helps."""
    return consumed_doubt(doubt, label) or _SENTENCES[doubt.code](doubt, label)


def manual_fix(doubt: StaleRead, label: Label) -> str:
    """What helps where running cells does not, because nothing above makes the name; may be empty."""
    if doubt.slot is not None and doubt.slot.digest is not None:
        return ""
    missed = doubt.code == rules.LEFTOVER.code and _failed_again(doubt, label)
    how = _MISSED_FIX if missed else rules.RULES[doubt.code].manual_fix
    return how.format(reader=label(doubt.cell), cause=label(doubt.cause or ""), name=doubt.read.name)


def _usual(doubt: StaleRead, label: Label, **words: str) -> str:
    """The usual sentence of the doubt's rule."""
    template = rules.RULES[doubt.code].sentence
    return template.format(reader=label(doubt.cell), name=doubt.read.label, **words)


def _used(doubt: StaleRead, label: Label) -> str:
    return f"{label(doubt.cell)} used {doubt.read.label}"


def _stale(doubt: StaleRead, label: Label) -> str:
    slot = doubt.slot
    if doubt.read.digest is None and slot is not None:
        made = label(slot.cell)
        return f"{label(doubt.cell)} ran when there was no {doubt.read.name}; {made} has made it since"
    if doubt.origin is None or slot is None:
        return f"{_used(doubt, label)}, and it is different now"
    since = f"{label(slot.cell)} has run since"
    if slot.cell == doubt.origin.cell:
        since = _run_again(doubt.origin, label)
    return _usual(doubt, label, maker=doubt.origin.label, since=since, different=_different(doubt))


def _run_again(origin: Run, label: Label) -> str:
    now = label(origin.cell)
    if now == origin.label:
        return f"{now} has been run again since"
    return f"that cell has been run again since (now {now})"


def _different(doubt: StaleRead) -> str:
    seen, there = doubt.read.digest, doubt.slot.digest if doubt.slot else None
    how = difference(seen, there) if not doubt.read.path else ""
    opaque = seen is not None and there is not None and "opaque" in (seen.quality, there.quality)
    word = "may be different now" if opaque else "is different now"
    return f"{word} {how}".rstrip()


def _upstream(doubt: StaleRead, label: Label) -> str:
    return _usual(doubt, label, maker=maker(doubt, label, doubt.cause))


def _out_of_order(doubt: StaleRead, label: Label) -> str:
    made = maker(doubt, label)
    if _is_absent(doubt):
        return f"{_used(doubt, label)} from {made}, which stands below it: {_absent(doubt, label)}"
    return _usual(doubt, label, maker=made, instead=_instead(doubt, label))


def _deleted_cell(doubt: StaleRead, label: Label) -> str:
    made = doubt.origin.label if doubt.origin else "a cell"
    return _usual(doubt, label, maker=made, instead=_instead(doubt, label))


def _leftover(doubt: StaleRead, label: Label) -> str:
    """The maker ran again and did not bind the name: its code is different, or took another branch."""
    used, origin = _used(doubt, label), doubt.origin
    if origin is None:
        return f"{used} from code that is gone: {_instead(doubt, label)}"
    if origin.cell == doubt.cell:
        return f"{used} from its own earlier code ({origin.label}): {_instead(doubt, label)}"
    again = _failed_again(doubt, label)
    if again is None:
        return _usual(doubt, label, maker=maker(doubt, label), instead=_instead(doubt, label))
    stops = again.raised and _is_absent(doubt)
    end = "" if stops else f": {_instead(doubt, label)}"
    return f"{used} from {origin.label}; {again.words}{end}"


class _Again(NamedTuple):
    words: str
    raised: bool


def _failed_again(doubt: StaleRead, label: Label) -> _Again | None:
    """How the maker's latest run missed the name that its text makes; None where the text does not."""
    origin = doubt.origin
    latest = label.ledger.latest(origin.cell) if origin is not None else None
    if latest is None or doubt.read.name not in latest.unbound:
        return None
    raised = latest.outcome != "ok"
    what = f"raised {latest.error} before it made it" if raised else "did not make it"
    return _Again(f"run again as {latest.label}, that cell {what}", raised)


def _instead(doubt: StaleRead, label: Label) -> str:
    if doubt.slot is None or doubt.slot.digest is None:
        return _absent(doubt, label)
    how = difference(doubt.read.digest, doubt.slot.digest) if not doubt.read.path else ""
    return f"Restart & Run All takes it from {label(doubt.slot.cell)} {how}".rstrip()


def _is_absent(doubt: StaleRead) -> bool:
    return doubt.slot is None or doubt.slot.digest is None


def _absent(doubt: StaleRead, label: Label) -> str:
    run, name = label.ledger.latest(doubt.cell), doubt.read.name
    if run is not None and fails_without(run.source, name):
        return f"Restart & Run All fails here (no {name})"
    return f"Restart & Run All has no {name} here"


def _own_output(doubt: StaleRead, label: Label) -> str:
    slot = doubt.slot
    there = slot.digest if slot is not None else None
    if there is None or slot is None:
        start = f"{label(doubt.cell)} started from its own earlier result of {doubt.read.label}"
        return f"{start}: {_absent(doubt, label)}"
    how = difference(there, doubt.read.digest)
    return _usual(doubt, label, how=how and f" {how}", maker=label(slot.cell))


def _deleted_name(doubt: StaleRead, label: Label) -> str:
    return _usual(doubt, label, cause=label(doubt.cause or ""), absent=_absent(doubt, label))


def _edited(doubt: StaleRead, label: Label) -> str:
    return _usual(doubt, label, maker=maker(doubt, label, doubt.cause))


_SENTENCES: dict[str, Callable[[StaleRead, Label], str]] = {
    rules.STALE.code: _stale,
    rules.UPSTREAM.code: _upstream,
    rules.OUT_OF_ORDER.code: _out_of_order,
    rules.DELETED_CELL.code: _deleted_cell,
    rules.LEFTOVER.code: _leftover,
    rules.OWN_OUTPUT.code: _own_output,
    rules.DELETED_NAME.code: _deleted_name,
    rules.EDITED.code: _edited,
}

_MISSED_FIX = "see what {cause} needs to make {name}"
"""What helps where the text of the maker's cell still makes the name, and its latest run did not."""

"""The sentences of findings. A cell is called by the number beside it now, and by its first words.

In comes a stale read, a live difference or a cause of nondeterminism. Out come a sentence and a remedy.

Open first: this file, which chooses; ``warnings`` has the sentences of CG1xx. ``files`` and ``consumables``
have those of files, modules and iterators, and ``common`` what they share.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from types import MappingProxyType

from cellgraph import rules
from cellgraph.analyse.determinism import HASH_SEED, NondeterminismCause
from cellgraph.analyse.environment import UNKNOWN, EnvironmentEntry, StaleRead
from cellgraph.analyse.live_comparison import LiveDifference
from cellgraph.analyse.messages.common import (
    Label,
    consumed_note,
    consumed_warning,
    difference,
    ended,
    file_fix,
    file_note,
    file_warning,
    listed,
    maker,
    spoken,
    what_became,
)
from cellgraph.analyse.messages.settings import setting_fix, setting_warning
from cellgraph.analyse.predicted_failure import fails_without, makes_if_missing
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Order, Run, agree, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


def sentence(stale: StaleRead, label: Label) -> str:
    """What is wrong and why, without the remedy."""
    return consumed_warning(stale, label) or _SENTENCES[stale.code](stale, label)


def manual_fix(stale: StaleRead, label: Label) -> str:
    """The remedy where running cells does not help because nothing above makes the name. May be empty."""
    if stale.read.name.is_patch or (stale.slot is not None and stale.slot.digest is not None):
        return ""
    if not stale.read.name:
        return f"undo what it did, then run {label(stale.cell)}, or restart"
    if hasattr(builtins, stale.read.name) or is_kept(stale, label) or _makes_if_missing(stale, label):
        return f"`del {stale.read.name}`, then run {label(stale.cell)}, or restart"
    if stale.code == rules.EDITED.code:
        run = f"run {label(stale.cause or '')}, `del {stale.read.name}`, then run {label(stale.cell)}"
        return f"{run}, or restart"
    words = _how(stale, label).format(
        reader=label(stale.cell), cause=_makers_below(stale, label), name=stale.read.name
    )
    return f"{words}, or restart" if words else ""


def _how(stale: StaleRead, label: Label) -> str:
    """The rule's remedy, or the one that fits what has become of the maker."""
    if stale.code == rules.LEFTOVER.code and _failed_again(stale, label):
        return "see what {cause} needs to make {name}"
    if stale.code == rules.DELETED_CELL.code and stale.origin and stale.origin.cell in label.order.prose:
        return "bring its code back"
    return rules.RULES[stale.code].manual_fix


def _makers_below(stale: StaleRead, label: Label) -> str:
    """The cells below that made what was read: the one that changed it last, and those that it needs."""
    cells, run = label.order.cells, label.ledger.latest(stale.cell)
    if stale.code != rules.OUT_OF_ORDER.code or run is None or stale.cell not in cells:
        return label(stale.cause or "")
    below = cells[cells.index(stale.cell) + 1 :]
    found = {stale.cause or ""}
    for other in label.ledger.writers(stale.read.name, run.number):
        write = next(write for write in other.writes if write.name == stale.read.name)
        needed = not write.paths or any(related(path, stale.read.path) for path in write.paths)
        if other.cell in below and needed:
            found.add(other.cell)
        if write.kind != "mutate":
            break
    return listed([cell for cell in below if cell in found], label) or label(stale.cause or "")


def _usual(stale: StaleRead, label: Label, **words: str) -> str:
    """The sentence of the finding's rule."""
    template = rules.RULES[stale.code].sentence
    return template.format(reader=label.named(stale.cell), name=_called(stale), **words)


def _called(stale: StaleRead | LiveDifference) -> str:
    return stale.read.name.label if stale.read.name.is_patch else stale.read.words


def _used(stale: StaleRead, label: Label) -> str:
    return f"{label.named(stale.cell)} uses {_called(stale)}"


def _stale(stale: StaleRead, label: Label) -> str:
    slot = stale.slot
    if stale.read.digest is None and slot is not None:
        return _appeared(stale, slot, label)
    if stale.origin is None and slot is not None and slot.digest is UNKNOWN:
        return (
            f"{_used(stale, label)}; {label.named(slot.cell)} makes another, "
            "and has not run with its present text"
        )
    if stale.origin is None or slot is None:
        return f"{_used(stale, label)}, and it is different now"
    since = "which has run again: "
    if slot.cell != stale.origin.cell:
        since = f"{label.named(slot.cell)} has run since, and "
    return _usual(stale, label, maker=maker(stale, label), since=since, different=_different(stale))


def _appeared(stale: StaleRead, slot: EnvironmentEntry, label: Label) -> str:
    """There was no such name when the cell ran, and a restart has one."""
    made, name = label.named(slot.cell), stale.read.name
    reader = f"{label.named(stale.cell)} ran when there was no {name}"
    if stale.read.name.is_patch:
        done = "may change it now" if slot.digest is UNKNOWN else "has changed it since"
        return f"{_used(stale, label)}, and {made} {done}"
    if slot.digest is UNKNOWN:
        return f"{reader}; {made} makes it, and has not run with its present text"
    if gone := _deleter(stale, label):
        return f"{label.named(stale.cell)} found no {name}: {gone}; a restart has it from {made}"
    return f"{reader}; {made} has made it since"


def _deleter(stale: StaleRead, label: Label) -> str:
    """How a name came to be missing that had been there before the run; else empty."""
    run = label.ledger.latest(stale.cell)
    before = label.ledger.writers(stale.read.name, run.number) if run is not None else ()
    writes = ((other, w) for other in before for w in other.writes if w.name == stale.read.name)
    last = next(writes, None)
    if last is None:
        return ""
    if last[1].kind != "delete":
        return "it was gone by no cell's doing"
    return f"it was deleted by {label.named(last[0].cell)}"


def _different(stale: StaleRead) -> str:
    seen, there = stale.read.digest, stale.slot.digest if stale.slot else None
    how = difference(seen, there) if not stale.read.path else ""
    opaque = seen is not None and there is not None and "opaque" in (seen.quality, there.quality)
    word = "may be different now" if opaque else "is different now"
    return f"{word} {how}".rstrip()


def _upstream(stale: StaleRead, label: Label) -> str:
    return _usual(stale, label, maker=maker(stale, label, stale.cause))


def _out_of_order(stale: StaleRead, label: Label) -> str:
    made = maker(stale, label)
    if _is_absent(stale):
        return f"{_used(stale, label)} of {made}, which stands below it: {_instead(stale, label)}"
    return _usual(stale, label, maker=made, instead=_instead(stale, label))


def _deleted_cell(stale: StaleRead, label: Label) -> str:
    gone = what_became(stale, label)
    return _usual(stale, label, maker=maker(stale, label), gone=gone, instead=_instead(stale, label))


def _leftover(stale: StaleRead, label: Label) -> str:
    """The sentence for a maker that ran again and did not bind the name: other code, or another branch."""
    used, origin = _used(stale, label), stale.origin
    if origin is None:
        return f"{used} of code that is gone: {_instead(stale, label)}"
    if is_kept(stale, label):
        kept = f"{label.named(stale.cell)} kept {stale.read.name} as an earlier run of it made it"
        return f"{kept}: it makes it anew only where there is none"
    if origin.cell == stale.cell:
        return f"{used} of its own earlier code: {_instead(stale, label)}"
    again = _failed_again(stale, label)
    if again is None and stale.slot is not None and stale.slot.cell == origin.cell:
        earlier = f"an earlier text of which changed {stale.read.name} otherwise"
        return f"{used} of {maker(stale, label)}, {earlier}: Restart & Run All runs the present one alone"
    if again is None:
        return _usual(stale, label, maker=maker(stale, label), instead=_instead(stale, label))
    stops = again.raised and _is_absent(stale)
    end = "" if stops else f": {_instead(stale, label)}"
    return f"{used} of {label.named(origin.cell)}, which has run again and {again.words}{end}"


class _Again(NamedTuple):
    words: str
    raised: bool


def _failed_again(stale: StaleRead, label: Label) -> _Again | None:
    """How the maker's latest run failed before it made the name; None if its text does not make it."""
    origin = stale.origin
    latest = label.ledger.latest(origin.cell) if origin is not None else None
    if latest is None or stale.read.name not in latest.unbound:
        return None
    raised, name = latest.outcome != "ok", stale.read.name
    what = f"{ended(latest)} before it made {name}" if raised else f"did not make {name}"
    return _Again(what, raised)


def is_kept(stale: StaleRead, label: Label) -> bool:
    """Whether the cell makes the name only if it is missing, and so kept its own earlier value."""
    run, origin = label.ledger.latest(stale.cell), stale.origin
    if run is None or origin is None or origin.cell != stale.cell:
        return False
    return run.outcome == "ok" and stale.read.name in run.unbound


def _makes_if_missing(stale: StaleRead, label: Label) -> bool:
    run = label.ledger.latest(stale.cell)
    return run is not None and makes_if_missing(run.source, stale.read.name)


def _instead(stale: StaleRead, label: Label) -> str:
    if stale.slot is None or stale.slot.digest is None:
        return _absent(stale, label)
    maker_there = label.named(stale.slot.cell)
    if stale.slot.digest is UNKNOWN:
        return f"Restart & Run All takes it from {maker_there}, which has not run with its present text"
    how = difference(stale.read.digest, stale.slot.digest) if not stale.read.path else ""
    return f"Restart & Run All takes it from {maker_there} {how}".rstrip()


def _is_absent(stale: StaleRead) -> bool:
    return stale.slot is None or stale.slot.digest is None


def _absent(stale: StaleRead, label: Label) -> str:
    run, name = label.ledger.latest(stale.cell), stale.read.name
    if stale.slot is not None and stale.slot.doubt:
        return f"what Restart & Run All has there is not known before {label(stale.slot.cell)} has run"
    if hasattr(builtins, name):
        return f"Restart & Run All has Python's own {name} here"
    if _makes_if_missing(stale, label):
        return f"Restart & Run All has no {name} here, and so makes it anew"
    if run is not None and fails_without(run.source, name):
        return f"Restart & Run All fails here (no {name})"
    return f"Restart & Run All has no {name} here"


def _own_output(stale: StaleRead, label: Label) -> str:
    slot = stale.slot
    there = slot.digest if slot is not None else None
    if not stale.read.name and stale.origin is not None:
        error = f"{label.named(stale.cell)} raised {stale.origin.error}"
        return f"{error}, and the same code ran before from the same inputs: it met what it had done itself"
    if stale.read.digest is None and slot is not None:
        found = f"{label.named(stale.cell)} found no {stale.read.name}"
        return f"{found}: it had deleted it itself when it ran before"
    if there is None or slot is None:
        start = f"{label.named(stale.cell)} started from its own earlier result of {stale.read.words}"
        return f"{start}: {_absent(stale, label)}"
    if agree(there, stale.read.digest):
        gave = f"{label.named(stale.cell)} shows other than when it ran before, from the same inputs"
        return f"{gave}: what {stale.read.words} holds cannot be looked at, and the cell has changed it"
    how = difference(there, stale.read.digest)
    return _usual(stale, label, how=how and f" {how}", maker=label.named(slot.cell))


def _deleted_name(stale: StaleRead, label: Label) -> str:
    return _usual(stale, label, cause=label.named(stale.cause or ""), absent=_absent(stale, label))


def _edited(stale: StaleRead, label: Label) -> str:
    end = f" and does not make it any more: {_absent(stale, label)}" if _is_absent(stale) else ""
    return _usual(stale, label, maker=maker(stale, label, stale.cause)) + end


def _not_run(stale: StaleRead, label: Label) -> str:
    run = stale.origin
    if run is None:
        why = "has never run, and what others show depends on it"
    elif run.outcome == "unobserved":
        why = "ran, but what it did could not be observed: what it made is not known"
    elif run.outcome == "interrupted":
        why = "was interrupted: Restart & Run All runs it to its end"
    else:
        why = "has been edited since it ran: what it shows is not what its text makes"
    return _of_rule(stale, label, why=why)


def _outdated(stale: StaleRead, label: Label) -> str:
    return _of_rule(stale, label)


def _of_rule(stale: StaleRead, label: Label, **words: str) -> str:
    return rules.RULES[stale.code].sentence.format(reader=label.named(stale.cell), **words)


def _older(stale: StaleRead, label: Label) -> str:
    cause, run = label.named(stale.cause or ""), label.ledger.latest(stale.cell)
    used = label.ledger.older(run) if run is not None else ()
    share = next((older.share for older in used if older.name == stale.read.name), None)
    if share is None:
        through = stale.slot.changed_as if stale.slot is not None else ""
        if through and run is not None and _changes(run, through):
            other = f"with what {cause} makes that is another object"
            return f"{_used(stale, label)} and so changed {through}: {other}"
        if through and run is not None and _changes(run, stale.read.name):
            other = f"in a restart that is the same object as {through} of {cause}"
            return f"{_used(stale, label)} and left {through} as it was: {other}"
        if not through:
            return f"{_used(stale, label)} of before {cause} made it again, and another cell used both"
        return f"{_used(stale, label)}, and {cause} changed {through}: in a restart that is the same object"
    return _usual(stale, label, different=share.name + share.path, cause=cause)


def _changes(run: Run, name: str) -> bool:
    return any(write.name == name and write.kind == "mutate" for write in run.writes)


def _cached(stale: StaleRead, label: Label) -> str:
    slot = stale.slot
    if stale.read.cached == stale.read.name:
        asked = f"{label.named(stale.cell)} asked how often {stale.read.name} had been called"
        return f"{asked}: in a restart other runs have called it by then"
    instead = f"Restart & Run All takes it from {label.named(slot.cell)} " if slot is not None else ""
    how = difference(stale.read.digest, slot.digest if slot is not None else None)
    return _usual(stale, label, maker=stale.read.cached, instead=f"{instead}{how}".rstrip())


def _kept_in(stale: StaleRead) -> str:
    """What a restart loads anew, and how it finds it."""
    return "module as it is imported" if stale.read.name.is_module_global else "library as it came"


def _restart_only(stale: StaleRead, label: Label) -> str:
    slot = stale.slot
    if slot is not None and stale.read.name.is_file and not stale.read.is_module:
        read = (
            f"{label.named(stale.cell)} read {stale.read.name.label} as it was when a module was first loaded"
        )
        return f"{read}, which a second import does not do again: {label.named(slot.cell)} makes another"
    there = slot is not None and slot.digest is not None
    instead = f"a restart has the {_kept_in(stale)}"
    if there and slot is not None:
        instead = f"a restart takes it from {label.named(slot.cell)}"
    made, origin = maker(stale, label), stale.origin
    if origin is not None and origin.cell != stale.cell and origin is not label.ledger.latest(origin.cell):
        made = f"an earlier run of {made}"
    return _usual(stale, label, maker=made, instead=instead)


_SENTENCES: dict[str, Callable[[StaleRead, Label], str]] = {
    rules.STALE.code: _stale,
    rules.UPSTREAM.code: _upstream,
    rules.OUT_OF_ORDER.code: _out_of_order,
    rules.DELETED_CELL.code: _deleted_cell,
    rules.LEFTOVER.code: _leftover,
    rules.OWN_OUTPUT.code: _own_output,
    rules.DELETED_NAME.code: _deleted_name,
    rules.EDITED.code: _edited,
    rules.NOT_RUN.code: _not_run,
    rules.OUTDATED.code: _outdated,
    rules.OLDER.code: _older,
    rules.CACHED.code: _cached,
    rules.RESTART_ONLY.code: _restart_only,
}

RESTART = "restart and run all"
RELOAD = f"{RESTART}, or reload the module"
"""What helps where running single cells does not."""


def labels(ledger: Ledger, order: Order, places: Mapping[str, str] = MappingProxyType({})) -> Label:
    """What the cells of a session are called. ``places``: by their places instead of by their numbers."""
    return Label(ledger, order, places)


def warning_message(stale: StaleRead, label: Label) -> str:
    """What is wrong and why, without the remedy."""
    if stale.read.name.is_setting:
        return setting_warning(stale, label)
    if stale.read.name.is_file:
        found = file_warning(stale, label, difference)
        return found or spoken(sentence(stale, label), stale.read)
    return sentence(stale, label)


def manual_fix_of(stale: StaleRead, label: Label) -> str:
    """The remedy where running cells does not help; empty if none is known."""
    if stale.read.name.is_setting:
        return setting_fix(stale, label)
    if not stale.read.name.is_file:
        return manual_fix(stale, label) or RESTART
    if stale.code == rules.RESTART_ONLY.code and not stale.read.is_module:
        return RELOAD
    return file_fix(stale, label)


def note_message(changed: LiveDifference, label: Label) -> str:
    """What a cell would see if it ran now."""
    if changed.read.name.is_file:
        found = file_note(changed, label)
        return found or spoken(_variable_note(changed, label), changed.read)
    return _variable_note(changed, label)


def _variable_note(changed: LiveDifference, label: Label) -> str:
    by = label.of(changed.run) if changed.run is not None else ""
    reader = label.named(changed.cell)
    if changed.read.digest is None:
        return f"{reader} ran when there was no {changed.read.name}; {by} has made it since"
    if changed.code == rules.FOREIGN.code and by:
        used = f"{reader} used {changed.read.words} as no cell left it"
        return f"{used}: it was moved by hand, or changed, since {by}"
    gone = f"was deleted by {by}" if by else "is gone"
    usual = rules.RULES[changed.code].sentence.format(
        reader=reader, number=label(changed.cell), name=_called(changed), cause=by, gone=gone
    )
    return consumed_note(changed, label) or usual


def draw_message(draw: NondeterminismCause, order: Order, label: Label) -> str:
    """Why a cell's result is nondeterministic."""
    cell, what = label.named(draw.cell), draw.subject
    library = "numpy.random" if what == "numpy" else what
    if draw.kind == "observed":
        another = "result" if Name(what).is_result else what
        return f"{cell} gave another {another} when it ran again with the same inputs"
    if draw.kind in ("beside", "left", "hidden"):
        return f"{cell} {_used_in_passing(draw, label)}"
    if draw.kind == "reseeded":
        return f"{cell} seeds {library} without a value: it draws other numbers each time"
    if draw.kind == "outside":
        return f"{cell} {_asks(what)}"
    if draw.kind == "elsewhere":
        return f"{cell} drew other numbers ({library}) than Restart & Run All would"
    draws = f"{cell} draws random numbers ({library}) and no cell above sets the seed"
    return draws + _seeder(draw, order, label)


def _asks(what: str) -> str:
    if what == HASH_SEED:
        how = "those of texts are others after a restart (sort them, or start with PYTHONHASHSEED)"
        return f"goes by the order of a set or by hashes: {how}"
    return f"asks {what}: Restart & Run All may be told something else"


def _used_in_passing(draw: NondeterminismCause, label: Label) -> str:
    if draw.kind == "left":
        file = Name(draw.subject).label
        return f"read {file} as an earlier run of it left it: where there is none, a restart makes it anew"
    if draw.kind == "hidden":
        return _with_warnings_hidden(draw, label)
    whose = label(draw.seeder.cell) if draw.seeder is not None else "a cell"
    name = Name(draw.subject)
    by = f"a program that {whose} started" if name.is_file else f"a thread, a task or a callback of {whose}"
    return f"used {name.label}, which {by} changes beside the cells: what a restart gives depends on when"


def _with_warnings_hidden(draw: NondeterminismCause, label: Label) -> str:
    by = f" {label(draw.seeder.cell)} had" if draw.seeder is not None else ""
    others = f"; so did {listed(draw.others, label)}" if draw.others else ""
    return f"ran while{by} warnings hidden, which a restart may show{others}"


def _seeder(draw: NondeterminismCause, order: Order, label: Label) -> str:
    seeder = draw.seeder
    if seeder is None or seeder.cell == draw.cell:
        return ""
    if seeder.cell in order.cells[order.cells.index(draw.cell) :]:
        return f" ({label.named(seeder.cell)} does, below it)"
    deleted = seeder.cell in order.deleted
    return f" ({label.named(seeder.cell)} did, {label.gone(seeder.cell)})" if deleted else ""


def with_remedy(message: str, remedy: tuple[str, ...], label: Label, first: str = "") -> str:
    """The message, followed by the cells to run and by what has to be done before.

    At most a dozen cells are listed. The finding's remedy holds all.
    """
    return f"{message} · {first}run {listed(remedy, label)}" if remedy else message

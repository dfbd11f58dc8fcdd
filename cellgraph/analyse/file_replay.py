"""Files in replay: they outlive the kernel, so Restart & Run All finds what is on disk by then."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache

from cellgraph import rules
from cellgraph.code.expression_names import last_word, names_in
from cellgraph.code.fast_ast import every_node
from cellgraph.code.source import body_apart_from_magics, same_code
from cellgraph.model import Digest, Read, Run, Write, agree
from cellgraph.names import Name, lists
from cellgraph.record.ledger import Ledger
from cellgraph.trace.files.path_literals import READERS

Reason = tuple[str, str | None]
"""The code of a finding, and the cell that made the difference (None: no cell)."""


LISTING, FOLDER = "listing", "folder"
"""The types of the digests of what a listing gives, and of a folder that is there."""


def reason_on_disk(
    ledger: Ledger, position: Mapping[str, int], run: Run, read: Read, origin: Run | None, now: Digest | None
) -> Reason | None:
    """Why a file that no cell above makes is not to be relied on; None where it is.

    ``now`` is what is on disk. A file that the notebook itself has brought into being, and does not any more,
    is missing elsewhere. That a cell below has written it since is told as a note.
    """
    below = origin is not None and position.get(origin.cell, -1) > position[run.cell]
    if origin is not None and below and ledger.altered_itself(origin, read.name):
        return rules.OUT_OF_ORDER.code, origin.cell
    if read.digest is None or agree(read.digest, now) or (read.store_only and now is not None):
        return _missed(ledger, run, read, now) or _left_behind(ledger, position, run, read)
    if (
        origin is not None
        and origin.cell == run.cell
        and any(write.name == read.name for write in run.writes)
    ):
        return rules.OWN_OUTPUT.code, run.cell
    if origin is not None and origin.cell not in position:
        return rules.DELETED_CELL.code, origin.cell
    last = ledger.writer(read.name)
    if last is not None and last[0].number >= run.number and agree(last[1].digest, now):
        return _left_behind(ledger, position, run, read)  # the notebook itself has changed it since
    return rules.STALE.code, None


def is_log(name: Name) -> bool:
    """Whether a name is that of a file of messages."""
    return name.is_file and name.endswith(".log")


def is_unread_log(ledger: Ledger, run: Run, name: Name) -> bool:
    """Whether a run goes on with a log that another cell has opened, and that no cell reads.

    Such a log is for people, and grows with every run.
    """
    if not is_log(name) or posixpath.basename(name.path) in run.source:
        return False
    readers = (ledger.latest(cell) for cell in ledger.readers(name))
    return all(other is None or any(write.name == name for write in other.writes) for other in readers)


def _left_behind(ledger: Ledger, position: Mapping[str, int], run: Run, read: Read) -> Reason | None:
    """Why a file is there only because of a cell, or a text, that is there no more."""
    if read.digest is None or not was_absent(ledger, read.name):
        return None
    last = ledger.origin(run, read)
    if last is None:
        return None
    if last.cell not in position:
        return rules.DELETED_CELL.code, last.cell
    if last.cell == run.cell:
        again = _repeats(run, last, read.name) and not _makes_more(run, last) and last.output == run.output
        return None if again else (rules.OWN_OUTPUT.code, run.cell)
    latest = ledger.latest(last.cell)
    if latest is not None and not _writes(latest, read.name) and not _repeats(latest, last, read.name):
        return rules.LEFTOVER.code, last.cell
    is_made_otherwise = latest is last and position[last.cell] < position[run.cell]
    return (rules.UPSTREAM.code, last.cell) if is_made_otherwise else None


def inputs_of_kept(ledger: Ledger, run: Run, read: Read) -> tuple[Run, list[Read]] | None:
    """The run whose file was kept by the later runs of its cell, and what they did not look at any more.

    ``if not os.path.exists(cache): …`` makes the file once. It holds what it was made of by then. None where
    no cell has kept it.
    """
    last = ledger.origin(run, read) if read.digest is not None and was_absent(ledger, read.name) else None
    latest = run if last is not None and last.cell == run.cell else last and ledger.latest(last.cell)
    if last is None or latest is None or latest is last or _writes(latest, read.name):
        return None
    looked_at = {one.name for one in latest.reads}
    others = (one for one in last.reads if one.name.isidentifier() and one.name not in looked_at)
    return last, [one for one in others if one.digest is not None and not one.store_only and not one.cached]


def _writes(run: Run, name: Name) -> bool:
    return any(write.name == name for write in run.writes)


def names_for_sure(source: str, file: Name) -> bool:
    """Whether a text names a file as it stands, in statements that run in any case: it makes the file."""
    plain = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.With)
    nodes = body_apart_from_magics(source)
    return posixpath.basename(file.path) in source and all(isinstance(node, plain) for node in nodes)


def half_written(run: Run) -> Iterator[Write]:
    """The files that an interrupted run may have been writing: those that the rest of its text names.

    The only file of a run counts too, where no statement above names it.
    """
    files = [write for write in run.writes if write.name.is_file]
    lines = run.source.splitlines()
    nodes = body_apart_from_magics(run.source)
    rest = min((node.lineno for node in nodes if (node.end_lineno or 0) >= run.stopped_at), default=1)
    above, below = "\n".join(lines[: rest - 1]), "\n".join(lines[rest - 1 :])
    for write in files:
        name = posixpath.basename(write.name.path)
        if name in below or (len(files) == 1 and name not in above):
            yield write


def _repeats(run: Run, earlier: Run, name: str) -> bool:
    """Whether a run had the same text, inputs and outcome as an earlier one, which made the file.

    Files that the earlier run made itself, as checkpoints in a loop, are no inputs.
    """
    if not same_code(run.source, earlier.source) or run.outcome != earlier.outcome:
        return False
    given = {(read.label, read.store_only): read.digest for read in earlier.reads}
    return all(
        agree(read.digest, given.get((read.label, read.store_only)))
        for read in run.reads
        if read.name != name and not (read.name.is_file and _writes(earlier, read.name))
    )


def _makes_more(run: Run, earlier: Run) -> bool:
    """Whether a run made a file that the earlier one did not: one by the next free number."""
    known = {write.name for write in earlier.writes}
    made = (write.name for write in run.writes if write.before is None and write.kind == "bind")
    return any(name.is_file and name not in known for name in made)


def was_absent(ledger: Ledger, name: str) -> bool:
    """Whether there was no such file before a cell made it."""
    first = ledger.first_write(name)
    return first is not None and first.kind == "bind" and first.before is None


def listings_with(run: Run, file: Name) -> Iterator[Name]:
    """The listings of a run that give a file if it is there."""
    for read in run.reads:
        if read.digest is not None and read.digest.type == LISTING and lists(read.name.path, file.path):
            yield read.name


def overtaken(ledger: Ledger, run: Run, read: Read, maker: str) -> Reason | None:
    """A file from outside that ``maker``, a cell above, has made since it was read."""
    latest = ledger.latest(maker)
    is_later = latest is None or latest.number > run.number  # one that never ran is still to make it
    return (rules.STALE.code, maker) if is_later else None


def _missed(ledger: Ledger, run: Run, read: Read, now: Digest | None) -> Reason | None:
    """The same for a file that was not there when it was to be read; None for one that was."""
    if read.digest is not None:
        return None
    if ledger.removed_itself(run, read.name):
        return rules.OWN_OUTPUT.code, run.cell
    # What a cell makes as the notebook goes on is there at the next start, and is no news.
    is_news = ledger.writer(read.name) is None or is_left(ledger, read.name)
    return (rules.STALE.code, None) if now is not None and is_news else None


def is_left(ledger: Ledger, name: Name) -> bool:
    """Whether a file is left of an earlier run: cells have brought it into being, and none makes it any more.

    The latest run of the cell that wrote it last has not written it.
    """
    last = ledger.writer(name) if was_absent(ledger, name) else None
    latest = ledger.latest(last[0].cell) if last is not None else None
    return latest is not None and not _writes(latest, name)


@lru_cache(maxsize=256)
def names_reading(text: str) -> frozenset[str]:
    """The names in the calls of a text that read files, or ask whether they are there."""
    nodes = (part for node in body_apart_from_magics(text) for part in every_node(node))
    calls = (node for node in nodes if isinstance(node, ast.Call) and READERS.match(last_word(node.func)))
    return frozenset[str]().union(*map(names_in, calls))

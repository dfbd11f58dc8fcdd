"""What a run makes the same again: from its own first result, or setting anew what is different.

``model.fit(X, y)`` run again reads the fitted model, which is its own output. Still it leaves what it left
the first time. That is known if the first run was recorded: the same code made the same values of other
input. A cell with ``df.index.name = "k"`` finds the name that its own earlier run had set, and a restart
finds none. It leaves the same. A cursor that other cells have used meanwhile ``execute`` starts afresh.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from cellgraph.analyse.common_prefix import PLAIN
from cellgraph.analyse.environment import LOOK_BACK
from cellgraph.analyse.library_changes import is_own_module
from cellgraph.analyse.outside_world import asked
from cellgraph.code.expression_names import attribute_chain, is_name, mentions
from cellgraph.code.overwrites import altered, renewed, stores_plainly
from cellgraph.code.part_paths import key_of
from cellgraph.code.source import body_apart_from_magics, same_code
from cellgraph.code.statements import block_of, repeated_names
from cellgraph.model import NOTHING, Digest, Read, Run, agree, covers
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.ledger import Ledger
from cellgraph.trace.settings.hooks import EVENTS, HOOKS


def leaves_the_same(run: Run, known: Run, own: Sequence[Read]) -> bool:
    """Whether ``run``, which read its own results by the reads ``own``, left what ``known`` left.

    It has to display the same as well. If that is not known, its first use of each name has to be a call of
    one of its methods: what it displays afterwards shows the outcome. A setting is built on by a call.
    """
    if run.outcome != known.outcome or any(map(_is_around_cells, own)):
        return False  # what a function of an event shows before or after the cell, no output of a run tells
    shown = bool(run.output and known.output)
    if shown and run.output != known.output:
        return False
    ours, theirs = _left(run), _left(known)
    if not (
        shown or all(_starts_with_call(run.source, read) or _was_repeated(run, read, theirs) for read in own)
    ):
        return False
    if not _written(run) <= _written(known) or _results(run) != _results(known):
        return False
    if not all(_has_part(theirs.get(read.name), read) for read in own if read.name not in ours):
        return False
    # What changed through an alias the first time, and not this time, the run has not even looked at.
    repeated = repeated_names(block_of(body_apart_from_magics(run.source)))
    untouched: set[str] = {read.name for read in own if _was_repeated(run, read, theirs)}
    untouched |= theirs.keys() - _written(run) - _written(known)
    return all(
        _agree_exactly(ours.get(name), digest)
        or (digest is not None and digest == ours.get(name) and (name in repeated or name in untouched))
        or _stored_the_same(run, known, name)
        for name, digest in theirs.items()
        if name in ours
    )


def _was_repeated(run: Run, read: Read, theirs: Mapping[str, Digest | None]) -> bool:
    """Whether a run did once more what leaves the same, to what cannot be looked into: ``create_all``.

    It left it as it had found it, and that is what the other run has left.
    """
    digest, left = read.digest, theirs.get(read.name)
    if digest is None or left is None or digest.quality != "opaque":
        return False
    if any(write.name == read.name for write in run.writes):
        return False
    return digest == (left.part(read.path) if read.path else left)


def made_the_same(run: Run, known: Run) -> bool:
    """Whether two runs of the same code showed and left the same, though they had found other values.

    Of what they left all is known: plain values, which nothing else refers to.
    """
    if not run.output or run.output != known.output or (run.outcome, known.outcome) != ("ok", "ok"):
        return False
    if run.random or known.random or run.unbound != known.unbound or run.unset != known.unset:
        return False
    if any(map(_is_around_cells, (*run.reads, *known.reads))):
        return False
    ours, theirs = ({write.name.across_runs(one.cell): write for write in one.writes} for one in (run, known))
    return ours.keys() == theirs.keys() and all(
        (write.kind, write.shares) == (theirs[name].kind, ())
        and (write.digest is None or write.digest.type in PLAIN)
        and _agree_exactly(write.digest, theirs[name].digest)
        for name, write in ours.items()
    )


def _is_around_cells(read: Read) -> bool:
    """Whether a function of an event of IPython's was read, which is called before or after the cell."""
    return read.name.setting == HOOKS and key_of(read.path).startswith(EVENTS)


def _stored_the_same(run: Run, known: Run, name: str) -> bool:
    """Whether both runs stored the same into parts of a value, and ``run`` read nothing else of it."""
    if not all(read.store_only or read.path for read in run.reads if read.name == name):
        return False
    ours = next((write for write in run.writes if write.name == name and write.kind == "mutate"), None)
    theirs = next((write for write in known.writes if write.name == name and write.kind == "mutate"), None)
    if ours is None or theirs is None or not ours.paths:
        return False
    if ours.digest is None or ours.digest.quality != "exact":
        return False
    return all(
        any(covers(stored, path) for stored in theirs.paths)
        and _has_part(theirs.digest, Read(Name(name), path, ours.digest.part(path)))
        for path in ours.paths
    )


def _has_part(left: Digest | None, read: Read) -> bool:
    return left is not None and read.digest is not None and left.still_has(read.path, read.digest)


def failed_unlike_before(ledger: Ledger, run: Run) -> bool:
    """Whether the same code as that of a failed run ran before from the same observed inputs.

    Then it met something of its own making that is not recorded: a folder that it had made, a table that it
    had created, a lock that it had released.
    """
    earlier = (other for other in ledger.runs_of(run.cell)[-LOOK_BACK:] if other.number < run.number)
    return any(
        other.outcome == "ok" and same_code(other.source, run.source) and read_alike(run, other)
        for other in earlier
    )


def changed_unseen(ledger: Ledger, run: Run) -> tuple[Read, ...]:
    """The reads of objects that cannot be looked into, where a run shows other than an earlier one did.

    The same code ran from the same observed inputs, and nothing in it is left to chance. So it met what it
    had done to such an object itself: a cursor that it had read to its end.
    """
    hidden = (*[read for read in run.reads if _is_hidden(read)],)
    if not hidden or run.outcome != "ok" or run.random or _may_differ(run.source):
        return ()
    earlier = (other for other in ledger.runs_of(run.cell)[-LOOK_BACK:] if other.number < run.number)
    met = any(
        other.outcome == "ok"
        and same_code(other.source, run.source)
        and other.output not in ("", run.output)
        and read_alike(run, other)
        for other in earlier
    )
    return hidden if run.output and met else ()


def _is_hidden(read: Read) -> bool:
    digest = read.digest
    known = digest is None or digest.quality != "opaque" or digest.type in _CODE
    return not (known or read.path or read.store_only or not read.name.isidentifier())


_CODE = frozenset({"module", "function", "type", "builtin_function_or_method", "method", "CPUDispatcher"})
"""Types of values that hold code: what a call of them gives is not their own state."""
_CHANCE = Pattern(
    r"tim(e|er|eit)\b|perf_counter|tqdm|progress|verbose|async|await|[Tt]hread|Pool|Executor|Parallel|rand|uuid|hash\("
)


def _may_differ(source: str) -> bool:
    """Whether what a cell shows may differ from run to run by its text: it asks the clock, or draws."""
    return _CHANCE.search(source) is not None or any(what != "a database" for what in asked(source))


def read_alike(run: Run, earlier: Run) -> bool:
    """Whether the earlier run, which got further, read everything that a failed run read."""
    given = {(read.name, read.path, read.store_only): read.digest for read in earlier.reads}
    keys = [(read.name, read.path, read.store_only) for read in run.reads]
    return all(
        key in given and agree(read.digest, given[key]) for key, read in zip(keys, run.reads, strict=True)
    )


def shows_the_same(ledger: Ledger, run: Run) -> bool:
    """Whether the output below the cell of ``run``, which displayed elsewhere, equals what ``run`` displayed.

    If it is not known what either of them displayed, the texts tell whether they may display anything.
    """
    shown = ledger.shown(run.cell)
    if shown is None:
        return run.output == NOTHING or not _may_display(run.source)
    if shown.outcome != "ok" or run.outcome != "ok":
        return False  # an error stands there, or is to stand there
    if shown.output and run.output:
        return shown.output == run.output
    return not (_may_display(shown.source) or _may_display(run.source))


@lru_cache(maxsize=512)
def _may_display(source: str) -> bool:
    """Whether a text may display something: it calls something, or ends with an expression."""
    nodes = body_apart_from_magics(source)
    calls = any(isinstance(part, ast.Call) for node in nodes for part in ast.walk(node))
    return not nodes or calls or isinstance(nodes[-1], ast.Expr)


def _written(run: Run) -> set[str]:
    return {write.name for write in run.writes if _counts(write.name)}


def _counts(name: Name) -> bool:
    """Whether it is compared by name what runs left in it.

    What one's own module keeps, as a cache or a count of its calls, is a matter of those who read it.
    """
    return not (name.is_result or name.is_module_global)


def _left(run: Run) -> dict[str, Digest | None]:
    """What a run left in each name that it read or wrote and that is compared."""
    reads = (read for read in run.reads if not (read.path or read.name.is_module_global))
    left: dict[str, Digest | None] = {read.name: read.digest for read in reads}
    left |= {write.name: write.digest for write in run.writes if _counts(write.name)}
    return {name: digest for name, digest in left.items() if not is_own_module(digest)}


def _results(run: Run) -> list[str | None]:
    results = (write.digest for write in run.writes if write.name.is_result)
    return [digest.value if digest is not None and digest.quality == "exact" else None for digest in results]


def _agree_exactly(one: Digest | None, other: Digest | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.quality == "exact" and one.agrees(other)


def _starts_with_call(source: str, read: Read) -> bool:
    return read.name.is_setting or (starts_with_call(source, read.name) and not read.path)


@lru_cache(maxsize=512)
def starts_with_call(source: str, name: str) -> bool:
    """Whether the first use of ``name`` in a cell is ``name.method(…)`` as a statement of its own.

    ``@name.method`` above a function or a class is such a call, too.
    """
    first = next((node for node in body_apart_from_magics(source) if mentions(node, name)), None)
    if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        users = [part for part in first.decorator_list if mentions(part, name)]
        return bool(users) and all(_is_method_of(part, name) for part in users)
    value = getattr(first, "value", None) if isinstance(first, ast.Expr | ast.Assign) else None
    return isinstance(value, ast.Call) and _is_method_of(value, name)


def _is_method_of(call: ast.expr, name: str) -> bool:
    """``name.method(…)`` or ``name.part.method(…)``, with nothing of ``name`` in the arguments.

    A decorator may be the method itself, without arguments.
    """
    receiver, words = attribute_chain(call.func if isinstance(call, ast.Call) else call)
    given = (*call.args, *(keyword.value for keyword in call.keywords)) if isinstance(call, ast.Call) else ()
    return bool(words) and is_name(receiver, name) and not any(mentions(part, name) for part in given)


def differs_in_what_is_renewed(ledger: Ledger, run: Run, read: Read, there: Digest | None) -> bool:
    """Whether what a run read and what a restart has there differ only in what the run sets anew.

    Both are followed back through the changes that touched nothing else, until they meet.
    """
    if there is None or read.digest is None or not read.name.isidentifier():
        return False
    if read.path:
        return _part_differs_so(ledger, run, read, there)
    keys = renewed(run.source, read.name, read.digest.type, run.failed_at)
    if not keys:
        return False
    classes = [made.source for made in ledger.recent_writers(read.digest.type, most=LOOK_BACK)]
    classes = [text for text in classes if f"class {read.digest.type}" in text]
    if classes or read.digest.users_class or there.users_class:
        keys = _set_without_code(keys, classes, read.digest.type)
        if not keys:
            return False
    return _meet(ledger, read, (read.digest, there), keys)


def _part_differs_so(ledger: Ledger, run: Run, read: Read, there: Digest) -> bool:
    """The same of a part of which an attribute is set, as ``df.columns`` by ``df.columns.name = "k"``."""
    found = renewed(run.source, read.name, there.type, run.failed_at)
    keys = frozenset(key for key in found if key.startswith(f"{read.path}."))
    part = there.part(read.path)
    if not keys or there.users_class or read.digest is None or part is None:
        return False
    return _meet(ledger, read, (read.digest, part), keys)


def _set_without_code(keys: frozenset[str], classes: Sequence[str], name: str) -> frozenset[str]:
    """The keys that are set in an instance of a class of the user's by no code of that class.

    A property, a descriptor or a method may look at anything when it sets. ``classes`` are the texts of the
    cells that have made the class.
    """
    plain = bool(classes) and all(stores_plainly(text, name) for text in classes)
    return frozenset(key for key in keys if "(" not in key) if plain else frozenset()


def _meet(ledger: Ledger, read: Read, states: tuple[Digest, Digest], keys: frozenset[str]) -> bool:
    """Whether two states of what was read go back to one, through changes of nothing but ``keys``."""
    one, other = (list(_apart_from(ledger, read, state, keys)) for state in states)
    return any(first.agrees(second) for first in one for second in other)


def _apart_from(ledger: Ledger, read: Read, digest: Digest, keys: frozenset[str]) -> Iterator[Digest]:
    """A state of what was read, and the earlier ones that differ from it in nothing but ``keys``."""
    yield digest
    for run in ledger.recent_writers(read.name, most=LOOK_BACK):
        write = next((one for one in run.writes if one.name == read.name and one.kind == "mutate"), None)
        if write is None or write.digest is None or write.before is None:
            continue
        after, before = _seen(read, write.digest), _seen(read, write.before)
        if after is None or before is None or not after.agrees(digest):
            continue
        touched = altered(run.source, read.name, write.digest.type)
        if touched is None or not touched <= keys:
            return
        digest = before
        yield digest


def _seen(read: Read, whole: Digest) -> Digest | None:
    """What the read looks at of a value; None where that is not known."""
    return whole.part(read.path) if read.path else whole

"""Cells that a restart gives another input, and that make the same of it: ``max(scores) > 3``, ``xs[:2]``.

Where a text works with plain values alone (numbers, texts, lists, tuples, dicts and sets), what it makes is
worked out twice: from what its run read, and from what a restart has there. No code of the user's runs. A
value is known by its preview, or by working out the run that made it. It counts only if its digest is that of
the value in question.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from cellgraph.analyse.environment import LOOK_BACK, RUNS_CODE, EnvironmentEntry, StaleRead
from cellgraph.analyse.known_statements import lines_of
from cellgraph.code.expression_names import names_in
from cellgraph.code.plain_evaluation import PLAIN_TYPES, SCALARS, Evaluation, Unknown, same_values
from cellgraph.code.source import body
from cellgraph.digest import Digester
from cellgraph.model import Digest, Read, Run, Write
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger, same_value

_LOOK_S = 0.01
"""Seconds that looking at a value may take."""
_LONGEST = 10_000
"""Longer texts are not worked out."""
_DEEPEST = 12
"""Runs that are worked out one after the other to know one value."""
_PLAIN = frozenset(kind.__name__ for kind in PLAIN_TYPES)
_PREVIEWED = frozenset(kind.__name__ for kind in SCALARS if kind is not str)
_SEE_ALL = frozenset("globals locals vars dir eval exec get_ipython".split())
_BUILTINS = Name.of_setting("builtins")


class Recomputation:
    """Works out what texts make of the plain values that a restart has."""

    def __init__(self, ledger: Ledger, environment: Mapping[str, EnvironmentEntry]) -> None:
        self._ledger, self._environment = ledger, environment
        self._values: dict[str, Any] = {}
        self._worked_out: dict[int, Mapping[str, Any]] = {}
        self._depth = 0

    def makes_the_same(self, run: Run, stale_reads: Iterable[StaleRead]) -> bool:
        """Whether a run certainly makes and shows the same in a restart although these reads are stale."""
        stale = [*stale_reads]
        if not (_may_be_told(run) and all(map(_is_of_plain_value, stale))):
            return False
        nodes = body(run.source)
        known = {read.name for read in run.reads if read.digest is not None}
        known |= {write.name for write in run.writes}
        named = frozenset[str]().union(*map(names_in, nodes))
        if self._ledger.older(run) or not self._has_builtins(named, known):
            return False
        if not all(one.read.name in named for one in stale):
            return False  # the text has magics, or functions read it
        reads: dict[str, list[Read]] = {}
        for read in run.reads:
            reads.setdefault(read.name, []).append(read)
        ours, theirs = (
            _Found(self, run, reads),
            _Restarted(self, run, reads, {one.read.name for one in stale}),
        )
        try:
            return _agree(nodes, run, ours, theirs)
        except Unknown:
            return False

    def made_by(self, text: str) -> Mapping[str, Digest]:
        """What a text leaves in a restart in the variables that it binds or changes, where that is known."""
        nodes = body(text)
        named = frozenset[str]().union(*map(names_in, nodes))
        if len(text) > _LONGEST or not self._has_builtins(named, ()):
            return {}
        forgotten: set[str] = set()

        def there(name: str) -> Any:
            if name in forgotten or name in self._ledger.sharing_names:
                raise Unknown
            return self.there(name)

        evaluation = _of_copies(there)

        for node in nodes:
            try:
                evaluation.run(node)
            except Unknown:
                if any(map(self._runs_code, names_in(node))):
                    return {}
                forgotten |= _unknown_after(node, evaluation.values)
        own = {name: value for name, value in evaluation.values.items() if evaluation.is_own(value)}
        return {name: self._noted(value) for name, value in own.items() if name not in forgotten}

    def _runs_code(self, name: str) -> bool:
        """Whether a variable holds what may change other variables when it is used."""
        entry = self._environment.get(Name(name))
        digest = entry.digest if entry is not None else None
        if digest is None:
            return name in _SEE_ALL
        return digest.type in RUNS_CODE or bool(digest.users_class) or digest.quality == "opaque"

    def _noted(self, value: Any) -> Digest:
        digest = digest_of(value)
        self._values[digest.value] = value
        return digest

    def _has_builtins(self, named: Collection[str], known: Collection[str]) -> bool:
        """Whether the builtins that a text names are Python's own, in the session and in a restart."""
        if self._environment.get(_BUILTINS) is not None or not _SEE_ALL.isdisjoint(named):
            return False
        meant = [name for name in named if hasattr(builtins, name)]
        return not any(name in known or self._environment.get(Name(name)) is not None for name in meant)

    # -- values ---------------------------------------------------------------------------------------

    def read_value(self, run: Run, reads: Iterable[Read]) -> Any:
        """What a variable held that a run read."""
        made = self._ledger.origin(run, first := next(iter(reads)))
        if not first.path and first.digest is not None:
            return self.value(first.name, first.digest, (made,) if made is not None else ())
        write = _write_of(made, first.name) if made is not None else None
        if made is None or write is None or write.digest is None:
            raise Unknown
        if not all(same_value(read, write.digest) for read in reads):
            raise Unknown
        return self.value(first.name, write.digest, (made,))

    def there(self, name: str) -> Any:
        """What a variable holds in a restart."""
        entry = self._environment.get(Name(name))
        if entry is None or not _is_certain(entry) or entry.digest is None:
            raise Unknown
        return self.value(Name(name), entry.digest, self._ledger.runs_of(entry.cell)[-LOOK_BACK:])

    def value(self, name: Name, digest: Digest, makers: Iterable[Run]) -> Any:
        """The value that has a digest. One of ``makers`` may have made it."""
        if digest.value in self._values:
            return self._values[digest.value]
        if digest.quality != "exact" or digest.type not in _PLAIN:
            raise Unknown
        for value in self._candidates(name, digest, makers):
            if digest_of(value) == digest:
                self._values[digest.value] = value
                return value
        raise Unknown

    def _candidates(self, name: Name, digest: Digest, makers: Iterable[Run]) -> Iterator[Any]:
        if digest.type in _PREVIEWED:
            try:
                yield ast.literal_eval(digest.preview)
            except (ValueError, SyntaxError):
                return
        for run in reversed([*makers]):
            write = _write_of(run, name)
            if write is not None and write.digest == digest:
                found = self._made_by(run)
                if name in found:
                    yield found[name]

    def _made_by(self, run: Run) -> Mapping[str, Any]:
        """What a run made, as far as it can be worked out. It is a guess: digests tell."""
        if run.number not in self._worked_out:
            self._worked_out[run.number] = {}
            if self._depth < _DEEPEST and len(run.source) < _LONGEST:
                self._depth += 1
                try:
                    self._worked_out[run.number] = self._guess(run)
                finally:
                    self._depth -= 1
        return self._worked_out[run.number]

    def _guess(self, run: Run) -> Mapping[str, Any]:
        reads: dict[str, Read] = {read.name: read for read in reversed(run.reads)}

        def read(name: str) -> Any:
            if name not in reads:
                raise Unknown
            return self.read_value(run, (reads[name],))

        evaluation = _of_copies(read)

        for node in body(run.source):
            try:
                evaluation.run(node)
            except Unknown:
                continue
        return evaluation.values


def _of_copies(given: Callable[[str], Any]) -> Evaluation:
    """An evaluation that may change what names hold: it takes copies."""
    evaluation = Evaluation(given, may_change=True)

    def take(name: str) -> Any:
        value = evaluation.values[name] = deepcopy(given(name))
        return value

    evaluation.names = take
    return evaluation


class _Side:
    """One of the two: what the run of a text made, or what a restart makes."""

    def __init__(self, known: Recomputation, run: Run, reads: Mapping[str, list[Read]]) -> None:
        self._known = known
        self._run = run
        self._reads = reads
        self._written = {write.name for write in run.writes}
        self._given: dict[str, Any] = {}
        self.gaps = False
        self.forgotten: set[str] = set()
        self.evaluation = Evaluation(self.take)

    def take(self, name: str) -> Any:
        """What a variable holds that the text has not bound so far."""
        if name in self.forgotten or name not in self._reads or (self.gaps and name in self._written):
            raise Unknown
        if name not in self._given:
            self._given[name] = self._value(name)
        return self._given[name]

    def _value(self, name: str) -> Any:
        return self._known.read_value(self._run, self._reads[name])

    def leave_out(self, names: Collection[str], printed: int) -> None:
        """A statement is not worked out that has to do with some names."""
        self.gaps = True
        self.forgotten.update(names)
        for name in names:
            self.evaluation.values.pop(name, None)
        del self.evaluation.printed[printed:]


class _Found(_Side):
    """What the run made of what it read."""


class _Restarted(_Side):
    """What the text makes in a restart: of stale reads another value is there."""

    def __init__(
        self, known: Recomputation, run: Run, reads: Mapping[str, list[Read]], stale: Collection[str]
    ) -> None:
        super().__init__(known, run, reads)
        self.stale = stale

    def _value(self, name: str) -> Any:
        return self._known.there(name) if name in self.stale else super()._value(name)


def _agree(nodes: Iterable[ast.stmt], run: Run, ours: _Found, theirs: _Restarted) -> bool:
    """Work out both sides, statement by statement: whether they show and bind the same."""
    for node in nodes:
        printed = len(ours.evaluation.printed)
        try:
            shown = ours.evaluation.run(node), theirs.evaluation.run(node)
        except Unknown:
            if not _is_apart(node, run, ours, theirs):
                return False
            for side in (ours, theirs):
                side.leave_out(names_in(node), printed)
            continue
        if not same_values(*shown, {}):
            return False
    mine, other = ours.evaluation, theirs.evaluation
    return mine.printed == other.printed and _bind_the_same(mine, other)


def _unknown_after(node: ast.stmt, values: dict[str, Any]) -> set[str]:
    """The variables of which it is not known what they hold once a statement is done."""
    lines = lines_of([node])
    touched = frozenset[str]().union(*(line.touches for line in lines))
    found = {name for name in names_in(node) if name in touched or not _is_scalar(values.get(name))}
    for name in found:
        values.pop(name, None)
    return found


def _is_scalar(value: Any) -> bool:
    return type(value) in SCALARS


def _bind_the_same(mine: Evaluation, other: Evaluation) -> bool:
    """Whether both sides have bound the same names to the same values."""
    if mine.values.keys() != other.values.keys():
        return False
    pairs: dict[tuple[bool, int], int] = {}
    for name, value in mine.values.items():
        theirs = other.values[name]
        if not same_values(value, theirs, pairs):
            return False
        if value is not theirs and not (mine.is_own(value) and other.is_own(theirs)):
            return False
    return True


def _is_apart(node: ast.stmt, run: Run, ours: _Found, theirs: _Restarted) -> bool:
    """Whether a statement that is not worked out does the same in a restart: it sees nothing that differs.

    Functions and classes of the user's may look at any variable, and texts may name them.
    """
    digests = [read.digest for read in run.reads if read.digest is not None]
    if any(digest.type in RUNS_CODE or digest.users_class or digest.quality != "exact" for digest in digests):
        return False
    mine, other = ours.evaluation.values, theirs.evaluation.values
    differ = {name for name in mine.keys() | other.keys() if not _is_same_scalar(mine, other, name)}
    differ |= set(theirs.stale)
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    named = any(name in text for name in differ for text in texts if isinstance(text, str))
    return (
        not named and differ.isdisjoint(names_in(node)) and not any(one.imports for one in lines_of([node]))
    )


def _is_same_scalar(mine: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    if name not in mine or name not in other or not _is_scalar(mine[name]):
        return False
    return same_values(mine[name], other[name], {})


def _may_be_told(run: Run) -> bool:
    """Whether a run did nothing but what its text says, and all that it read is recorded."""
    if run.outcome != "ok" or run.conservative or run.random or not run.in_place:
        return False
    return len(run.source) < _LONGEST and not any(write.beside for write in run.writes)


def _is_of_plain_value(stale: StaleRead) -> bool:
    """Whether a restart certainly has a plain value where a run read another one."""
    read, slot = stale.read, stale.slot
    if not read.name.isidentifier() or read.cached or read.store_only or read.digest is None:
        return False
    return slot is not None and _is_certain(slot) and slot.digest is not None and slot.digest.type in _PLAIN


def _is_certain(entry: EnvironmentEntry) -> bool:
    return not (entry.doubt or entry.missing or entry.changed_as or entry.earlier or not entry.cell)


def _write_of(run: Run, name: str) -> Write | None:
    return next((write for write in run.writes if write.name == name), None)


def digest_of(value: Any) -> Digest:
    """The digest of a plain value."""
    return Digester(_LOOK_S).look(value).digest

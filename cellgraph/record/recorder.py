"""From a cell that is about to run to its record in the ledger."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from sys import modules
from time import perf_counter, time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_hexdigest

from cellgraph.code.source import Source, parse, same_code
from cellgraph.code.statements import (
    Block,
    bound_names,
    mentioned_names,
)
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.model import FROM_SYSTEM, Digest, Effect, Read, Run, Write
from cellgraph.names import KIND_MARK, PENDING_RESULT, Name
from cellgraph.record.background_writes import BackgroundWrites
from cellgraph.record.cache_records import CacheRecords
from cellgraph.record.contract_records import ContractRecords
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.file_records import Files, FileUse
from cellgraph.record.lazy_plans import origin
from cellgraph.record.ledger import Ledger
from cellgraph.record.library_records import LibraryRecords
from cellgraph.record.plain_runs import plain_changes
from cellgraph.record.run_context import Pending, RunChanges, RunContext, RunContexts, Unobserved, block_of
from cellgraph.record.setting_records import (
    Settings,
    SettingsOfRun,
    kept_apart,
)
from cellgraph.record.unseen_binds import UnseenBinds, names_given
from cellgraph.trace.background import Beside
from cellgraph.trace.namespace import NameTable, bound_since, gone_since
from cellgraph.trace.rng_state import Snapshot
from cellgraph.trace.settings.found_usages import Displayed, Screen
from cellgraph.trace.settings.tracker import Ended
from cellgraph.trace.shown_output import ShownOutput
from cellgraph.trace.tracing_backend import Touched, TracingBackend, open_backend

if TYPE_CHECKING:
    from cellgraph.record.module_records import ModuleRecords
    from cellgraph.record.options import RecordOptions
    from cellgraph.record.unseen_reads import ListingRecords

_AHEAD_BUDGET_S = 0.002
"""Seconds before a cell for looking again at cheap values that its text names."""
_NOWHERE = 0
"""The line of a name that no statement of the cell spells."""
_NO_VALUE = object()
_NOT_LOOKED_AT = Snapshot({}, 0)
"""Stands for the states of the random generators around a run that cannot draw."""
_FIRST_BUDGET_S = 0.05
"""Seconds for a first look at variables that were there before cellgraph."""


class _ShellSyntax:
    """Turns IPython's syntax into Python in the way of one shell.

    ``parse`` caches its latest texts together with their transformer, for all sessions of the process. So the
    shell is held weakly here, and nothing else of the session is held.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = weakref.ref(shell)

    def __call__(self, text: str) -> str:
        """The text as Python; as it stands once the shell is gone."""
        shell = self._shell()
        if shell is None:
            return text
        if shell.autocall:  # which prints the line as it rewrites it, and looks at attributes to do so
            return str(shell.input_transformer_manager.transform_cell(text))
        return str(shell.transform_cell(text))


class Recorder:
    """Records one run at a time: ``begin`` before its first instruction, then ``end`` or ``abandon``."""

    def __init__(self, shell: Any, options: RecordOptions, ledger: Ledger) -> None:
        self._shell = shell
        self._options = options
        self.ledger = ledger
        self.files = Files(shell, options, ledger)
        self.store = DigestStore(shell.user_ns)
        self._syntax = _ShellSyntax(shell)
        self._names = NameTable(shell.user_ns)
        self._libraries = LibraryRecords(shell.user_ns)
        self.settings = Settings(shell.user_ns)
        self._caches = CacheRecords(shell.user_ns, self.settings)
        self.contracts = ContractRecords(shell.user_ns, ledger, self._code_hash)
        self._shown = ShownOutput(shell)
        self._tracing: TracingBackend = open_backend(shell.user_ns)
        self._after: Mapping[str, int] = {}
        self._background = BackgroundWrites(ledger, self.store, shell.user_ns)
        self._unseen = UnseenBinds(ledger, self.store, self.same_code)
        self._contexts = RunContexts(shell.user_ns, ledger, self.store, self._unseen, self._background)
        self._listings: ListingRecords | None = None
        self._module_records: ModuleRecords | None = None
        self.take_stock(_FIRST_BUDGET_S)

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The user's namespace."""
        return self._shell.user_ns  # type: ignore[no-any-return]

    @property
    def conservative(self) -> bool:
        """Whether reads are worked out from the text (Python 3.11) instead of observed."""
        return self._tracing.conservative

    def live(self, name: str) -> Digest | None:
        """The value of a name, or the content of a file, at the last look. None if it is gone."""
        if KIND_MARK not in name:
            return self.store.digest(name)
        if Name(name).is_module_global:
            return self._module_records.live(Name(name)) if self._module_records is not None else None
        if Name(name).is_patch:
            return self._libraries.live(Name(name))
        if Name(name).is_setting:
            return self.settings.live(Name(name))
        return self.files.live(name) if Name(name).is_file else self.store.digest(name)

    def is_inside(self) -> bool:
        """Whether a cell that starts now is started by a task or a thread of the open run, if one is open."""
        return self._tracing.is_inside()

    def close(self) -> None:
        """Give the monitoring tool back. Nothing is recorded after that."""
        self._tracing.close()
        self._libraries.close()
        self._shown.close()

    def source(self, text: str) -> Source:
        """A cell's text, analysed."""
        return parse(text, self._syntax)

    def would_change(self, text: str) -> tuple[Effect, ...]:
        """The settings, generators, files and libraries that a cell with this text would change if it ran.

        Names too, where others than the text tell them: a star import, a script.
        """
        source = self.source(text)
        patches = sorted(self._libraries.would_set(source))
        names = (*self.files.would_write(source), *patches, *names_given(source))
        return (*self.settings.would_change(source), *((name, ()) for name in names))

    def absent(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these names that the namespace has not."""
        return frozenset(name for name in names if name not in self._shell.user_ns)

    def same_code(self, one: str, other: str) -> bool:
        """Whether two texts differ in comments and layout at the most."""
        return same_code(one, other, self._syntax)

    def take_stock(self, budget_s: float, mentioned: frozenset[str] = frozenset()) -> Mapping[str, int]:
        """Digest what was bound since the last run by no cell. Returns the ids of the values by name.

        Names in ``mentioned`` are digested again if that is cheap: a thread, a widget or ``%autoreload`` may
        have changed their value in place. It stops after ``budget_s`` seconds.
        """
        now = self._names.snapshot()
        if now is self._after and not mentioned:
            return now
        until = perf_counter() + budget_s
        self.store.open(budget_s)
        try:
            if now is not self._after:
                self._take_in(now)
            for name in mentioned:
                known = self.store.get(name)
                if known is not None and known.cheap and name in now and perf_counter() < until:
                    self.store.look(name, bound=False)
        finally:
            self.store.close()
        self._after = now
        return now

    def _take_in(self, now: Mapping[str, int]) -> None:
        for name in gone_since(self._after, now):
            self.store.forget(name)
        for name in sorted(bound_since(self._after, now)):
            known = self.store.get(name)
            if known is None or known.identity != now[name]:
                self.store.look(name, bound=True)

    def begin(self, info: Any, cell: str | None, source: Source, block: Block) -> Pending:
        """Start to record a run. Everything here happens before the cell's first instruction."""
        if beside := self._tracing.beside():
            self._background.between_cells(beside)
        only_binds = self._only_binds(source, block)
        before = self.take_stock(_AHEAD_BUDGET_S, mentioned_names(block) if not only_binds else frozenset())
        displayed = _latest_results(self._shell.user_ns.get("_oh"))
        files = self.files.begin(source) if not only_binds or self._follows_files() else None
        self._renew_imports()  # %autoreload has loaded modules again just now
        rebound = self._unseen.rebound(cell, source) if self._unseen.last else frozenset[str]()
        self._tracing.begin(before, source, block, rebound)
        self._tracing.watch(files.watch if files is not None else None)
        random = self.settings.begin(source) if not only_binds else _NOT_LOOKED_AT
        self._shown.begin()
        times = time(), perf_counter()
        return Pending(
            info, cell, source, block, before, displayed, *times, random, files, rebound, only_binds
        )

    def _only_binds(self, source: Source, block: Block) -> bool:
        """Whether the text can do nothing but bind names to numbers and texts.

        Such a run calls nothing, so no option, generator, library or cache is looked at for it. No object is
        let go either, whose finalizer could do anything: the names hold numbers and texts, or nothing, now.
        """
        operands, names = source.operands, self._shell.user_ns
        if operands is None or self._shell.ast_transformers or self.settings.is_hooked:
            return False
        used = [names.get(each, _NO_VALUE) for each in operands]
        replaced = [names.get(each) for step in block for each in step.binds]
        return SCALAR_IDS.issuperset([id(type(value)) for value in (*used, *replaced)])

    def _follows_files(self) -> bool:
        """Whether files may have changed that cells have to do with, or modules were loaded since."""
        reloads = self.files.modules and "AutoreloadMagics" in self._shell.magics_manager.registry
        return bool(reloads) or any(self.files.followed) or len(self.files.modules_seen) != len(modules)

    def names_before(self, text: str) -> list[str]:
        """The user's names that are there, but for those that the running cell's ``text`` binds."""
        own = bound_names(block_of(self.source(text)))
        return [name for name in self._names.snapshot() if name not in own]

    def joined(self, pending: Pending, info: Any, cell: str | None, text: str) -> Pending:
        """A run in which tracking began midway, now that its text is known.

        The names that the text binds count as its own, above and below the line that loads cellgraph.
        """
        source = self.source(text)
        block = block_of(source)
        before = {name: pending.before[name] for name in pending.before.keys() - bound_names(block)}
        known = pending._replace(info=info, cell=pending.cell or cell)
        return known._replace(source=source, block=block, before=before, random=known.random.taken_late())

    def end(self, pending: Pending, result: Any, count: int | None, in_place: bool = True) -> Run:
        """End a run: digest the values that it may have changed, and append it to the ledger.

        ``count`` is the number that the front end shows for this run, None if it has none. ``in_place`` says
        whether its output stands below its cell.
        """
        duration = perf_counter() - pending.clock
        touched = self._tracing.end(_failed_at(result))
        block, touched = self._with_other_names(pending, touched)
        files = self.files.end(pending.files, block, touched) if pending.files is not None else FileUse(block)
        cell = pending.cell or self._anonymous(count)
        self._names.claim(touched.stored)
        settings, stored, touched = self._beyond_names(
            pending,
            cell,
            files,
            self._with_reloaded(touched, pending.source.text),
            lambda seen: _ended(result, seen, self._screen(pending.source, result, count, in_place)),
        )
        after = self._names.snapshot()
        others = self._tracing.beside()  # asked now: a thread goes on
        until = self._open_store(duration)
        try:
            changes = self._plain_changes(pending, result, touched, after, files) if not others else None
            is_plain = changes is not None
            if changes is None:
                context = self._contexts.of(
                    pending, cell, touched, files.deferred | settings.deferred, after, others
                )
                changes = self._changes(context, pending, result, count, files, settings)
                changes = self._with_modules(changes, cell, pending, context, stored)
        finally:
            self.store.close()
        self._after = after
        self._unseen.note(cell, pending.source, changes.unseen, failed=bool(_failed_at(result)))
        reads, untouched = kept_apart(changes.reads, settings) if settings.reads else (changes.reads, ())
        run = self._run(
            pending,
            cell,
            count,
            result,
            changes.writes,
            reads=reads,
            untouched=untouched,
            unbound=() if is_plain else _unbound(pending.block, changes.writes, files.unwritten),
            unset=settings.unset,
            duration=duration,
            random=(*settings.random, FROM_SYSTEM) if touched.asked_system else settings.random,
            conservative=touched.conservative,
            output=self._shown.end(result.execution_count if in_place else None, pending.source.text),
            in_place=in_place,
            **_outcome(result, touched),
        )
        return self._appended(self.contracts.checked(run, until) if self.ledger.contracts else run, others)

    def _with_reloaded(self, touched: Touched, text: str) -> Touched:
        """The accesses of a run that loaded modules of the user's again, as ``importlib.reload`` does."""
        again = self.files.to_be_renewed
        if not again:
            return touched
        from cellgraph.record.reloads import with_bound_modules  # few people reload modules

        return with_bound_modules(touched, text, self.namespace, again)

    def _plain_changes(
        self, pending: Pending, result: Any, touched: Touched, after: Mapping[str, int], files: FileUse
    ) -> RunChanges | None:
        """What a run did, if it only bound names to numbers and texts. None if that is to be worked out."""
        is_more = files.reads or files.writes or files.deferred or files.unwritten or result.error_in_exec
        if is_more or not pending.only_binds or self._unseen.last or self._listings is not None:
            return None
        if any(self._caches.known):
            return None
        return plain_changes(pending.block, touched, pending.before, after, len(self.ledger) + 1, self.store)

    def _screen(self, source: Source, result: Any, count: int | None, in_place: bool) -> Screen:
        """What stands below the cell. All its text tells something of a run only that has ended well."""
        shown: Displayed = ""
        if count is not None and result.result is not None:
            shown = "plain" if id(type(result.result)) in SCALAR_IDS else "other"
        if not in_place:
            return Screen(shown)
        errors = partial(self._shown.errors, result.execution_count)
        if result.error_in_exec is not None or not source.plain:
            return Screen(shown, errors=errors)
        return Screen(shown, partial(self._shown.text, result.execution_count, source.text), errors)

    def _with_modules(
        self, changes: RunChanges, cell: str, pending: Pending, context: RunContext, stored: frozenset[Name]
    ) -> RunChanges:
        """The run with what it used and changed of libraries and of the user's own modules."""
        if pending.only_binds:
            return changes
        source = pending.source
        changes = self._libraries.added(changes, source, context, stored, self.store)
        if not self.files.modules:
            return changes
        if self._module_records is None:
            from cellgraph.record.module_records import ModuleRecords  # many notebooks have no module

            self._module_records = ModuleRecords(self.namespace)
        return self._module_records.added(changes, cell, source, context, self.files.modules, self.store)

    def _beyond_names(
        self,
        pending: Pending,
        cell: str,
        files: FileUse,
        touched: Touched,
        ended: Callable[[Touched], Ended],
    ) -> tuple[SettingsOfRun, frozenset[Name], Touched]:
        """What a run did with settings, which attributes of libraries its text sets, and what it accessed.

        A text that only binds names does nothing with the first two, and calls nothing that was not seen.
        ``ended`` gives how the run ended, by what it accessed.
        """
        if pending.only_binds:
            return SettingsOfRun(files.block), frozenset(), touched
        source = pending.source
        modules = [read.name for read in files.reads if read.is_module]
        settings = self.settings.end(cell, source, files.block, pending.random, ended(touched), modules)
        stored, left = self._libraries.take_in(source)
        if left:
            settings = settings._replace(unset=(*settings.unset, *((name, ()) for name in sorted(left))))
        return settings, stored, self._caches.with_unseen(touched, source.text, pending.before)

    def _appended(self, run: Run, others: Mapping[int, Beside]) -> Run:
        """The run as it stands in the ledger. ``others``: what code beside it has accessed meanwhile."""
        self.ledger.append(run)
        self._tracing.recorded(run.number)
        if others:
            self._background.after(run)
        self._renew_imports(run)
        return run

    def _renew_imports(self, by: Run | None = None) -> None:
        if self.files.modules and (reloaded := self.files.reloaded()):
            from cellgraph.record.reloads import renew_imports  # few people reload modules

            renew_imports(self.ledger, self.store, self.namespace, reloaded, by)

    def _open_store(self, duration: float) -> float:
        """Open the store for a run that took so long. Gives when its budget is spent, by ``perf_counter``."""
        budget_s = max(self._options.budget_ms / 1000, self._options.budget_share * duration)
        self.store.open(budget_s)
        return perf_counter() + budget_s

    def _code_hash(self, text: str) -> str:
        """A hash of a text's code, without its comments and layout."""
        return xxh3_64_hexdigest(self.source(text).shape.encode("utf8", "surrogatepass"))

    def abandon(self) -> None:
        """End a run and record nothing of it."""
        with suppress(Exception):  # what went wrong in a run that is not recorded
            self._tracing.end(None)

    def interrupt(self) -> None:
        """Interrupt the cell that is about to go on: the person did so while cellgraph was at work."""
        self._tracing.interrupt()

    def drop_interrupt(self) -> None:
        """The cell has ended, whether the interrupt has reached it or not."""
        self._tracing.drop_interrupt()

    def mend(self) -> None:
        """Put right what a failure or an interrupt may have left half done."""
        self.store.close()
        self.ledger.mend()

    def unobserved(self, lost: Unobserved, beside: bool) -> Run:
        """Record a run that was not observed, by what differs from before. ``beside``: another is under way.

        Nothing is known of what it read. What its text makes is in doubt until it has run again.
        """
        from cellgraph.record.unseen_binds import unobserved_writes  # hardly any run is lost

        before, now = self._after, self._names.snapshot()
        self.store.open(self._options.budget_ms / 1000)
        try:
            block = block_of(self.source(lost.text))
            writes = tuple(unobserved_writes(block, before, now, self.store, beside))
        finally:
            self.store.close()
        if not beside:
            self._after = now
        cell = lost.cell or self._anonymous(lost.count)
        run = Run(
            number=len(self.ledger) + 1,
            cell=cell,
            count=lost.count if lost.count is not None else self._count_shown(cell),
            source=lost.text,
            outcome="unobserved",
            started=lost.started,
            writes=writes,
            conservative=self.conservative,
        )
        self.ledger.append(run)
        return run

    def _changes(
        self,
        context: RunContext,
        pending: Pending,
        result: Any,
        count: int | None,
        files: FileUse,
        settings: SettingsOfRun,
    ) -> RunChanges:
        from cellgraph.record.change_detection import detect_changes  # a run that only binds names needs none

        results = self._results(context.touched, pending.displayed)
        error = result.error_in_exec
        if error is not None:
            context = _of_failed_run(context, pending.source, _failed_at(result))
        missed = self.files.missed(error, files.reads) if error is not None else ()
        given = [*results, *files.reads, *missed, *settings.reads]
        if not (settings.random or pending.only_binds):
            self.store.made_of(origin(context, given, self.store, self.namespace))
        own = self._own_result(result, count)
        context, block, listed = self._listed(pending.source, context, settings.block)
        changes = detect_changes(context, self.store, block, (*given, *listed), own)
        reads = changes.reads
        if not pending.only_binds or any(self._caches.known):
            reads = self._caches.added(reads, context.touched, self.store)
        return changes._replace(reads=reads, writes=(*changes.writes, *files.writes, *settings.writes))

    def _listed(
        self, source: Source, context: RunContext, block: Block
    ) -> tuple[RunContext, Block, tuple[Read, ...]]:
        """The context and the statements of a run, and its reads of names if it goes through all of them."""
        if not source.listings and self._listings is None:
            return context, block, ()
        if self._listings is None:
            from cellgraph.record.unseen_reads import ListingRecords  # few notebooks do so

            self._listings = ListingRecords(self.store)
        return self._listings.found(source, context, block)

    def _with_other_names(self, pending: Pending, touched: Touched) -> tuple[Block, Touched]:
        """The cell's statements and its accesses, with what strings name and what holds results it read."""
        source = pending.source
        if touched.results:
            from cellgraph.record.unseen_reads import with_holders  # few cells read another one's result

            touched = with_holders(pending, touched, self._shell.user_ns.get("_oh"), self.store)
        if not (source.interpolated or source.formulas or touched.formulas):
            return pending.block, touched
        from cellgraph.record.unseen_reads import with_names_in_strings  # few cells name any

        return with_names_in_strings(pending, touched, self.store)

    def _results(self, touched: Touched, displayed: tuple[int, ...]) -> list[Read]:
        """What a run read of the results of other cells."""
        if not touched.results:
            return []
        from cellgraph.record.unseen_reads import result_reads

        return result_reads(touched.results, displayed, self.ledger)

    def _own_result(self, result: Any, count: int | None) -> Digest | None:
        outputs = self._shell.user_ns.get("_oh")
        if count is None or result.result is None or type(outputs) is not dict or count not in outputs:
            return None
        return self.store.look_at(result.result).digest

    def _anonymous(self, count: int | None) -> str:
        # Without a cell id each input is a cell of its own, as in a terminal.
        return f"In[{count}]" if count is not None else f"run {len(self.ledger) + 1}"

    def _count_shown(self, cell: str) -> int | None:
        # A run without a number (``%cellgraph rerun``) leaves the one on the screen unchanged.
        previous = self.ledger.latest(cell)
        return previous.count if previous is not None else None

    def _run(
        self,
        pending: Pending,
        cell: str,
        count: int | None,
        result: Any,
        writes: tuple[Write, ...],
        **told: Any,
    ) -> Run:
        """A run, of which ``told`` holds those fields that were worked out before."""
        told |= {
            "number": len(self.ledger) + 1,
            "cell": cell,
            "count": count if count is not None else self._count_shown(cell),
            "source": pending.source.text,
            "started": pending.started,
            "writes": tuple([_numbered(write, count) for write in writes]),
            "stopped_at": _failed_at(result) or 0,
        }
        return self.ledger.new_run(told)


def _unbound(block: Block, writes: Iterable[Write], unwritten: frozenset[Name]) -> tuple[str, ...]:
    """What a text binds, and the files that it writes, apart from what its run bound and wrote."""
    return tuple(sorted(bound_names(block).difference([write.name for write in writes]) | unwritten))


def _outcome(result: Any, touched: Touched) -> dict[str, str]:
    """How a run ended, and the name of its error. A run that caught an interrupt was interrupted."""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return {"outcome": "interrupted" if touched.caught_interrupt else "ok", "error": ""}
    kind = error if isinstance(error, type) else type(error)
    outcome = "interrupted" if issubclass(kind, KeyboardInterrupt) else "error"
    return {"outcome": outcome, "error": kind.__name__}


def _latest_results(outputs: object) -> tuple[int, ...]:
    """The numbers of the last three results, oldest first. The user may have replaced them by anything."""
    return tuple(islice(reversed(outputs), 3))[::-1] if type(outputs) is dict else ()


def _ended(result: Any, touched: Touched, screen: Screen) -> Ended:
    """How a run ended, as far as its settings depend on that."""
    loads = None if touched.conservative else touched.reads
    return Ended(screen, result.error_in_exec, loads, _failed_at(result), touched.functions)


def _of_failed_run(context: RunContext, source: Source, line: int | None) -> RunContext:
    from cellgraph.record.failed_runs import of_failed_run  # few runs fail

    return of_failed_run(context, source.tree, line) if line else context


def _failed_at(result: Any) -> int | None:
    """The line at which the cell raised: the line of the outermost frame that is the cell's."""
    if result.error_before_exec is not None:
        return 0
    error = result.error_in_exec
    if not isinstance(error, BaseException):
        return None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>" or code.co_name.startswith("<cell line"):
            return trace.tb_lineno
        trace = trace.tb_next
    return None


def _numbered(write: Write, count: int | None) -> Write:
    if write.name != PENDING_RESULT:
        return write
    return Write(Name.of_result(count), write.kind, write.paths, write.digest, write.sources)

"""Files in the form that the recorder needs: what a run did with them, and their present content."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from cellgraph.code.source import Source
from cellgraph.code.statements import Block
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Write, WriteKind
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger
from cellgraph.trace.files.file_accesses import FileContents, FileUses, Observation, Use, begin, end
from cellgraph.trace.files.file_dataflow import sources, with_files
from cellgraph.trace.files.path_literals import code_folders_changed, folders_changed, mentions
from cellgraph.trace.files.paths import absolute_path, as_path, is_skipped
from cellgraph.trace.files.user_modules import UserModules
from cellgraph.trace.tracing_backend import Touched

if TYPE_CHECKING:
    from cellgraph.record.options import RecordOptions
    from cellgraph.record.reloads import Reloaded

_UNCHANGED = frozenset({int, float, complex, bool, str, bytes, type(None), ModuleType, FunctionType, type})
"""Types of values that a call leaves as they are."""


class FileUse(NamedTuple):
    """What a run did with files, in the ledger's terms.

    ``block`` has them among what statements load and bind. ``unwritten`` are files that the text writes and
    this run did not, as in a branch not taken.
    """

    block: Block
    deferred: frozenset[str] = frozenset()
    reads: tuple[Read, ...] = ()
    writes: tuple[Write, ...] = ()
    unwritten: frozenset[Name] = frozenset()


class Files:
    """The files of one session."""

    def __init__(self, shell: Any, options: RecordOptions, ledger: Ledger) -> None:
        self._namespace = shell.user_ns
        self._options = options
        self._ledger = ledger
        self._disk = self.contents = FileContents(_folder())
        self._modules = UserModules(self._disk, lambda: _autoreloaded(shell))
        self._read_by_imports: dict[str, tuple[Use, ...]] = {}
        self.modules: Collection[str] = self._modules.files.keys()
        """The user's own modules that are loaded."""
        self.followed = self._disk.followed
        """What is looked at around each cell: files, listings and folders. Empty where there are none."""
        self.modules_seen: Collection[str] = self._modules.checked.keys()
        """The loaded modules of which it is known whether they are the user's."""
        self._unwritten: set[Name] = set()
        """Files that no run has written, and that one would write with other inputs."""
        self._follow_recorded()

    def look(self) -> None:
        """Look whether files have changed since."""
        if self._options.files:
            changed = self._disk.refresh()
            self._disk.publish()
            self._add_to_starters(changed)

    def _add_to_starters(self, changed: Mapping[str, Digest | None]) -> None:
        """Add what programs have gone on to write to the runs that started them, as is done for threads.

        ``changed`` are files with what they held before.
        """
        for name, before in changed.items():
            last = self._ledger.writer(name) if self._disk.is_by_program(name) else None
            if last is not None:
                write = Write(Name(name), "bind", (), self._disk.digest(name), None, before, beside=True)
                self._ledger.amend(last[0].number, write, ())

    def missed(self, error: object, reads: Iterable[Read]) -> tuple[Read, ...]:
        """The file without which a run failed, if it is none of its ``reads``: a module's, or any other's.

        A call that moves or removes a file reads nothing of it, and fails where the file is not there.
        """
        path = self._missed_path(error)
        known = self._disk.follow(path) if path and not os.path.lexists(path) else None
        self._disk.publish()
        there = any(read.name == known for read in reads)
        return (Read(known, "", None),) if known is not None and not there else ()

    def _missed_path(self, error: object) -> str:
        """The path of the file that an error says is missing. Empty if it is of no concern to any cell."""
        if type(error) is ModuleNotFoundError:
            name = error.name
            is_name = type(name) is str and name.isidentifier()  # whoever raises it may put anything there
            return str(Path(self._disk.base) / f"{name}.py") if is_name else ""
        path = as_path(error.filename) if type(error) is FileNotFoundError else None
        full = absolute_path(path) if path else ""
        known = full and (PurePath(full).suffix or self._is_known(self._disk.name(full)))
        return full if known and not is_skipped(full, self._disk.base) else ""

    def would_write(self, source: Source) -> tuple[Name, ...]:
        """The files that a text would write if it ran, as far as it names them."""
        found = (mention for mention in mentions(source, self._namespace) if mention.use == "write")
        paths = (absolute_path(mention.path) for mention in found)
        files = dict.fromkeys(self._disk.name(path) for path in paths if PurePath(path).suffix)
        return tuple(files | dict.fromkeys(self._folders_changed(source)))

    def _folders_changed(self, source: Source, codes: Iterable[CodeType] = ()) -> Iterator[Name]:
        """The folders that a text and functions would make or remove now, as far as they name them."""
        inside = (path for code in codes for path in code_folders_changed(code))
        for path in (*folders_changed(source, self._namespace), *inside):
            yield self._disk.name(absolute_path(path))

    def live(self, name: str) -> Digest | None:
        """The content of a file at the last look. None if there is none."""
        return self._disk.digest(name)

    def imported(self, name: str) -> Digest | None:
        """The content of a module's file when it was imported. None if the file is no module's."""
        return self._modules.digest(name)

    @property
    def to_be_renewed(self) -> Collection[str]:
        """The modules that ``reloaded`` will give."""
        return self._modules.to_be_renewed

    def reloaded(self) -> list[Reloaded]:
        """The user's modules that were loaded again since this was asked, as of the last look at them."""
        again = self._modules.loaded_again()
        if not again:
            return []
        from cellgraph.record.reloads import Reloaded

        return [Reloaded(*each) for each in again]

    def begin(self, source: Source) -> Observation | None:
        """A run is about to start. What has changed since the last run was done by no cell that runs now."""
        if not self._options.files:
            return None
        self._modules.refresh_reloaded()
        self._disk.in_run = False  # the run before may have been dropped
        self.look()
        return begin(source, self._namespace, self._disk)

    def end(self, observation: Observation, block: Block, touched: Touched) -> FileUse:
        """The run is over."""
        known = len(self.modules)
        self._modules.refresh()
        uses = end(observation, self._namespace, self._disk, self._is_known)
        self._add_to_starters({use.name: use.before for use in uses.beside})
        if len(self.modules) > known or self._read_by_imports:
            uses = self._with_read_by_imports(uses, observation.source, [*self.modules][known:])
        used = [*touched.reads, *touched.stored]
        modules = self._modules.reads(used, self._namespace, _imported_from(observation.source))
        folders = frozenset(self._folders_changed(observation.source, observation.watch.codes))
        if not (modules or any(uses) or observation.named or folders):
            return FileUse(block)
        self._disk.publish()
        use = self._use(uses, modules, block, touched, observation.source)
        named = frozenset(self._disk.name(path) for path, one in observation.named.items() if one.is_written)
        unwritten = (named | folders).difference(write.name for write in use.writes)
        self._unwritten |= unwritten
        return use._replace(unwritten=unwritten)

    def _use(
        self, uses: FileUses, modules: list[Read], block: Block, touched: Touched, source: Source
    ) -> FileUse:
        if _has_magics(source):  # the lines are those of the code that the magic runs
            uses = _without_lines(uses)
        opened = {use.name: Read(Name(use.name), "", use.digest, use.there) for use in uses.reads}
        reads: dict[str, Read] = {**{read.name: read for read in modules}, **opened}
        placed = {use.name for use in uses.reads if use.line}
        deferred = frozenset(reads.keys() - placed)
        held = with_files(block, uses)
        flow = sources(held, uses, touched.deferred | deferred, self._is_changeable)
        taken = frozenset([*touched.reads, *reads])
        writes = tuple(_write(use, flow, taken) for use in uses.writes)
        return FileUse(held, deferred, tuple(reads.values()), writes)

    def _with_read_by_imports(self, uses: FileUses, source: Source, loaded: Collection[str]) -> FileUses:
        """The uses with the files that modules read when they were ``loaded``, by a cell that only imports.

        To import such a module again does not read them anew.
        """
        imported = modules_imported(source)
        for module in self._modules.to_be_renewed:
            self._read_by_imports.pop(module, None)
        if imported:
            self._read_by_imports.update((module, uses.reads) for module in loaded if uses.reads)
        known = {use.name for use in uses.reads}
        kept = (
            use._replace(line=line)
            for module, line in imported.items()
            for use in self._read_by_imports.get(module, ())
            if use.name not in known
        )
        return uses._replace(reads=(*uses.reads, *{use.name: use for use in kept}.values()))

    def _is_changeable(self, name: str) -> bool:
        return name in self._namespace and type(self._namespace[name]) not in _UNCHANGED

    def _is_known(self, name: str) -> bool:
        if name in self._unwritten or self._ledger.writer(name) is not None:
            return True
        return any(True for _ in self._ledger.readers(name))

    def _follow_recorded(self) -> None:
        for run in self._ledger.runs:
            for name in (*(read.name for read in run.reads), *(write.name for write in run.writes)):
                if name.is_file:
                    self._disk.follow(self._disk.path(name))
        self._disk.publish()


def _write(use: Use, flow: Mapping[str, Iterable[str]], taken: frozenset[str]) -> Write:
    found = tuple(sorted(taken.intersection(flow[use.name]))) if use.name in flow else None
    kind: WriteKind = "delete" if use.digest is None else "bind"
    return Write(Name(use.name), kind, (), use.digest, found, use.before)


def _imported_from(source: Source) -> Iterator[str]:
    """The modules that a text takes names from: of a number nobody can tell where it came from.

    An extension of IPython gives the shell what it likes.
    """
    for node in source.tree.body if source.tree is not None else ():
        match node:
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.Expr(value=ast.Call(args=[ast.Constant("load_ext"), ast.Constant(str(module))])):
                yield module


def modules_imported(source: Source) -> dict[str, int]:
    """The modules that a text imports which does nothing else, with the lines; empty for any other text."""
    found: dict[str, int] = {}
    for node in source.tree.body if source.tree is not None else ():
        if isinstance(node, ast.Import):
            found |= dict.fromkeys((alias.name for alias in node.names), node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found[node.module] = node.lineno
        else:
            return {}
    return found


def _without_lines(uses: FileUses) -> FileUses:
    """The same, where nothing tells at which lines of the cell the files were used."""
    reads, writes = (tuple(use._replace(line=0) for use in part) for part in (uses.reads, uses.writes))
    nowhere = frozenset[int]()
    again = tuple(each._replace(written=nowhere, read=nowhere) for each in uses.again)
    return FileUses(reads, writes, again)


def _has_magics(source: Source) -> bool:
    return any(line.lstrip()[:1] in ("%", "!") for line in source.text.splitlines())


def _autoreloaded(shell: Any) -> Mapping[str, object]:
    """For each module that ``%autoreload`` follows, the time of the file that it has loaded."""
    magics = shell.magics_manager.registry.get("AutoreloadMagics")
    times = getattr(getattr(magics, "_reloader", None), "modules_mtimes", None)
    return times if type(times) is dict else {}


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it has been removed
        return os.sep

"""Names that a cell binds without an instruction that shows it: ``%pylab``, ``%run``, ``push``, ``update``.

Bound a second time to the same object, they look unchanged. The last run of the cell tells that they are
bound again. A run that was not observed at all has written what differs from before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping

from cellgraph.code.expression_names import last_word, names_in
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import PYLAB_NAMES, Source, script_binds
from cellgraph.code.statements import Block, bound_names, mentioned_names
from cellgraph.code.string_names import pushed_names
from cellgraph.model import Run, Write
from cellgraph.names import Name
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.ledger import Ledger
from cellgraph.trace.access_recorder import public_names
from cellgraph.trace.namespace import bound_since, gone_since
from cellgraph.trace.spelled_texts import spelled_texts
from cellgraph.trace.tracing_backend import Touched

_SHELL = "get_ipython"


class UnseenBinds:
    """What the last run of each cell bound unseen, and what the next run will bind in the same way."""

    def __init__(self, ledger: Ledger, store: DigestStore, same_code: Callable[[str, str], bool]) -> None:
        self._ledger = ledger
        self._store = store
        self._same_code = same_code
        self.last: dict[str, tuple[Source, frozenset[str], frozenset[str]]] = {}
        """By cell what its last run bound unseen, with its text and the texts that its variables held then.

        Most cells bind nothing so.
        """

    def note(self, cell: str, source: Source, names: frozenset[str], failed: bool) -> None:
        """A run of ``cell`` is over, and has bound ``names`` unseen.

        One that failed has not bound all: what the run before it has bound counts for the next as well.
        """
        if failed and cell in self.last:
            return
        if names:
            self.last[cell] = (source, names, spelled_texts(source.tree, self._store.value))
        else:
            self.last.pop(cell, None)

    def rebound(self, cell: str | None, source: Source) -> frozenset[str]:
        """Names that the coming run binds before it reads them.

        They are those that its text pushes into the namespace first, and those that the cell's last run bound
        unseen and that still have the value from then: what the cell uses of them is its own.
        """
        first = _pushed_first(source) if source.pushed else frozenset[str]()
        previous = self._ledger.latest(cell) if cell is not None else None
        if previous is None:
            return first
        read = {read.name for read in previous.reads}
        names = self._again(previous.cell, source) - read
        return first.union(name for name in names if self._is_left(previous, name))

    def carried(self, cell: str, source: Source, conservative: bool) -> frozenset[str]:
        """Names that the run which is over has bound, even where nothing shows it."""
        names = {name for script in source.scripts for name in script_binds(script)} | _of_pylab(source)
        if conservative:  # otherwise the instruction shows it
            names |= {name for module in source.star_modules for name in public_names(module)}
        return frozenset(names | source.pushed | self._again(cell, source))

    def found_there(
        self, cell: str, source: Source, touched: Touched, kept: frozenset[str]
    ) -> frozenset[str]:
        """Names that the cell's last run bound unseen, and that this run has found and left as they are.

        ``kept`` are the names that hold the same objects as before.
        Its code looks them up (``if name not in globals(): …``). It has gone another way than the last run,
        as it did not read all that was read then, and they hold the same objects as before.
        """
        spelled = touched.spelled | source.key_strings
        names = spelled & kept & self._again(cell, source)
        previous = self._ledger.latest(cell) if names else None
        return names if previous is not None and not _reads_all(touched, previous) else frozenset()

    def _again(self, cell: str, source: Source) -> frozenset[str]:
        if cell not in self.last:
            return frozenset()
        before, names, spelled = self.last[cell]
        if spelled:
            names -= spelled - spelled_texts(source.tree, self._store.value)
        if self._same_code(before.text, source.text):
            return names
        kept = list(_common(before, source))
        magics = any(_is_fixed(node) for node in kept)
        spelt = {word for node in kept for word in spelt_words(node)}
        return names if magics and _only_magics(before) else names & spelt

    def _is_left(self, run: Run, name: str) -> bool:
        made = self._ledger.writer(Name(name))
        now = self._store.digest(name)
        if made is None or made[0] is not run or now is None or made[1].digest is None:
            return False
        return made[1].digest.agrees(now)


def _reads_all(touched: Touched, previous: Run) -> bool:
    """Whether a run has accessed all variables that an earlier run had read."""
    known = touched.reads.keys() | touched.stored.keys()
    return all(read.name in known for read in previous.reads if read.name.isidentifier())


def _pushed_first(source: Source) -> frozenset[str]:
    """The names that a text pushes before anything could read them: above it nothing else is called."""
    found: set[str] = set()
    mentioned: set[str] = set()
    for node in source.tree.body if source.tree is not None else ():
        pushed = source.pushed.intersection(pushed_names([node]))
        calls = sum(isinstance(part, ast.Call) for part in ast.walk(node))
        if calls > (_CALLS_OF_A_PUSH if pushed else 0):
            break
        mentioned.update(names_in(node))
        found |= pushed - mentioned
    return frozenset(found)


_CALLS_OF_A_PUSH = 2
"""``globals()``, and its ``update``."""


def _common(before: Source, now: Source) -> Iterator[ast.stmt]:
    """The statements that both texts have."""
    if before.tree is None or now.tree is None:
        return
    known = {syntax_text(node) for node in before.tree.body}
    yield from (node for node in now.tree.body if syntax_text(node) in known)


def _is_fixed(node: ast.stmt) -> bool:
    """Whether a statement is a magic of constants only, which binds the same whatever else runs."""
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    return names == [_SHELL] and isinstance(node, ast.Expr)


def _only_magics(source: Source) -> bool:
    """Whether such magics are the only way in which a text can bind names unseen."""
    body: Iterable[ast.stmt] = source.tree.body if source.tree is not None else ()
    unclear = {"globals", "locals", "vars", "exec", "eval", "setattr"}
    others = (part for node in body if not _is_fixed(node) for part in ast.walk(node))
    words = set(map(last_word, others))
    return words.isdisjoint(unclear | {_SHELL, "user_ns", "push", "update"})


def spelt_words(node: ast.stmt) -> Iterator[str]:
    """The names that a statement spells as strings or keywords."""
    for part in ast.walk(node):
        if isinstance(part, ast.keyword) and part.arg:
            yield part.arg
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def names_given(source: Source) -> list[Name]:
    """The names that a text would bind without naming them, were it run: by a star import, or by ``%run``.

    A module tells its names where it is loaded.
    """
    scripts = (name for script in source.scripts for name in script_binds(script))
    stars = (name for module in source.star_modules for name in public_names(module))
    return [Name(name) for name in sorted({*scripts, *stars, *_of_pylab(source)})]


def _of_pylab(source: Source) -> set[str]:
    """The names that ``%pylab`` binds in a text, once its libraries are loaded."""
    if source.pylab is None:
        return set()
    starred = public_names("pylab") if "--no-import-all" not in source.pylab else ()
    return {*PYLAB_NAMES, *starred}


def unobserved_writes(
    block: Block, before: Mapping[str, int], now: Mapping[str, int], store: DigestStore, beside: bool
) -> Iterator[Write]:
    """The names that a run with these statements may have bound, changed and deleted. ``store`` is open.

    ``before`` and ``now`` are the ids of all values. ``beside``: another run is under way, so that only what
    the text mentions counts as this one's doing.
    """
    binds = bound_names(block)
    own = binds | mentioned_names(block)
    found = {name for name in bound_since(before, now) if not beside or name in own}
    bound = found | (binds & now.keys())  # what its text binds may have been there when another run began
    for name in sorted(bound):
        yield Write(Name(name), "bind", digest=store.look(name, bound=True).digest)
    for name in sorted(name for name in own - bound if name in now):
        known = store.digest(name)
        if known is not None and not (look := store.look(name, bound=False).digest).agrees(known):
            yield Write(Name(name), "mutate", digest=look, before=known)
    if not beside:
        yield from (Write(Name(name), "delete") for name in sorted(gone_since(before, now)))

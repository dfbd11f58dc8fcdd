"""How often a cache was asked: ``f.cache_info()`` tells of all calls of ``f`` since it was made.

What a cell shows of that is what a restart shows where the same runs have used the function before it: those
of the cells above it with the statements that they have, from the same values, each once.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.code.expression_names import is_name, mentions
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Order, Read, Run
from cellgraph.names import COUNTED_CALLS, Name, variable
from cellgraph.record.ledger import Ledger


class Use(NamedTuple):
    """One use of a function by a cell: the statements with its name, and what the run read besides."""

    cell: str
    statements: tuple[str, ...]
    reads: frozenset[tuple[str, str, str]] = frozenset()


def counted_otherwise(
    ledger: Ledger,
    order: Order,
    run: Run,
    environment: Mapping[str, EnvironmentEntry],
    in_doubt: Collection[str],
) -> Iterator[tuple[Read, EnvironmentEntry]]:
    """The functions whose calls a run counted, and that are used otherwise before it in a restart.

    The cells ``in_doubt`` may use them otherwise.
    """
    for name in (read.path for read in run.reads if read.name == COUNTED_CALLS):
        there = environment.get(name)
        if there is None or there.digest is None:
            continue
        made = next((one for one in ledger.writers(Name(name), run.number) if _binds(one, name)), None)
        if made is None:
            continue
        uses = [
            use for number in range(made.number, run.number) for use in _use(ledger.history.run(number), name)
        ]
        again = list(_in_restart(ledger, order, run, name, there.cell))
        if uses != again or any(use.cell in in_doubt for use in again):
            yield Read(variable(name), "", there.digest, cached=name), there


def _in_restart(ledger: Ledger, order: Order, run: Run, name: str, maker: str) -> Iterator[Use]:
    cells = order.cells
    first = cells.index(maker) if maker in cells else 0
    for cell in cells[first : cells.index(run.cell)]:
        latest, text = ledger.latest(cell), order.texts.get(cell)
        uses = list(_use(latest, name)) if latest is not None else []
        if text is None or (
            latest is not None and _statements(text, name) == _statements(latest.source, name)
        ):
            yield from uses
        elif statements := _statements(text, name):
            yield Use(cell, statements)


def _use(run: Run, name: str) -> Iterator[Use]:
    """How a run used a function; nothing if it did not, or did no more than to ask for the count."""
    if not (any(read.name == name for read in run.reads) or _binds(run, name)):
        return
    nodes = body_apart_from_magics(run.source)
    named = any(mentions(node, name) for node in nodes)
    # Where it is not named, another function called it: any statement may be behind that.
    statements = _statements(run.source, name) if named else tuple(map(syntax_text, nodes))
    found = ((read.name, read.path, read.digest) for read in run.reads if read.name != name)
    others = frozenset((other, path, digest.value) for other, path, digest in found if digest is not None)
    if statements:
        yield Use(run.cell, statements, others)


def _statements(source: str, name: str) -> tuple[str, ...]:
    """The statements with a function's name, apart from those that only ask for its count."""
    return tuple(syntax_text(node) for node in body_apart_from_magics(source) if _uses(node, name))


def _uses(node: ast.AST, name: str) -> bool:
    """Whether the name stands anywhere but in ``name.cache_info``."""
    if isinstance(node, ast.Attribute) and node.attr == "cache_info" and is_name(node.value, name):
        return False
    named = is_name(node, name) or (isinstance(node, ast.FunctionDef) and node.name == name)
    return named or any(_uses(child, name) for child in ast.iter_child_nodes(node))


def _binds(run: Run, name: str) -> bool:
    return any(write.name == name and write.kind == "bind" for write in run.writes)

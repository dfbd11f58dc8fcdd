"""A slice as a script that runs by itself: the statements in the order in which they ran, and a head.

Imports are cut down to the names that are used, ``import *`` is spelled out where it is known what a module
exports, and the Markdown above a cell becomes a comment. The head names the files that the code reads and
writes, the random generators that nobody seeded, and the commands that were left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from textwrap import wrap

from cellgraph.analyse.cell_units import Unit, imports_all
from cellgraph.code.fast_ast import bound_name
from cellgraph.code.plain_python import plain_python
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Run

Exports = Callable[[str], frozenset[str] | None]
"""For a module the names that ``import *`` takes from it; None where that is not known."""
_KERNEL = {"display": "from IPython.display import display", "get_ipython": "from IPython import get_ipython"}
"""Names that every IPython session has, and how a script gets them."""
_UNSEEN = re.compile(r"<!--(?:[^-]|-(?!->))*+-->|<img[^>]*+>|!\[[^\]]*+\]\([^)]*+\)")
_GAPS = re.compile(r"\n(?:[ \t]*+\n){2,}+")
_WIDTH = 100


def _unknown(module: str) -> frozenset[str] | None:
    return None


@dataclass(frozen=True)
class Context:
    """What is known about the notebook besides its runs: Markdown above a cell, and what modules export."""

    markdown: Mapping[str, str] = field(default_factory=dict)
    exports: Exports = _unknown
    subject: str = ""
    """The first line of the head, without its ``#``."""


def script(
    kept: Sequence[tuple[Run, tuple[Unit, ...]]],
    sources: Mapping[int, str],
    context: Context,
    wanted: frozenset[str] = frozenset(),
) -> str:
    """The text of the script that makes ``wanted``.

    ``sources`` are the texts as they ran, by the numbers of their runs.
    """
    used = used_names(unit for _, units in kept for unit in units) | wanted
    seen: dict[str, str] = {}
    parts: list[str] = []
    waits = False
    for run, units in kept:
        lines = [text for unit in units for text in _statement(run, unit, used, seen, context)]
        if not lines:
            continue
        if any(awaits(node) for unit in units for node in unit.nodes):
            waits = True
            lines = _awaited(lines, units)
        above = _comment(context.markdown.get(run.cell, ""))
        parts.append("\n".join([*above, *([""] if above else []), f"# {run.label}", *lines]))
    bound = {name for _, units in kept for unit in units for name in unit.binds}
    first = [line for name, line in _KERNEL.items() if name in used - bound]
    first += ["import asyncio", "", "_loop = asyncio.new_event_loop()"] if waits else []
    future = [
        line for part in parts for line in part.split("\n") if line.startswith("from __future__ import")
    ]
    head = "\n".join(_head(kept, sources, context))
    body = [_without_future(part) for part in parts] if future else parts
    return "\n\n".join(filter(None, [head, "\n".join([*dict.fromkeys(future), *first]), *body])) + "\n"


def used_names(units: Iterable[Unit]) -> frozenset[str]:
    """The names that statements load, now or in functions that they define."""
    return frozenset[str]().union(*(unit.loads | unit.later | unit.evidence for unit in units))


def unit_text(run: Run, unit: Unit) -> list[str]:
    """The lines of a statement, with the comments right above it."""
    lines = run.source.split("\n")
    start = unit.start
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return lines[start : unit.end]


def _statement(
    run: Run, unit: Unit, used: frozenset[str], seen: dict[str, str], context: Context
) -> list[str]:
    """The lines of a statement; an import without what nobody uses, and none if it stands above already."""
    if len(unit.nodes) != 1 or not isinstance(unit.nodes[0], ast.Import | ast.ImportFrom):
        for name in unit.binds:
            seen.pop(name, None)
        return unit_text(run, unit)
    node = cut_import(unit.nodes[0], used, context.exports)
    if node is None:
        return []
    text = ast.unparse(node)
    lines = [text] if text != ast.unparse(unit.nodes[0]) else unit_text(run, unit)
    names = imported_names(node)
    if names and all(seen.get(name) == text for name in names):
        return []
    seen.update(dict.fromkeys(names, text))
    return lines


def imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The names that an import binds."""
    return [bound_name(name) for name in node.names if name.name != "*"]


def cut_import(
    node: ast.Import | ast.ImportFrom, used: frozenset[str], exports: Exports
) -> ast.Import | ast.ImportFrom | None:
    """An import of what is used alone; None where that is nothing."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return node
    if imports_all(node):
        assert isinstance(node, ast.ImportFrom)
        known = exports(node.module or "") if not node.level else None
        if known is None:
            return node
        names = [ast.alias(name) for name in sorted(known & used)]
        return ast.ImportFrom(node.module, names, 0) if names else None
    kept = [name for name in node.names if bound_name(name) in used]
    if not kept:
        return None
    if isinstance(node, ast.Import):
        return ast.Import(kept)
    return ast.ImportFrom(node.module, kept, node.level)


def awaits(node: ast.AST) -> bool:
    """Whether a statement waits at the top level, or starts what must run in a loop."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    if isinstance(node, ast.comprehension) and node.is_async:
        return True
    if isinstance(node, ast.Attribute) and node.attr in ("create_task", "ensure_future", "get_running_loop"):
        return True
    return any(map(awaits, ast.iter_child_nodes(node)))


def _awaited(lines: Sequence[str], units: Iterable[Unit]) -> list[str]:
    """Statements in a coroutine that runs at once, for a script may not wait at its top level."""
    names = sorted(frozenset[str]().union(*(unit.binds for unit in units)))
    head = ["async def _cell():", *([f"    global {', '.join(names)}"] if names else [])]
    return [
        *head,
        *("    " + line if line else line for line in lines),
        "",
        "_loop.run_until_complete(_cell())",
    ]


def _without_future(part: str) -> str:
    return "\n".join(line for line in part.split("\n") if not line.startswith("from __future__ import"))


def _comment(markdown: str) -> list[str]:
    """Markdown as comment lines, without pictures that are part of the text."""
    text = _UNSEEN.sub("", markdown)
    lines = _GAPS.sub("\n\n", text).strip().split("\n")
    return [f"# {line}".rstrip() for line in lines] if any(lines) else []


def _head(
    kept: Sequence[tuple[Run, tuple[Unit, ...]]], sources: Mapping[int, str], context: Context
) -> list[str]:
    """What the reader must know before it runs, as comment lines."""
    runs = [run for run, _ in kept]
    reads = sorted({read.name.path for run in runs for read in run.reads if read.name.is_file})
    written = {write.name.path for run in runs for write in run.writes if write.name.is_file}
    reads = [path for path in reads if path not in written]
    texts = [plain_python(sources.get(run.number, run.source)) for run in runs]
    dropped = dict.fromkeys(command for text in texts for command in text.dropped if not _is_setup(command))
    problems = dict.fromkeys(command for text in texts for command in text.problems)
    rows = (
        ("", context.subject),
        ("Reads ", ", ".join(reads)),
        ("Writes ", ", ".join(sorted(written))),
        (
            "Seeds ",
            ", ".join(sorted({use.library for run in runs for use in run.random if "seed" in use.how})),
        ),
        ("Draws random numbers that nothing seeds: ", ", ".join(_unseeded(runs))),
        ("Left out: ", "; ".join(dropped)),
        ("Could not be turned into Python: ", "; ".join(problems)),
    )
    lines = [f"{word}{text}." if word else text for word, text in rows if text]
    return [f"# {part}" for line in lines for part in wrap(line, _WIDTH - 2, break_on_hyphens=False)]


def _is_setup(command: str) -> bool:
    """Whether a command only sets the session up; it goes without saying that a script lacks it."""
    return command.startswith(
        ("%matplotlib", "%config", "%load_ext", "%reload_ext", "%autoreload", "%timeit")
    )


def _unseeded(runs: Iterable[Run]) -> list[str]:
    found: dict[str, bool] = {}
    for run in runs:
        for use in run.random:
            found.setdefault(use.library, use.how in ("drew", "reseeded"))
    return sorted(library for library, unseeded in found.items() if unseeded)

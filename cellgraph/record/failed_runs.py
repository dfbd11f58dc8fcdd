"""What a run depends on, and what it has bound, where it failed half way.

A fit starts afresh, so a cell with ``model.fit(X, y)`` reads the model's parameters alone. If the fit raises,
the model keeps what an earlier fit has made of it. Then the run depends on that as well. A magic that fails,
or that stands below the statement that fails, has not bound what it binds otherwise.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from cellgraph.code.expression_names import names_in
from cellgraph.code.part_paths import FITTING
from cellgraph.record.run_context import RunContext
from cellgraph.record.unseen_binds import spelt_words
from cellgraph.trace.tracing_backend import Sites

_BINDING = (ast.Call, ast.ImportFrom)
_WHOLE: Sites = frozenset({("", False)})


def of_failed_run(context: RunContext, tree: ast.Module | None, line: int) -> RunContext:
    """The context of a run that failed, or was stopped, at ``line`` of its text.

    A model that the statement there fits, or a function that it calls, was used as a whole, with what
    earlier fits have made of it.
    """
    failed = next((node for node in tree.body if line <= (node.end_lineno or 0)), None) if tree else None
    named = names_in(failed) if failed is not None else set[str]()
    named |= context.touched.deferred
    reads = context.touched.reads
    fitted = {name for name, sites in reads.items() if any(path in FITTING for path, _ in sites)} & named
    return replace(
        context,
        touched=replace(context.touched, reads={**reads, **dict.fromkeys(fitted, _WHOLE)}),
        fitted=context.fitted - named,
        carried=frozenset() if "get_ipython" in named else _carried_above(context.carried, tree, failed),
    )


def _carried_above(
    carried: frozenset[str], tree: ast.Module | None, failed: ast.stmt | None
) -> frozenset[str]:
    """The names that the statements above the one that failed may have bound unseen.

    Without a call or a star import there, they have bound none. A name that is spelt further down alone is
    bound there.
    """
    if not carried or tree is None or failed is None:
        return carried
    place = tree.body.index(failed)
    above, below = tree.body[:place], tree.body[place:]
    if not any(isinstance(part, _BINDING) for node in above for part in ast.walk(node)):
        return frozenset()
    spelt_above = {word for node in above for word in spelt_words(node)}
    return carried - ({word for node in below for word in spelt_words(node)} - spelt_above)

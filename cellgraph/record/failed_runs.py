"""What a run depends on, and what it has bound, where it failed half way.

A fit starts afresh, so a cell with ``model.fit(X, y)`` reads the model's parameters alone. If the fit raises,
the model keeps what an earlier fit has made of it. Then the run depends on that as well. A magic that fails
has not bound what it binds otherwise.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from cellgraph.code.expression_names import names_in
from cellgraph.code.part_paths import FITTING
from cellgraph.record.run_context import RunContext
from cellgraph.trace.tracing_backend import Sites

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
        carried=frozenset() if "get_ipython" in named else context.carried,
    )

"""What a lazy plan was made of stands for the plan.

A plan cannot be looked into: nothing of it may be computed, and to describe it would open the files that it
reads. But a plan never changes, and the same code makes the same plan of the same inputs. So a plan is named
after the run that made it: its code, and the digests of all that it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sys import modules
from types import FunctionType
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.model import Digest, Read
from cellgraph.patterns import Pattern
from cellgraph.record.digest_store import PLAN, PLANS, DigestStore
from cellgraph.record.run_context import RunContext
from cellgraph.trace.call_graph import codes

_TOLD = frozenset(
    "module function type builtin_function_or_method int float bool str bytes complex NoneType list dict"
    " tuple set frozenset range ndarray DataFrame Series Expr date datetime timedelta Decimal".split()
)
"""Types of which a digest tells all that a plan may take from them."""
_ELSEWHERE = Pattern(
    r"scan_|read_|sink_|\bsql|table\(|tim(e|er)\b|now\(|today|rand|sample|shuffle|uuid|next\(|\bpop\(|open\(|%|!|await"
)
"""Words of code that asks a file, a database, the clock or chance, or takes something out of where it was."""


def origin(
    context: RunContext, given: Iterable[Read], store: DigestStore, namespace: Mapping[str, Any]
) -> str:
    """A hash of the code of a run and of what it read; empty if that does not tell which plans it makes.

    ``given`` is what it read outside the namespace. ``store`` still has the digests from before the run.
    """
    if not PLANS.keys() & modules.keys() or _ELSEWHERE.search(context.code) is not None:
        return ""
    parts, names = [context.source.shape], {*context.touched.reads}
    for name in sorted(names.union(*(store.reaches(each)[0] for each in names))):
        digest = store.digest(name)
        if digest is None and name in context.before:
            return ""
        if digest is not None and not (_is_told(digest) and _is_plain(namespace.get(name), namespace)):
            return ""
        parts.append(f"{name}={digest.value if digest is not None else ''}")
    parts += [f"{read.name}{read.path}={read.digest.value if read.digest else ''}" for read in given]
    return xxh3_64_hexdigest("\0".join(parts).encode("utf8", "surrogatepass"))


def _is_told(digest: Digest) -> bool:
    if digest.quality == "opaque" and digest.value.startswith(PLAN):
        return True
    known = digest.quality == "exact" or digest.type in ("module", "type", "builtin_function_or_method")
    return known and digest.type in _TOLD


def _is_plain(value: object, namespace: Mapping[str, Any]) -> bool:
    """Whether a value is no code of the user's that asks somebody else."""
    if type(value) not in (FunctionType, type):
        return True
    return not any(
        _ELSEWHERE.search(f"{word}(") for code in codes(value, namespace) for word in code.co_names
    )

"""What a fresh run of the notebook showed: its ledger, the types of its values, and what the targets were.

``watch`` and ``finish`` run in the notebook's kernel. They look at types and digests, and run no code of
the user's. ``observe`` runs the notebook and reads what they wrote.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cellgraph.notebooks.promotion.portrait import Portrait, portrait

_FILE = "observed.json"
_FEW = 50
"""Elements of a container that are looked at to tell the type of all."""


@dataclass(frozen=True)
class Observation:
    """A fresh run from top to bottom.

    ``types`` gives, for each cell by its id, the types of the names that were new or other after it.
    ``stopped`` says why the run did not reach the end; it is empty if it did. ``stars`` tells for names
    that no cell binds from which module they come.
    """

    ledger: str = ""
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    targets: Mapping[str, Portrait] = field(default_factory=dict)
    stars: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""
    errors: Mapping[int, str] = field(default_factory=dict)


class _Watcher:
    """Notes the types of the user's names after each cell."""

    def __init__(self, shell: Any, folder: str) -> None:
        self.shell = shell
        self.folder = folder
        self.types: dict[str, dict[str, str]] = {}
        self._known: dict[str, str] = {}
        shell.events.register("post_run_cell", self)

    def __call__(self, result: Any) -> None:
        cell = getattr(getattr(result, "info", None), "cell_id", None)
        if cell is None:
            return
        namespace = self.shell.user_ns
        now = {name: type_text(namespace[name]) for name in list(namespace) if not name.startswith("_")}
        new = {name: text for name, text in now.items() if self._known.get(name) != text}
        self.types.setdefault(cell, {}).update(new)
        self._known = now


_watcher: _Watcher | None = None


def watch(shell: Any, folder: str) -> None:
    """Begin to note types. Runs in the kernel."""
    global _watcher  # noqa: PLW0603 - one notebook runs in a kernel of its own
    _watcher = _Watcher(shell, folder)


def finish(targets: Sequence[str], stars: Sequence[str], used: Sequence[str]) -> None:
    """Write what was noted, and portraits of the targets. Runs in the kernel after the last cell."""
    assert _watcher is not None
    namespace = _watcher.shell.user_ns
    found = {name: portrait(namespace[name]).as_json() for name in targets if name in namespace}
    made = {"types": _watcher.types, "targets": found, "stars": _origins(namespace, stars, used)}
    Path(_watcher.folder, _FILE).write_text(json.dumps(made), encoding="utf-8")


def _origins(namespace: Mapping[str, Any], stars: Sequence[str], used: Sequence[str]) -> dict[str, str]:
    """For names that came with ``import *``, the last of the modules that has that very object."""
    found: dict[str, str] = {}
    for name in used:
        for module in reversed(stars):
            held = getattr(sys.modules.get(module), "__dict__", {})
            if name in held and name in namespace and held[name] is namespace[name]:
                found[name] = module
                break
    return found


def type_text(value: Any) -> str:
    """The type of a value: ``module.qualname``, the shortest public one, with its elements' types."""
    kind = type(value)
    name, size = kind.__name__, len(value) if kind in _CONTAINERS else 0
    if name == "ndarray" and str(getattr(value, "dtype", "")) == "object" and value.size:
        return f"numpy.ndarray of {_common(value.flat)}"
    if not size:
        return _plain(value)
    if kind is dict:
        return f"dict[{_common(value)}, {_common(value.values())}]"
    if kind is tuple:
        few = ", ".join(map(_plain, value)) if size <= 4 else f"{_common(value)}, ..."
        return f"tuple[{few}]"
    return f"{name}[{_common(value)}]"


_CONTAINERS = (list, set, frozenset, dict, tuple)


def _common(values: Any) -> str:
    """The type that the first elements share, or ``Any``."""
    found = {_plain(element) for _, element in zip(range(_FEW), values, strict=False)}
    if found == {"int", "float"}:
        return "float"
    return found.pop() if len(found) == 1 else "Any"


def _plain(value: object) -> str:
    kind = type(value)
    module = type.__getattribute__(kind, "__module__")
    name = type.__getattribute__(kind, "__qualname__")
    if module == "builtins":
        return "None" if value is None else str(name)
    return f"{_public(kind, str(module), str(name))}.{name}"


def _public(kind: type, module: str, name: str) -> str:
    """The shortest module under which a class is public."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        held = getattr(sys.modules.get(".".join(parts[:end])), "__dict__", {})
        if held.get(name) is kind:
            return ".".join(parts[:end])
    return module


def observe(
    path: Path, targets: Sequence[str], used: Sequence[str], stars: Sequence[str], timeout: int | None
) -> Observation:
    """Run a notebook in a fresh kernel. Raises CannotRunError where no kernel can be used."""
    from cellgraph.notebooks.execute import execute
    from cellgraph.notebooks.progress import show_progress
    from cellgraph.notebooks.run_types import Options
    from cellgraph.notebooks.source import read_source

    source = read_source(path)
    with (
        TemporaryDirectory(prefix="cellgraph-") as folder,
        show_progress(len(source.cells), quiet=True) as progress,
    ):
        options = Options(
            timeout=timeout, before=_watch_code(folder), after=_finish_code(targets, stars, used)
        )
        execution = execute(source, source.cells, options, progress)
        made = Path(folder, _FILE)
        found = json.loads(made.read_text(encoding="utf-8")) if made.is_file() else {}
    errors = {ran.code_cell.number: ran.failed for ran in execution.failed if not ran.expected}
    stopped = execution.stopped or ("" if execution.results is not None else "cellgraph gave no results")
    return Observation(
        execution.results.ledger if execution.results is not None else "",
        found.get("types", {}),
        {name: Portrait.from_json(held) for name, held in found.get("targets", {}).items()},
        found.get("stars", {}),
        stopped,
        errors,
    )


_MODULE = "__import__('cellgraph.notebooks.promotion.observed', fromlist=['watch'])"


def _watch_code(folder: str) -> str:
    return f"{_MODULE}.watch(get_ipython(), {folder!r})"


def _finish_code(targets: Sequence[str], stars: Sequence[str], used: Sequence[str]) -> str:
    return f"{_MODULE}.finish({list(targets)!r}, {list(stars)!r}, {list(used)!r})"

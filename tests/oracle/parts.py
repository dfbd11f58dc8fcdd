"""Which parts of a frozen value a cell reads and changes, so that a flag about another part is no good flag.

Read off the syntax alone, independent of cellgraph. Where the judge is unsure it takes the whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

Path = tuple[str, ...]
"""Steps into a value; each is the ``repr`` of a key, a position or an attribute's name."""

ABSENT = ("absent",)
INDEX = "the index"


def same_read(name: str, source: str, here: Mapping[str, object], there: Mapping[str, object]) -> bool:
    """Whether what a cell with this source takes of a name is the same in two namespaces."""
    one, other = here.get(name, ABSENT), there.get(name, ABSENT)
    if one == other or ABSENT in (one, other):
        return one == other
    paths = _paths(source).get(name)
    if paths is None or _used_elsewhere(name, here):
        return False
    return all(_take(one, path) == _take(other, path) for path in paths)


def changes(before: object, after: object, path: Path = ()) -> Iterator[Path]:
    """The smallest parts that differ between two frozen values."""
    if before == after:
        return
    old, new = parts(before), parts(after)
    if old is None or new is None or _shape(before) != _shape(after):
        yield path
        return
    for step in {**old, **new}:
        yield from changes(old.get(step, ABSENT), new.get(step, ABSENT), (*path, step))


def same_parts(one: object, other: object, paths: set[Path]) -> bool:
    """Whether two frozen values agree on these parts."""
    return all(_take(one, path) == _take(other, path) for path in paths)


def parts(frozen: object) -> Mapping[str, object] | None:
    """The parts of a frozen value, None where it has none that the judge knows."""
    match frozen:
        case ("dict" | "defaultdict" | "Counter", tuple(items)):
            return {key[1]: item for key, item in items}
        case ("list" | "tuple", tuple(items)):
            return dict(zip(map(str, range(len(items))), items, strict=True))
        case ("DataFrame", (index, tuple(columns))):
            return {INDEX: index, **{column[0]: column for column in columns}}
        case (_, (("type", _), ("dict", tuple()) as state)):  # an instance of a class of the session
            return parts(state)
        case ("SimpleNamespace", ("tuple", (_, _, ("dict", tuple()) as state))):
            return parts(state)
    return None


def _shape(frozen: object) -> object:
    """Two values of different shape differ as a whole."""
    match frozen:
        case ("list" | "tuple" as kind, tuple(items)):
            return (kind, len(items))
        case ("DataFrame", (index, _)):
            return ("DataFrame", index)
        case (str(kind), (("type", _) as cls, ("dict", tuple()))):
            return (kind, cls)
        case (str(kind), *_):
            return kind
    return None


def _take(frozen: object, path: Path) -> object:
    """The part at a path, or the last part on the way that the judge can tell apart."""
    for step in path:
        inner = parts(frozen)
        if inner is None:
            return frozen
        key = step if step in inner else repr(step)  # an attribute: a column, or an instance's own
        if key not in inner:
            # A key that is not there is one thing, a method or a slice that takes the whole another.
            return frozen if step.isidentifier() or step == INDEX else ABSENT
        frozen = inner[key]
    return frozen


def _used_elsewhere(name: str, values: Mapping[str, object]) -> bool:
    """Whether a function or a class might use the name: what it takes is not told by the cell."""
    word = repr(name)
    return any(word in repr(value) for other, value in values.items() if other != name and _runs(value))


def _runs(value: object) -> bool:
    match value:
        case ("function" | "type" | "generator" | "partial" | "_lru_cache_wrapper" | "map", *_):
            return True
        case (_, (("type", _), _)):
            return True
    return False


@cache
def _paths(source: str) -> Mapping[str, frozenset[Path]]:
    """For each name that a cell uses in plain sight: the parts that it takes. Others are not in it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return {}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    spoken = set(re.findall(r"\w+", " ".join(text for text in texts if isinstance(text, str))))
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found: dict[str, set[Path]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, set()).add(_path(node, above))
    return {name: frozenset(paths) for name, paths in found.items() if name not in spoken}


def _path(node: ast.expr, above: Mapping[ast.AST, ast.AST]) -> Path:
    path: list[str] = []
    outer = above.get(node)
    while isinstance(outer, ast.Subscript | ast.Attribute) and outer.value is node:
        if isinstance(outer, ast.Attribute):
            path.append(outer.attr)
        elif isinstance(outer.slice, ast.Constant):
            path.append(repr(outer.slice.value))
        else:
            break
        node, outer = outer, above.get(outer)
    return tuple(path)

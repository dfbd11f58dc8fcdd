"""Which columns of a pandas frame the expressions of a text look at.

``df.groupby("k").price.mean()`` gives the same whatever the other columns hold, and ``df[df.qty > 2].price``
too. What is known of each method stands in the tables, after the reference of pandas. Any use that they do
not have counts as one of the whole frame.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from cellgraph.code.expression_names import function_name, last_word, names_in, root_name
from cellgraph.code.fast_ast import children, every_node
from cellgraph.code.form_keeping import is_mask
from cellgraph.code.frame_drawing import drawn_columns
from cellgraph.code.part_paths import attribute_path, item_path
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.structure import COLUMNS, asked_for

_BY_ITSELF = {
    **dict.fromkeys("head tail copy shift fillna".split(), 1),
    **dict.fromkeys("sample rolling expanding ewm resample".split(), 1),
    "replace": 2,
    **dict.fromkeys("ffill bfill sort_index reset_index".split(), 0),
    **dict.fromkeys("infer_objects convert_dtypes isna isnull notna notnull count".split(), 0),
}
"""Methods that make a column from that of the same name and the index alone, whatever is in the others.

The number is that of arguments that may be given without a keyword. ``abs``, ``cumsum`` or ``clip`` are not
among them: a column of texts makes them fail.
"""
_MAKING = {
    **dict.fromkeys(("rolling", "expanding", "ewm", "resample"), "groups"),
    **dict.fromkeys(("isna", "isnull", "notna", "notnull"), "flags"),
    "count": "counts",
}
"""Methods among them that make something else than a frame: see ``_State``."""
_COUNTING = frozenset({"sum", "mean", "any", "all"})
"""What is asked of flags, and gives one number for each column."""
_BY_COLUMNS = {
    "groupby": (0, "by"),
    "sort_values": (0, "by"),
    "drop_duplicates": (0, "subset"),
    "dropna": (None, "subset"),
    "nlargest": (1, "columns"),
    "nsmallest": (1, "columns"),
    "set_index": (0, "keys"),
    "explode": (0, "column"),
}
"""Methods that lay rows out by columns, with the place and the keyword of the argument that tells which."""
_Argument = tuple[int | None, str]
_GIVING: dict[str, tuple[tuple[_Argument, ...], tuple[_Argument, ...]]] = {
    "duplicated": (((0, "subset"),), ()),
    "value_counts": (((0, "subset"),), ()),
    "filter": (((0, "items"),), ()),
    "reindex": (((None, "columns"),), ()),
    "pivot_table": (((0, "values"), (1, "index")), ((2, "columns"),)),
    "pivot": (((None, "columns"), (None, "index"), (None, "values")), ()),
    "melt": (((0, "id_vars"), (1, "value_vars")), ()),
    "hist": (((0, "column"),), ((1, "by"),)),
    "boxplot": (((0, "column"),), ((1, "by"),)),
    "to_csv": (((None, "columns"),), ()),
    "to_excel": (((None, "columns"),), ()),
    "to_html": (((None, "columns"),), ()),
    "to_string": (((None, "columns"),), ()),
}
"""Methods whose result has the columns that these arguments name: those that must be given, and others."""
_FUNCTIONS = frozenset({"pivot_table", "melt", "pivot"})
"""Methods that pandas has as functions too, which take the frame as their first argument."""
_OF_KEYS = frozenset({"size", "ngroups", "ngroup", "cumcount", "groups", "indices"})
"""What groups are asked for that the columns of their keys decide."""
_OF_GROUPS = _OF_KEYS | frozenset(
    "get_group nth ohlc grouper keys obj exclusions window min_periods center win_type on closed step method"
    " is_datetimelike com span halflife alpha adjust ignore_na times".split()
)
"""Attributes of groups and windows that a column of such a name does not replace."""
_EACH_ALONE = frozenset({"first", "last", "count", "head", "tail", "rolling", "expanding", "ewm"})
"""Methods of groups that make a column from that of the same name and the keys alone."""
_OF_NUMBERS = frozenset({"mean", "sum", "min", "max", "median", "std", "var", "prod"})
"""The same where columns without numbers are left out; else one of these may make them fail."""
_UNLIKE = frozenset({"axis", "inplace", "weights", "on", "level", "subset"})
"""Keywords with which a method does something else."""
_DRAWN_BY = frozenset("x y c s color column by yerr xerr secondary_y".split())
"""Arguments of plots that may name a column."""
_CUTTING = frozenset({"cut", "qcut", "to_datetime"})
"""Functions of pandas that make a column of another one, by which rows may be laid out."""


class Frame(NamedTuple):
    """What is known of a frame, and of the names around it.

    ``attributes`` are the columns that can be written as attributes. ``module`` gives the module that a name
    stands for or comes from, ``texts`` the texts that a name holds (one, or a list of them), and ``rows``
    whether it holds a value for each row: of truth values (``mask``), or others (``series``).
    """

    name: str
    columns: frozenset[str]
    attributes: frozenset[str]
    module: Callable[[str], str]
    texts: Callable[[str], list[str] | None]
    rows: Callable[[str], str]


def parts_used(text: str, frame: Frame, firsts: Collection[str]) -> frozenset[str] | None:
    """The paths of the parts that a text looks at of a frame. None if it may be all of them.

    ``firsts`` are the uses in question, by their first step: ``.groupby`` for ``df.groupby(…)``, an empty
    text for ``df[df.a > 1]`` and ``f(df)``.
    """
    uses = [use for use in _uses(text) if use.name == frame.name and use.first in firsts]
    if {use.first for use in uses} != set(firsts):
        return None  # code that the text does not show
    found = [_followed(use.steps, frame) for use in uses]
    return None if None in found else frozenset().union(*filter(None, found))


@lru_cache(maxsize=64)
def bound_once(text: str) -> frozenset[str]:
    """The names that a text binds in one place, before it uses them, and whose value it leaves as it is.

    What such a name holds once the text has run is what every use of it has seen.
    """
    found: set[str] = set()
    statements = body_apart_from_magics(text)
    nodes = [node for statement in statements for node in every_node(statement)]
    stored = [node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]
    held = [node.value for node in nodes if _may_change(node)]  # type: ignore[attr-defined]
    used: set[str] = {node.id for node in held if isinstance(node, ast.Name)}
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) if stored.count(name) == 1 and name not in used:
                found.add(name)
        used |= names_in(statement)
    return frozenset(found)


def _may_change(node: ast.AST) -> bool:
    """Whether an expression may change the value in it: a method, or a store under a key."""
    return isinstance(node, ast.Attribute) or (
        isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
    )


class _Step(NamedTuple):
    """One thing that is done with a value: an attribute, a method, an item, or a call that it is given to."""

    kind: str
    word: str = ""
    call: ast.Call | None = None
    item: ast.expr | None = None


class _Use(NamedTuple):
    """One place at which a name is loaded, and what is done there with its value, step by step."""

    name: str
    first: str
    steps: tuple[_Step, ...]


@lru_cache(maxsize=64)
def _uses(text: str) -> tuple[_Use, ...]:
    nodes = [node for statement in body_apart_from_magics(text) for node in every_node(statement)]
    parents = {id(child): node for node in nodes for child in children(node)}
    names = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    return tuple(_use(node, parents) for node in names)


def _use(name: ast.Name, parents: dict[int, ast.AST]) -> _Use:
    steps = tuple(_steps(name, parents))
    attribute = bool(steps) and steps[0].kind in ("attribute", "method")
    return _Use(name.id, attribute_path(steps[0].word) if attribute else "", steps)


def _steps(node: ast.AST, parents: dict[int, ast.AST]) -> Iterator[_Step]:
    while (parent := parents.get(id(node))) is not None:
        match parent:
            case ast.Attribute(value=held, attr=word) if held is node:
                call = parents.get(id(parent))
                called = isinstance(call, ast.Call) and call.func is parent
                yield _Step("method", word, call) if called else _Step("attribute", word)  # type: ignore[arg-type]
                node = call if called and call is not None else parent
            case ast.Subscript(value=held, ctx=ast.Load()) if held is node:
                yield _Step("item", item=parent.slice)
                node = parent
            case ast.keyword(arg="data"):
                node = parent
            case ast.Call(func=called) if called is not node:
                first = isinstance(node, ast.keyword) or parent.args[0] is node
                yield _Step("argument", "first" if first else "", parent)
                return
            case _:
                return


class _State(NamedTuple):
    """What a chain of steps has made of the frame so far.

    ``kind`` is ``frame``, ``rows`` (some or all rows, with the same columns), ``loc``, ``iloc`` and ``plot``
    (what selects by labels or places, and what draws), ``groups`` (or windows), ``flags`` (of missing values)
    or ``counts`` (a number for each column). ``found`` are the columns that the chain has looked at,
    ``dropped`` those that it has left out.
    """

    kind: str = "frame"
    found: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def after(self, names: Collection[str] | None, kind: str = "") -> _State | None:
        """The same once these columns have been looked at as well; None if it is not known which."""
        return None if names is None else _State(kind or self.kind, self.found.union(names), self.dropped)

    def told(self, names: Collection[str] | None, *parts: str) -> frozenset[str] | None:
        """The paths of all that has been looked at, with these columns: nothing else will be."""
        if names is None:
            return None
        columns = frozenset(map(item_path, self.found.union(names)))  # each column has the index with it
        there = (asked_for(item_path(name)) for name in self.dropped)
        return columns.union(parts, there) or frozenset({".index"})

    def told_without_dropped(self, frame: Frame) -> frozenset[str] | None:
        """The same of what looks at any columns that are left."""
        left = frame.columns - self.dropped
        return self.told(left, COLUMNS) if self.dropped and len(left) <= _MOST else None


_MOST = 100
"""Columns that are named one by one where a frame is used without others."""
_Next = _State | frozenset[str] | None


def _followed(steps: Iterable[_Step], frame: Frame) -> frozenset[str] | None:
    """The parts that the steps look at, in the form of ``parts_used``."""
    state = _State()
    for step in steps:
        after = _after(step, state, frame)
        if isinstance(after, frozenset):
            return after
        if after is None:
            break
        state = after
    return state.told_without_dropped(frame)


def _after(step: _Step, state: _State, frame: Frame) -> _Next:
    """What a step leads to; the parts where it ends the chain, None where it may look at any column."""
    if step.item is not None:
        return _item(step.item, state, frame)
    call = step.call
    if call is None:
        return _attribute(step.word, state, frame)
    if any(isinstance(each, ast.Starred) for each in call.args) or any(k.arg is None for k in call.keywords):
        return None
    if step.kind == "argument":
        return _argument(step.word, call, state, frame) if state.kind in _FRAMES else None
    does = _METHODS.get(state.kind)
    return does(step.word, call, state, frame) if does is not None else None


_FRAMES = frozenset({"frame", "rows"})


def _attribute(word: str, state: _State, frame: Frame) -> _Next:
    if state.kind == "groups" and word in _OF_KEYS:
        return state.told(())
    if state.kind in ("loc", "iloc", "plot"):
        return None
    if word in frame.attributes and (state.kind in _FRAMES or word not in _OF_GROUPS):
        return state.told({word})
    if state.kind == "rows" and word in ("index", "empty"):
        return state.told((), ".index")
    if state.kind == "rows" and word == "shape":
        return state.told((), ".index", COLUMNS)
    return state.after((), word) if state.kind in _FRAMES and word in ("loc", "iloc", "plot") else None


def _item(key: ast.expr, state: _State, frame: Frame) -> _Next:
    if state.kind == "iloc":
        return state.after((), "rows") if isinstance(key, ast.Slice) else None
    if state.kind == "loc" and isinstance(key, ast.Tuple):
        rows, *rest = key.elts
        known = isinstance(rows, ast.Constant) or _chooses_rows(rows, frame)
        return state.told(_names(rest[0], frame)) if known and len(rest) == 1 else None
    if state.kind in ("frame", "rows", "flags", "loc") and _chooses_rows(key, frame):
        return state.after((), "flags" if state.kind == "flags" else "rows")
    return state.told(_names(key, frame)) if state.kind not in ("loc", "plot") else None


def _chooses_rows(key: ast.expr, frame: Frame) -> bool:
    """Whether a key is a range of rows, or one truth value for each."""
    match key:
        case ast.Slice():
            return True
        case ast.Name(id=name):
            return frame.rows(name) == "mask"
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return _chooses_rows(inner, frame)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return _chooses_rows(left, frame) and _chooses_rows(right, frame)
    return is_mask(key)


def _method_of_frame(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    given = {keyword.arg or "": keyword.value for keyword in call.keywords}
    if "inplace" in given:
        return None
    if word in _APART:
        return _APART[word](word, call, state, frame)
    if word in _GIVING:
        return state.told(_given(_GIVING[word], call, frame))
    if word in _BY_COLUMNS and not given.keys() & {"axis", "level"}:
        kind = "groups" if word == "groupby" else "rows"
        return state.after(_groupers(_argument_at(call, *_BY_COLUMNS[word]), frame), kind)
    if given.keys() & _UNLIKE or len(call.args) > _BY_ITSELF.get(word, -1):
        return None
    return state.after((), _MAKING.get(word, state.kind))


def _chosen(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    """What ``df.where(df.a > 1)`` leads to: what is chosen by is a use of its own."""
    return state if len(call.args) == 1 and _chooses_rows(call.args[0], frame) else None


def _converted(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    """What ``df.astype({"a": float})`` leads to. Another type for all columns may fail for one of them."""
    return state if len(call.args) == 1 and isinstance(call.args[0], ast.Dict) else None


def _queried(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    names = _in_expression(call.args[0], frame) if call.args else None
    return state.after(names, "rows") if word == "query" else state.told(names or None)


def _dropped(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    match given.get("axis"):
        case ast.Constant(value=1 | "columns"):
            names = _names(_argument_at(call, 0, "labels"), frame)
        case None if not call.args and "index" not in given:
            names = _names(given.get("columns"), frame)
        case _:
            return None
    return state._replace(dropped=state.dropped.union(names)) if names is not None else None


def _method_of_groups(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if word in _OF_KEYS:
        return state.told(())
    if word in ("agg", "aggregate"):
        return state.told(_aggregated(call, given, frame))
    if word in _EACH_ALONE and not given.keys() & _UNLIKE:
        return state.after((), _MAKING.get(word, "rows"))
    of_numbers = isinstance(only := given.get("numeric_only"), ast.Constant) and only.value is True
    return state.after((), "rows") if word in _OF_NUMBERS and of_numbers and not call.args else None


def _aggregated(call: ast.Call, given: dict[str | None, ast.expr], frame: Frame) -> list[str] | None:
    """The columns of ``agg({"a": "sum"})``, and of ``agg(total=("a", "sum"))``."""
    if not given:
        keys = call.args[0].keys if call.args and isinstance(call.args[0], ast.Dict) else [None]
        return _every(_names(key, frame) for key in keys)
    columns = []
    for value in given.values():
        match value:
            case ast.Tuple(elts=[column, _]) | ast.Call(args=[column, _], keywords=[]):
                columns.append(column)
            case ast.Call(keywords=[*_, ast.keyword(arg="column", value=column)]):
                columns.append(column)
            case ast.Call(keywords=[ast.keyword(arg="column", value=column), *_]):
                columns.append(column)
            case _:
                return None
    return _every(_names(column, frame) for column in columns) if not call.args else None


def _plot(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    """What ``df.plot(x="a", y="b")`` and ``df.plot.scatter("a", "b", c="d")`` draw."""
    wanted = _argument_at(call, 1, "y") or _argument_at(call, None, "column")
    others = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in _DRAWN_BY)]
    found = [_groupers(each, frame) for each in others if _may_name(each)]
    if wanted is None or None in found:
        return None
    drawn = {name for each in found for name in each or () if name in frame.columns}
    return state.told({*(_names(wanted, frame) or ()), *drawn})


def _may_name(node: ast.expr) -> bool:
    """Whether an argument may name columns: it is no number, no truth value, and not None."""
    return not isinstance(node, ast.Constant) or isinstance(node.value, str)


def _counted(word: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    asked = word in _COUNTING and not (call.args or call.keywords)
    return state.after((), "counts") if asked else None


_METHODS: dict[str, Callable[[str, ast.Call, _State, Frame], _Next]] = {
    "frame": _method_of_frame,
    "rows": _method_of_frame,
    "groups": _method_of_groups,
    "plot": _plot,
    "flags": _counted,
}
_APART = {
    "agg": _method_of_groups,
    "aggregate": _method_of_groups,
    "astype": _converted,
    "drop": _dropped,
    "plot": _plot,
    "query": _queried,
    "eval": _queried,
    "where": _chosen,
    "mask": _chosen,
}


def _argument(place: str, call: ast.Call, state: _State, frame: Frame) -> _Next:
    """What a function looks at of a frame that it is given: as its first argument or ``data``, if told so."""
    if place and function_name(call) == "len" and state.kind == "rows" and not frame.module("len"):
        return state.told((), ".index")
    module, word = frame.module(root_name(call.func) or ""), last_word(call.func)
    if place and module.partition(".")[0] == "pandas" and word in _FUNCTIONS:
        return state.told(_given(_GIVING[word], call, frame, skipped=1))
    drawn = drawn_columns(call, module, bool(place), lambda node: _names(node, frame))
    return state.told(drawn & frame.columns) if drawn is not None and drawn & frame.columns else None


def _given(
    arguments: tuple[tuple[_Argument, ...], tuple[_Argument, ...]],
    call: ast.Call,
    frame: Frame,
    skipped: int = 0,
) -> list[str] | None:
    """The columns that the arguments of a method name; ``skipped`` positions come before them."""
    needed, others = arguments
    found = [_argument_at(call, place, word, skipped) for place, word in needed]
    more = [_argument_at(call, place, word, skipped) for place, word in others]
    return _every(_groupers(each, frame) for each in (*found, *filter(None, more)))


def _argument_at(call: ast.Call, place: int | None, word: str, skipped: int = 0) -> ast.expr | None:
    """An argument of a call by its keyword, or by its position; None if it is not given."""
    for keyword in call.keywords:
        if keyword.arg == word:
            return keyword.value
    at = len(call.args) if place is None else place + skipped
    return call.args[at] if at < len(call.args) else None


def _every(found: Iterable[list[str] | None]) -> list[str] | None:
    """All names together; None if any are not known."""
    names = list(found)
    return None if None in names else [name for each in names for name in each or ()]


def _names(node: ast.expr | None, frame: Frame) -> list[str] | None:
    """The texts that an expression gives: one, or a list of them. None if they are not known."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return _every(_names(each, frame) for each in elements)
        case ast.Starred(value=inner):
            return _names(inner, frame)
        case ast.BinOp(left=left, op=ast.Add(), right=right) if not isinstance(left, ast.Constant):
            return _every((_names(left, frame), _names(right, frame)))
        case ast.Name(id=name):
            return frame.texts(name)
    return None


def _groupers(node: ast.expr | None, frame: Frame) -> list[str] | None:
    """The columns by which rows are laid out. A column made of the frame itself is a use of its own."""
    if isinstance(node, ast.List):
        return _every(_groupers(each, frame) for each in node.elts)
    if isinstance(node, ast.Name) and frame.rows(node.id):
        return []
    if isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if root_name(node, through_calls=True) == frame.name:
            return []
        called = last_word(node.func) if isinstance(node, ast.Call) else ""
        if called in _CUTTING:
            return []
        if isinstance(node, ast.Call) and called == "Grouper":
            key = _argument_at(node, 0, "key")
            return _names(key, frame) if key is not None else []
    return _names(node, frame)


def _in_expression(node: ast.expr, frame: Frame) -> list[str] | None:
    """The columns in the text of ``df.query("a > @least")``. A variable (``@least``) is none."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or "`" in node.value:
        return None
    try:
        tree = ast.parse(node.value.strip().replace("@", _VARIABLE), mode="eval")
    except (SyntaxError, ValueError):
        return None  # it assigns, or is no expression
    return sorted(names_in(tree) & frame.columns)


_VARIABLE = "__variable_"

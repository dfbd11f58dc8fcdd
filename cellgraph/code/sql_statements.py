"""What the SQL in a call's text does to the database: it asks, or it changes something there.

Databases cannot be compared, so their changes are taken from the text: ``con.execute("insert into …")``.
SQL that is not spelt out in the call tells nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable
from typing import Literal

from cellgraph.code.expression_names import function_name, method_name, root_name
from cellgraph.code.fast_ast import every_node
from cellgraph.patterns import Pattern

Effect = Literal["", "changes", "repeats"]
"""Nothing that is known; a change; a change that leaves the same when it is made again."""

METHODS = frozenset(
    "execute executemany executescript exec_driver_sql sql query raw_sql command run_sql execute_sql".split()
)
_CHANGING = frozenset(
    "rollback create_function create_table create_view drop_table drop_view insert_into"
    " add_all bulk_save_objects bulk_insert_mappings bulk_update_mappings".split()
)
_REGISTERING = frozenset({"register", "unregister"})
_GIVEN_THE_DATABASE = {
    "to_sql": ("con", 1),
    "create_all": ("bind", 0),
    "drop_all": ("bind", 0),
    "listen": ("target", 0),
    "listens_for": ("target", 0),
}
"""Methods that change the database that they are given: the keyword, and the place among the arguments."""
_BUILDING = frozenset({"insert", "update", "delete"})
_CONNECTING = frozenset({"connect", "begin", "cursor", "raw_connection"})
_WRAPPING = frozenset({"Session", "AsyncSession", "closing", "sessionmaker", "scoped_session"})
"""What is given a database, or a way to it, and gives another way to it."""
_REPEATING = frozenset({"create_all", "drop_all"})
IN_HELPERS = METHODS | {"to_sql", "commit", "begin", "flush", *_REPEATING, *_REGISTERING}
"""What the code of a function calls that may change a database."""
OF_DUCKDB = _REGISTERING
"""What nobody but duckdb calls so: elsewhere plugins are registered, and the like."""
_COMMENTS = Pattern(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_CHANGES = Pattern(
    r"(?:^|;)\s*(?:insert|update|delete|create|drop|alter|replace|merge|truncate|copy|attach|detach|rollback"
    r"|set|reset|load|install|import|vacuum|grant|revoke|rename|pragma\s+[\w.]+\s*(?:=|\())\b",
    re.IGNORECASE,
)
_REPEATS = Pattern(
    r"(?:^|;)\s*(?:create\s+or\s+replace|(?:create|drop)\b[^;(]*\bif\s+(?:not\s+)?exists"
    r"|set|reset|load|install|pragma)\b",
    re.IGNORECASE,
)
_SPELT_CHANGE = Pattern(
    r"(?:^|;)\s*(?:(?:insert\s+(?:or\s+\w+\s+)?|replace\s+|merge\s+)into|delete\s+from|update\s+(?:\S+\s+set\b|$)"
    r"|(?:create|drop|alter)\s+(?:or\s+replace\s+)?(?:temp\w*\s+|unique\s+|virtual\s+)?(?:table|view|index|schema)"
    r"|truncate\s|copy\s+\S+\s+(?:from|to)\b|attach\s)",
    re.IGNORECASE,
)
"""SQL that changes something, told from plain words that begin alike."""
_ADDING = frozenset({"add", "add_all", "merge", "delete"})
_ENDING = frozenset({"commit", "begin", "flush"})
BUILDING = _BUILDING | _ADDING
"""What changes something together with one of ``IN_HELPERS``."""
_TABLE = r"(?P<table>[\w.\"`\[\]]+)"
_REPLACED = Pattern(
    rf"(?:create\s+or\s+replace\s+(?:temp(?:orary)?\s+)?(?:table|view)|drop\s+(?:table|view)\s+if\s+exists"
    rf"|delete\s+from(?=\s+[\w.]+\s*$))\s+{_TABLE}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CHANGED_TABLE = Pattern(
    rf"(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from|drop\s+(?:table|view)|alter\s+table|truncate"
    rf"|create\s+(?:temp(?:orary)?\s+)?(?:table|view)(?:\s+if\s+not\s+exists)?)\s+{_TABLE}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_WORD = Pattern(r"[\w.]+")
_ASKS = Pattern(
    r"(?:select|with(?!.*\b(?:insert|update|delete|merge)\b)|explain|describe|show|values|from"
    r"|pragma\s+\w+\s*(?:\(|$)|$)",
    re.IGNORECASE | re.DOTALL,
)


def effect(call: ast.Call) -> Effect:
    """What a call does to the object that its method belongs to."""
    method = method_name(call)
    if method in _CHANGING:
        return "changes"
    if method in _REGISTERING:
        return "repeats"
    if method not in METHODS or not call.args:
        return ""
    text = _COMMENTS.sub(" ", _text(call.args[0]))
    if not text:
        return "changes" if _is_built_to_change(call.args[0]) else ""
    changes = len(_CHANGES.findall(text))
    if not changes:
        return ""
    repeats = len(_REPEATS.findall(text)) == changes and not any(
        map(_uses_itself, map(str.strip, text.split(";")))
    )
    return "repeats" if repeats else "changes"


def effect_of_words(names: Collection[str], texts: Iterable[str]) -> Effect:
    """What functions that have run may have done to a database, by the words and texts of their code.

    A helper has the call, and often another function the SQL: ``def run(sql): return con.execute(sql)``.
    """
    words = frozenset(names)
    if not METHODS.isdisjoint(words):
        changes = [text for text in texts if _SPELT_CHANGE.search(text)]
        if changes:
            return "repeats" if all(map(_REPEATS.match, map(str.strip, changes))) else "changes"
        if not _BUILDING.isdisjoint(words):
            return "changes"
    if not (_ENDING.isdisjoint(words) or _ADDING.isdisjoint(words)) or "to_sql" in words:
        return "changes"
    return "" if (_REPEATING | _REGISTERING).isdisjoint(words) else "repeats"


def _is_built_to_change(statement: ast.expr) -> bool:
    """Whether calls make a statement that changes a table: ``insert(t).values(n=1)``, ``t.delete()``."""
    calls = (node for node in every_node(statement) if isinstance(node, ast.Call))
    return any((method_name(call) or function_name(call)) in _BUILDING for call in calls)


def databases_behind(tree: ast.Module) -> dict[str, str]:
    """The variable that holds the database, by the variable of a connection to it, or of a session.

    What goes through ``con`` goes to ``engine`` after ``with engine.begin() as con``, or
    ``with Session(engine) as con``.
    """
    found: dict[str, str] = {}
    for node in every_node(tree):
        target: ast.expr | None = None
        if isinstance(node, ast.withitem):
            target, made = node.optional_vars, node.context_expr
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, made = node.targets[0], node.value
        if isinstance(target, ast.Name) and (database := _connected_to(made)):
            found[target.id] = database
    return found


def _connected_to(made: ast.expr) -> str:
    """The variable whose database an expression connects to; empty if it does not look as if it did."""
    if not isinstance(made, ast.Call):
        return ""
    if method_name(made) in _CONNECTING and isinstance(made.func, ast.Attribute):
        return root_name(made.func.value) or ""
    if (method_name(made) or function_name(made)) not in _WRAPPING:
        return ""
    named = [keyword.value for keyword in made.keywords if keyword.arg in ("bind", "bind_obj")]
    given = (*made.args[:1], *named)
    return next((_connected_to(one) or root_name(one) or "" for one in given), "")


def changed_argument(call: ast.Call) -> tuple[ast.expr | None, Effect]:
    """The database that a call is given and changes, as ``frame.to_sql("t", con)`` does; None without one."""
    method = method_name(call)
    if method not in _GIVEN_THE_DATABASE:
        return None, ""
    word, place = _GIVEN_THE_DATABASE[method]
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    given = named.get(word) or (call.args[place] if len(call.args) > place else None)
    how = named.get("if_exists")
    replaces = isinstance(how, ast.Constant) and how.value == "replace"
    return given, "repeats" if method in _REPEATING or replaces else "changes"


def tables(call: ast.Call) -> tuple[frozenset[str], frozenset[str]] | None:
    """The tables that the SQL of a call makes anew whatever they held, and those that it changes.

    None where its text is not spelt out, or does something else to the database.
    """
    text = call.args[0] if call.args else None
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return None
    replaced: set[str] = set()
    changed: set[str] = set()
    for statement in map(str.strip, _COMMENTS.sub(" ", text.value).split(";")):
        anew, other = _REPLACED.match(statement), _CHANGED_TABLE.match(statement)
        found = anew or other
        if found is None:
            if not _ASKS.match(statement):
                return None
            continue
        table = found["table"].lower().strip('"`[]')
        (replaced if anew and not _uses_itself(statement) and table not in changed else changed).add(table)
    return frozenset(replaced), frozenset(changed)


def _uses_itself(statement: str) -> bool:
    """Whether a table is made anew from what it holds: ``create or replace table t as select … from t``."""
    found = _REPLACED.match(statement)
    if found is None:
        return False
    table = found["table"].lower().strip('"`[]')
    return table in _WORD.findall(found["rest"].lower())


def _text(node: ast.expr) -> str:
    """The constant text of an argument. What an f-string puts in is left out."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "x".join(map(_text, parts))
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            return _text(left)
        case ast.Call(func=ast.Attribute(value=inner, attr="format")):
            return _text(inner)
        case ast.Call(args=[inner, *_]):
            return _text(inner)
        case _:
            return ""

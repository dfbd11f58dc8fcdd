"""What the SQL in a call's text does to the database: it asks, or it changes something there.

Databases cannot be compared, so their changes are taken from the text: ``con.execute("insert into …")``.
SQL that is not spelt out in the call tells nothing.
"""

from __future__ import annotations

import ast
import re
from typing import Literal

from cellgraph.patterns import Pattern

Effect = Literal["", "changes", "repeats"]
"""Nothing that is known; a change; a change that leaves the same when it is made again."""

_METHODS = frozenset(
    "execute executemany executescript exec_driver_sql sql query raw_sql command run_sql execute_sql".split()
)
_CHANGING = frozenset(
    "rollback create_function create_table create_view drop_table drop_view insert_into".split()
)
_REGISTERING = frozenset({"register", "unregister"})
_GIVEN_THE_DATABASE = {"to_sql": ("con", 1), "create_all": ("bind", 0), "drop_all": ("bind", 0)}
"""Methods that change the database that they are given: the keyword, and the place among the arguments."""
_REPEATING = frozenset({"create_all", "drop_all"})
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


def effect(call: ast.Call) -> Effect:
    """What a call does to the object that its method belongs to."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in _CHANGING:
        return "changes"
    if method in _REGISTERING:
        return "repeats"
    if method not in _METHODS or not call.args:
        return ""
    text = _COMMENTS.sub(" ", _text(call.args[0]))
    changes = len(_CHANGES.findall(text))
    if not changes:
        return ""
    return "repeats" if len(_REPEATS.findall(text)) == changes else "changes"


def changed_argument(call: ast.Call) -> tuple[ast.expr | None, Effect]:
    """The database that a call is given and changes, as ``frame.to_sql("t", con)`` does; None without one."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method not in _GIVEN_THE_DATABASE:
        return None, ""
    word, place = _GIVEN_THE_DATABASE[method]
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    given = named.get(word) or (call.args[place] if len(call.args) > place else None)
    how = named.get("if_exists")
    replaces = isinstance(how, ast.Constant) and how.value == "replace"
    return given, "repeats" if method in _REPEATING or replaces else "changes"


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

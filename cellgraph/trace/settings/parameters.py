"""What a call gives the parameters of a function: ``debug`` is false in ``setup(debug=False)``.

Code in the user's own modules runs unseen. Where such a parameter decides on a branch, the text of the call
and the defaults tell whether the run took it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from cellgraph.digest.protocol import SCALAR_IDS


def known_parameters(
    function: FunctionType, call: ast.Call | None, value_of: Callable[[ast.expr], tuple[object, ...]]
) -> Mapping[str, Any]:
    """The parameters that certainly hold a number, a text, a truth value or None when the body starts.

    ``value_of`` gives what an argument of the call is, or nothing if that is not known. None are known of a
    call that is not spelt out.
    """
    if call is None or any(isinstance(each, ast.Starred) for each in call.args):
        return {}
    if any(keyword.arg is None for keyword in call.keywords):
        return {}
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    is_method = names[:1] in (("self",), ("cls",))  # the call leaves it out
    given = dict(zip(names[is_method : code.co_argcount], call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    found = {name: held for name, held in _defaults(function).items() if name not in given}
    for name, part in given.items():
        found.update((name, value) for value in value_of(part))
    return {name: value for name, value in found.items() if name in names and id(type(value)) in SCALAR_IDS}


def _defaults(function: FunctionType) -> Mapping[str, Any]:
    """The defaults of a function by parameter."""
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    values = function.__defaults__ or ()
    return {
        **dict(zip(positional[len(positional) - len(values) :], values, strict=True)),
        **(function.__kwdefaults__ or {}),
    }

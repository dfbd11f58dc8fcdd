"""Whether a text uses models in the mode that they are in, training or evaluation, or sets the mode first.

``model(x)`` with dropout gives something else in training than after ``model.eval()``. Most cells set the
mode before they use a model, and what it was by then makes no difference to them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from types import CodeType

from cellgraph.code.expression_names import last_word, root_name
from cellgraph.code.fast_ast import children
from cellgraph.code.instructions import nested
from cellgraph.light_namedtuple import NamedTuple

MODE = ".training"
"""The path of the part of a model that says which mode it and each model in it are in."""

_SETTING = frozenset({"eval", "train"})
_LOOKING = frozenset(
    {
        *("parameters", "named_parameters", "buffers", "named_buffers", "children", "named_children"),
        *("modules", "named_modules", "state_dict", "load_state_dict", "numel", "zero_grad", "add_module"),
        *("requires_grad_", "to", "cpu", "cuda", "half", "float", "double", "apply", "register_buffer"),
        *("register_forward_hook", "register_parameter", "get_submodule", "get_parameter", "extra_repr"),
    }
)
"""Methods that give and do the same in both modes."""
_FUNCTIONS = 200
"""Names that are looked up at most, from one call on."""
_RUNS_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Code = Callable[[str], CodeType | None]
"""The code of a function of the notebook by its name; None for any other name."""


class Modes(NamedTuple):
    """Names of a text: those used before the text has set their mode, and those whose mode it sets."""

    used: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()


def model_modes(tree: ast.Module | None, code: Code) -> Modes:
    """Names that the text calls or hands to a function of the notebook, whatever they hold.

    A function of a library is taken to set the mode itself, or not to use it.
    """
    used: set[str] = set()
    sets: set[str] = set()
    for call in _calls_now(tree) if tree is not None else ():
        does, names = _what_it_does(call, code)
        if does == "sets":
            sets |= names
        elif does == "uses":
            used |= names - sets
    return Modes(frozenset(used), frozenset(sets))


def _what_it_does(call: ast.Call, code: Code) -> tuple[str, set[str]]:
    root, word = root_name(call.func), last_word(call.func)
    if isinstance(call.func, ast.Attribute):
        return "sets" if word in _SETTING else "looks" if word in _LOOKING else "uses", {root or ""}
    inside = _words(word, code)
    if not inside:
        return "uses", {root or ""}
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    handed = {name for node in given if (name := root_name(node)) is not None} | inside
    return "sets" if inside & _SETTING else "looks" if inside & _LOOKING else "uses", handed


def _words(name: str, code: Code) -> frozenset[str]:
    """The names and attributes in the code of a function, and of those of the notebook that it names."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [name]
    while waiting and len(seen) < _FUNCTIONS:
        current = waiting.pop()
        own = code(current) if current not in seen else None
        seen.add(current)
        words = {word for part in nested(own) for word in part.co_names} if own is not None else set[str]()
        found |= words or ({current} if own is not None else set())
        waiting += words
    return frozenset(found)


def _calls_now(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that the text makes when it runs, in the order in which it does."""
    for child in children(node):
        if not isinstance(child, _RUNS_LATER):
            yield from _calls_now(child)
    if isinstance(node, ast.Call):
        yield node

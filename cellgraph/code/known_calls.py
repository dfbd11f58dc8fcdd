"""What single statements and expressions tell.

Constant tests, loops that certainly run, names that a test checks for, and where a text stops.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from cellgraph.code.expression_names import function_name, last_word
from cellgraph.code.name_states import Nonempty, Value
from cellgraph.code.string_names import is_namespace

_GROWING = frozenset({"update", "setdefault", "__setitem__"})
_PASSING_ON = frozenset(
    "enumerate zip reversed sorted list tuple set tqdm trange iter product permutations".split()
)
_BROAD = frozenset({"Exception", "BaseException", "StandardError"})
_RUNNING = frozenset(
    "exec execfile init_session init_printing_session interactive_shell run_path run_module embed"
    " import_ipynb".split()
)
_SHELL_CALLS = frozenset(
    "push ex run_cell run_code safe_execfile runcode run_line_magic run_cell_magic magic enable_pylab".split()
)


def truth(test: ast.expr) -> bool | None:
    """The value of a test that does not depend on the run; None if it may be either."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known = truth(operand)
            return None if known is None else not known
        case ast.Compare(
            left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
        ):
            return True
    return None


def guarded_names(test: ast.expr) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that are bound if the test holds, and those that are bound if it does not.

    An example is ``"x" in globals()``.
    """
    match test:
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In()], comparators=[space]) if (
            is_namespace(space)
        ):
            return (name,), ()
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.NotIn()], comparators=[space]) if (
            is_namespace(space)
        ):
            return (), (name,)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            first, second = guarded_names(operand)
            return second, first
        case ast.BoolOp(op=ast.And(), values=values):
            return tuple(name for value in values for name in guarded_names(value)[0]), ()
        case ast.BoolOp(op=ast.Or(), values=values):
            return (), tuple(name for value in values for name in guarded_names(value)[1])
    return (), ()


def is_nonempty(node: ast.expr, value_of: Callable[[ast.expr], Value | None]) -> bool:  # noqa: PLR0911 - one case a kind
    """Whether an expression always gives a non-empty collection, or a whole number above zero."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return any(not isinstance(element, ast.Starred) for element in elements)
        case ast.Dict(keys=keys):
            return any(key is not None for key in keys)
        case ast.Constant(value=value):
            return (
                isinstance(value, str | bytes | int) and not isinstance(value, bool) and _is_positive(value)
            )
        case ast.Name():
            return isinstance(value_of(node), Nonempty)
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            return _runs(arguments, value_of)
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _PASSING_ON and arguments:
            return all(
                is_nonempty(argument, value_of)
                for argument in (arguments if name == "zip" else arguments[:1])
            )
        case ast.Call(func=ast.Attribute(attr="items" | "keys" | "values", value=inner), args=[]):
            return is_nonempty(inner, value_of)
    return False


def _is_positive(value: str | bytes | int) -> bool:
    return value > 0 if isinstance(value, int) else bool(value)


def _runs(arguments: list[ast.expr], value_of: Callable[[ast.expr], Value | None]) -> bool:
    """Whether ``range`` with these arguments gives at least one number."""
    if len(arguments) == 1:
        return is_nonempty(arguments[0], value_of) and not isinstance(
            arguments[0], ast.List | ast.Tuple | ast.Dict
        )
    numbers = [_number(argument) for argument in arguments]
    if any(number is None for number in numbers):
        return False
    try:
        return len(range(*(number for number in numbers if number is not None))) > 0
    except (ValueError, OverflowError, TypeError):
        return False


def _number(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def may_catch(kind: ast.expr | None) -> int:
    """How an ``except`` catches a NameError: 2 by its name, 1 with everything else, 0 not at all."""
    if kind is None:
        return 1
    if isinstance(kind, ast.Tuple):
        return max((may_catch(part) for part in kind.elts), default=0)
    name = last_word(kind)
    if name in ("NameError", "UnboundLocalError"):
        return 2
    return int(name in _BROAD or not name)


def injected(node: ast.Call) -> Iterable[str]:
    """The names that ``sympy.var("x y")`` binds."""
    function = node.func
    if last_word(function) != "var" or not node.args:
        return ()
    if isinstance(function, ast.Attribute) and not (
        isinstance(function.value, ast.Name) and function.value.id in ("sympy", "sp", "sym", "sy")
    ):
        return ()
    first = node.args[0]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return ()
    found: list[str] = []
    for word in first.value.replace(",", " ").split():
        stem, colon, end = word.partition(":")
        head = stem.rstrip("0123456789")
        if colon and end.isdecimal():
            found += [f"{head}{number}" for number in range(int(stem[len(head) :] or 0), int(end))]
        elif word.isidentifier():
            found.append(word)
    return found


def pushed_names(node: ast.Call) -> tuple[str, ...] | None:
    """The names that ``globals().update(a=1)`` or ``get_ipython().push({"a": 1})`` binds.

    None if it is no such call, or if the text does not tell the names.
    """
    function = node.func
    if not isinstance(function, ast.Attribute):
        return None
    named = function_name(function.value)
    if not (
        (named in ("globals", "locals") and function.attr == "update")
        or (named == "get_ipython" and function.attr == "push")
    ):
        return None
    found = [keyword.arg for keyword in node.keywords]
    for argument in node.args:
        if not isinstance(argument, ast.Dict):
            return None
        found += [
            key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
            for key in argument.keys
        ]
    return None if None in found else tuple(name for name in found if name)


def changes_namespace(node: ast.Call, *, at_top: bool) -> bool:  # noqa: PLR0911 - one case a kind
    """Whether a call may bind names of the notebook that the text does not show."""
    function = node.func
    if isinstance(function, ast.Name):
        if function.id in ("locals", "vars"):
            return at_top and not node.args
        return function.id in _RUNNING or function.id == "globals"
    if isinstance(function, ast.Attribute):
        if function.attr in _RUNNING - {"exec"}:
            return True
        holder = function.value
        if function_name(holder) in ("globals", "locals", "vars"):
            return function.attr in _GROWING
        if function_name(holder) == "get_ipython":
            return function.attr in _SHELL_CALLS
        return function.attr in ("push", "run_cell", "ex") and getattr(holder, "id", "") in (
            "ip",
            "ipython",
            "shell",
            "_ip",
        )
    return False


_ENDING = frozenset({("sys", "exit"), ("os", "_exit"), ("os", "abort")})


def leaves(node: ast.AST) -> bool:
    """Whether a statement ends the process: ``sys.exit()``, ``exit()``."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    match call.func:
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return (module, name) in _ENDING
        case ast.Name(id=name):
            return name in ("exit", "quit")
    return False


def reached(statements: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """The statements of a text up to the first that certainly stops it: ``raise``, ``assert False``."""
    end = next((place for place, node in enumerate(statements, 1) if _stops(node)), len(statements))
    return statements[:end]


def _stops(node: ast.stmt) -> bool:
    match node:
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.Expr(value=ast.Call(func=ast.Name())):
            return False  # after its ``exit()`` IPython goes on with the cell
    return isinstance(node, ast.Raise) or leaves(node)

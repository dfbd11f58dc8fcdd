"""A saved cell's IPython syntax as Python, line for line, without IPython and without running anything.

Each magic, shell line and help request becomes a call of ``PLACEHOLDER`` with the number of the command, in
the same line. So the syntax tree keeps the lines of the cell, and the command is looked up by its number to
tell what it does to names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from cellgraph.code.fast_ast import every_node
from cellgraph.code.source import PYTHON_CELL_MAGICS, PYTHON_LINE_MAGICS, no_warnings
from cellgraph.light_dataclass import dataclass
from cellgraph.patterns import Pattern

PLACEHOLDER = "_cellgraph_command_"
"""The name that stands for a command in the syntax tree."""

AUTOMAGICS = frozenset(
    "alias autoreload bookmark cat cd clear colors conda config cp debug dhist dirs doctest_mode edit"
    " env history"
    " ldir less load load_ext loadpy logoff logon logstart logstate logstop ls lsmagic macro magic man"
    " matplotlib"
    " mkdir more mv notebook page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd precision prun"
    " psearch psource"
    " pushd pwd pycat pylab quickref recall rehashx reload_ext rep rerun reset reset_selective rm rmdir"
    " run save sc"
    " store sx system tb time timeit unalias unload_ext who who_ls whos xdel xmode gui hist".split()
)
"""Magics that IPython runs without the percent sign in a cell of one line."""

# The quantifiers that end with ``+`` give nothing back, so that no text makes a pattern slow.
_CANDIDATE = Pattern(r"^[ \t]*+(?:[%!?]|[,;/]\w|>>>|In \[)|=[ \t]*+[%!]|\?[ \t]*+(?:#.*)?$", re.MULTILINE)
_LEXEME = Pattern(
    r"\"\"\"|'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*|[(\[{]|[)\]}]|\\\n", re.DOTALL
)
_ESCAPED = Pattern(r"\A(\s*+)(%%?|!!?|\?\??|[,;/](?=\w))(.*)", re.DOTALL)
_ASSIGNED = Pattern(r"\A(\s*+)([\w.,\[\]'\" ]*[\w.,\[\]'\"])[ \t]*+(=)\s*+(%(?!%)|!)(?!=)(.*)", re.DOTALL)
_HELP = Pattern(
    r"\A\s*+(?:[\w.,\[\]'\" ]++=\s*+)?%{0,2}!?(?!\d)[\w*]++(?:\.(?!\d)[\w*]++|\[-?\d++\])*+"
    r"\s*+\?{1,2}\s*+(?:#.*)?\Z"
)
_PROMPT = Pattern(r"^(?:>>> ?|\.\.\. ?|In \[\d*\]: ?| *\.\.\.+: ?)")
_WORD = Pattern(r"[%\w.\-]+")
_FIRST_WORD = Pattern(r"\A\S++\s++")
_INDENT = Pattern(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class IPythonCommand:
    """A magic, a shell line or a help request.

    ``kind`` is ``line``, ``cell``, ``shell``, ``help`` or ``call`` (a call written as ``/f x``). ``name`` is
    the magic's name. ``rest`` is the rest of its line, ``body`` the lines below a cell magic. ``line`` counts
    from 1.
    """

    kind: str
    name: str
    rest: str
    body: str = ""
    line: int = 1


@dataclass(frozen=True)
class Cell:
    """A cell's text read as Python.

    ``tree`` is None if the text does not parse; ``error`` tells why. ``commands`` are the commands behind the
    placeholders. ``shifts`` maps a line to the number of characters that were cut off its beginning.
    ``heads`` are the cell magics around the code, the outermost first.
    """

    text: str
    tree: ast.Module | None = None
    error: SyntaxError | None = None
    commands: tuple[IPythonCommand, ...] = ()
    heads: tuple[IPythonCommand, ...] = ()
    shifts: dict[int, int] = field(default_factory=dict)
    python: str = ""
    """The Python text that was parsed."""
    automagic: IPythonCommand | None = None
    """What a cell of one line runs if its first word is no variable.

    ``ls -l`` may be a magic or a subtraction.
    """

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree, without those that hold nothing (``Load``, ``Add``)."""
        return every_node(self.tree) if self.tree is not None else []

    @cached_property
    def calls(self) -> list[ast.Call]:
        """The calls among the nodes."""
        return [node for node in self.nodes if type(node) is ast.Call]


def read_cell(text: str) -> Cell:
    """A cell's text as a syntax tree and the commands in it."""
    tree, error = _parse(text)
    if tree is not None:
        return Cell(text, tree, python=text, automagic=_automagic(text))
    heads, start, body = _cell_magics(text)
    if heads and body is None:
        return Cell(text, ast.Module(body=[], type_ignores=[]), heads=tuple(heads))
    reader = _Reader()
    python = reader.read(body or text, start)
    if python != text:
        tree, error = _parse(python)
    if tree is None and (magic := _automagic(text)) is not None:
        return Cell(text, ast.Module(body=[], type_ignores=[]), automagic=magic)
    return Cell(text, tree, error, tuple(reader.commands), tuple(heads), reader.shifts, python)


def _parse(text: str) -> tuple[ast.Module | None, SyntaxError | None]:
    try:
        with no_warnings():  # an escape that is none is for the user's compiler to tell
            return ast.parse(text), None
    except SyntaxError as error:
        return None, error
    except (ValueError, RecursionError, MemoryError) as error:
        return None, SyntaxError(str(error) or type(error).__name__)


def compile_error(cell: Cell) -> SyntaxError | None:
    """What Python's compiler rejects in a text that parses.

    Examples are a ``return`` outside a function and a repeated argument.
    """
    if cell.tree is None:
        return cell.error
    if _surely_compiles(cell):
        return None
    error = _compile(cell.tree)
    if error is None:
        return None
    # IPython compiles each statement by itself: an import from ``__future__`` may stand anywhere.
    found = (_compile(ast.Module([node], [])) for node in cell.tree.body)
    return next((error for error in found if error is not None), None)


_COMPILES = frozenset(
    {
        ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.Name, ast.Constant, ast.Call, ast.keyword,
        ast.Attribute, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
        ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr, ast.FormattedValue, ast.ListComp, ast.SetComp,
        ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Import, ast.ImportFrom, ast.alias, ast.If,
        ast.For, ast.While, ast.With, ast.withitem, ast.Assert, ast.Raise, ast.Delete, ast.Pass,
        ast.FunctionDef, ast.arguments, ast.arg, ast.Lambda, ast.ClassDef, ast.Return, ast.Break,
        ast.Continue, ast.Try, ast.ExceptHandler,
    }
)  # fmt: skip
"""Kinds of nodes about which the compiler complains, once the parser has taken them, only as told below."""
_SPECIAL = Pattern(r"__(?:debug|future)__")
_MANY_NODES = 2000
"""Trees of fewer nodes are not too deep for the compiler."""


def _surely_compiles(cell: Cell) -> bool:
    """Whether a text that parses holds nothing that the compiler could refuse. Most texts are so simple."""
    nodes = cell.nodes
    kinds = set(map(type, nodes))
    if len(nodes) > _MANY_NODES or not _COMPILES.issuperset(kinds) or _SPECIAL.search(cell.python):
        return False
    if kinds & _JUMPS and not _jumps_are_inside(cell.tree.body if cell.tree else ()):
        return False
    return not any(_REFUSED[type(node)](node) for node in nodes if type(node) in _REFUSED)


_JUMPS = frozenset({ast.Return, ast.Break, ast.Continue})


def _jumps_are_inside(body: Iterable[ast.stmt], *, in_function: bool = False, in_loop: bool = False) -> bool:
    """Whether each ``return`` stands in a function, and each ``break`` and ``continue`` in a loop."""
    for node in body:
        kind = type(node)
        if (kind is ast.Return and not in_function) or (kind in _LOOP_ENDS and not in_loop):
            return False
        inner = getattr(node, "body", None)
        if not inner:
            continue
        if kind in (ast.FunctionDef, ast.ClassDef):
            fine = _jumps_are_inside(inner, in_function=kind is ast.FunctionDef)
        else:
            looping = in_loop or kind in (ast.For, ast.While)
            beside = [*getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
            handled = (each for handler in getattr(node, "handlers", ()) for each in handler.body)
            fine = _jumps_are_inside(inner, in_function=in_function, in_loop=looping) and _jumps_are_inside(
                [*beside, *handled], in_function=in_function, in_loop=in_loop
            )
        if not fine:
            return False
    return True


_LOOP_ENDS = (ast.Break, ast.Continue)


def _repeats_a_word(node: Any) -> bool:
    words = [keyword.arg for keyword in node.keywords if keyword.arg]
    return len(words) != len(set(words))


def _repeats_an_argument(node: Any) -> bool:
    given = [*node.posonlyargs, *node.args, *node.kwonlyargs, node.vararg, node.kwarg]
    names = [arg.arg for arg in given if arg is not None]
    return len(names) != len(set(names))


def _catches_all_too_early(node: Any) -> bool:
    return any(handler.type is None for handler in node.handlers[:-1])


def _imports_all_or_lazily(node: Any) -> bool:
    return bool(getattr(node, "is_lazy", 0)) or any(
        alias.name == "*" and node.col_offset for alias in node.names
    )


_REFUSED: Mapping[type, Callable[[Any], bool]] = {
    ast.Call: _repeats_a_word,
    ast.ClassDef: _repeats_a_word,
    ast.arguments: _repeats_an_argument,
    ast.Try: _catches_all_too_early,
    ast.comprehension: lambda node: bool(node.is_async),
    ast.Import: _imports_all_or_lazily,
    ast.ImportFrom: _imports_all_or_lazily,
}
"""For kinds of nodes, whether the compiler may refuse one."""


def _compile(tree: ast.Module) -> SyntaxError | None:
    try:
        with no_warnings():
            compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error) or type(error).__name__)
    return None


def _automagic(text: str) -> IPythonCommand | None:
    line = text.strip()
    word, _, rest = line.partition(" ")
    if "\n" in line or word not in AUTOMAGICS or rest.lstrip().startswith("="):
        return None
    return IPythonCommand("line", word, rest.strip())


def _cell_magics(text: str) -> tuple[list[IPythonCommand], int, str | None]:
    """The cell magics at the top, the line in which the code begins, and the code.

    The code is None if it is not Python.
    """
    heads: list[IPythonCommand] = []
    lines = text.split("\n")
    at = 0
    while True:
        while at < len(lines) and not lines[at].strip():
            at += 1
        if at >= len(lines) or not lines[at].lstrip().startswith("%%"):
            break
        name, _, rest = lines[at].strip()[2:].partition(" ")
        body = "\n".join(lines[at + 1 :])
        if name.endswith("?"):
            heads.append(IPythonCommand("help", name, rest, line=at + 1))
            return heads, at, None
        heads.append(IPythonCommand("cell", name, rest.strip(), body, at + 1))
        if name not in PYTHON_CELL_MAGICS:
            return heads, at, None
        at += 1
    if not heads:
        return heads, 0, text
    return heads, at, "\n" * at + "\n".join(lines[at:])


class _Reader:
    """Goes through the lines of a cell and replaces what is not Python."""

    def __init__(self) -> None:
        self.commands: list[IPythonCommand] = []
        self.shifts: dict[int, int] = {}

    def read(self, text: str, first: int) -> str:
        """The Python text of the same number of lines."""
        lines = self._without_prompts(text.split("\n"))
        if not _CANDIDATE.search("\n".join(lines)):
            return "\n".join(lines)
        made: list[str] = []
        at, open_until = 0, 0
        while at < len(lines):
            if at < open_until:
                made.append(lines[at])
                at += 1
                continue
            taken = self._command(lines, at)
            if taken is None:
                open_until = at + _extent(lines, at)
                continue
            line, count = taken
            made += [line, *[""] * (count - 1)]
            at += count
            open_until = at
        return "\n".join(made)

    def _without_prompts(self, lines: list[str]) -> list[str]:
        """The lines without prompts (``>>>``), or dedented by the first line's margin, as IPython does."""
        first = next((line for line in lines if line.strip()), "")
        if first.lstrip().startswith((">>>", "In [")):
            return [self._cut(number, line, _prompt(line)) for number, line in enumerate(lines, 1)]
        match = _INDENT.match(first)
        margin = match[0] if match else ""
        if not margin:
            return lines
        return [
            self._cut(number, line, len(margin) if line.startswith(margin) else 0)
            for number, line in enumerate(lines, 1)
        ]

    def _cut(self, number: int, line: str, width: int) -> str:
        if width:
            self.shifts[number] = self.shifts.get(number, 0) + width
        return line[width:]

    def _command(self, lines: Sequence[str], at: int) -> tuple[str, int] | None:
        """The Python line that replaces a command, and how many lines the command takes.

        None if the line is Python.
        """
        line = lines[at]
        if _HELP.match(line):
            return self._placed(_margin(line), "", IPythonCommand("help", line.strip(), "", line=at + 1)), 1
        escaped = _ESCAPED.match(line)
        if escaped is not None:
            whole, count = _continued(lines, at)
            rest = whole[len(escaped[1]) + len(escaped[2]) :]
            return self._escaped(escaped[1], escaped[2], rest, at + 1), count
        assigned = _ASSIGNED.match(line) if "=" in line else None
        if assigned is None:
            return None
        whole, count = _continued(lines, at)
        rest = whole[assigned.end(4) :]
        target = f"{assigned[1]}{assigned[2]} = "
        if assigned[4] == "!":
            return self._placed(target, "", IPythonCommand("shell", "!", rest.strip(), line=at + 1)), count
        name, after = _split(rest)
        return self._placed(target, "", IPythonCommand("line", name, after, line=at + 1)), count

    def _escaped(self, margin: str, sign: str, rest: str, number: int) -> str:
        if sign in ("!", "!!"):
            return self._placed(margin, "", IPythonCommand("shell", sign, rest.strip(), line=number))
        if sign in ("?", "??"):
            return self._placed(margin, "", IPythonCommand("help", rest.strip(), "", line=number))
        if sign in (",", ";", "/"):
            return self._placed(margin, "", IPythonCommand("call", sign, rest.strip(), line=number))
        name, after = _split(rest)
        if sign == "%%":
            return self._placed(margin, "", IPythonCommand("line", "%" + name, after, line=number))
        if name in PYTHON_LINE_MAGICS:
            return self._python_line(margin, name, rest, number)
        return self._placed(margin, "", IPythonCommand("line", name, after, line=number))

    def _python_line(self, margin: str, name: str, rest: str, number: int) -> str:
        """The statement that ``%time`` runs, without the magic's name and options."""
        code = without_options(rest[rest.index(name) + len(name) :])
        if name == "timeit" or not _is_statement(code):
            return self._placed(margin, "", IPythonCommand("line", name, code, line=number))
        self.shifts[number] = self.shifts.get(number, 0) + 1 + len(rest) - len(code)
        return margin + code

    def _placed(self, before: str, after: str, command: IPythonCommand) -> str:
        self.commands.append(command)
        return f"{before}{PLACEHOLDER}({len(self.commands) - 1}){after}"


def _is_statement(code: str) -> bool:
    return bool(code.strip()) and _parse(code)[0] is not None


def without_options(line: str) -> str:
    """The rest of a magic's line after its options (``-n 3 -r 5 f(x)`` gives ``f(x)``)."""
    rest = line.lstrip()
    while rest.startswith("-"):
        word, _, tail = rest.partition(" ")
        rest = tail.lstrip()
        if len(word) == 2 and word[1] in "nrpslTDf" and (value := _FIRST_WORD.match(rest)):
            rest = rest[value.end() :]
    return rest


def _split(rest: str) -> tuple[str, str]:
    match = _WORD.match(rest.lstrip())
    name = match[0] if match else ""
    return name, rest.lstrip()[len(name) :].strip()


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _prompt(line: str) -> int:
    match = _PROMPT.match(line)
    return match.end() if match else 0


def _continued(lines: Sequence[str], at: int) -> tuple[str, int]:
    """A line joined with the lines that a backslash continues it in."""
    last = at
    while lines[last].endswith("\\") and last + 1 < len(lines):
        last += 1
    return " ".join(line.removesuffix("\\") for line in lines[at : last + 1]), last - at + 1


def _extent(lines: Sequence[str], at: int) -> int:
    """How many lines a logical line takes: brackets, long strings and backslashes continue it."""
    depth, count, quote = 0, 0, ""
    for line in lines[at:]:
        count += 1
        depth, quote, joined = _state_after(line, depth, quote)
        if not quote and depth <= 0 and not joined:
            return count
    return count if count and not quote and depth <= 0 else 1


def _state_after(line: str, depth: int, quote: str) -> tuple[int, str, bool]:  # noqa: C901, PLR0912 - one case a kind
    """The state at the end of a line: open brackets, an open long string, a final backslash."""
    place = 0
    if quote:
        end = line.find(quote)
        if end < 0:
            return depth, quote, False
        place, quote = end + 3, ""
    for token in _LEXEME.finditer(line + "\n", place):
        if token.start() < place:
            continue
        word = token[0]
        if word in ('"""', "'''"):
            end = line.find(word, token.end())
            if end < 0:
                return depth, word, False
            return _state_after(line[end + 3 :], depth, "")
        if word in "([{":
            depth += 1
        elif word in ")]}":
            depth -= 1
        elif word == "\\\n":
            return depth, "", True
    return depth, "", False


_NAME = Pattern(r"\w+")
_BINDING_LINE = Pattern(
    r"^[ \t]*+(?:(?:async )?def|class)[ \t]++(\w++)|^[ \t]*+(\w++(?:[ \t]*+,[ \t]*+\w++)*+)[ \t]*+=(?!=)",
    re.MULTILINE,
)
_BINDING_WORD = Pattern(r"\bimport[ \t]++(.+)|\bas[ \t]++(\w++)|\bfor[ \t]++([\w, ]{1,200}?)[ \t]in\b")


def bound_by_text(text: str) -> Iterator[str]:
    """Names that a text which does not parse seems to bind, judged line by line."""
    for match in _BINDING_LINE.finditer(text):
        yield from _NAME.findall(match[1] or match[2])
    for match in _BINDING_WORD.finditer(text):
        yield from _NAME.findall(match[1] or match[2] or match[3])


_PYTHON_2 = Pattern(
    r"^[ \t]*+print[ \t]++(?![=(.\[])\S|^[ \t]*+print[ \t]*+$|^[ \t]*+print[ \t]*+>>"
    r"|^[ \t]*+exec[ \t]++[\"'\w]|^[ \t]*+raise[ \t]++\w++[ \t]*+,|<>|\.has_key\(|`\w++`"
    r"|\bexcept[ \t]++[\w.()]++[ \t]*+,[ \t]*+\w++[ \t]*+:|\blambda[ \t]*+\([ \t]*+\w++[ \t]*+,"
    r"|\b0[0-7]++\b|\b\d++L\b|\bur[\"']",
    re.MULTILINE,
)


def looks_like_python_2(text: str) -> bool:
    """Whether a text that does not parse looks like Python 2.

    Signs are ``print x``, ``except E, e`` and ``0777``.
    """
    return _PYTHON_2.search(text) is not None

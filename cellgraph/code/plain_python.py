"""A cell's text without IPython's syntax: magics and shell lines as the Python that does the same.

What only shows something, or only concerns the session, is dropped. What has no meaning outside of IPython,
and may bind names, is a problem: the text that is returned then lacks it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import lru_cache

from cellgraph.code.commands import effect_of
from cellgraph.code.ipython_syntax import (
    PLACEHOLDER,
    IPythonCommand,
    read_cell,
    without_options,
)
from cellgraph.code.source import PYTHON_CELL_MAGICS, parsed, script_binds
from cellgraph.light_dataclass import dataclass
from cellgraph.patterns import Pattern

_CALLED = Pattern(
    r"^([ \t]*+(?:\w[\w, ]*+=[ \t]*+)?+)get_ipython\(\)\."
    r"(run_line_magic|magic|system|getoutput)\((.*)\)[ \t]*+;?+[ \t]*+$",
    re.MULTILINE,
)
"""A magic as nbconvert writes it into scripts, which people paste back into notebooks."""
_PLACE = Pattern(re.escape(PLACEHOLDER) + r"\((\d+)\)")
_HOLE = Pattern(r"\{([^{}]+)\}|\$\{?([^\W\d]\w*)\}?")
_INSTALLS = Pattern(
    r"(?:(?:python3?|\{sys\.executable\})\s+-m\s+)?(?:uv\s+)?(?:pip3?|conda|mamba|apt|apt-get|sudo)\b"
)
_SHOWS = frozenset(
    "cat head tail ls ll dir less more pwd echo tree wc file du df nvidia-smi which date uname free".split()
)
"""Shell commands that only print, unless they are told to write with ``>``."""
_FILES = frozenset("cp mv rm mkdir rmdir ren copy rep ddir ldir lf lk lx".split())
"""Line magics that are shell commands under the same name."""
_SHELLS = {"bash": "bash", "sh": "sh", "!": "bash", "system": "bash", "sx": "bash"}
_SHOWN_CELLS = frozenset(
    "html HTML javascript js latex markdown svg SVG timeit prun memit heat writetemplate".split()
)


@dataclass(frozen=True, slots=True)
class PlainText:
    """A cell in plain Python. ``text`` is None where it cannot be read at all.

    ``dropped`` are commands that were left out and change no value, ``problems`` those that may bind names
    and have no meaning in a script.
    """

    text: str | None
    dropped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def plain_python(source: str) -> PlainText:
    """The text of a cell as plain Python."""
    if parsed(source) is not None and "get_ipython" not in source:
        return _automagic(source)
    cell = read_cell(_CALLED.sub(_as_magic, source))
    if cell.tree is None:
        return PlainText(None, problems=("it is not valid Python",))
    if cell.automagic is not None:
        return _automagic(source)
    made = _Translation()
    text = made.heads(cell.heads)
    if text is None:
        text = made.lines(cell.python, cell.commands)
    if parsed(text) is None:
        return PlainText(None, tuple(made.dropped), ("it is not valid Python",))
    return PlainText(made.imports() + text, tuple(made.dropped), tuple(made.problems))


def _automagic(source: str) -> PlainText:
    """A cell of one line whose first word is a magic, without a percent sign: ``ls``, ``cd data``."""
    magic = read_cell(source).automagic
    tree = parsed(source)
    if magic is None or (tree is not None and "-" in source):
        return PlainText(source)
    if tree is not None and magic.name not in ("pwd", "ls", "pylab", "who", "whos", "hist"):
        return PlainText(source)
    return plain_python("%" + source.strip())


def _as_magic(match: re.Match[str]) -> str:
    tree = parsed(f"f({match[3]})")
    call = tree.body[0].value if tree is not None else None  # type: ignore[attr-defined]
    words = [getattr(part, "value", None) for part in getattr(call, "args", ())]
    if not words or not all(isinstance(word, str) for word in words):
        return match[0]
    sign = "!" if match[2] in ("system", "getoutput") else "%"
    return f"{match[1]}{sign}{' '.join(map(str, words))}".rstrip()


class _Translation:
    def __init__(self) -> None:
        self.dropped: list[str] = []
        self.problems: list[str] = []
        self._modules: dict[str, None] = {}

    def imports(self) -> str:
        return "".join(f"import {module}\n" for module in self._modules)

    def heads(self, heads: tuple[IPythonCommand, ...]) -> str | None:
        """The text that stands for cell magics which take all of the cell; None where the cell is Python."""
        for head in heads:
            if head.name in PYTHON_CELL_MAGICS and head.name not in ("timeit", "prun", "memit"):
                continue
            return self._cell_magic(head)
        return None

    def lines(self, python: str, commands: tuple[IPythonCommand, ...]) -> str:
        """The lines of a cell, with Python in the places of commands."""
        found = []
        for line in python.split("\n"):
            place = _PLACE.search(line)
            found.append(line if place is None else self._line(line, place, commands[int(place[1])]))
        return "\n".join(found)

    def _line(self, line: str, place: re.Match[str], command: IPythonCommand) -> str:
        before, after = line[: place.start()], line[place.end() :]
        if before.strip():
            value = self._value(command)
            if value is None:
                self._problem(command)
                value = "None"
            return f"{before}{value}{after}"
        made = self._statement(command)
        return "\n".join(before + part for part in (made or ("pass" if before else "")).split("\n")) + after

    def _statement(self, command: IPythonCommand) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind
        rest = command.rest.strip()
        match command.kind, command.name:
            case "help", _:
                return ""
            case "call", sign:
                return _called(sign, rest)
            case "shell", _:
                return self._shell(rest)
            case "line", "sx" | "system" | "sc":
                return self._shell(rest)
            case "line", name if name in _FILES:
                return self._shell(f"{name} {rest}")
            case "line", "pip" | "conda" | "mamba" | "uv":
                return self._drop(f"%{command.name} {rest}")
            case "line", "pylab":
                return PYLAB
            case "line", name if name in _STATEMENTS:
                made = _STATEMENTS[name](self, rest)
                return made if made is not None else self._problem(command)
        if effect_of(command, script_binds).unknown:
            return self._problem(command)
        return self._drop(f"%{command.name} {rest}".strip())

    def _value(self, command: IPythonCommand) -> str | None:
        """The expression for a command whose result is assigned."""
        rest = command.rest.strip()
        if command.kind == "shell" or command.name in ("sx", "system"):
            self._need("subprocess")
            run = f"subprocess.run({_text(rest)}, shell=True, capture_output=True, text=True)"
            return f"{run}.stdout.splitlines()"
        match command.name:
            case "pwd":
                self._need("os")
                return "os.getcwd()"
            case "env" if rest.isidentifier():
                self._need("os")
                return f"os.environ[{rest!r}]"
            case "time":
                code = without_options(rest)
                return f"({code})" if parsed(code) is not None else None
        return None

    def _shell(self, rest: str) -> str:
        word = rest.split(" ", 1)[0] if rest else ""
        if not rest or _INSTALLS.match(rest) or (word in _SHOWS and ">" not in rest):
            return self._drop(f"!{rest}")
        self._need("subprocess")
        return f"subprocess.run({_text(rest)}, shell=True, check=False)"

    def _cell_magic(self, head: IPythonCommand) -> str:
        words = head.rest.split()
        if head.name in ("writefile", "file") and words:
            self._need("pathlib")
            name, body = words[-1], head.body if head.body.endswith("\n") else head.body + "\n"
            if "-a" in words:
                return f"with pathlib.Path({name!r}).open('a') as _file:\n    _file.write({_block(body)})"
            return f"pathlib.Path({name!r}).write_text({_block(body)})"
        if head.name in _SHELLS or (head.name == "script" and words):
            self._need("subprocess")
            shell = _SHELLS.get(head.name) or words[0]
            if "--out" in words or "--err" in words:
                self._problem(head)
            return f"subprocess.run([{shell!r}, '-c', {_block(head.body)}], check=True)"
        if head.name in _SHOWN_CELLS:
            self._drop(f"%%{head.name}")
            return ""
        self._problem(head)
        return ""

    def change_folder(self, rest: str) -> str | None:
        """``%cd``."""
        self._need("os")
        place = rest.removeprefix("-q").strip().strip("\"'")
        if place == "-" or place.startswith("-b"):
            return None
        return f"os.chdir({_text(place)})" if place and place[0] != "~" else _home(place)

    def environment(self, rest: str) -> str | None:
        """``%env`` and ``%set_env``."""
        name, sign, value = rest.partition("=")
        if not sign:
            name, sign, value = rest.partition(" ")
        if not sign:
            return self._drop(f"%env {rest}".strip())
        self._need("os")
        return f"os.environ[{name.strip()!r}] = {_text(value.strip())}"

    def run(self, rest: str) -> str | None:
        """``%run script.py``: the script's names land in the namespace."""
        try:
            words = shlex.split(rest)
        except ValueError:
            return None
        files = [place for place, word in enumerate(words) if not word.startswith("-")]
        if not files or not words[files[0]].endswith(".py") or any(word in ("-i", "-m") for word in words):
            return None
        script, given = words[files[0]], words[files[0] + 1 :]
        names = sorted(name for name in script_binds(script) if not name.startswith("_"))
        self._need("runpy")
        made = [f"_names = runpy.run_path({script!r}, run_name='__main__')"]
        if given:
            self._need("sys")
            made.insert(0, f"sys.argv = {words[files[0] :]!r}")
        made += [f"{name} = _names[{name!r}]" for name in names]
        return "\n".join(made)

    def python(self, rest: str) -> str | None:
        """``%time`` in a place where its code is more than a line."""
        code = without_options(rest)
        return code if parsed(code) is not None else None

    def timed(self, rest: str) -> str | None:
        """``%timeit``: it binds nothing."""
        return self._drop(f"%timeit {rest}")

    def _need(self, module: str) -> None:
        self._modules[module] = None

    def _drop(self, text: str) -> str:
        self.dropped.append(text)
        return ""

    def _problem(self, command: IPythonCommand) -> str:
        sign = {"cell": "%%", "line": "%"}.get(command.kind, "")
        self.problems.append(f"{sign}{command.name} {command.rest}".strip()[:80])
        return ""


PYLAB = """\
import matplotlib
import numpy
import numpy as np
import matplotlib.pyplot as plt
from matplotlib import mlab, pylab, pyplot
from IPython.display import display
from IPython.core.pylabtools import figsize, getfigs
from pylab import *
from numpy import *"""
"""What ``%pylab`` does to the namespace, in its order."""

_STATEMENTS: dict[str, Callable[[_Translation, str], str | None]] = {
    "cd": _Translation.change_folder,
    "env": _Translation.environment,
    "set_env": _Translation.environment,
    "run": _Translation.run,
    "time": _Translation.python,
    "prun": _Translation.timed,
    "timeit": _Translation.timed,
    "memit": _Translation.timed,
    "lprun": _Translation.timed,
    "mprun": _Translation.timed,
}


def _called(sign: str, rest: str) -> str:
    """``/f x`` is a call with arguments, ``,f a b`` and ``;f a b`` one with texts."""
    function, _, given = rest.partition(" ")
    if sign == ",":
        return f"{function}({', '.join(map(repr, given.split()))})"
    return f"{function}({given!r})" if sign == ";" else f"{function}({given})"


def _home(place: str) -> str:
    return f"os.chdir(os.path.expanduser({(place or '~')!r}))"


def _text(text: str) -> str:
    """A text in which IPython fills in variables, as a literal: ``{name}`` makes it an f-string."""
    if not _HOLE.search(text):
        return repr(text)
    parts: list[str] = []
    at = 0
    for hole in _HOLE.finditer(text):
        parts.append(_escaped(text[at : hole.start()]))
        parts.append("{" + (hole[1] or hole[2]).replace('"', "'") + "}")
        at = hole.end()
    return 'f"' + "".join(parts) + _escaped(text[at:]) + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")


def _block(text: str) -> str:
    """A text of several lines as a literal."""
    if "\\" in text or '"""' in text or text.endswith('"'):
        return repr(text)
    return f'"""\\\n{text}"""'

"""What IPython's commands do to names: a table of the magics that notebooks use.

A magic that is not in the table may bind any name. After it no name counts as missing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from itertools import pairwise

from cellgraph.code.ipython_syntax import IPythonCommand
from cellgraph.code.source import PYLAB_NAMES, PYTHON_CELL_MAGICS
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

_NO_NAMES = frozenset(
    "alias alias_magic autoawait autocall autoindent automagic autosave bookmark cat cd cellgraph clear"
    " cls colors conda"
    " config connect_info copy cp ddir debug dhist dirs doctest_mode dotenv echo ed env flake8_on flake8_off"
    " gui hist history javascript jedi killbgscripts ldir less lf lk ll load loadpy load_ext logoff"
    " logon logstart"
    " logstate logstop ls lsmagic lx magic man mamba matplotlib micromamba mkdir mode more mv notebook"
    " nbagg page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint precision prun psearch"
    " psource pushd pwd pycat"
    " pycodestyle_on qtconsole quickref rehashx reload_ext ren rep rm rmdir save set_env sh"
    " subplot system sx sc tb tensorboard time timeit unalias unload_ext uv version_information"
    " watermark who who_ls"
    " whos writefile xmode nb_black black blackcellmagic lprun mprun memit snakeviz scalene autoreload"
    " config_inline wandb code_wrap ipython tqdm".split()
)
"""Line magics that bind nothing."""
_EXTENSIONS = frozenset(
    "autoreload cellgraph sql watermark line_profiler memory_profiler tensorboard tensorboard.notebook"
    " rpy2.ipython"
    " cython Cython nb_black lab_black jupyter_black black blackcellmagic dotenv google.colab.data_table"
    " google.cloud.bigquery"
    " version_information snakeviz heat py_heat_magic pycodestyle_magic wandb jupyternotify tikzmagic"
    " itikz nb_mypy"
    " oct2py.ipython rmagic cythonmagic octavemagic sympyprinting sympy.interactive.ipythonprinting"
    " storemagic ipytest"
    " autotime scalene pyinstrument jupyter_ai jupyter_ai_magics gvmagic hierarchymagic pymatbridge"
    " julia.magic"
    " pydeck lux nbtutor nb_js_diagrammers fortranmagic ipython_unittest ruff_jupyter"
    " dask_labextension bigquery_magics jupysql sql_magic vega altair"
    " matplotlib.sphinxext.plot_directive skip_kernel_extension cudf.pandas cuml.accel"
    " signature autotime itermplot octavemagic ipycache nbtutor tutormagic manim".split()
)
"""Extensions that bring magics and bind no name when they are loaded."""
_OTHER_LANGUAGES = frozenset(
    "bash sh script html HTML javascript js latex markdown svg SVG perl ruby cmd file writefile pypy"
    " python python2 python3"
    " julia octave matlab R sql bigquery cypher cython cython_inline fortran writetemplate mermaid dot"
    " tikz css powershell"
    " system sx ! manim ai skip rust cpp kql sparql graphql spark scala node typescript"
    " appendfile writefilewithvariables blockdiag prolog C c++ g++ gcc cu nvcc cuda".split()
)
"""Cell magics whose text is not Python of this namespace."""
_NEVER_BIND = frozenset(
    "html HTML javascript js latex markdown svg SVG file writefile css mermaid dot tikz".split()
)
_ASSIGN = Pattern(r"(?<!\w)(\w++)\s*+<<|<<\s*+(\w++)")
_CYTHON = Pattern(
    r"^[ \t]*+(?:cp?def|def|class|cdef class)[ \t]++(?:[\w\[\], *:]{1,200}[ \t])?\**(\w++)[ \t]*+[(:]",
    re.MULTILINE,
)


class Effect(NamedTuple):
    """What a command does to names.

    It holds the names that the command binds or deletes, the modules whose names it imports, and code that it
    runs without binding anything. ``clears`` tells that it deletes all names, ``unknown`` that it may bind
    any name.
    """

    binds: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    clears: bool = False
    unknown: bool = False


NOTHING = Effect()
_UNKNOWN = Effect(unknown=True)


def effect_of(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    """What a command does to names. ``script`` gives the names that a Python file binds."""
    if command.kind in ("help", "shell", "call"):
        return NOTHING
    if command.kind == "cell":
        return _cell_magic(command)
    special = _LINE.get(command.name)
    if special is not None:
        return special(command, script)
    return NOTHING if command.name in _NO_NAMES or not command.name else _UNKNOWN


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _names(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word.isidentifier())


def _cell_magic(command: IPythonCommand) -> Effect:  # noqa: C901, PLR0911, PLR0912 - one case a kind
    words = _words(command.rest)
    name = command.name
    if name == "capture":
        return Effect(binds=_names(words)[:1])
    if name in ("timeit", "time", "prun", "memit"):
        return NOTHING
    if name in PYTHON_CELL_MAGICS:
        return NOTHING
    found = [match[1] or match[2] for match in [_ASSIGN.search(command.rest)] if match]
    for flag, word in pairwise(words):
        if flag in ("-o", "--out", "--output", "--err", "--proc", "-d", "--save", "--persist"):
            found += _names(word.split(","))
    if name == "bigquery" and words and words[0].isidentifier():
        found.append(words[0])
    if name.startswith("cython"):
        return Effect(binds=(*found, *_CYTHON.findall(command.body)), unknown=True)
    if name in _NEVER_BIND:
        return NOTHING
    if name in _OTHER_LANGUAGES:
        return Effect(binds=tuple(found), unknown=name in ("R", "julia", "octave", "matlab", "fortran"))
    return Effect(binds=tuple(found), unknown=True)


def _pylab(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    imports_all = "--no-import-all" not in command.rest
    return Effect(binds=PYLAB_NAMES, stars=("pylab",) if imports_all else ())


def _run(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    files = [word for word in _words(command.rest) if word.endswith((".py", ".ipy", ".ipynb"))]
    found = frozenset[str]().union(*(script(file) for file in files))
    return Effect(binds=tuple(found), unknown=True)


def _store(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    words = _words(command.rest)
    return Effect(binds=_names(words[1:]), unknown=len(words) == 1) if words[:1] == ["-r"] else NOTHING


def _reset(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    parts = {word for word in _words(command.rest) if not word.startswith("-")}
    return NOTHING if parts and parts <= {"in", "out", "dhist", "array"} else Effect(clears=True)


def _delete(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    return Effect(deletes=_names(_words(command.rest)))


def _load_extension(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    return NOTHING if command.rest.split("#")[0].strip() in _EXTENSIONS else _UNKNOWN


def _aimport(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    modules = [word.strip().split(".")[0] for word in command.rest.split(",")]
    return Effect(binds=_names(modules))


def _executed(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    return Effect(runs=(command.rest.lstrip(),))


def _sql(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    match = _ASSIGN.search(command.rest)
    return Effect(binds=tuple(name for name in (match[1] or match[2],) if name)) if match else NOTHING


def _pulled(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    """The names that ``%R -o x`` and ``%Rpull x`` bind."""
    words = _words(command.rest)
    found = [word for flag, word in pairwise(words) if flag in ("-o", "--output")]
    return Effect(binds=_names(",".join(found).split(",")) if found else _names(words), unknown=True)


def _macro(command: IPythonCommand, script: Callable[[str], frozenset[str]]) -> Effect:
    return Effect(binds=_names([word for word in _words(command.rest) if not word.startswith("-")])[:1])


_LINE: dict[str, Callable[[IPythonCommand, Callable[[str], frozenset[str]]], Effect]] = {
    "pylab": _pylab,
    "run": _run,
    "store": _store,
    "reset": _reset,
    "xdel": _delete,
    "load_ext": _load_extension,
    "aimport": _aimport,
    "timeit": _executed,
    "time": _executed,
    "prun": _executed,
    "memit": _executed,
    "lprun": _executed,
    "mprun": _executed,
    "sql": _sql,
    "R": _pulled,
    "Rpull": _pulled,
    "Rget": _pulled,
    "macro": _macro,
}

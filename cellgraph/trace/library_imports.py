"""Imports of installed libraries: thousands of functions start in one, and none of them is the user's."""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from types import CodeType, ModuleType

from cellgraph.code.bytecode import is_function
from cellgraph.code.instructions import body_of
from cellgraph.digest.code_origin import FOLDERS, globals_of, is_installed, is_users

LIBRARIES = (*sorted(FOLDERS), "<frozen ")
"""What the file names of libraries' code begin with. What is installed elsewhere is told by its module."""

_IMPORT = opcode.opmap["IMPORT_NAME"]


def imports(code: CodeType) -> dict[int, str]:
    """The modules that a cell's own statements import, by instruction offset.

    Only where an import that fails ends the cell: else there is no telling which instruction is next.
    """
    if is_function(code) or code.co_exceptiontable or _IMPORT not in code.co_code[::2]:
        return {}
    return dict(_imports(code))


def _imports(code: CodeType) -> Iterator[tuple[int, str]]:
    for offset, op, arg in zip(*body_of(code.co_code), strict=True):
        if op == _IMPORT and code.co_names[arg]:  # a relative import may have none
            yield offset, code.co_names[arg]


def loads_a_library(name: str) -> bool:
    """Whether importing this module is going to run the code of an installed library."""
    if name in sys.modules:
        return False
    root = name.partition(".")[0]
    loaded = sys.modules.get(root)
    if type(loaded) is ModuleType:
        return not is_users(globals_of(loaded))
    spec = PathFinder.find_spec(root)
    return spec is not None and type(spec.origin) is str and is_installed(spec.origin)

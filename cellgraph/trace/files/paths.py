"""Paths of files: their names in the ledger, and which files are no input of a notebook."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import lru_cache
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath

from cellgraph.digest.code_origin import FOLDERS, absolute
from cellgraph.names import Name
from cellgraph.patterns import Pattern

_PATHS = frozenset(map(id, (Path, PosixPath, WindowsPath, PurePosixPath, PureWindowsPath)))


def file_name(path: str, base: str) -> Name:
    """The name of the file at an absolute path: relative below ``base``, then below the home."""
    return Name.of_file(_below(path, base) or _below(path, os.path.expanduser("~"), "~/") or path)


def absolute_path(path: str) -> str:
    """The absolute path of a file as a text names it, with ``~`` for the home.

    A relative path stays as it is where the current folder has been removed.
    """
    return absolute(os.path.expanduser(path))


def _below(path: str, folder: str, mark: str = "") -> str:
    inside = folder not in ("", os.sep) and path.startswith(folder.rstrip(os.sep) + os.sep)
    if not inside:
        return ""
    return mark + path[len(folder.rstrip(os.sep)) + 1 :].replace(os.sep, "/")


def as_path(value: object) -> str | None:
    """A value that is a path in one of the types that Python itself has; None for any other.

    ``__fspath__`` of a user's class is not called.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is bytes:
        return os.fsdecode(value)  # type: ignore[arg-type]
    return str(value) if id(kind) in _PATHS else None


_SYSTEM = ("/proc", "/sys", "/dev", "/run", "/etc", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/System")
_PREFIXED = ("lib", "lib64", "Lib", "share", "etc", "include", "bin", "DLLs", "Scripts")
_OWN_FOLDERS = (
    "IPYTHONDIR JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR MPLCONFIGDIR XDG_CACHE_HOME"
    " XDG_CONFIG_HOME NUMBA_CACHE_DIR HF_HOME TORCH_HOME KERAS_HOME PYTHONPYCACHEPREFIX"
).split()
"""Variables that name folders in which tools keep what is theirs."""
_FOLDERS = frozenset("site-packages dist-packages __pycache__ node_modules joblib mlruns wandb".split())
_ENDINGS = (
    ".pyc .pyo .pyi .so .pyd .dll .dylib .ttf .otf .ttc .afm .pfb .lock .pid .sock"
    " -journal -wal -shm history.sqlite .mo"
)
_ENDS = tuple(_ENDINGS.split())
_EVENTS = "events.out.tfevents"
_OF_TOOLS = Pattern(r"ipykernel_\d|joblib_memmapping|pymp-")
_TEMPORARY = Pattern(r"tmp[a-z0-9_]{8}(?:$|[./_-])")
"""Names that ``tempfile`` gives."""


def is_skipped(path: str, base: str, *, temporary: bool = True) -> bool:
    """Whether the file at this absolute path never counts as state.

    ``base`` is the notebook's folder. The user chose where that is, so its own path says nothing.
    ``temporary``: files with a temporary name are skipped as well. One that outlives the run that made it
    is state.
    """
    if path.endswith(_ENDS) or _EVENTS in path or path.startswith(own_roots(base)):
        return True
    inside = base.strip(os.sep) and path.startswith(base.rstrip(os.sep) + os.sep)
    parts = path[len(base.rstrip(os.sep)) :].split(os.sep) if inside else path.split(os.sep)
    if any(part in _FOLDERS or part[:1] == "." for part in parts[:-1]):
        return True
    named = any(map(_OF_TOOLS.match, parts)) or (temporary and any(map(_TEMPORARY.match, parts)))
    return named and path.startswith(common_temporary_folder() + os.sep)


@lru_cache(maxsize=1)
def common_temporary_folder() -> str:
    """The folder in which ``tempfile`` makes files, without a slash at its end."""
    return os.path.realpath(tempfile.gettempdir())


@lru_cache(maxsize=4)
def own_roots(base: str) -> tuple[str, ...]:
    """Folders of Python, of libraries and of tools, without those that contain the notebook."""
    found = set(FOLDERS)
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}:
        found |= {os.path.join(prefix, part) for part in _PREFIXED}
    found |= {absolute(os.environ[name]) for name in _OWN_FOLDERS if os.environ.get(name)}
    found |= set(_SYSTEM) if os.name == "posix" else set()
    folders = (folder.rstrip(os.sep) + os.sep for folder in found if folder.strip(os.sep))
    return tuple(folder for folder in folders if not (base + os.sep).startswith(folder))

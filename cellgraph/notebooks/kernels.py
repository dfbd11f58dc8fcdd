"""Which kernel a notebook runs in: the chosen one, else the notebook's own, else this environment's."""

from __future__ import annotations

import logging
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel

from cellgraph.notebooks.errors import CannotRunError

OWN_KERNEL = "python3"
"""The name under which ipykernel installs itself, and which notebooks of any environment have."""

_PYTHON = ("python", "ipython", "cython", "pypy")
"""Beginnings, in lower case, of the names that kernels and files use for Python."""

_OTHER_KERNELS = frozenset(
    "ir r julia bash deno javascript jslab node octave scala spylon almond kotlin java gophernotes sos "
    "rust evcxr xcpp11 xcpp14 xcpp17 ruby iruby haskell ihaskell matlab stata sas wolfram clojure perl "
    "powershell fsharp csharp lua maxima".split()
)
"""First words of names of kernels for other languages. They decide if a file names no language."""

_SILENT = logging.getLogger("cellgraph.kernels")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True, slots=True)
class KernelChoice:
    """A kernel to try. ``instead`` says why it is not the one that the notebook names, or is empty."""

    name: str
    spec: KernelSpec
    instead: str = ""


class OneKernel(KernelSpecManager):
    """Gives one kernel for every name. Jupyter's search path may hold another kernel of the same name."""

    def __init__(self, spec: KernelSpec) -> None:
        super().__init__(log=_SILENT)
        self._spec = spec

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel."""
        return self._spec


def choose_kernel(chosen: str | None, metadata: Any, language: str) -> KernelChoice:
    """The kernel to try first.

    ``chosen`` is what the user asked for, ``metadata`` the notebook's and ``language`` what it says it
    is written in. Raises CannotRunError where the chosen kernel is not installed, or does not run
    Python, or the notebook is in another language.
    """
    manager = KernelSpecManager(log=_SILENT)
    named = chosen or _named(metadata)
    try:
        spec = manager.get_kernel_spec(named) if named else own_kernel().spec
    except (NoSuchKernel, OSError, ValueError, TypeError):  # a broken kernel.json counts as not installed
        if chosen:
            known = ", ".join(sorted(manager.find_kernel_specs())) or "none"
            raise CannotRunError(
                f"there is no kernel {chosen!r} here (installed: {known}); choose one with --kernel"
            ) from None
        _check_language(named, language)
        return own_kernel(f"kernel {named!r}, which the notebook names, is not installed here")
    if not _is_python(spec.language or "python"):
        raise CannotRunError(f"kernel {named!r} runs {spec.language}; cellgraph needs an IPython kernel")
    if not chosen:
        _check_language("", language)
    return KernelChoice(named or OWN_KERNEL, spec)


def own_kernel(instead: str = "") -> KernelChoice:
    """The kernel of this process's environment. It need not be installed as a kernel."""
    own = KernelSpec(**get_kernel_dict())
    here = f"that of this environment (Python {platform.python_version()})"
    hint = f"{instead}; running in {here}, --kernel chooses another"
    return KernelChoice(OWN_KERNEL, own, instead and hint)


def _named(metadata: Any) -> str:
    """The kernel that a notebook names; empty if there is none, or if it is no text."""
    spec = metadata.get("kernelspec")
    name = spec.get("name") if isinstance(spec, Mapping) else None
    return name if isinstance(name, str) else ""


def _check_language(kernel: str, language: str) -> None:
    first = kernel.lower().replace("_", "-").split("-")[0].rstrip("0123456789.")
    if not language and first in _OTHER_KERNELS:
        raise CannotRunError(f"the notebook is for kernel {kernel!r}; cellgraph runs Python notebooks only")
    if language and not _is_python(language):
        raise CannotRunError(f"the notebook is in {language}; cellgraph runs Python notebooks only")


def _is_python(language: str) -> bool:
    return language.strip().lower().startswith(_PYTHON)

"""``cellgraph enable``, ``disable``, ``doctor``: loading by itself, and what is installed where."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cellgraph._version import __version__
from cellgraph.cli.command import CLEAN, FINDINGS, Command
from cellgraph.notebooks.errors import CannotRunError, described

_BEGIN, _END = "# >>> cellgraph enable", "# <<< cellgraph enable"
_BLOCK = f"""{_BEGIN}
c.InteractiveShellApp.extensions.append("cellgraph")
{_END}
"""
_ASK_KERNEL = "import cellgraph; print(cellgraph.__version__)"
_SECONDS = 20
"""How long another environment's Python is waited for."""


def config_file() -> Path:
    """The file that IPython reads for every kernel and terminal of this environment, and of no other."""
    return Path(sys.prefix, "etc", "ipython", "ipython_config.py")


def enable(_: argparse.Namespace) -> int:
    """Have this environment's kernels load cellgraph."""
    path = config_file()
    text = _read(path)
    if _BEGIN in text:
        print(f"already enabled in {path}")
        return CLEAN
    _write(path, f"{text.rstrip()}\n\n{_BLOCK}" if text.strip() else _BLOCK)
    print(f"enabled: kernels of {sys.prefix} load cellgraph from now on ({path})")
    print("Kernels that are running now do not: restart them. `cellgraph disable` undoes this.")
    return CLEAN


def disable(_: argparse.Namespace) -> int:
    """Take back what ``enable`` did."""
    path = config_file()
    text = _read(path)
    if _BEGIN not in text:
        print(f"not enabled in {path}")
        return CLEAN
    before, rest = text.split(_BEGIN, 1)
    after = rest.partition(_END)[2]
    left = f"{before.rstrip()}\n{after.lstrip()}".strip()
    if left:
        _write(path, f"{left}\n")
    else:
        path.unlink()
    print(f"disabled: kernels of {sys.prefix} do not load cellgraph by themselves")
    return CLEAN


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``remedy`` is empty if it is as it should be."""

    what: str
    found: str
    remedy: str = ""


def doctor(_: argparse.Namespace) -> int:
    """Print what is installed where, and how to mend what is not."""
    checks = [*_environment(), *_kernels(), *_front_end()]
    width = max(len(check.what) for check in checks)
    for check in checks:
        print(f"{'!' if check.remedy else ' '} {check.what:{width}}  {check.found}")
        if check.remedy:
            print(f"  {'':{width}}  → {check.remedy}")
    return FINDINGS if any(check.remedy for check in checks) else CLEAN


def _environment() -> Iterator[Check]:
    yield Check("this environment", f"{sys.prefix} (Python {'.'.join(map(str, sys.version_info[:3]))})")
    yield Check("cellgraph", __version__)
    for package in ("ipython", "ipykernel", "networkx"):
        yield Check(package, _version_of(package) or "not installed")
    enabled = _BEGIN in _read(config_file())
    yield Check("loaded by itself", f"yes, by {config_file()}" if enabled else "no (cellgraph enable)")


def _kernels() -> Iterator[Check]:
    """Each Python kernel that Jupyter offers here, and whether cellgraph is installed for it."""
    from jupyter_client.kernelspec import KernelSpecManager

    for name, place in sorted(KernelSpecManager().find_kernel_specs().items()):
        command = _kernel_command(Path(place))
        if command is None:
            continue
        found = _asked(command)
        install = f"{command} -m pip install cellgraph"
        yield Check(f"kernel {name}", f"{command}: {found or 'no cellgraph'}", "" if found else install)


def _front_end() -> Iterator[Check]:
    """Whether the Jupyter server that this shell would start has the extension."""
    for program in ("jupyter-lab", "jupyter-notebook"):
        place = shutil.which(program)
        if place is None:
            continue
        prefix = Path(place).resolve().parent.parent
        extension = prefix / "share" / "jupyter" / "labextensions" / "cellgraph" / "package.json"
        yield Check(
            program,
            f"{prefix}: {'has the extension' if extension.exists() else 'has no extension'}",
            "" if extension.exists() else f"{prefix}/bin/python -m pip install cellgraph",
        )


def _kernel_command(place: Path) -> str | None:
    """The Python that a kernel starts. None for a kernel of another language."""
    try:
        spec = json.loads((place / "kernel.json").read_text(encoding="utf-8"))
        first = str(spec["argv"][0]) if str(spec.get("language", "")).lower() == "python" else ""
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    if first in ("python", "python3"):  # ipykernel's own word for the Python of the server
        return sys.executable
    return shutil.which(first) if first else None


def _asked(python: str) -> str:
    """The version of cellgraph that a Python imports, or an empty text."""
    if python == sys.executable:
        return __version__
    try:
        done = subprocess.run(  # noqa: S603 - the Python of a kernel that Jupyter would start
            [python, "-c", _ASK_KERNEL], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise CannotRunError(f"{path} cannot be read ({described(error)})") from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written ({described(error)})") from error


def _no_arguments(_: argparse.ArgumentParser) -> None:
    """The command takes none."""


AUTOLOAD: Iterable[Command] = (
    Command(
        "enable",
        "have this environment's kernels load cellgraph by themselves",
        "Adds three lines to the configuration that IPython reads for this environment alone. No notebook "
        "needs a cell with %load_ext then, which stops colleagues who have no cellgraph.",
        _no_arguments,
        enable,
    ),
    Command(
        "disable",
        "take back what `cellgraph enable` did",
        "Removes the lines that `cellgraph enable` added, and nothing else.",
        _no_arguments,
        disable,
    ),
    Command(
        "doctor",
        "what is installed where, and how to mend it",
        "Looks at this environment, at each Python kernel that Jupyter offers here, and at the Jupyter "
        "server that this shell would start. Exit code 1: something is missing.",
        _no_arguments,
        doctor,
    ),
)

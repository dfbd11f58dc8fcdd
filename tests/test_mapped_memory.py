"""Memory that is mapped from a file that has become shorter: to touch it would end the kernel at once."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cellgraph.digest import Digester, mapped_memory

_LOOK = """
import mmap, os, sys
from cellgraph.digest import Digester
path = sys.argv[1]
size = 1 << 20
with open(path, "wb") as file:
    file.write(bytes(size))
{make}
whole = Digester(1.0).look(v).digest
{change}
gone = Digester(1.0).look(v).digest
sampled = Digester(0.0).look(v).digest
print(whole.quality, gone.quality, sampled.quality)
"""
_SHRINK = "os.truncate(path, 4096)"
_MADE = {
    "memmap": ("numpy", "import numpy as np; v = np.memmap(path, 'u1', 'r+', shape=(size,))"),
    "memmap with an offset": ("numpy", "import numpy as np; v = np.memmap(path, 'u1', 'r+', 8192, (9000,))"),
    "slice of a memmap": ("numpy", "import numpy as np; v = np.memmap(path, 'u1', 'r+')[-8:]"),
    "backwards": ("numpy", "import numpy as np; v = np.memmap(path, 'u1', 'r+')[::-2]"),
    "plain array over it": ("numpy", "import numpy as np; v = np.asarray(np.memmap(path, 'f8', 'r+'))[-5:]"),
    "in a list": ("numpy", "import numpy as np; v = [1, np.memmap(path, 'u1', 'r+')]"),
    "frombuffer": (
        "numpy",
        "import numpy as np; f = open(path, 'r+b'); v = np.frombuffer(mmap.mmap(f.fileno(), 0), 'u1')",
    ),
    "frame": (
        "pandas",
        (
            "import numpy as np, pandas as pd\nm = np.memmap(path, 'f8', 'r+').reshape(-1, 2)\n"
            "v = pd.DataFrame(m, copy=False)"
        ),
    ),
    "series": (
        "pandas",
        "import numpy as np, pandas as pd; v = pd.Series(np.memmap(path, 'f8', 'r+'), copy=False)",
    ),
    "sparse": (
        "scipy",
        (
            "import numpy as np, scipy.sparse as sp; m = np.memmap(path, 'f8', 'r+')\n"
            "v = sp.csr_matrix((m, np.arange(len(m)) % 9, [0, len(m)]), copy=False)"
        ),
    ),
    "mmap": ("mmap", "f = open(path, 'r+b'); v = mmap.mmap(f.fileno(), 0)"),
    "mmap with an offset": ("mmap", "f = open(path, 'r+b'); v = mmap.mmap(f.fileno(), 4096, offset=8192)"),
    "memoryview": ("mmap", "f = open(path, 'r+b'); v = memoryview(mmap.mmap(f.fileno(), 0))"),
    "array of an attribute": (
        "numpy",
        "import numpy as np\nclass C: pass\nv = C(); v.x = np.memmap(path, 'u1', 'r+')",
    ),
    "tensor": ("torch", "import torch; v = torch.from_file(path, shared=True, size=size, dtype=torch.uint8)"),
    "arrow": (
        "pyarrow",
        (
            "import pyarrow as pa\nt = pa.table({'a': list(range(200000))})\n"
            "with pa.OSFile(path, 'wb') as s, pa.ipc.new_file(s, t.schema) as w: w.write_table(t)\n"
            "v = pa.ipc.open_file(pa.memory_map(path)).read_all()"
        ),
    ),
}


def _look(tmp_path: Path, make: str, change: str) -> list[str]:
    code = _LOOK.format(make=make, change=change)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr}"
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="what is mapped where is known on Linux only")
@pytest.mark.parametrize("name", _MADE)
def test_memory_whose_file_has_shrunk_is_not_touched(name: str, tmp_path: Path) -> None:
    """It is opaque, exactly or by sample; before, it is looked at whole."""
    library, make = _MADE[name]
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    whole, *gone = _look(tmp_path, make, _SHRINK)
    assert whole == "exact"
    assert gone == ["opaque", "opaque"]


@pytest.mark.skipif(sys.platform != "linux", reason="what is mapped where is known on Linux only")
@pytest.mark.parametrize(
    "change", ["os.remove(path)", "os.replace(path, path + '.old')", "os.truncate(path, 0)"]
)
def test_a_file_that_was_removed_or_replaced_ends_nothing(change: str, tmp_path: Path) -> None:
    """Whatever became of the file, the process lives."""
    _look(tmp_path, _MADE["memmap"][1], change)


def test_memory_that_the_file_covers_is_compared_by_value(tmp_path: Path) -> None:
    """A change in the file that leaves its size is a change of the value, and is seen."""
    make = "import numpy as np; v = np.memmap(path, 'u1', 'r+')"
    assert _look(tmp_path, make, "v[3] = 7")[:2] == ["exact", "exact"]


@pytest.mark.skipif(sys.platform != "linux", reason="what is mapped where is known on Linux only")
def test_memory_that_was_given_back_a_moment_ago_is_not_touched(tmp_path: Path) -> None:
    """The list of mappings is that of the hook, however short the cell before it was.

    The memory stays taken, and nothing can be read from it: what is given back is soon given to another.
    """
    close = (
        "import ctypes; protect = ctypes.CDLL(None).mprotect\n"
        "assert protect(ctypes.c_void_p(v.ctypes.data), ctypes.c_size_t(size), 0) == 0"
    )
    whole, *gone = _look(tmp_path, _MADE["frombuffer"][1], close)
    assert (whole, gone) == ("exact", ["opaque", "opaque"])


def test_the_list_of_mappings_is_read_once_in_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read again within a hook only if the memory of the process is more or less by then."""
    read, extent = list[str](), [b"1"]
    monkeypatch.setattr(mapped_memory, "_VALID_S", 0.0)
    monkeypatch.setattr(mapped_memory, "_extent", lambda: extent[0])
    monkeypatch.setattr(
        mapped_memory, "_content", lambda path: read.append(path) or b"0-ffffffff r--p 0 00:00 0 "
    )
    for hook in (1, 2):
        Digester(1.0).look([len])
        assert all(mapped_memory.is_there(each, 8) for each in range(8, 80, 8))
        assert len(read) == hook
    extent[0] = b"2"
    assert all(mapped_memory.is_there(each, 8) for each in range(8, 80, 8))
    assert len(read) == 3

"""What cellgraph has to say about files, session by session."""

from __future__ import annotations

from dataclasses import dataclass

from tests.cases.findings import Action, outside, run


@dataclass(frozen=True)
class Case:
    """What was done, and what is to be said after it.

    ``findings`` are ``cell:code`` between spaces, ``stale`` the cells to run again, and ``left`` the
    findings that running these cannot help. ``differs`` are the cells that show another result after
    Restart & Run All on the same disk; by default those with a warning.
    """

    name: str
    actions: tuple[Action, ...]
    findings: str = ""
    stale: str = ""
    left: str = ""
    differs: str | None = None
    needs: str = ""

    def __str__(self) -> str:
        return self.name


def put(path: str, text: str) -> Action:
    """A file that is written by no cell."""
    return outside(f"__import__('pathlib').Path({path!r}).write_text({text!r})")


def saved(path: str, text: str) -> str:
    """A cell that writes a file."""
    return f"f = open({path!r}, 'w')\nf.write({text!r})\nf.close()"


def read(path: str) -> str:
    """A cell that reads a file."""
    return f"x = open({path!r}).read()\nx"


_IN = (put("in.txt", "1"), run("r", read("in.txt")))
_OUT = (run("w", saved("a.txt", "1")), run("r", read("a.txt")))
_CACHE = "import os\nif not os.path.exists('c.txt'):\n    open('c.txt', 'w').write('1')\n" + read("c.txt")
_REPLACED = "import os\nopen('t.part', 'w').write('{}')\nos.replace('t.part', 't.txt')"
_TEMPORARY = (
    "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n    f.write('1'); f.seek(0); f.read()"
)
_ARRAY = "import numpy as np\nnp.array([{}]).tofile('a.bin')"
_FRAME = "import pandas as pd\npd.DataFrame({{'v': [{}]}}).to_csv('f.csv')"

# fmt: off
FILES: tuple[Case, ...] = (
    # Files that no cell writes.
    Case("changed on disk", (*_IN, put("in.txt", "2")), "r:CG101", "r"),
    Case("changed on disk, and what was made of it", (*_IN, run("c", "y = x * 2\ny"), put("in.txt", "2")),
         "r:CG101 c:CG102", "r c"),
    Case("changed on disk, and a constant beside it", (put("in.txt", "1"),
         run("r", "k = 3\n" + read("in.txt")), run("c", "y = k\ny"), put("in.txt", "2")), "r:CG101", "r"),
    Case("changed on disk and back", (*_IN, put("in.txt", "2"), put("in.txt", "1")), ""),
    Case("touched", (*_IN, outside("__import__('os').utime('in.txt', (1, 1))")), ""),
    Case("gone", (*_IN, outside("__import__('os').remove('in.txt')")), "r:CG101", "", "r:CG101"),
    Case("another file", (*_IN, put("other.txt", "2")), ""),
    Case("read again", (*_IN, put("in.txt", "2"), run("r")), ""),
    Case("read by a function of another cell", (put("in.txt", "1"),
         run("d", "def load():\n    return open('in.txt').read()"), run("r", "load()"), put("in.txt", "2")),
         "r:CG101", "r", needs="monitoring"),
    Case("read by a library in a function", (run("w", _ARRAY.format(1)),
         run("d", "def load():\n    return np.fromfile('a.bin').tolist()"), run("r", "load()"),
         run("w", _ARRAY.format("1, 2"))), "r:CG101", "r", needs="monitoring"),
    Case("a script that is executed", (put("s.py", "x = 1"), run("r", "exec(open('s.py').read())\nx"),
                                       put("s.py", "x = 2")), "r:CG101", "r", needs="monitoring"),
    Case("a script by %run", (put("s.py", "x = 1"), run("r", "%run s.py"), run("c", "x"),
                              put("s.py", "x = 2")), "r:CG101 c:CG102", "r c", differs="c"),
    # Files that a cell above writes.
    Case("written again and different", (*_OUT, run("w", saved("a.txt", "2"))), "r:CG101", "r"),
    Case("written again and equal", (*_OUT, run("w")), ""),
    Case("appended to", (*_OUT, run("w", saved("a.txt", "1") + "\nopen('a.txt', 'a').write('2')")),
         "r:CG101", "r"),
    Case("moved into place", (run("w", _REPLACED.format(1)), run("r", read("t.txt")),
                              run("w", _REPLACED.format(22))), "r:CG101", "r"),
    Case("by way of a name", (run("p", "p = 'n.txt'"), run("w", "open(p, 'w').write('1')"),
         run("r", "open(p).read()"), run("w", "open(p, 'w').write('22')")), "r:CG101", "r"),
    Case("by a shell line", (run("w", "!printf 1 > s.txt"), run("r", read("s.txt")),
                             run("w", "!printf 22 > s.txt")), "r:CG101", "r"),
    Case("by %%writefile", (run("w", "%%writefile m.txt\n1"), run("r", read("m.txt")),
                            run("w", "%%writefile m.txt\n22")), "r:CG101", "r"),
    Case("its input is in doubt", (run("a", "v = 1"), run("w", "open('v.txt', 'w').write(str(v))"),
         run("r", read("v.txt")), run("a", "v = 2")), "w:CG101 r:CG102", "w r", differs="r"),
    Case("frames", (run("w", _FRAME.format(1)), run("r", "df = pd.read_csv('f.csv')\nlen(df)"),
                    run("w", _FRAME.format("1, 2"))), "r:CG101", "r"),
    Case("removed", (*_OUT, run("d", "import os\nos.remove('a.txt')")), "r:CG202"),
    Case("no longer written: it is missing elsewhere", (*_OUT, run("w", "k = 1")), "r:CG105", "", "r:CG105",
         differs=""),
    # Files that outlive the kernel.
    Case("written below, read before", (*_IN, run("w", saved("in.txt", "2"))), "r:CG201", differs="r"),
    Case("written below, read after", (run("r", "1"), run("w", saved("b.txt", "1")),
                                       run("r", read("b.txt"))), "r:CG103", "", "r:CG103", differs=""),
    Case("written below as it was", (*_IN, run("w", saved("in.txt", "1")), run("r")), ""),
    Case("put in order once and for all", (put("n.txt", "b a"), *(2 * (run("r", "f = open('n.txt')\n"
         "n = ' '.join(sorted(f.read().split()))\nf = open('n.txt', 'w')\nf.write(n)\nf.close()\nn"),))), ""),
    Case("own output", (put("n.txt", "1"), *(2 * (run("r", "n = open('n.txt').read() + '1'\n"
         "f = open('n.txt', 'w')\nf.write(n)\nf.close()\nn"),))), "r:CG106", "", "r:CG106"),
    Case("a cache that it makes itself", (run("r", _CACHE), run("r"), run("c", "y = x\ny")), ""),
    Case("temporary", (run("r", _TEMPORARY), run("r")), ""),
    Case("made and removed", (run("r", "import os\nopen('g', 'w').close()\nos.remove('g')"), run("r")), ""),
    Case("modes", (put("u.txt", "1"), run("r", "with open('u.txt', 'r+') as f: n = f.read()\nn"),
                   put("u.txt", "2")), "r:CG101", "r"),
)
# fmt: on


@dataclass(frozen=True)
class Format:
    """A library's way to write and to read a file; ``{}`` stands for another value."""

    name: str
    write: str
    read: str
    library: str = ""

    def __str__(self) -> str:
        return self.name


_POLARS = "import polars as pl\npl.DataFrame({{'v': [{0}, 2]}})"
_PANDAS = "import pandas as pd\npd.DataFrame({{'v': [{0}, 2]}})"
_ARROW = "import pyarrow as pa, pyarrow.parquet as pq\n"

FORMATS: tuple[Format, ...] = (
    Format("pathlib", "from pathlib import Path\nPath('a').write_text('{0}')", "Path('a').read_text()"),
    Format(
        "path joined",
        "from pathlib import Path\np = Path('d')\np.mkdir(exist_ok=True)\n(p / 'a.txt').write_text('{0}')",
        "(p / 'a.txt').read_text()",
    ),
    Format(
        "json", "import json\nwith open('a.json', 'w') as f: json.dump([{0}], f)", "json.load(open('a.json'))"
    ),
    Format(
        "pickle",
        "import pickle\nwith open('a.pkl', 'wb') as f: pickle.dump([{0}], f)",
        "pickle.load(open('a.pkl', 'rb'))",
    ),
    Format(
        "csv",
        "import csv\nwith open('a.csv', 'w') as f: csv.writer(f).writerow([{0}])",
        "list(csv.reader(open('a.csv')))",
    ),
    Format(
        "gzip",
        "import gzip\nwith gzip.GzipFile('a.gz', 'wb', mtime=0) as f: f.write(b'{0}')",
        "gzip.open('a.gz').read()",
    ),
    Format(
        "zipfile",
        "import zipfile\nwith zipfile.ZipFile('a.zip', 'w') as f: f.writestr(zipfile.ZipInfo('n{0}'), '1')",
        "zipfile.ZipFile('a.zip').namelist()",
    ),
    Format(
        "sqlite3",
        "import sqlite3\nc = sqlite3.connect('a.db')\nc.execute('create table if not exists t{0} (a)')\n"
        "c.commit()\nc.close()",
        "d = sqlite3.connect('a.db')",
    ),
    Format(
        "shutil", "import shutil\nopen('b', 'w').write('{0}')\n_ = shutil.copy('b', 'a')", "open('a').read()"
    ),
    Format("numpy npy", "import numpy as np\nnp.save('a.npy', np.array([{0}]))", "np.load('a.npy')", "numpy"),
    Format("numpy text", "import numpy as np\nnp.savetxt('a.txt', [{0}])", "np.loadtxt('a.txt')", "numpy"),
    Format(
        "numpy raw", "import numpy as np\nnp.array([{0}]).tofile('a.bin')", "np.fromfile('a.bin')", "numpy"
    ),
    Format(
        "numpy memmap",
        "import numpy as np\nm = np.memmap('a.mm', 'i8', 'w+', shape=2)\nm[0] = {0}\nm.flush()",
        "n = np.memmap('a.mm', 'i8', 'r')",
        "numpy",
    ),
    Format("pandas csv", _PANDAS + ".to_csv('a.csv')", "pd.read_csv('a.csv')", "pandas"),
    Format("pandas parquet", _PANDAS + ".to_parquet('a.parquet')", "pd.read_parquet('a.parquet')", "pyarrow"),
    Format("pandas pickle", _PANDAS + ".to_pickle('a.pkl')", "pd.read_pickle('a.pkl')", "pandas"),
    Format(
        "pandas by pyarrow", _PANDAS + ".to_csv('a.csv')", "pd.read_csv('a.csv', engine='pyarrow')", "pyarrow"
    ),
    Format(
        "polars parquet", _POLARS + ".write_parquet('a.parquet')", "pl.read_parquet('a.parquet')", "polars"
    ),
    Format("polars scan", _POLARS + ".write_csv('a.csv')", "pl.scan_csv('a.csv').collect()", "polars"),
    Format(
        "pyarrow",
        _ARROW + "pq.write_table(pa.table({{'v': [{0}]}}), 'a.parquet')",
        "pq.read_table('a.parquet')",
        "pyarrow",
    ),
    Format(
        "duckdb",
        "import duckdb\nduckdb.sql(\"copy (select {0} as v) to 'a.csv'\")",
        "duckdb.sql(\"select * from 'a.csv'\").fetchall()",
        "duckdb",
    ),
    Format(
        "h5py",
        "import h5py\nwith h5py.File('a.h5', 'w') as f: f['v{0}'] = [1]",
        "with h5py.File('a.h5', 'r') as g: k = list(g)",
        "h5py",
    ),
    Format(
        "joblib", "import joblib\n_ = joblib.dump([{0}], 'a.joblib')", "joblib.load('a.joblib')", "joblib"
    ),
    Format(
        "pillow",
        "from PIL import Image\nImage.new('L', (2, 2), {0}).save('a.png')",
        "Image.open('a.png').load()",
        "PIL",
    ),
    Format("torch", "import torch\ntorch.save([{0}], 'a.pt')", "torch.load('a.pt')", "torch"),
)

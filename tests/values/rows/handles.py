"""What stands for something outside: files, connections, locks, threads, sockets, processes."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_WRITE = "import pathlib; pathlib.Path('v.txt').write_text('one\\ntwo\\nthree\\n' * 3)"
_FILE_LOOKS = "repr(v), v.name, v.mode, v.closed, v.fileno(), v.readable(), v.seekable(), v.encoding"
_RAW_LOOKS = "repr(v), v.name, v.mode, v.closed, v.fileno(), v.readable(), v.seekable()"


def _memory(kind: str, make: str, change: str, **rest: Any) -> Row:
    given = {"looks": "repr(v), v.getvalue(), v.tell(), v.closed, v.readable()", "setup": "import io", **rest}
    return Row("io", kind, f"v = {make}", change, **given)


def _file(kind: str, make: str, change: str, **rest: Any) -> Row:
    given = {"looks": _FILE_LOOKS, "setup": f"import io, csv, os, tempfile\n{_WRITE}", **rest}
    return Row("io", kind, f"v = {make}", change, quality="opaque", **given)


def _handle(library: str, kind: str, setup: str, make: str, change: str = "", **rest: Any) -> Row:
    given = {"quality": "opaque", "looks": "repr(v), hash(v), v == v", **rest}
    return Row(library, kind, f"v = {make}", change, setup=setup, **given)


_SQL = (
    "import sqlite3\ndef connect():\n    c = sqlite3.connect(':memory:')\n    "
    "c.execute('create table t (a int)')\n    return c"
)
_ZIP = (
    "import zipfile, tarfile\nwith zipfile.ZipFile('z.zip', 'w') as z: z.writestr('a', "
    "'text')\nwith tarfile.open('z.tar', 'w') as t: t.add('z.zip')"
)

ROWS = (
    _memory(
        "StringIO",
        "io.StringIO('one\\ntwo\\n')",
        "v.write('x')",
        large="v = io.StringIO('x' * 1_000_000)",
        extent="10^6 elements",
    ),
    _memory("StringIO, read", "io.StringIO('one\\ntwo\\n')", "v.readline()"),
    _memory(
        "BytesIO",
        "io.BytesIO(b'one two')",
        "v.write(b'x')",
        large="v = io.BytesIO(bytes(100_000_000))",
        extent="100 MB",
    ),
    _memory("BytesIO, read", "io.BytesIO(b'one two')", "v.read(2)"),
    _memory("BytesIO, closed", "io.BytesIO(b'one two')", "v.close()"),
    _file("text file", "open('v.txt')", "v.read()"),
    _file("text file, a line", "open('v.txt')", "v.readline()"),
    _file("text file, a second line", "open('v.txt'); v.readline()", "v.readline()"),
    _file("text file, iterated over", "open('v.txt')", "[line for line in v]"),
    _file("text file, closed", "open('v.txt')", "v.close()"),
    _file("text file, written", "open('v2.txt', 'w')", "v.write('x' * 100_000)"),
    _file("binary file", "open('v.txt', 'rb')", "v.read(2)", looks=_RAW_LOOKS),
    _file("binary file, written", "open('v2.txt', 'wb')", "v.write(b'x')", looks=_RAW_LOOKS),
    _file("raw file", "open('v.txt', 'rb', buffering=0)", "v.read(2)", looks=_RAW_LOOKS),
    _file(
        "temporary file", "tempfile.TemporaryFile()", "v.write(b'x')", looks="repr(v), v.closed, v.fileno()"
    ),
    _file(
        "named temporary file",
        "tempfile.NamedTemporaryFile()",
        "v.write(b'x')",
        looks="repr(v), v.name, v.closed, v.fileno()",
    ),
    _file("csv.reader", "csv.reader(open('v.txt'))", "next(v)", looks="repr(v), v.line_num, v.dialect"),
    _file("csv.DictReader", "csv.DictReader(open('v.txt'))", "next(v)", looks="repr(v), v.line_num"),
    _file(
        "csv.writer",
        "csv.writer(open('v2.txt', 'w'))",
        "v.writerows([['a' * 99]] * 999)",
        looks="repr(v), v.dialect",
    ),
    Row("io", "csv.reader over a list", "v = csv.reader(['a,b', '1,2'])", "next(v)", setup="import csv"),
    Row(
        "io",
        "mmap",
        "v = mmap.mmap(f.fileno(), 0)",
        "v[0] = 120",
        setup=f"import mmap\n{_WRITE}\nf = open('v.txt', 'r+b')",
        looks="repr(v), len(v), v[0], v.size(), v.tell()",
    ),
    _file(
        "ZipFile",
        "zipfile.ZipFile('z.zip', 'a')",
        "v.writestr('b', 'text')",
        setup=_ZIP,
        looks="repr(v), v.namelist(), v.infolist(), v.read('a'), v.getinfo('a')",
    ),
    _file("TarFile", "tarfile.open('z2.tar', 'w')", "v.add('z.zip')", setup=_ZIP, looks="repr(v), v.name"),
    _file(
        "TarFile, read",
        "tarfile.open('z.tar')",
        "",
        setup=_ZIP,
        looks="repr(v), v.getnames(), v.getmembers(), v.extractfile('z.zip').read()",
    ),
    _handle(
        "sqlite3",
        "Connection",
        _SQL,
        "connect()",
        "v.execute('insert into t values (1)')",
        looks="repr(v), v.in_transaction, v.total_changes, v.execute('select * from t').fetchall()",
        quality="exact",
        thread_bound=True,
    ),
    _handle(
        "sqlite3",
        "Cursor",
        _SQL,
        "connect().cursor()",
        "v.execute('select a from t')",
        looks="repr(v), v.description, v.rowcount, v.connection",
        quality="exact",
        thread_bound=True,
    ),
    _handle(
        "sqlite3",
        "Row",
        _SQL + "\ndef row():\n    c = connect()\n    c.row_factory = sqlite3.Row\n"
        "    return c.execute('select 1 as a, 2 as b').fetchone()",
        "row()",
        looks="repr(v), v.keys(), v['a'], tuple(v)",
        quality="exact",
    ),
    _handle("threading", "Lock", "import threading", "threading.Lock()"),
    _handle("threading", "RLock", "import threading", "threading.RLock()"),
    _handle("threading", "Event", "import threading", "threading.Event()"),
    _handle("threading", "Thread", "import threading", "threading.Thread(target=print)"),
    _handle("threading", "local", "import threading", "threading.local()", "v.x = 1", quality="exact"),
    _handle(
        "queue",
        "Queue",
        "import queue",
        "queue.Queue()",
        "v.put(1)",
        looks="repr(v), v.empty(), v.qsize()",
        quality="exact",
    ),
    _handle("queue", "SimpleQueue", "import queue", "queue.SimpleQueue()", looks="repr(v), v.empty()"),
    _handle("socket", "socket", "import socket", "socket.socket()", looks="repr(v), v.fileno(), v.family"),
    _handle(
        "subprocess",
        "Popen",
        "import subprocess, sys",
        "subprocess.Popen([sys.executable, '-c', '']); v.wait()",
        looks="repr(v), v.pid, v.poll()",
    ),
    _handle(
        "concurrent",
        "ThreadPoolExecutor",
        "import concurrent.futures as f",
        "f.ThreadPoolExecutor(1)",
        looks="repr(v), list(v.map(abs, [1]))",
    ),
    _handle(
        "concurrent",
        "Future",
        "import concurrent.futures as f",
        "f.Future()",
        looks="repr(v), v.done(), v.running()",
    ),
    _handle("asyncio", "Event", "import asyncio", "asyncio.Event()", looks="repr(v), v.is_set()"),
    _handle(
        "asyncio",
        "Queue",
        "import asyncio",
        "asyncio.Queue()",
        "v.put_nowait(1)",
        looks="repr(v), v.empty()",
        quality="exact",
    ),
    _handle(
        "logging",
        "Logger",
        "import logging",
        "logging.getLogger('rows')",
        looks="repr(v), v.info('x'), v.handlers, v.level",
        quality="exact",
    ),
    _handle("logging", "Handler", "import logging", "logging.NullHandler()", looks="repr(v), v.level"),
)

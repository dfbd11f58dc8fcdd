"""Pieces with values of the standard library: collections, records, buffers, consumables, files."""

from __future__ import annotations

from tests.oracle.snippet import Snippet

VALUES: tuple[Snippet, ...] = (
    # collections
    Snippet(
        "deque", "from collections import deque\n$=deq = deque([$k1, $k2, $int], maxlen=5)\nshow $deq", 3
    ),
    Snippet("deque", "$!deq.append($int)\nshow list($deq)"),
    Snippet("deque", "$!deq.rotate(1)\nshow $deq[0]"),
    Snippet("deque", "$=int = $!deq.popleft()\nshow $int"),
    Snippet("deque", "show sum($deq) + $int"),
    Snippet("deque", "$=deq1 = $deq2\n$deq1.append($k)\nshow $deq2", 0.5),
    Snippet(
        "counter", "from collections import Counter\n$=counter = Counter([$k1, $k1, $int])\nshow $counter", 2
    ),
    Snippet("counter", "$!counter.update([$int, $k])\nshow sorted($counter.items())"),
    Snippet("counter", "$!counter[$k] += 1\nshow $counter.total()"),
    Snippet("counter", "show $counter[$int], len($counter)"),
    Snippet(
        "defaultdict",
        "from collections import defaultdict\n$=groups = defaultdict(list)\n"
        "$groups['a'].append($int)\nshow dict($groups)",
        2,
    ),
    Snippet("defaultdict", "$!groups['b'].append($int)\nshow dict($groups)"),
    Snippet("defaultdict", "show $!groups['c'], len($groups)"),
    Snippet("defaultdict", "for key in $groups:\n    print(key, sum($groups[key]))"),
    Snippet("defaultdict", "show $groups['a']"),
    # records
    Snippet(
        "dataclass",
        "from dataclasses import dataclass, field\n@dataclass\nclass $=dcls:\n    x: int\n"
        "    y: int = $k\n    tags: list = field(default_factory=list)\nshow $dcls($int)",
        3,
    ),
    Snippet(
        "dataclass",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass $=dcls:\n    x: int\n"
        "    y: int = $k\n    tags: tuple = ()\nshow $dcls(1)",
        0.5,
    ),
    Snippet("dataclass", "$=pt = $dcls($k1, $int)\nshow $pt", 2),
    Snippet("dataclass", "show $pt.x + $int"),
    Snippet("dataclass", "show $pt.tags, $pt.y"),
    Snippet("dataclass", "$!pt.x = $int\nshow $pt.x"),
    Snippet("dataclass", "$!pt.tags.append($int)\nshow $pt"),
    Snippet("dataclass", "from dataclasses import replace\n$=pt1 = replace($pt2, x=$k)\nshow $pt1", 0.7),
    Snippet("dataclass", "$=list = $pt.tags\nshow $list", 0.5),
    Snippet(
        "namedtuple",
        "from collections import namedtuple\n$=ncls = namedtuple('Row', 'x y')\n"
        "$=row = $ncls($k, [$int])\nshow $row",
        2,
    ),
    Snippet("namedtuple", "show $row.x + $int"),
    Snippet("namedtuple", "$!row.y.append($int)\nshow $row"),
    Snippet("namedtuple", "$!row = $row._replace(x=$int)\nshow $row", 0.5),
    Snippet("namedtuple", "$=row = $ncls($int, $list)\nshow $row.y", 0.7),
    # buffers
    Snippet(
        "text buffer", "import io\n$=buf = io.StringIO('a$k1\\nb$k2\\nc$k3\\n')\nshow $buf.getvalue()", 2
    ),
    Snippet("text buffer", "show $!buf.readline()", 1.5),
    Snippet("text buffer", "$!buf.seek(0)\nshow $buf.read()"),
    Snippet("text buffer", "$!buf.write(f'<{$int}>')\nshow $buf.getvalue()"),
    Snippet("text buffer", "show $buf.getvalue(), $int", 0.7),
    Snippet("bytearray", "$=raw = bytearray([$k1, $k2, $k3])\nshow $raw", 2),
    Snippet("bytearray", "$!raw.reverse()\nshow $raw"),
    Snippet("bytearray", "$!raw[0] = $int % 100\nshow $raw"),
    Snippet("bytearray", "show sum($raw) + $int"),
    Snippet("memoryview", "$=view = memoryview($raw)\nshow $view.tolist()"),
    Snippet("memoryview", "$!view[1] = $k\nshow $view.tolist()"),
    Snippet("memoryview", "show $raw, bytes($view)", 0.7),
    # consumables
    Snippet(
        "generator",
        "def $=gfn(start):\n    for step in range(5):\n        yield start + step * $k\n"
        "$=it = $gfn($int)\nshow next($it)",
        2,
    ),
    Snippet("generator", "$=it = $gfn($int)\nshow next($it)"),
    Snippet("generator", "$=list = list($gfn($int))\nshow $list"),
    Snippet("iterator", "$=it = zip($list, range(9))\nshow next($it, None)", 0.3),
    Snippet("iterator", "$=it = map($fn, [$k1, $int, $k2])\nshow next($it, None)", 0.3),
    Snippet("iterator", "$=it = enumerate([$k1, $int, $k2])\nshow next($it, None)", 0.3),
    Snippet("iterator", "$=list = list($!it)\nshow $list", 0.3),
    Snippet("iterator", "for item in $!it:\n    print(item)\n    break", 0.3),
    Snippet("iterator", "show sum(1 for _ in $!it)", 0.2),
    Snippet("random source", "import random\n$=rnd = random.Random($k)\nshow $rnd.randint(0, 999)", 2),
    Snippet("random source", "show $!rnd.randint(0, 999)", 1.5),
    Snippet("random source", "$!rnd.seed($int)\nshow $rnd.randint(0, 99)", 0.7),
    Snippet("random source", "$!rnd.shuffle($!list)\nshow $list", 0.7),
    Snippet("random generator", "$=arr = $!rng.integers(0, 100, 4)\nshow $arr", 0.4),
    Snippet("random generator", "$!rng.shuffle($!arr)\nshow $arr", 0.3),
    # files
    Snippet(
        "text file",
        "with open('$=textfile', 'w') as out:\n    written = out.write(f'{$int} $k\\n')\nshow written",
        3,
    ),
    Snippet("text file", "from pathlib import Path\nwritten = Path('$=textfile').write_text(str($list))", 2),
    Snippet("text file", "with open('$textfile') as source:\n    $=text = source.read()\nshow $text", 1.5),
    Snippet("text file", "from pathlib import Path\nshow Path('$textfile').read_text(), $int", 1.5),
    Snippet(
        "json file",
        "import json\nwith open('$=jsonfile', 'w') as out:\n    json.dump({'a': $int, 'b': $k}, out)",
        2,
    ),
    Snippet(
        "json file",
        "import json\nwith open('$jsonfile') as source:\n    $=dict = json.load(source)\nshow $dict",
        1.5,
    ),
    Snippet("table file", "$df.to_csv('$=csvfile', index=False)\nshow $df.shape", 2),
    Snippet("table file", "$=df = $pd.read_csv('$csvfile')\nshow $df", 4),
    Snippet("array file", "$np.save('$=npyfile', $arr)\nshow $arr.sum()"),
    Snippet("array file", "$=arr = $np.load('$npyfile')\nshow $arr"),
)

"""Pieces that set something by a name and use it in the same cell, by another way than that name.

What such a cell makes depends on the name through a seed, an option, a file, an object under two names, or a
function. Readers use what was made, and nothing else.
"""

from __future__ import annotations

from tests.oracle.snippet import Group, Snippet

_READERS = (
    Snippet("reader", "show $made", 3),
    Snippet("reader", "$=int = $made + $k\nshow $int", 2),
    Snippet("reader", "print($made * 2)"),
    Snippet("beside", "$=made = $k\nshow $made", 0.7),
)

INSIDE = (
    Group(
        "import random\nimport numpy as np",
        (
            Snippet("seed", "np.random.seed($int)\n$=made = int(np.random.randint(0, 999))\nshow $made", 2),
            Snippet("seed", "random.seed($int)\nnp.random.seed($int)\n$=made = int(np.random.rand() * 999)"),
            Snippet("seed", "random.seed($int); $=made = random.randint(0, 999)"),
            Snippet(
                "seed",
                "def seed_all(value):\n    random.seed(value)\n    np.random.seed(value)\n"
                "seed_all($int)\n$=made = random.randint(0, 999)",
            ),
            Snippet("seed", "np.random.seed($k)\n$=made = int(np.random.randint(0, 999))", 0.7),
            *_READERS,
        ),
        needs="numpy",
    ),
    Group(
        "import contextlib\nimport decimal\nimport io\nimport os",
        (
            Snippet(
                "environment", "os.environ['CG_INSIDE'] = str($int)\n$=made = int(os.environ['CG_INSIDE'])"
            ),
            Snippet(
                "option",
                "decimal.getcontext().prec = $int % 9 + 2\n$=made = float(decimal.Decimal(1) / 7)",
            ),
            Snippet(
                "option for a while",
                "with decimal.localcontext() as around:\n    around.prec = $int % 9 + 2\n"
                "    $=made = float(decimal.Decimal(1) / 7)",
            ),
            Snippet(
                "buffer",
                "buffer = io.StringIO()\nwith contextlib.redirect_stdout(buffer):\n    print($int)\n"
                "$=made = int(buffer.getvalue())",
            ),
            Snippet(
                "file",
                "with open('inside.txt', 'w') as out:\n    print($int, file=out)\n"
                "with open('inside.txt') as back:\n    $=made = int(back.read())\nshow $made",
            ),
            Snippet(
                "folder",
                "os.makedirs('inside', exist_ok=True)\nopen(f'inside/{$int % 5}.txt', 'w').close()\n"
                "$=made = len(os.listdir('inside'))",
                0.7,
            ),
            *_READERS,
        ),
    ),
    Group(
        "from functools import partial",
        (
            Snippet("two names", "first = other = [$k]\nfirst.append($int)\n$=made = sum(other)\nshow $made"),
            Snippet(
                "two names", "conf = {'lr': 0}\nheld = [conf]\nconf['lr'] = $int\n$=made = held[0]['lr'] + 1"
            ),
            Snippet("method", "rows = [$k]\npush = rows.append\npush($int)\n$=made = sum(rows)"),
            Snippet(
                "partial",
                "def put(where, value):\n    where[0] = value\nkept = [0]\n"
                "put_it = partial(put, kept)\nput_it($int)\n$=made = kept[0]",
            ),
            Snippet(
                "global",
                "total = 0\ndef raise_to(value):\n    global total\n    total = value\n"
                "raise_to($int)\n$=made = total + 1\nshow $made",
            ),
            Snippet("exec", "exec(f'brought = {$int}')\n$=made = brought * 2"),
            Snippet(
                "object",
                "class Held:\n    def __init__(self, rows):\n        self.rows = rows\n"
                "rows = []\nheld = Held(rows)\nrows.append($int)\n$=made = held.rows[-1]\nshow $made",
            ),
            *_READERS,
        ),
    ),
    Group(
        "import numpy as np\nimport pandas as pd",
        (
            Snippet(
                "view", "grid = np.zeros((2, 2))\nrow = grid[0]\nrow[:] = $int\n$=made = float(grid.sum())"
            ),
            Snippet(
                "two names",
                "frame = pd.DataFrame({'a': [0, 0]})\nsame = frame\nsame['a'] = $int\n"
                "$=made = int(frame['a'].sum())\nshow $made",
            ),
            Snippet(
                "out",
                "target = np.zeros(3)\nnp.add(np.ones(3), $int, out=target)\n$=made = float(target.sum())",
            ),
            Snippet(
                "file",
                "pd.DataFrame({'a': [$int, 1]}).to_csv('inside.csv', index=False)\n"
                "$=made = int(pd.read_csv('inside.csv')['a'].sum())",
            ),
            Snippet(
                "option for a while",
                "table = pd.DataFrame({'a': [1 / 3]})\n"
                "with pd.option_context('display.precision', $int % 5 + 1):\n"
                "    $=made = len(table.to_string())\nshow $made",
            ),
            *_READERS,
        ),
        needs="pandas",
    ),
)

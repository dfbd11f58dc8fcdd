"""Pieces about what a run did not do: a branch not taken, a loop that went through nothing, an end above.

A name decides whether something is set beside the names of the cell. Where it was not set, nothing of the run
shows that it would be with another value of the name.
"""

from __future__ import annotations

from tests.oracle.snippet import Group, Snippet

_GUARDS = {
    "branch": "if $int % 2:\n    {}",
    "count": "for _ in range($int % 3):\n    {}",
    "tried": "try:\n    1 / ($int % 2)\n    {}\nexcept ZeroDivisionError:\n    pass",
    "break": "for step in range(3):\n    if step >= $int % 3:\n        break\n    {}",
    "function": "def act(on):\n    if not on:\n        return\n    {}\nact($int % 2)",
    "failure": "1 / ($int % 2)\n{}",
}
_STATES = (
    ("rows = []", "rows.append($k)", "show sum(rows)"),
    ("import os", "os.environ['CG_BRANCH'] = '$k'", "print(os.environ.get('CG_BRANCH'))"),
    ("import random\nrandom.seed(1)", "random.seed($k)", "print(random.randint(0, 999))"),
    ("import random\nrandom.seed(1)", "random.random()", "$=int = random.randint(0, 999)\nshow $int"),
    ("import random\nown = random.Random(1)", "own.random()", "print(own.randint(0, 999))"),
    ("feed = iter(range(1000))", "next(feed)", "$=int = next(feed)\nshow $int"),
    ("import math", "math.cg_branch = $k", "print(getattr(math, 'cg_branch', 0))"),
    ("import os", "open('branch.txt', 'w').close()", "print(os.path.exists('branch.txt'))"),
    ("class Held:\n    count = 0", "Held.count = $k", "show Held.count"),
    (
        "import logging\nlog = logging.getLogger('cg_branch')",
        "log.setLevel(10)",
        "print(log.isEnabledFor(10))",
    ),
)

BRANCHES = tuple(
    Group(
        header,
        (
            *(Snippet(guard, text.format(action)) for guard, text in _GUARDS.items()),
            Snippet("reader", reader, 5),
            Snippet("beside", "$=int = $k\nshow $int"),
        ),
    )
    for header, action, reader in _STATES
)

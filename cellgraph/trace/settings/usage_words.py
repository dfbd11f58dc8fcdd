"""The words by which a text tells what it does with settings: it shows, sets, draws, enters a context."""

from __future__ import annotations

import re

from cellgraph.patterns import Pattern

SHOWING = frozenset(
    "print display repr str format pprint to_string to_html to_markdown to_latex info write "
    "describe_option log "
    "debug warning error render show array2string array_repr array_str "
    "__repr__ __str__ __format__ _repr_html_ _repr_latex_ _repr_markdown_ _repr_mimebundle_".split()
)
"""Calls that turn values into text that people see, or that is kept."""
ON_SCREEN = frozenset({"print", "display", "pprint", "show", "info"})
"""Those among them whose text stands below the cell."""
DIVERTING = frozenset({"redirect_stdout", "redirect_stderr", "capture_output", "stdout", "stderr", "capture"})
"""Words by which it may go elsewhere."""
OWN_CALLS = frozenset("len int float bool str repr format print".split())
"""Functions of Python's own. Where the notebook has others by these names, they may give anything."""
NEUTRAL = frozenset(
    "seed manual_seed close __version__ default_rng RandomState set_state get_state getLogger geterr "
    "get_printoptions Context "
    "use switch_backend get_backend getcontext rc_context errstate option_context printoptions no_grad "
    "inference_mode localcontext config_context".split()
)
"""What is done with a library without making anything that its settings decide."""
CHANGING = tuple("set update clear pop append insert extend remove enable restore load".split())
"""What methods that change a container are called, or start with."""
TAKING = frozenset({"setdefault", "pop"})
"""What sets keys, and looks first whether they are there."""
IN_SHELL = Pattern(r"\$\{?(\w+)")
"""A variable of the environment in a line for a shell."""
SPELLING = frozenset({"expandvars"})
"""Calls that are given a text in which ``$NAME`` stands for the value of a key."""
SEEDING = Pattern(r"(?:^|_)(?:re)?seed|set_?(?:rng_|random_)?state|determinis|reproducib", re.IGNORECASE)
"""What functions that seed a generator are called."""
DRAWING = Pattern(
    r"rand|shuffle$|choices?$|sample$|permut|normal$|uniform$|gauss|variate$|poisson$|bernoulli$|multinomial$"
)
"""What functions that draw numbers are called."""
HAVE_GENERATORS = frozenset({"random", "numpy", "torch", "sympy"})
"""Libraries with a generator for all."""
ENTERING = frozenset({"__enter__", "__aenter__", "enter_context", "enter_async_context"})
"""What enters a context by hand: ``stack.enter_context(pd.option_context(…))``."""
CONTEXTS = frozenset(
    "rc_context errstate option_context printoptions localcontext config_context catch_warnings".split()
)
"""What undoes its options at its end."""
RUNS_ANY = frozenset({"%run", "exec", "run_path", "%load_ext", "%reload_ext"})
"""What runs code that the text does not show."""
CHANGING_AN_ARGUMENT = Pattern(r"(?:set|add|remove|update|insert|extend|append)(?=_|[A-Z])")
"""What functions of a library are called that change the object that they are given."""
FOR_ALL = Pattern(
    r"default|enabled|global|current|theme|option|config|backend|style|palette|level", re.IGNORECASE
)
"""Words in such names by which they set an option for all objects after all."""

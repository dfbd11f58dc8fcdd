"""Hypothesis strategies for ledgers: runs that read what is there, as real ones do."""

from __future__ import annotations

from hypothesis import strategies as st

from cellgraph.model import Digest, RandomUse, Read, Run, Write
from cellgraph.names import Name

NAMES = ("a", "b", "c")
CELLS = ("one", "two", "three", "four")
Action = tuple[str, list[str], list[tuple[str, int | None]]]

actions: st.SearchStrategy[list[Action]] = st.lists(
    st.tuples(
        st.sampled_from(CELLS),
        st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
        st.lists(
            st.tuples(st.sampled_from(NAMES), st.none() | st.integers(0, 2)),
            max_size=2,
            unique_by=lambda write: write[0],
        ),
    ),
    max_size=10,
)
"""What runs do: a cell, the names that it reads, and the names that it binds (None: deletes)."""


def made_runs(done: list[Action]) -> list[Run]:
    """The runs of these actions, in a namespace that starts empty."""
    namespace: dict[str, Digest | None] = {}
    found: list[Run] = []
    for number, (cell, reads, writes) in enumerate(done, start=1):
        taken = tuple(Read(Name(name), "", namespace.get(name)) for name in reads)
        made = tuple(_write(name, value, tuple(reads)) for name, value in writes)
        namespace |= {write.name: write.digest for write in made}
        found.append(Run(number, cell, number, f"{cell} {reads} {writes}", reads=taken, writes=made))
    return found


def _write(name: str, value: int | None, sources: tuple[str, ...]) -> Write:
    if value is None:
        return Write(Name(name), "delete", (), None, sources)
    return Write(Name(name), "bind", (), Digest(str(value), type="int", preview=str(value)), sources)


runs: st.SearchStrategy[list[Run]] = actions.map(made_runs)
"""The runs of a session."""

_texts = st.text(max_size=5)
_digests = st.builds(
    Digest,
    _texts,
    st.sampled_from(["exact", "sampled", "opaque"]),
    _texts,
    _texts,
    _texts,
    _texts,
    _texts,
    st.lists(st.tuples(_texts, _texts), max_size=2).map(tuple),
)
_maybe = st.none() | _digests
_names = st.lists(_texts, max_size=2).map(tuple)

any_runs: st.SearchStrategy[Run] = st.builds(
    Run,
    number=st.integers(1),
    cell=_texts,
    count=st.none() | st.integers(1),
    source=_texts,
    outcome=st.sampled_from(["ok", "error", "interrupted"]),
    error=_texts,
    started=st.floats(0, 1e10),
    duration=st.floats(0, 1e6),
    reads=st.lists(st.builds(Read, _texts, _texts, _maybe, st.booleans()), max_size=2).map(tuple),
    writes=st.lists(
        st.builds(
            Write,
            _texts,
            st.sampled_from(["bind", "mutate", "delete"]),
            _names,
            _maybe,
            st.none() | _names,
            _maybe,
            st.none() | st.integers(0, 9),
        ),
        max_size=2,
    ).map(tuple),
    unbound=_names,
    unset=st.lists(st.tuples(_texts, _names), max_size=2).map(tuple),
    conservative=st.booleans(),
    random=st.lists(
        st.builds(RandomUse, _texts, st.sampled_from(["seeded", "drew", "reseeded"]), _texts, _texts),
        max_size=2,
    ).map(tuple),
)
"""Runs with anything in every field."""

"""Which of the process's random generators a run drew from, and which it seeded.

The global state of ``random``, ``numpy.random``, ``torch`` and others is a variable without a name. It is
compared before and after each run, for libraries that are loaded. No number is drawn, no library is imported,
and a state is read as bytes. Generators on a device (CUDA) are not read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_hexdigest

from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import RandomUse
from cellgraph.trace.draw_calls import IS_COUNTED, NOTHING_DRAWN, POLARS

if TYPE_CHECKING:
    from cellgraph.trace.rng_seeding import Seeding

_WORDS = 624
_KEY = 4 * _WORDS
"""Bytes of the Mersenne Twister's state; its position in it comes with them."""


class Snapshot(NamedTuple):
    """The states at one moment, one for each library. ``modules`` is how many modules were loaded.

    ``late`` marks a snapshot that was taken in the middle of a run: the part of the cell above it was not
    compared, so only the text tells what it did.
    """

    states: Mapping[str, bytes]
    modules: int
    late: bool = False

    def taken_late(self) -> Snapshot:
        """The same snapshot, marked as taken in the middle of a run."""
        return self._replace(late=True)


class RngMonitor:
    """Reads the generators' states. There is one for each session: how a library is read is decided once."""

    def __init__(self) -> None:
        self._readers: dict[str, Callable[[], bytes] | None] = {}

    def snapshot(self) -> Snapshot:
        """The present states. This takes a few microseconds, because it is part of every run."""
        found = {}
        for library, (module, make, _) in _GENERATORS.items():
            if library not in self._readers and module in sys.modules:
                self._readers[library] = _known_reader(make)
            reader = self._readers.get(library)
            state = _attempt(reader) if reader is not None else None
            if state is not None:
                found[library] = state
        return Snapshot(found, len(sys.modules))

    def uses(
        self,
        before: Snapshot,
        after: Snapshot,
        seeding: Callable[[], Seeding],
        seeds: bool = False,
        only_imports: bool = False,
    ) -> tuple[RandomUse, ...]:
        """What the run from ``before`` to ``after`` did with each library's generator.

        ``seeding`` analyses the text, and is called only if needed. ``seeds``: the text calls a seeding
        function by name, so an unchanged state was seeded with the same value again. A run that
        ``only_imports`` draws nothing; the imported libraries do.
        """
        if before.late:
            return _said(after, seeding())
        moved = {library for library in after.states if _moved(library, before, after)}
        if not (moved or seeds):
            return ()
        said = seeding()
        if only_imports and after.modules > before.modules:
            moved = set()
        again = {library for library in after.states if seeds and _is_seeded(library, after, said)}
        found = (_use(library, before, after, said) for library in after.states if library in moved | again)
        return tuple(use for use in found if use is not None)


def digests(states: Snapshot) -> Mapping[str, str]:
    """The digests of the states, by library, as the ledger keeps them."""
    return {library: _short(state) for library, state in states.states.items()}


def _is_seeded(library: str, after: Snapshot, said: Seeding) -> bool:
    """Whether the text seeds this library alone, or everything with nothing drawn since.

    Code that asks for the state, and sets one, has put it back: it is as it was before.
    """
    if library in said.saved & said.restored:
        return False
    if library in said.known:
        return library != "numba" or _are_seeded(after.states[library])
    return said.everything and _GENERATORS[library].is_fresh(after.states[library])


def _said(after: Snapshot, said: Seeding) -> tuple[RandomUse, ...]:
    states = after.states.items()
    return tuple(RandomUse(lib, "seeded", "", _short(state)) for lib, state in states if said.seeds(lib))


def _moved(library: str, before: Snapshot, after: Snapshot) -> bool:
    old, new = before.states.get(library), after.states[library]
    if old is not None:
        return old != new
    return _drew_once(library, old, new) or not _GENERATORS[library].is_fresh(new)


def _drew_once(library: str, old: bytes | None, new: bytes) -> bool:
    """Whether numpy's generator is one word further than when it was made, and holds the same words.

    It is made one word before the end of them, and any seed puts it to the end.
    """
    if library != "numpy" or len(new) < _KEY + 4 or _word(new, _KEY) != _WORDS:
        return False
    if old is None:
        return _word(new, 0) == _BY_ARRAY
    return old[:_KEY] == new[:_KEY] and _word(old, _KEY) == _WORDS - 1


def _use(library: str, before: Snapshot, after: Snapshot, said: Seeding) -> RandomUse | None:
    old, new = before.states.get(library), after.states[library]
    fresh = _GENERATORS[library].is_fresh(new)
    use = RandomUse(library, "drew", _short(old) if old is not None else "", _short(new))
    if said.reseeds(library):
        return replace(use, how="reseeded")
    found = fresh and not _drew_once(library, old, new)
    if said.seeds(library) or found or (library == "torch" and old is not None and old[:8] != new[:8]):
        return replace(use, how="seeded" if fresh else "seeded and drew")
    if library == "random" and after.modules > before.modules and not said.mentions_random:
        return None  # some libraries draw from it while they are imported
    if library == "sympy" and not said.draws_of_sympy:
        return None  # to simplify and to solve, it tries its results with random numbers
    return use


def _short(state: bytes) -> str:
    return xxh3_64_hexdigest(state)


def _attempt(reader: Callable[[], bytes]) -> bytes | None:
    try:
        return reader()
    except Exception:  # noqa: BLE001 - the user may have put anything in its place
        return None


def _known_reader(make: Callable[[], Callable[[], bytes]]) -> Callable[[], bytes] | None:
    try:
        return make()
    except Exception:  # noqa: BLE001 - another version of the library, or one that is half imported
        return None


# -- how each library is read -----------------------------------------------------------------------
#
# The public ways make a tuple or an array of 624 numbers each time, which is most of what a trivial
# cell costs. The memory is read instead where it turns out to hold what the public way says.


def _of_random() -> Callable[[], bytes]:
    return _of_twister(sys.modules["random"].__dict__["_inst"])


def _of_sympy() -> Callable[[], bytes]:
    return _of_twister(sys.modules["sympy.core.random"].__dict__["rng"])


def _of_twister(shared: Any) -> Callable[[], bytes]:
    """For an object of ``random.Random``."""
    module: Any = sys.modules["random"]
    address, size = id(shared) + object.__basicsize__, _KEY + 4
    at = _string_at()

    def slow() -> bytes:
        _, words, cached = shared.getstate()
        return _int32(words[-1]) + _packed(words[:-1]) + repr(cached).encode()

    def fast() -> bytes:
        return at(address, size) + repr(shared.__dict__.get("gauss_next")).encode()

    known = sys.implementation.name == "cpython" and type(shared) is module.Random
    return fast if known and fast() == slow() else slow


def _of_numpy() -> Callable[[], bytes]:
    shared: Any = sys.modules["numpy.random.mtrand"].__dict__["_rand"]
    held = partial(attrgetter("_bit_generator"), shared)
    at = _string_at()
    cached = b""

    def slow() -> bytes:
        state = shared.get_state(legacy=False)
        inner = state["state"]
        if state["bit_generator"] != "MT19937":
            return repr(sorted(inner.items())).encode() + _gauss(state)
        return bytes(inner["key"].tobytes() + _int32(inner["pos"])) + _gauss(state)

    def fast() -> bytes:
        nonlocal cached
        generator = held()
        if type(generator).__name__ != "MT19937":
            return slow()
        state = at(generator.ctypes.state_address, _KEY + 4)
        # Half of the normal numbers are drawn ahead and kept: taking one leaves the rest as it is.
        if cached[_KEY + 4 :] or cached[: _KEY + 4] != state:
            cached = slow()
        return cached

    generator = held()
    told = at(generator.ctypes.state_address, _KEY + 4) if type(generator).__name__ == "MT19937" else b""
    return fast if told == slow()[: _KEY + 4] else slow


def _gauss(state: Mapping[str, Any]) -> bytes:
    return repr(float(state["gauss"])).encode() if state["has_gauss"] else b""


def _of_torch() -> Callable[[], bytes]:
    generator: Any = sys.modules["torch"].__dict__["default_generator"]
    at = _string_at()

    def read() -> bytes:
        state = generator.get_state()
        return at(state.data_ptr(), state.nbytes)

    read()
    return read


def _of_numba() -> Callable[[], bytes]:
    """For the two generators that stand in compiled code for those of NumPy and of ``random``.

    Each lies in memory as its position and its words, and whether a normal number is kept.
    """
    helper: Any = sys.modules["numba._helperlib"]
    places = helper.rnd_get_np_state_ptr(), helper.rnd_get_py_state_ptr()
    at = _string_at()

    def slow() -> bytes:
        states = map(helper.rnd_get_state, places)
        return b"".join(_packed(tuple(words)) + _int32(position) for position, words in states)

    def fast() -> bytes:
        return b"".join(at(place + 4, _KEY) + at(place, 4) for place in places)

    def with_normal_number() -> bytes:
        return fast() + b"".join(at(place + 4 + _KEY, 4) for place in places)

    return with_normal_number if fast() == slow() else slow


def _of_dask() -> Callable[[], bytes]:
    """For the generator behind ``da.random.normal``, which dask makes when it is first used."""
    made: Any = sys.modules["dask.array.random"].__dict__["_cached_states"]

    def read() -> bytes:
        found = [one._numpy_state.get_state(legacy=False) for one in list(made.values())]  # noqa: SLF001 - no other way
        return b"".join(one["state"]["key"].tobytes() + _int32(one["state"]["pos"]) for one in found)

    return read


def _of_polars() -> Callable[[], bytes]:
    if not IS_COUNTED:
        raise LookupError
    return lambda: POLARS.state


def _string_at() -> Callable[[int, int], bytes]:
    import ctypes

    return ctypes.string_at


def _int32(number: int) -> bytes:
    return int(number).to_bytes(4, sys.byteorder)


def _packed(words: tuple[int, ...]) -> bytes:
    from array import array

    return array("I", words).tobytes()


# -- states that nothing has been drawn from ----------------------------------------------------------


def _word(state: bytes, at: int) -> int:
    return int.from_bytes(state[at : at + 4], sys.byteorder)


_BY_ARRAY = 0x80000000
"""The first word of a Mersenne Twister that was seeded with more than one number."""


def _random_fresh(state: bytes) -> bool:
    return _word(state, 0) == _WORDS and _word(state, 4) == _BY_ARRAY


def _numpy_fresh(state: bytes) -> bool:
    if _word(state, _KEY) not in (_WORDS - 1, _WORDS):
        return False
    first, second = _word(state, 0), _word(state, 4)
    by_number = (1812433253 * (first ^ (first >> 30)) + 1) & 0xFFFFFFFF
    return first == _BY_ARRAY or second == by_number


def _numba_fresh(state: bytes) -> bool:
    return _numpy_fresh(state) and _numpy_fresh(state[_KEY + 4 :])


def _are_seeded(state: bytes) -> bool:
    """Whether one of numba's generators was seeded with a number. The system seeds them otherwise."""
    return any(_word(half, 0) != _BY_ARRAY and _numpy_fresh(half) for half in (state, state[_KEY + 4 :]))


def _dask_fresh(state: bytes) -> bool:
    return not state or _numpy_fresh(state)


def _polars_fresh(state: bytes) -> bool:
    return state.endswith(NOTHING_DRAWN)


def _torch_fresh(state: bytes) -> bool:
    return _word(state, 16) == 0 and _word(state, 8) == 1


class _Generator(NamedTuple):
    """A library's shared generator.

    It exists once ``module`` is loaded. ``reader`` makes the function that reads its state, and ``is_fresh``
    says of a state whether nothing was drawn since it was seeded.
    """

    module: str
    reader: Callable[[], Callable[[], bytes]]
    is_fresh: Callable[[bytes], bool]


_GENERATORS: Mapping[str, _Generator] = {
    "random": _Generator("random", _of_random, _random_fresh),
    "numpy": _Generator("numpy.random.mtrand", _of_numpy, _numpy_fresh),
    "torch": _Generator("torch", _of_torch, _torch_fresh),
    "sympy": _Generator("sympy.core.random", _of_sympy, _random_fresh),
    "numba": _Generator("numba._helperlib", _of_numba, _numba_fresh),
    "dask": _Generator("dask.array.random", _of_dask, _dask_fresh),
    "polars": _Generator("polars", _of_polars, _polars_fresh),
}
"""By library. What seeds each of them is told by ``rng_seeding``, which goes by the functions' names."""

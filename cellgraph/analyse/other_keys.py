"""Where a run stores that is given other keys: ``cfg[key] = 5`` with another ``key`` sets another part.

The run tells only the parts that it has set. The keys of a restart are known by their digests. These are
compared with the keys of the parts that the value has, and of those that cells look at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from json import loads

from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.code.deciding_keys import GLOBALS, KeyForm, deciding_keys
from cellgraph.code.part_paths import attribute_path
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Run, Write, containing
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger
from cellgraph.structure import keys_told

Environment = Mapping[str, EnvironmentEntry]
_SCALARS = frozenset({"str", "int", "bool", "float"})
_SERIES = frozenset({"list", "tuple"})
_NO_KEYS = frozenset({"module", "function", "type", "NoneType", "method"})
_LONG = 10
"""So many digits make no index."""
_LOOK_S = 0.01
"""Seconds that looking at the keys may take."""


class _Keys(NamedTuple):
    """The digests of what a variable holds, and how a text makes keys of it."""

    values: frozenset[str]
    form: KeyForm


def under_other_keys(
    slot: EnvironmentEntry, write: Write, forms: Collection[KeyForm], environment: Environment, ledger: Ledger
) -> EnvironmentEntry:
    """The slot of a value that is in doubt in parts, with the parts into which other keys lead.

    ``forms``: how names in doubt decide under which keys the run stores.
    """
    known = set(_parts_known(ledger, write.name, slot.digest)).difference(write.paths, {""})
    found: list[_Keys] = []
    for form in forms:
        values = _keys_now(environment.get(Name(form.name)), form)
        if values is not None:
            found.append(_Keys(values, form))
        elif not write.name.is_setting:
            return slot._replace(parts=frozenset(), makers=_with_maker(slot, known))
    added = {path for path in known if _is_led_to(path, found, by_last_word=write.name.is_setting)}
    return slot._replace(parts=slot.parts | added, makers=_with_maker(slot, added)) if added else slot


def _with_maker(slot: EnvironmentEntry, paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return (*slot.makers, *((path, slot.cell) for path in sorted(paths)))


def other_names(run: Run, doubtful: Collection[str], environment: Environment) -> list[Name]:
    """The variables that a run sets by ``globals()[key]`` where a name in doubt gives the key."""
    forms = [form for form in deciding_keys(run.source).get(GLOBALS, ()) if form.name in doubtful]
    values = ((_keys_now(environment.get(Name(form.name)), form), form) for form in forms)
    keys = [_Keys(found, form) for found, form in values if found is not None]
    names = map(Name, environment) if keys else ()
    return [name for name in names if _is_led_to(attribute_path(name), keys, by_last_word=False)]


def keys_in_doubt(run: Run, write: Write, doubtful: Collection[str]) -> list[KeyForm]:
    """How names in doubt decide under which keys a run stores into what it has changed.

    A setting is stored into through a module's variable: ``plt.rcParams[key]``.
    """
    deciding = deciding_keys(run.source)
    forms = deciding.get(write.name) or deciding.get("", frozenset[KeyForm]())
    if write.name.is_setting:
        forms = frozenset[KeyForm]().union(*deciding.values())
    return sorted(form for form in forms if form.name in doubtful)


def _parts_known(ledger: Ledger, name: Name, digest: Digest | None) -> Iterator[str]:
    """The paths of the parts that a value has, and of those that the latest runs of cells looked at."""
    yield from (path for path, _ in digest.parts) if digest is not None else ()
    for cell in ledger.cells if name.is_setting else ledger.readers(name):
        latest = ledger.latest(cell)
        reads = (*latest.reads, *latest.untouched) if latest is not None else ()
        yield from (read.path for read in reads if read.name == name)


def _keys_now(there: EnvironmentEntry | None, form: KeyForm) -> frozenset[str] | None:
    """The digests of the keys that a variable gives in a restart; None where they are not known."""
    digest = there.digest if there is not None else None
    if form.guessed:
        return frozenset({digest.value} if digest is not None and digest.type == "str" else ())
    if there is None or there.doubt or digest is None or digest.quality != "exact":
        return None
    return frozenset() if digest.type in _NO_KEYS else None if form.computed else _held_by(digest)


def _held_by(digest: Digest) -> frozenset[str] | None:
    """The digests of a scalar itself, of the keys of a dict, and of the elements of a list."""
    if digest.type in _SCALARS:
        return frozenset({digest.value})
    told = keys_told(digest.type, digest.size, dict(digest.parts))
    if told is not None:
        return frozenset(_value_of(_key_at(path)) for path in told)
    return frozenset(value for _, value in digest.parts) if digest.type in _SERIES and digest.parts else None


def _is_led_to(path: str, keys: Iterable[_Keys], by_last_word: bool) -> bool:
    """Whether a step of the path is one of the keys.

    ``by_last_word``: ``max_rows`` leads to ``display.max_rows`` as well.
    """
    outer = ("", *reversed(containing(path)), path)
    steps = [_key_at(step[len(before) :]) for before, step in pairwise(outer)]
    if by_last_word:
        steps += [step.rpartition(".")[2] for step in steps if isinstance(step, str)]
    return any(_is_one_of(step, given) for given in keys if given.values for step in steps)


def _is_one_of(step: object, keys: _Keys) -> bool:
    form = keys.form
    if form.before or form.after:
        if not isinstance(step, str) or not (step.startswith(form.before) and step.endswith(form.after)):
            return False
        step = step[len(form.before) : len(step) - len(form.after)]
    values: list[object] = [step]
    if isinstance(step, str) and step.isdecimal() and step.isascii() and len(step) < _LONG:
        values.append(int(step))
    return any(_value_of(value) in keys.values for value in values)


def _value_of(key: object) -> str:
    from cellgraph.digest import Digester  # few runs store under keys that another one has made

    return Digester(_LOOK_S).look(key).digest.value


def _key_at(step: str) -> object:
    """The key in one step of a path: ``price`` for ``["price"]`` and for ``.price``, 3 for ``[3]``."""
    try:
        return loads(step[1:-1]) if step.startswith("[") else step[1:]
    except ValueError:
        return step

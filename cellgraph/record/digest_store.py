"""The digest of each name's value at the last look.

It keeps digests and ids, never a value: what the user deletes is freed at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from time import perf_counter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_hexdigest

from cellgraph.digest.class_reflection import module_root, mro, namespace, short_name
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.digest.scalars import DigestResult, scalar_look
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import OPAQUE_PART, Digest, Share
from cellgraph.record.object_index import ObjectIndex
from cellgraph.record.run_history import same_digest
from cellgraph.record.shared_objects import SharedObjects
from cellgraph.trace.call_graph import reached, remembers

if TYPE_CHECKING:
    from cellgraph.digest import Digester

_KEPT_S = 0.1
"""Seconds up to which a look stays exact once it was: twice the budget that a run has without settings."""
_CHEAP_S, _CHEAP_OBJECTS = 0.0001, 100
"""A value is cheap if it was digested within so many seconds and reaches fewer objects than this.

What people move in the front end is always looked at again.
Cheap values are digested again before a cell that names them. A value that reaches many objects may
have been fast only because those had been digested for another name just before.
"""


_KEPT_DIGESTS = 2048
"""Digests that are kept so that equal ones are one."""
PLANS = {
    "polars": frozenset({"LazyFrame", "LazyGroupBy", "Expr"}),
    "pyspark": frozenset({"DataFrame", "GroupedData", "Column"}),
}
"""Classes of lazy plans that nothing changes in place, by their libraries."""
_NO_OBJECTS: frozenset[int] = frozenset()
_NOTHING: frozenset[str] = frozenset()
PLAN = "="
"""Starts the token of a plan that is known by what it was made of."""


def _is_moved_by_hand(value: object) -> bool:
    """Whether it is a widget, whose value people change without a cell."""
    return any(module_root(cls) == "traitlets" for cls in mro(type(value)))


def _is_plan(value: object) -> bool:
    kind = type(value)
    return short_name(kind) in PLANS.get(module_root(kind), ())


class DigestEntry(NamedTuple):
    """The last look at a name.

    ``identity`` is the ``id`` of the value. ``opaque`` are the ids of the opaque objects that it reaches.
    ``epoch`` distinguishes states that have the same digest, and ``repeated`` are the changes behind it that
    leave the same when they are made again (see ``mark``). ``cheap``: see ``_CHEAP_S``.
    """

    identity: int
    look: DigestResult
    opaque: frozenset[int] = frozenset()
    epoch: str = ""
    cheap: bool = False
    exact_s: float = 0.0
    """Seconds that an exact look took; 0 where the value was sampled."""
    repeated: frozenset[str] = frozenset()
    inside: bool = False
    """Whether the state of its opaque parts is meant, and not its own alone."""

    @property
    def digest(self) -> Digest:
        """The digest. After a change that it cannot show it differs from the one before (see ``mark``)."""
        plain = self.look.digest
        if not self.epoch:
            return plain
        value = plain.value if plain.quality == "exact" else plain.value + self.epoch
        parts = plain.parts
        if self.inside and any(held.startswith(OPAQUE_PART) for _, held in parts):
            hidden = ((path, held + self.epoch * held.startswith(OPAQUE_PART)) for path, held in parts)
            parts = tuple(hidden)
        return replace(plain, value=value, sample=plain.sample and plain.sample + self.epoch, parts=parts)


class DigestStore:
    """Digests the values of names while it is open, and keeps the digests while it is closed.

    It is open during a hook: before a cell, and after it.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._known: dict[str, DigestEntry] = {}
        self._reached = ObjectIndex()
        self._tokens: dict[int, str] = {}
        self._opaque: Counter[int] = Counter()
        """Opaque objects by their ids, and how many names reach each."""
        self._slow: dict[int, dict[str, float]] = {}
        """Values of which an exact look takes longer than a moment, by id: its seconds, for each name."""
        self._equal: dict[tuple[str, str], Digest] = {}
        """Digests met of late, by their values and types."""
        self._serial = 0
        self._bound_by: dict[str, int] = {}
        """The run that bound each name last."""
        self._shared = SharedObjects(self._reached, self._bound_by)
        self.version = 0
        """Grows with each look that is taken in: what was compared with these digests may differ now."""
        self._budget_s: float | None = None
        """The budget of this hook. None while it is closed."""
        self._digester: Digester | None = None
        """What looks at values other than numbers and texts, once there was one in this hook."""
        self._looked_at, self._origin = "", ""
        self._plans = Counter[str]()
        """How many plans were met from each name since ``made_of``."""

    def open(self, budget_s: float) -> None:
        """Open: until ``close`` each value is digested once, however often it is asked for.

        After ``budget_s`` seconds values are sampled.
        """
        self._budget_s, self._digester = budget_s, None

    def close(self) -> None:
        """Close, and release every value."""
        self._budget_s = self._digester = None
        self._looked_at, self._origin = "", ""

    def made_of(self, origin: str) -> None:
        """Until ``close``, lazy plans that were not met before are known by ``origin``: what made them."""
        self._origin = origin
        self._plans.clear()

    def get(self, name: str) -> DigestEntry | None:
        """The last look at a name. None if there was none."""
        return self._known.get(name)

    def digest(self, name: str) -> Digest | None:
        """The digest of the last look at a name."""
        known = self._known.get(name)
        return known.digest if known is not None else None

    def value(self, name: str) -> object:
        """The present value of a name, for as long as the caller looks at it. None if it has none."""
        return self._namespace.get(name)

    def digests(self) -> Mapping[str, Digest]:
        """The digests of the last look at all names."""
        return {name: known.digest for name, known in self._known.items()}

    def look(self, name: str, bound: bool) -> DigestEntry:
        """Digest the present value of ``name``. ``bound``: it is a new binding, not the former value."""
        value = self._namespace.get(name)  # None where a thread has deleted it a moment ago
        old, self._looked_at = self._known.get(name), name
        was_quick = old is None or old.exact_s <= _CHEAP_S
        if bound and was_quick and id(type(value)) in SCALAR_IDS and (plain := scalar_look(value)):
            known = DigestEntry(id(value), self._one_of_equal(plain))  # no object in it, and no time spent
            self._remember(name, known)
            return known
        started = perf_counter()
        look = self._one_of_equal(self.look_at(value, old))
        opaque = look.mutable & self._tokens.keys()
        took = perf_counter() - started
        again = old is not None and old.identity == id(value) and type(value) is ModuleType
        kept = old if old is not None and (again or not bound) else None  # to import it again changes nothing
        epoch, repeated = (kept.epoch, kept.repeated) if kept is not None else ("", _NOTHING)
        few = 0 < len(look.mutable) < _CHEAP_OBJECTS
        cheap = few and (took < _CHEAP_S or _is_moved_by_hand(value))
        known_s = old.exact_s if old is not None else 0.0  # this look may have been taken from another name's
        exact_s = max(took, known_s) if look.digest.quality == "exact" else 0.0
        inside = kept is not None and kept.inside
        known = DigestEntry(id(value), look, opaque, epoch, cheap, exact_s, repeated, inside)
        self._remember(name, known)
        return known

    def look_at(self, value: object, before: DigestEntry | None = None) -> DigestResult:
        """Look at any value. ``before`` is the last look at the like of it: at the name that holds it.

        If that was exact and quick it is done again, whatever is left of the budget: what was told exactly
        once would else look different, or be compared by less.
        """
        digester = self._looking()
        exact_s = before.exact_s if before is not None else 0.0
        if id(value) in self._slow:
            exact_s = max(exact_s, *self._slow[id(value)].values())
        keep = _CHEAP_S < exact_s <= _KEPT_S
        return digester.look(value, at_least_s=_KEPT_S if keep else 0.0)

    def _looking(self) -> Digester:
        """The digester of this hook."""
        if self._budget_s is None:
            raise RuntimeError("the digest store is closed: values are looked at between open() and close()")
        if self._digester is None:
            from cellgraph.digest import Digester

            self._digester = Digester(self._budget_s, self._token, self._namespace)
        return self._digester

    def reaches(self, name: str) -> tuple[set[str], set[str]]:
        """The globals that a call of what ``name`` holds may load, and those that it may bind."""
        value = self._namespace.get(name)
        return (set(), set()) if type(value) is ModuleType else reached(value, self._namespace)

    def remembers(self, name: str) -> bool:
        """Whether a call of the value of ``name`` may be answered without running the user's functions."""
        value = self._namespace.get(name)
        return type(value) is not ModuleType and remembers(value, self._namespace)

    def mark(self, name: str, evidence: str, repeats: bool = False, inside: bool = False) -> DigestEntry:
        """The source says that the value was changed, and a sampled digest cannot show it.

        An exact digest is marked too, in its sample: it may be compared with one that had to be sampled.
        ``evidence`` describes the change (the code and what it read), so that the same code on the same state
        gives the same digest again. A change that ``repeats`` leaves the same when it is made again, until
        another one has been made that does not. ``inside``: it reaches the parts that cannot be compared.
        """
        known, plain = self._known[name], self._known[name].look.digest
        if repeats and evidence in known.repeated:
            return known
        epoch = "~" + xxh3_64_hexdigest(
            (known.epoch + (plain.sample or plain.value) + evidence).encode("utf8", "surrogatepass")
        )
        changed = known._replace(
            epoch=epoch,
            repeated=known.repeated | {evidence} if repeats else frozenset(),
            inside=inside or known.inside,
        )
        self._known[name] = changed
        self.version += 1
        return changed

    def forget(self, name: str) -> None:
        """The name no longer exists."""
        known = self._known.pop(name, None)
        self.version += 1
        if known is not None:
            self._note_slow(name, known, None)
            self._note_objects(name, known, None)

    def mutable(self, names: Iterable[str]) -> frozenset[int]:
        """Ids of the mutable objects that these names reached at the last look."""
        known = self._known
        return frozenset().union(*[known[name].look.mutable for name in names if name in known])

    def closed(self, names: Iterable[str]) -> frozenset[int]:
        """Ids of the objects that these names' digests cover completely."""
        return frozenset().union(*(self._known[name].look.closed for name in names))

    def sharing(self, objects: frozenset[int], apart_from: Iterable[str]) -> list[str]:
        """Names that reach one of these objects. A change through one of them changes all."""
        return self._reached.reaching(objects, {*apart_from}) if objects else []

    def shares_any(self, name: str) -> bool:
        """Whether another name reaches one of the mutable objects that this one reached at the last look."""
        return bool(self._reached.shared(self._reached.ids(name)))

    def places(self, name: str) -> dict[int, str]:
        """The ids of a name's value and of the objects that its parts are, with their paths. While open."""
        return self._looking().places(self._namespace.get(name)) if self._budget_s is not None else {}

    def common(self, names: Iterable[str], changed: Collection[str] = ()) -> Mapping[str, frozenset[int]]:
        """For each of the names, the ids of the mutable objects that it shares with another of them.

        An object that another name's digest covers, or a class, joins nobody while that name is not
        among those ``changed``.
        """
        reach = {name: self._reached.ids(name) for name in names if name in self._reached}
        times = Counter[int]()
        for ids in reach.values():
            times.update(self._reached.shared(ids))
        shared = frozenset(key for key, count in times.items() if count > 1)
        if shared:
            others = [name for name in self.sharing(shared, reach) if name not in changed]
            classes = {name: cls for name in (*others, *reach) if (cls := self._class(name)) is not None}
            shared -= self.closed(others).union(
                *(_of_class(cls) for n, cls in classes.items() if n not in changed)
            )
            shared -= self.mutable(name for name in classes if name in others and self._is_exact(name))
        return {name: shared & ids for name, ids in reach.items()} if shared else {}

    def _is_exact(self, name: str) -> bool:
        return self._known[name].look.digest.quality == "exact"

    def _class(self, name: str) -> type | None:
        value = self._namespace.get(name)
        return value if issubclass(type(value), type) else None

    def shares(
        self, run: int, bound: Iterable[str], changed: Iterable[str]
    ) -> Mapping[str, tuple[Share, ...]]:
        """The objects that the values which a run wrote have in common with other names. The store is open.

        ``bound`` are in the order in which they were bound.
        """
        bound, known = (*bound,), self._known
        self._bound_by |= dict.fromkeys(bound, run)
        written = [name for name in (*bound, *changed) if name in known and known[name].look.mutable]
        if self._budget_s is None or not (written or self._shared.left):
            return {}
        return self._shared.after(run, written, self._namespace, self._looking())

    def _one_of_equal(self, look: DigestResult) -> DigestResult:
        """The look with a digest that is kept already, if there is an equal one: runs keep them for long."""
        digest = look.digest
        if digest.quality != "exact":
            return look
        found = self._equal.setdefault((digest.value, digest.type), digest)
        if len(self._equal) > _KEPT_DIGESTS:
            self._equal.clear()
        same = found is not digest and found == digest and same_digest(found, digest)
        return look._replace(digest=found) if same else look

    def _remember(self, name: str, known: DigestEntry) -> None:
        old = self._known.get(name)
        self._known[name] = known
        self.version += 1
        if known.exact_s > _CHEAP_S or (old is not None and old.exact_s > _CHEAP_S):
            self._note_slow(name, old, known)
        if known.look.mutable or (old is not None and old.look.mutable):
            self._note_objects(name, old, known)

    def _note_slow(self, name: str, old: DigestEntry | None, now: DigestEntry | None) -> None:
        if old is not None and old.exact_s > _CHEAP_S:
            held = self._slow[old.identity]
            del held[name]
            if not held:
                del self._slow[old.identity]
        if now is not None and now.exact_s > _CHEAP_S:
            self._slow.setdefault(now.identity, {})[name] = now.exact_s

    def _token(self, value: object) -> str:
        key = id(value)
        if key not in self._tokens:
            self._serial += 1
            known = self._origin and _is_plan(value)
            self._tokens[key] = self._name_of_plan() if known else f"#{self._serial}"
        return self._tokens[key]

    def _name_of_plan(self) -> str:
        """The name of one more plan that is reached from the name which is looked at."""
        self._plans[self._looked_at] += 1
        return f"{PLAN}{self._origin}:{self._looked_at}:{self._plans[self._looked_at]}"

    def _note_objects(self, name: str, old: DigestEntry | None, now: DigestEntry | None) -> None:
        """Note which objects a name reaches now. A number or a text reaches none."""
        before = old.look.mutable if old is not None else _NO_OBJECTS
        after = now.look.mutable if now is not None else _NO_OBJECTS
        if before or after:
            self._shared.leave(self._reached.put(name, after))
        before = old.opaque if old is not None else _NO_OBJECTS
        after = now.opaque if now is not None else _NO_OBJECTS
        if before or after:
            self._note_opaque(before, after)

    def _note_opaque(self, old: frozenset[int], now: frozenset[int]) -> None:
        # An identity may be given to another object once this one is freed: with the last name
        # that held it, its token goes.
        self._opaque.update(now)
        for key in old:
            self._opaque[key] -= 1
            if not self._opaque[key]:
                del self._opaque[key]
                self._tokens.pop(key, None)


def _of_class(cls: type) -> frozenset[int]:
    """Ids of a class and its methods: a change of one of its instances changes none of them."""
    methods = (FunctionType, property, staticmethod, classmethod)
    held = (value for base in mro(cls) for value in namespace(base).values())
    found = [value for value in held if type(value) in methods]
    attributes = (value.__dict__ for value in found if type(value) is FunctionType)
    return frozenset(map(id, (*mro(cls), *found, *attributes)))

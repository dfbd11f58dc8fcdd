"""What the engine and the adapters agree on: what a handler is, and what it may ask of a walk.

Both sides import this file, and it imports neither. A handler takes a value and a ``Walk``, and returns bytes
that are equal for equal values. ``DigestSession`` holds what all walks of one hook share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from cellgraph.digest import class_reflection
from cellgraph.digest.session_count import SESSIONS
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple

SCALAR_IDS = frozenset(map(id, (type(None), bool, int, float, complex, str, bytes)))
TEXT_IDS = frozenset(map(id, (str, bytes)))
NUMBER_IDS = SCALAR_IDS - TEXT_IDS

LARGE = 1_000_000
"""Weight from which a value may be sampled, and so always carries a sample. A byte weighs 1."""
FEW = 8
ELEMENT_WEIGHT, ELEMENT_SECONDS = 10, 3.5e-8
VISIT_SECONDS = 3e-7
"""The least that the visit of an element takes, for one that has been visited before."""
BYTE_SECONDS = 1e-10
ITERATOR = "iterator"
"""What digests say in place of the length of an iterator."""
MAX_MUTABLE = 20_000
LONG_TEXT = 4_096
LONG_NUMBER, MAX_NUMBER = 4_096, 8_000_000
"""Bytes of an integer from which it counts by its length, and from which it is never looked at whole."""
NUMBER_BYTE_SECONDS = 2e-9
CLOSED = 1 << 64
"""Added to what is noted: no id and no address reaches it."""

_Made = TypeVar("_Made")

Content = Callable[[Any, "Walk"], bytes]
Describe = Callable[[Any], str]
Part = tuple[str, bytes] | tuple[str, bytes, object]
"""A part's path and digest, and the part itself where it may have parts in turn."""
Parts = Callable[[Any, "Walk"], Iterable[Part]]


class Handler(NamedTuple):
    """How values of one type are digested.

    ``size`` describes the extent in words. ``family``: subclasses written in C hold no more than the type
    itself. ``whole``: no subclass holds more, not even attributes. ``leaf``: values never change and hold no
    other object. ``private`` are attributes that ``content`` takes care of. ``parts`` are paths that can be
    compared by themselves; with ``inherited`` subclasses have them too. ``mutable``: the walk notes each
    value before it calls ``content``.
    """

    content: Content
    size: Describe | None = None
    family: bool = False
    whole: bool = False
    private: frozenset[str] = frozenset()
    parts: Parts | None = None
    inherited: bool = False
    leaf: bool = False
    mutable: bool = False


class ResolvedHandler(NamedTuple):
    """How values of one exact type are digested, resolved once for each type and hook."""

    tag: bytes
    name: str
    content: Content
    size: Describe | None = None
    parts: Parts | None = None
    leaf: bool = False
    mutable: bool = False


class OverBudgetError(Exception):
    """The value cannot be digested whole: the time left is too short, or it is nested too deeply."""


@dataclass(slots=True, eq=False)
class Frame:
    """A part that is being visited or, once it has a ``digest``, the result of its visit.

    ``start`` and ``end`` delimit its share of the journal. ``low`` is the oldest open part that it refers to.
    ``weight`` counts everything in it, and ``height`` the levels below it.
    """

    value: object  # held until the hook is over, so that its id is not reused
    index: int
    start: int
    low: int
    weight: int = 0
    height: int = 0
    opaque: bool = False
    layouts: tuple[str, ...] = ()
    digest: bytes = b""
    end: int = 0

    def absorb(self, part: Frame) -> None:
        """Take over from a part what then holds for the whole."""
        if part.height >= self.height:
            self.height = part.height + 1
        if part.opaque or part.layouts:
            self.opaque |= part.opaque
            self.layouts += part.layouts


Journal = list["int | Frame"]
"""Ids of mutable objects in the order met; a Frame stands for its own share of the journal."""


class DigestSession:
    """What the digests of one hook share. It holds the digested values: drop it with the hook."""

    def __init__(self, token: Callable[[object], str], kinds: Callable[[type], ResolvedHandler]) -> None:
        SESSIONS.latest += 1
        self.token = token
        self.kinds = kinds
        """Tells how values of a type are digested."""
        self.deadline = 0.0
        self.memo: dict[int, Frame] = {}
        self.leaves: dict[int, ResolvedHandler] = {}
        """Classes of leaves met so far, by id: ``kinds`` holds them."""
        self.journal: Journal = []
        self.components: dict[int, int] = {}
        """The strongly connected component of each object that lies in a cycle, by ids."""
        self.tied: dict[int, Frame] = {}
        """The other objects that lie in a cycle, by id: their digests are not their own."""
        self.temporaries: dict[int, object] = {}
        """Temporary values that handlers made, by id. No name can share one."""
        self.found: dict[int, list[bytes]] = {}
        """What a handler found, by the value's id, that the digests of its parts need again."""
        self.families: dict[int, Any] = {}
        """What a handler worked out about a class, by the class's id. It holds the class."""
        self.told: dict[int, tuple[object, Any]] = {}
        """What a handler worked out about a value that is met again and again, by its id, and the value."""
        self.closed: dict[int, int] = {}
        """Objects that their digests cover completely, by id, and what says so in the journal."""
        self.sides: dict[tuple[int, int], object] = {}
        """The object that stands for one side of a value, by the ids of the side's class and of the value."""

    @cached_property
    def ends(self) -> dict[int, Frame]:
        """Objects that no walk looks into, by id."""
        return {}

    def end_at(self, value: object) -> None:
        """Let no walk look into an object: it is opaque, and leads to nothing.

        It must hold more than plain data, as the variables of a shell do: plain data is not walked.
        """
        self.ends[id(value)] = Frame(value, 0, 0, 0, 1, opaque=True, digest=b"\0end".ljust(16))
        self.memo |= self.ends

    @cached_property
    def classes_hash_safely(self) -> bool:
        """Whether a set of classes can be made without running a metaclass of the user's."""
        return not class_reflection.odd_metaclass_loaded()


class Walk:
    """What a handler can ask of the walk that visits its value."""

    sampling = False

    def __init__(self, hook: DigestSession) -> None:
        self.hook = hook
        self.not_plain: dict[int, object] = {}
        """Containers that a sample does not take whole, by their ids."""
        self.weight = 0
        self.journal = hook.journal
        self.frame = Frame(None, -1, len(hook.journal), -1)

    def visit(self, value: object) -> bytes:
        """The 16-byte digest of a part."""
        raise NotImplementedError

    def sequence(self, values: Sequence[object]) -> bytes:
        """The digests of many parts in order, or of a fixed choice of them."""
        raise NotImplementedError

    def weigh(self, weight: int, seconds: float) -> None:
        """Announce work before it is done. Raises OverBudgetError if the budget does not cover it."""

    def foresee(self, weight: int, seconds: float) -> None:
        """Raise OverBudgetError now if work that will be announced in pieces exceeds the budget."""

    def bytes_ahead(self, count: int) -> None:
        """Announce that ``count`` bytes are about to be hashed."""
        self.weigh(count, count * BYTE_SECONDS)

    def elements_ahead(self, count: int) -> None:
        """Announce that ``count`` elements are about to be looked at by C code."""
        self.weigh(count * ELEMENT_WEIGHT, count * ELEMENT_SECONDS)

    def note_layout(self, layout: str) -> None:
        """Record that the hashed bytes depend on the value's layout in memory."""
        self.frame.layouts += (layout,)

    def note(self, value: object) -> None:
        """Record that a mutable object can be reached."""
        self.journal.append(id(value))

    def close(self, value: object, address: int = 0) -> None:
        """Record that the digest of a noted object covers it, and that everything it refers to is noted too.

        If that digest is unchanged, nothing was changed in the object or through it. The object is noted
        again as such: another value may refer to it and cover only a part.
        """
        if not self.sampling:
            told = {id(value): id(value) + CLOSED, -address: CLOSED - address}
            self.hook.closed |= told
            self.journal.extend(told.values())

    def note_elements(self, values: Sequence[object]) -> None:
        """Record that mutable objects can be reached that are not visited one by one."""
        self.journal.extend(map(id, values))

    def note_memory(self, address: int) -> None:
        """Record that memory can be reached that several objects may show.

        Its number is negative, unlike an id.
        """
        if address:
            self.journal.append(-address)

    def temporary(self, value: _Made) -> _Made:
        """Keep a value that was made only to be digested: no variable can share it.

        It lives as long as the session, so that its id is not reused meanwhile. This is for the value alone:
        its contents are parts of the user's value.
        """
        self.hook.temporaries[id(value)] = value
        return value

    def visit_temporary(self, value: object) -> bytes:
        """The digest of a temporary value whose contents belong to the user."""
        return self.visit(self.temporary(value))

    def visit_untracked(self, value: object) -> bytes:
        """The digest of a value that is temporary with all its contents. Nothing of it is kept."""
        start, known = len(self.journal), len(self.hook.memo)
        digest = self.visit(value)
        del self.journal[start:]
        while len(self.hook.memo) > known:
            self.hook.memo.popitem()  # the last that came in
        return digest

    def visit_side(self, side: Callable[[Any], object], value: object) -> bytes:
        """The digest of one side of a value, made once however many parts use it.

        ``side`` is a class with a handler of its own. The instance that it makes from the value stands for
        the side.
        """
        key = id(side), id(value)
        if (found := self.hook.sides.get(key)) is None:
            found = self.hook.sides[key] = self.temporary(side(value))
        return self.visit(found)

    def mark_opaque(self, value: object) -> bytes:
        """The identity of a part whose content cannot be read. The part counts as opaque."""
        self.frame.opaque = True
        self.note(value)
        return self.hook.token(value).encode("utf8", "surrogatepass")

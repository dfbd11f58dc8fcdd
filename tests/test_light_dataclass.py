"""``light_dataclass`` against ``dataclasses``: the same class, made by each of the two, does the same."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import pytest

from cellgraph import light_dataclass, light_namedtuple, model
from cellgraph.light_dataclass import dataclass as light
from cellgraph.names import Name


def with_more(make: Callable[..., Any]) -> Any:
    """Fields that ``__init__`` does not take, or takes by name, and one that it works out; and no field."""

    @make(frozen=True)
    class More:
        """A sample."""

        name: str
        _cache: dict[str, str] = dataclasses.field(default_factory=dict, init=False)
        code: str = dataclasses.field(default="", kw_only=True)

    @make
    class Counted:
        """A sample."""

        name: str

        def __post_init__(self) -> None:
            self.length = len(self.name)

    @make(frozen=True, slots=True)
    class Empty:
        """A sample."""

    equal = (Empty() == Empty(), hash(Empty()) == hash(Empty()))
    return lambda: (More("a", code="b"), Counted("abc").length, inspect.signature(More), Empty(), equal)


class Options(NamedTuple):
    """Options that classes of cellgraph are made with."""

    frozen: bool = False
    slots: bool = False
    eq: bool = True


OPTIONS = [Options(frozen, slots, eq) for frozen in (0, 1) for slots in (0, 1) for eq in (0, 1)]


def made_by(make: Callable[..., Any], options: Options) -> Any:
    """A class with a field of each kind, and a method."""

    @make(**options._asdict())
    class Sample:
        """A sample."""

        name: str
        number: int = 3
        parts: list[str] = dataclasses.field(default_factory=list)
        note: str = dataclasses.field(default="", compare=False)
        secret: str = dataclasses.field(default="", repr=False)

        @property
        def label(self) -> str:
            """Of two fields."""
            return f"{self.name}{self.number}"

    return Sample


@pytest.fixture(params=OPTIONS, ids=str)
def both(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The class as the standard library makes it, and ours."""
    return made_by(dataclasses.dataclass, request.param), made_by(light, request.param)


USES: dict[str, Callable[[Any], object]] = {
    "by place": lambda c: c("a", 1, ["x"], "n", "s"),
    "by name": lambda c: c(parts=["x"], name="a"),
    "too few": lambda c: c(),
    "too many": lambda c: c(1, 2, 3, 4, 5, 6),
    "unknown": lambda c: c("a", other=1),
    "a list for each": lambda c: c("a").parts is c("a").parts,
    "property": lambda c: c("a").label,
    "equal": lambda c: c("a") == c("a"),
    "other field": lambda c: c("a") == c("a", 4),
    "field that does not count": lambda c: c("a", note="x") == c("a"),
    "other class": lambda c: (c("a") == "a", c("a").__eq__("a") is NotImplemented),
    "hash": lambda c: len({*map(hash, [c("a", parts=()), c("a", parts=(), note="x")])}),
    "hash of a list": lambda c: isinstance(hash(c("a")), int),
    "in a set": lambda c: len({c("a", parts=()), c("a", parts=())}),
    "set a field": lambda c: setattr(c("a"), "name", "b"),
    "set another": lambda c: refuses(c("a"), "other"),
    "delete": lambda c: delattr(c("a"), "name"),
    "replace": lambda c: dataclasses.replace(c("a", 4), name="b"),
    "replace unknown": lambda c: dataclasses.replace(c("a", 4), other="b"),
    "fields": lambda c: [(f.name, f.type, f.default, f.compare, f.repr) for f in dataclasses.fields(c)],
    "as dict": lambda c: dataclasses.asdict(c("a", 1, ["x"])),
    "as tuple": lambda c: dataclasses.astuple(c("a", 1, ["x"])),
    "match": lambda c: c.__match_args__,
    "copy": lambda c: copy.copy(c("a", parts=["x"])),
    "deep copy": lambda c: copy.deepcopy(c("a", parts=["x"])).parts,
    "slots": lambda c: getattr(c, "__slots__", None),
    "has a dict": lambda c: hasattr(c("a"), "__dict__"),
    "arguments": lambda c: [(p.name, p.kind, p.annotation) for p in inspect.signature(c).parameters.values()],
    "optional": lambda c: [p.default is p.empty for p in inspect.signature(c).parameters.values()],
    "annotations": lambda c: c.__init__.__annotations__,
    "document": lambda c: (c.__doc__, c.__name__, c.__qualname__, c.__module__),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_does_what_a_dataclass_does(use: Callable[[Any], object], both: tuple[Any, Any]) -> None:
    """The same answer, or the same error, as from the class that the standard library makes."""
    theirs, ours = (outcome(use, cls) for cls in both)
    assert ours == theirs


def outcome(use: Callable[[Any], object], cls: Any) -> str:
    """What a use gives, in words: its text, or the type of the error and who raised it."""
    try:
        return repr(use(cls))
    except (AttributeError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def refuses(held: object, name: str) -> bool:
    """Whether a name cannot be set. With which error a dataclass with slots refuses depends on the Python."""
    try:
        setattr(held, name, "b")
    except (AttributeError, TypeError):
        return True
    return False


def test_makes_the_rare_ones_too() -> None:
    """Fields that ``__init__`` does not take by their place, and what comes after it."""
    assert repr(with_more(light)()) == repr(with_more(dataclasses.dataclass)())


def test_holds_itself() -> None:
    """The text of a value that holds itself ends, as that of a dataclass does."""
    held: list[object] = []
    one = made_by(light, Options(frozen=True, slots=True))("a", parts=held)
    held.append(one)
    assert "..." in repr(one)


def unusual(make: Callable[..., Any], *, slots: bool) -> list[Any]:
    """Classes with a class variable, with a base that has fields, and without a docstring."""

    @make(slots=slots)
    class Base:
        """A sample."""

        kinds: ClassVar[list[str]] = ["a"]
        name: str
        number: int = dataclasses.field(default=3, repr=False)

    @make(slots=slots)
    class Below(Base):
        """A sample."""

        number: int = 4
        more: str = ""

    @make(slots=slots)
    class Bare:
        name: str

    return [Base, Below, Bare]


@pytest.mark.parametrize("slots", [False, True], ids=["with a dict", "with slots"])
def test_notes_the_same_fields(slots: bool) -> None:
    """Also where the short way to them is not open."""
    ours, theirs = unusual(light, slots=slots), unusual(dataclasses.dataclass, slots=slots)
    for own, due in zip(ours, theirs, strict=True):
        assert repr(dataclasses.fields(own)) == repr(dataclasses.fields(due))
        assert repr(own("a")) == repr(due("a"))
        for each in ("__match_args__", "__slots__", "__bases__"):
            assert repr(getattr(own, each, None)) == repr(getattr(due, each, None))
        assert vars(own).keys() - vars(due).keys() <= {"__getstate__", "__setstate__"}


def test_keeps_its_own_methods() -> None:
    """A method that the class has itself is not replaced."""

    @light(frozen=True, slots=True)
    class Own:
        """Has its own text and hash."""

        name: str

        def __repr__(self) -> str:
            return "own"

        def __hash__(self) -> int:
            return 7

    assert (repr(Own("a")), hash(Own("a"))) == ("own", 7)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_survives_a_pickle(protocol: int) -> None:
    """A run comes out of a pickle equal, as it would as a dataclass of the standard library."""
    digest = model.Digest("ab", "exact", type="int")
    run = model.Run(1, "a", 1, "x = 1", writes=(model.Write(Name("x"), digest=digest),))
    again = pickle.loads(pickle.dumps(run, protocol))
    assert again == run
    assert again.writes[0].digest.type == "int"


def test_nothing_inherits_from_a_frozen_class() -> None:
    """No class that is made here has another one below it: it would refuse what the other adds."""
    for module in [m for name, m in sys.modules.items() if name.startswith("cellgraph.")]:
        for value in vars(module).values():
            method = getattr(value, "__setattr__", None) if isinstance(value, type) else None
            if getattr(method, "__module__", "") == light_dataclass.__name__:
                assert value.__subclasses__() == [], value


def _named(base: Any) -> Any:
    """A class whose base is a ``NamedTuple``; the same text for each of the two."""
    body: dict[str, Any] = {"__name__": __name__, "NamedTuple": base}
    text = """
from __future__ import annotations
class Named(NamedTuple):
    first: int
    second: str = "b"
    third: tuple[int, ...] = ()

    @property
    def twice(self) -> int:
        return 2 * self.first
"""
    exec(text, body)
    return body["Named"]


OF_A_VERSION = {"__orig_bases__", "__replace__", "__annotations__", "__annotate_func__"}
"""Attributes that a class of the standard library has in some versions of Python only."""

NAMED: dict[str, Callable[[Any], object]] = {
    "text": lambda cls: repr(cls(1, third=(2,))),
    "equal to a tuple": lambda cls: (cls(1) == (1, "b", ()), hash(cls(1)), cls(1) == cls(2)),
    "fields": lambda cls: (cls._fields, cls._field_defaults, cls.__match_args__, cls.__slots__),
    "signature": lambda cls: [(p.name, p.default) for p in inspect.signature(cls).parameters.values()],
    "names": lambda cls: (cls.__name__, cls.__qualname__, cls.__module__, cls.__mro__[1:]),
    "as a dict": lambda cls: cls(1)._asdict(),
    "replace": lambda cls: (cls(1)._replace(second="c"), type(cls(1)._replace(first=2)) is cls),
    "make": lambda cls: cls._make((1, 2, 3)),
    "copy": lambda cls: (copy.copy(cls(1)), copy.deepcopy(cls(1, third=([],)))),
    "own method": lambda cls: cls(4).twice,
    "field by name": lambda cls: (cls(1).second, cls.first.__get__(cls(7))),
    "by position and by name": lambda cls: cls(1, third=(2,), second="x"),
    "too few": lambda cls: cls(),
    "too many": lambda cls: cls(1, 2, 3, 4),
    "unknown field": lambda cls: cls(fourth=1),
    "too few to make": lambda cls: cls._make((1,)),
    "assignment": lambda cls: setattr(cls(1), "first", 2),
    "attributes": lambda cls: sorted({*dir(cls)} - OF_A_VERSION),
}


@pytest.mark.parametrize("use", NAMED.values(), ids=NAMED)
def test_a_light_named_tuple_is_one_of_the_standard_library(use: Callable[[Any], object]) -> None:
    """What is done with such a class, and what fails, does the same with either."""

    def outcome(base: Any) -> object:
        try:
            return use(_named(base))
        except (TypeError, AttributeError) as error:
            return type(error), str(error)

    assert outcome(light_namedtuple.NamedTuple) == outcome(NamedTuple)


def test_an_unknown_field_of_a_light_named_tuple_is_not_replaced() -> None:
    """The standard library raises ``ValueError`` or ``TypeError`` for it, by its version."""
    with pytest.raises((TypeError, ValueError), match="unexpected field names: \\['fourth'\\]"):
        _named(light_namedtuple.NamedTuple)(1)._replace(fourth=1)

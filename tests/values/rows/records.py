"""Classes with fields: dataclasses, attrs, pydantic, enums, slots, plain objects."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_LOOKS = (
    "repr(v), str(v), v == v, vars(v) if hasattr(v, '__dict__') else dir(v), v.a, v.b, "
    "getattr(v, 'nothing', 0), hasattr(v, 'x')"
)
_PLAIN = "class C:\n    def __init__(self, a, b):\n        self.a, self.b = a, b"


def _row(library: str, kind: str, setup: str, change: str = "v.b.append(3)", **rest: Any) -> Row:
    given = {"looks": _LOOKS, "alias": "w = v.b", **rest}
    return Row(library, kind, given.pop("make", "v = C(1, [2])"), change, setup=setup, **given)


def _data(options: str, **rest: Any) -> Row:
    setup = (
        "import dataclasses\nfrom dataclasses import dataclass\n"
        f"@dataclass{options}\nclass C:\n    a: int\n    b: list\n    c: float = 1.5"
    )
    looks = f"{_LOOKS}, dataclasses.asdict(v), dataclasses.fields(v), dataclasses.replace(v, a=2)"
    return _row("dataclasses", f"dataclass{options}", setup, **{"looks": looks, **rest})


def _attrs(options: str, **rest: Any) -> Row:
    setup = f"import attrs\n@attrs.{options}\nclass C:\n    a: int\n    b: list = attrs.field(factory=list)"
    looks = f"{_LOOKS}, attrs.asdict(v), attrs.fields(C), attrs.evolve(v, a=2)"
    return _row("attrs", options, setup, **{"looks": looks, "needs": ("attrs",), **rest})


def _pydantic(kind: str, body: str, change: str = "v.b.append(3)", **rest: Any) -> Row:
    setup = f"import pydantic\nclass C(pydantic.BaseModel):\n    a: int\n    b: list[int] = []\n    {body}"
    looks = (
        f"{_LOOKS}, v.model_dump(), v.model_dump_json(), v.model_fields_set, v.model_copy(), "
        f"C.model_json_schema()"
    )
    return _row(
        "pydantic",
        kind,
        setup,
        change,
        **{"make": "v = C(a=1, b=[2])", "looks": looks, "needs": ("pydantic",), **rest},
    )


_ENUM_LOOKS = "repr(v), str(v), v.name, v.value, v == v, hash(v), type(v), list(type(v))"

ROWS = (
    _row("classes", "object", _PLAIN, "v.a = 2", alias="w = {'held': v}"),
    _row("classes", "object, a list in it", _PLAIN),
    _row("classes", "object, an attribute deleted", _PLAIN, "del v.a", alias="w = [v]"),
    _row("classes", "object, an attribute of its class", "class C:\n    a, b = 1, [2]", make="v = C()"),
    _row(
        "classes",
        "object of objects",
        _PLAIN,
        "v.b.a = 9",
        make="v = C(1, C(2, [3]))",
        large="v = [C(n, [n]) for n in range(10_000)]",
        extent="10^4 objects",
    ),
    _row(
        "classes",
        "objects in a ring",
        _PLAIN,
        "v.b.b.a = 9",
        make="v = C(1, C(2, None)); v.b.b = v",
        looks="repr(v), v.a, v.b.a",
    ),
    _row(
        "classes",
        "object with slots",
        "class C:\n    __slots__ = ('a', 'b')\n    def __init__(self, a, b):\n        self.a, self.b = a, b",
        large="v = [C(n, [n]) for n in range(10_000)]",
        extent="10^4 objects",
    ),
    _row(
        "classes",
        "object with a cached property",
        f"import functools\n{_PLAIN}\n    @functools.cached_property\n    def area(self): return self.a ** 2",
        looks=f"{_LOOKS}, v.area",
    ),
    _row(
        "classes",
        "object with a property that counts",
        f"{_PLAIN}\n    seen = 0\n    @property\n    def p(self):\n        self.seen += 1\n    "
        f"    return self.seen",
        "v.p",
        alias="w = [v]",
    ),
    _row(
        "classes",
        "object with a private name",
        "class C:\n    def __init__(self):\n        self.a, self.b, self.__c = 1, [2], 3\n    "
        "def up(self): self.__c += 1",
        "v.up()",
        make="v = C()",
        alias="w = [v]",
    ),
    _row(
        "classes",
        "object with __getattr__",
        f"{_PLAIN}\n    def __getattr__(self, name):\n        raise AttributeError(name)",
    ),
    _row(
        "classes",
        "descriptor",
        "class D:\n    def __set_name__(self, o, n): self.n = '_' + n\n    def __get__(self, "
        "o, c=None): return getattr(o, self.n)\n    def __set__(self, o, x): setattr(o, "
        "self.n, x)\nclass C:\n    a, b = D(), D()\n    def __init__(self, a, b): self.a, "
        "self.b = a, b",
    ),
    _row(
        "classes",
        "generic class",
        "import typing\nT = typing.TypeVar('T')\nclass C(typing.Generic[T]):\n    def "
        "__init__(self, a, b): self.a, self.b = a, b",
        make="v = C[int](1, [2])",
    ),
    _data("", large="v = [C(n, [n]) for n in range(10_000)]", extent="10^4 objects"),
    _data("(frozen=True)"),
    _data("(slots=True)", change="v.a = 2", alias="w = (v,)"),
    _data("(frozen=True, slots=True)", large="v = [C(n, [n]) for n in range(10_000)]", extent="10^4 objects"),
    _data("(order=True, kw_only=True)", make="v = C(a=1, b=[2])", change="v.c = 2.5", alias="w = [v]"),
    _row(
        "dataclasses",
        "class of a dataclass",
        "import dataclasses",
        "v.c = 2",
        make=(
            "@dataclasses.dataclass\nclass v:\n    a: int = 1\n    b: list = "
            "dataclasses.field(default_factory=list)"
        ),
        alias="w = [v]",
        looks="repr(v), v.a, dataclasses.fields(v), v(), v(2, [3])",
    ),
    _attrs("define", large="v = [C(n, [n]) for n in range(10_000)]", extent="10^4 objects"),
    _attrs("define, an attribute set".partition(",")[0] + "(slots=False)", change="v.a = 2", alias="w = [v]"),
    _attrs("frozen"),
    _attrs("mutable(order=True)", change="v.a = 5", alias="w = [v]"),
    _row(
        "attrs",
        "class of attrs",
        "import attrs",
        "v.extra = 2",
        needs=("attrs",),
        alias="w = [v]",
        make="@attrs.define(slots=False)\nclass v:\n    a: int = 1\n    b: list = attrs.field(factory=list)",
        looks="repr(v), attrs.fields(v), v(), v(2, [3])",
    ),
    _pydantic(
        "BaseModel",
        "c: float = 1.5",
        large="v = [C(a=n, b=[n]) for n in range(10_000)]",
        extent="10^4 objects",
    ),
    _pydantic("BaseModel, a field set", "c: float = 1.5", "v.a = 2", alias="w = [v]"),
    _pydantic(
        "BaseModel, private",
        "_kept: list = pydantic.PrivateAttr(default_factory=list)",
        "v._kept.append(1)",
        alias="w = v._kept",
    ),
    _pydantic(
        "BaseModel, extra", "model_config = pydantic.ConfigDict(extra='allow')", "v.z = 3", alias="w = [v]"
    ),
    _pydantic("BaseModel, frozen", "model_config = pydantic.ConfigDict(frozen=True)"),
    _pydantic(
        "BaseModel, validated",
        "model_config = pydantic.ConfigDict(validate_assignment=True)",
        "v.a = 7",
        alias="w = [v]",
    ),
    _pydantic(
        "BaseModel, nested",
        "d: 'C | None' = None",
        "v.d.b.append(1)",
        make="v = C(a=1, d=C(a=2, b=[3]))",
        alias="w = v.d",
    ),
    _row(
        "pydantic",
        "dataclass",
        "import pydantic.dataclasses\n@pydantic.dataclasses.dataclass\nclass C:\n    a: int\n "
        "   b: list[int]",
        needs=("pydantic",),
    ),
    _row(
        "pydantic",
        "class of a model",
        "import pydantic",
        "v.K = 2",
        needs=("pydantic",),
        alias="w = [v]",
        make="import typing\nclass v(pydantic.BaseModel):\n    K: typing.ClassVar[int] = 1\n    a: int = 1",
        looks="repr(v), v(), v(a=2).model_dump(), v.model_json_schema(), v.model_fields",
    ),
    _row(
        "pydantic",
        "TypeAdapter",
        "import pydantic",
        "",
        needs=("pydantic",),
        make="v = pydantic.TypeAdapter(list[int])",
        alias="w = [v]",
        looks="repr(v), v.validate_python([1]), v.json_schema()",
        quality="opaque",
    ),
    _row(
        "enum",
        "member",
        "import enum\nclass E(enum.Enum):\n    A = 1\n    B = [2]",
        "",
        alias="w = [v]",
        make="v = E.A",
        looks=_ENUM_LOOKS,
    ),
    _row(
        "enum",
        "IntEnum",
        "import enum\nclass E(enum.IntEnum):\n    A = 1",
        "",
        alias="w = [v]",
        make="v = E.A",
        looks=f"{_ENUM_LOOKS}, v + 1",
    ),
    _row(
        "enum",
        "StrEnum",
        "import enum\nclass E(enum.StrEnum):\n    A = enum.auto()",
        "",
        alias="w = [v]",
        make="v = E.A",
        looks=f"{_ENUM_LOOKS}, v.upper()",
    ),
    _row(
        "enum",
        "Flag",
        "import enum\nclass E(enum.Flag):\n    A = 1\n    B = 2",
        "",
        alias="w = [v]",
        make="v = E.A | E.B",
        looks="repr(v), v.value, E.A in v, list(v), ~v, v & E.A",
    ),
)

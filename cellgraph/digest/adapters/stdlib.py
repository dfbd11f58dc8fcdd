"""Values of the standard library whose state is kept in C."""

from __future__ import annotations

import array
import datetime
import decimal
import marshal
import pathlib
import random
import re
import types
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import TEXT_BLOCK, blocks

_DATE, _DATETIME = datetime.date, datetime.datetime
_TIME, _DELTA = datetime.time, datetime.timedelta


@digests(int, bool)
def _int(value: Any, walk: Walk) -> bytes:
    return walk.visit(int.__int__(value))


@digests(float)
def _float(value: Any, walk: Walk) -> bytes:
    return walk.visit(float.__float__(value))


@digests(complex)
def _complex(value: Any, walk: Walk) -> bytes:
    return walk.visit(complex.__pos__(value))


@digests(str)
def _str(value: Any, walk: Walk) -> bytes:
    return walk.visit(str.__str__(value))


@digests(bytes)
def _bytes(value: Any, walk: Walk) -> bytes:
    return walk.visit(bytes.__getitem__(value, slice(None)))


@digests(bytearray, mutable=True)
def _bytearray(value: Any, walk: Walk) -> bytes:
    count = bytearray.__len__(value)
    if walk.sampling:
        stretches = blocks(count, TEXT_BLOCK)
        held = [bytes(bytearray.__getitem__(value, slice(*ends))) for ends in stretches]
        return walk.visit_own((count, held))
    walk.bytes_ahead(count)
    exact = value if type(value) is bytearray else bytearray.copy(value)
    return xxh3_128_digest(exact)


@digests(type(None), type(Ellipsis), type(NotImplemented))
def _singleton(value: object, walk: Walk) -> bytes:
    return b""


@digests(array.array, mutable=True)
def _array(value: Any, walk: Walk) -> bytes:
    count = array.array.__len__(value)
    code = _of(array.array, "typecode", value)
    walk.bytes_ahead(count * 8)
    if type(value) is array.array and not walk.sampling:
        return walk.visit((code, count)) + xxh3_128_digest(value)
    stretches = blocks(count, TEXT_BLOCK) if walk.sampling else [(0, count)]
    held = [array.array.tobytes(array.array.__getitem__(value, slice(*ends))) for ends in stretches]
    return walk.visit((code, count)) + walk.sequence(held)


@digests(datetime.date, leaf=True)
def _date(value: Any, walk: Walk) -> bytes:
    return walk.visit(datetime.date.toordinal(value))


@digests(datetime.timedelta, leaf=True)
def _timedelta(value: Any, walk: Walk) -> bytes:
    return walk.sequence([_of(_DELTA, name, value) for name in ("days", "seconds", "microseconds")])


@digests(datetime.time, leaf=True)
def _time(value: Any, walk: Walk) -> bytes:
    return _clock(_TIME, value, walk)


@digests(datetime.datetime, leaf=True)
def _datetime(value: Any, walk: Walk) -> bytes:
    return walk.visit(_DATE.toordinal(value)) + _clock(_DATETIME, value, walk)


@digests(datetime.timezone, leaf=True)
def _timezone(value: datetime.timezone, walk: Walk) -> bytes:
    return walk.sequence([datetime.timezone.utcoffset(value, None), datetime.timezone.tzname(value, None)])


@digests("zoneinfo.ZoneInfo")
def _zone(value: Any, walk: Walk) -> bytes:
    return walk.visit(value.key)


@digests(decimal.Decimal, leaf=True)
def _decimal(value: Any, walk: Walk) -> bytes:
    sign, digits, exponent = decimal.Decimal.as_tuple(value)
    return marshal.dumps((sign, digits, exponent), 2)


@digests(re.Pattern)
def _pattern(value: re.Pattern[Any], walk: Walk) -> bytes:
    return walk.sequence([value.pattern, value.flags])


@digests(pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath)
def _path(value: pathlib.PurePath, walk: Walk) -> bytes:
    """By its text: the slots of a path are caches that its use fills."""
    return walk.visit(pathlib.PurePath.__str__(value))


_ARGUMENTS = BaseException.__dict__["args"].__get__


@digests(BaseException, family=True)
def _exception(value: BaseException, walk: Walk) -> bytes:
    """The arguments. A traceback holds frames, and they hold everything."""
    return walk.visit(_ARGUMENTS(value))


_RANDOM_STATE = class_reflection.namespace(class_reflection.bases(random.Random)[0])["getstate"]


@digests(random.Random)
def _random(value: Any, walk: Walk) -> bytes:
    """By state, but for the one behind ``random.random``: every draw anywhere changes that."""
    if value is random.random.__self__:  # type: ignore[attr-defined]
        return b"global"
    walk.note(value)
    getter = class_reflection.instance_dict_getter(type(value))
    state = getter(value) if getter is not None else {}
    return walk.visit_own(_RANDOM_STATE(value)) + walk.visit(state.get("gauss_next"))


@digests(types.SimpleNamespace, mutable=True)
def _namespace(value: Any, walk: Walk) -> bytes:
    return walk.visit(_NAMESPACE_DICT(value))


_NAMESPACE_DICT = types.SimpleNamespace.__dict__["__dict__"].__get__


def _clock(cls: Any, value: Any, walk: Walk) -> bytes:
    names = ("hour", "minute", "second", "microsecond", "fold", "tzinfo")
    return walk.sequence([_of(cls, name, value) for name in names])


def _of(cls: type, name: str, value: object) -> Any:
    return cls.__dict__[name].__get__(value)

"""Types of the standard library whose state is kept in C."""

from __future__ import annotations

import array
import datetime
import decimal
import marshal
import pathlib
import random
import re
import types
from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.part_paths import attribute_path
from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_attributes, by_members, by_part, by_type
from cellgraph.digest.protocol import Part, Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import TEXT_BLOCK, blocks
from cellgraph.digest.value_parts import MAX_PARTS

_CLOCK = ("hour", "minute", "second", "microsecond", "fold", "tzinfo")
_time_of_day = by_members(datetime.datetime, *_CLOCK)


digests(int, bool)(by_part(int.__int__))


digests(float)(by_part(float.__float__))


digests(complex)(by_part(complex.__pos__))


digests(str)(by_part(str.__str__))


digests(bytes)(by_part(lambda value: bytes.__getitem__(value, slice(None))))


@digests(bytearray, mutable=True, size=lambda value: f"length {bytearray.__len__(value)}")
def _bytearray(value: Any, walk: Walk) -> bytes:
    count = bytearray.__len__(value)
    if walk.sampling:
        stretches = blocks(count, TEXT_BLOCK)
        held = [bytes(bytearray.__getitem__(value, slice(*ends))) for ends in stretches]
        return walk.visit_untracked((count, held))
    walk.bytes_ahead(count)
    exact = value if type(value) is bytearray else bytearray.copy(value)
    return xxh3_128_digest(exact)


digests(type(None), type(Ellipsis), type(NotImplemented))(by_type)


_TYPE_CODE = array.array.__dict__["typecode"].__get__


@digests(array.array, mutable=True)
def _array(value: Any, walk: Walk) -> bytes:
    count = array.array.__len__(value)
    code = _TYPE_CODE(value)
    walk.bytes_ahead(count * 8)
    if type(value) is array.array and not walk.sampling:
        return walk.visit((code, count)) + xxh3_128_digest(value)
    stretches = blocks(count, TEXT_BLOCK) if walk.sampling else [(0, count)]
    held = [array.array.tobytes(array.array.__getitem__(value, slice(*ends))) for ends in stretches]
    return walk.visit((code, count)) + walk.sequence(held)


digests(datetime.date, leaf=True)(by_part(datetime.date.toordinal))


digests(datetime.timedelta, leaf=True)(by_members(datetime.timedelta, "days", "seconds", "microseconds"))


digests(datetime.time, leaf=True)(by_members(datetime.time, *_CLOCK))


@digests(datetime.datetime, leaf=True)
def _datetime(value: Any, walk: Walk) -> bytes:
    return walk.visit(datetime.date.toordinal(value)) + _time_of_day(value, walk)


@digests(datetime.timezone, leaf=True)
def _timezone(value: datetime.timezone, walk: Walk) -> bytes:
    return walk.sequence([datetime.timezone.utcoffset(value, None), datetime.timezone.tzname(value, None)])


digests("zoneinfo.ZoneInfo")(by_attributes("key"))


@digests(decimal.Decimal, leaf=True)
def _decimal(value: Any, walk: Walk) -> bytes:
    sign, digits, exponent = decimal.Decimal.as_tuple(value)
    return marshal.dumps((sign, digits, exponent), 2)


digests(re.Pattern)(by_attributes("pattern", "flags"))


# A path's text: its slots are caches that use fills.
digests(pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath)(
    by_part(pathlib.PurePath.__str__)
)


# The arguments, without the traceback: its frames refer to every variable.
digests(BaseException, family=True)(by_members(BaseException, "args"))


_RANDOM_STATE = class_reflection.namespace(class_reflection.bases(random.Random)[0])["getstate"]


@digests(random.Random)
def _random(value: Any, walk: Walk) -> bytes:
    """The state.

    The generator behind ``random.random`` goes by identity, as every draw anywhere changes it.
    """
    if value is random.random.__self__:  # type: ignore[attr-defined]
        return b"global"
    walk.note(value)
    getter = class_reflection.instance_dict_getter(type(value))
    state = getter(value) if getter is not None else {}
    return walk.visit_untracked(_RANDOM_STATE(value)) + walk.visit(state.get("gauss_next"))


def _attributes(value: Any, walk: Walk) -> Iterable[Part]:
    """One part for each attribute, in the way of a dict and its items."""
    held = class_reflection.namespace(types.SimpleNamespace)["__dict__"].__get__(value)
    if dict.__len__(held) > MAX_PARTS or any(type(name) is not str for name in dict.keys(held)):
        return
    for name, member in dict.items(held):
        yield attribute_path(name), walk.visit(member), member


digests(types.SimpleNamespace, mutable=True, parts=_attributes)(by_members(types.SimpleNamespace, "__dict__"))

"""The types of the language."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_COMMON = "repr(v), str(v), v == v, type(v), isinstance(v, object), bool(v)"
_SIZED = f"{_COMMON}, len(v), list(v), [x for x in v], id(v)"


def _row(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    return Row("builtins", kind, f"v = {make}", change, **{"looks": _COMMON, **rest})


def _holder(kind: str, make: str, change: str, size: str, **rest: Any) -> Row:
    given = {"looks": _SIZED, "large": f"v = {size}", "extent": "10^6 elements", **rest}
    return Row("builtins", kind, f"v = {make}", change, **given)


ROWS = (
    _row("int", "10 ** 40", looks=f"{_COMMON}, v + 1, hash(v), v.bit_length()"),
    _row("float", "2.5", looks=f"{_COMMON}, v / 3, hash(v), round(v)"),
    _row("complex", "2 + 1j", looks=f"{_COMMON}, abs(v), v.real"),
    _row("bool", "True"),
    _row("None", "None"),
    _row("Ellipsis", "..."),
    _row("NotImplemented", "NotImplemented", looks="repr(v), type(v)"),
    _row(
        "str",
        "'price ' * 3",
        looks=f"{_SIZED}, v.upper(), hash(v)",
        large="v = 'word ' * 200_000",
        extent="10^6 elements",
    ),
    _row(
        "bytes",
        "b'price' * 3",
        looks=f"{_SIZED}, v.hex()",
        large="v = bytes(1_000_000)",
        extent="10^6 elements",
    ),
    _holder(
        "bytearray",
        "bytearray(b'abc')",
        "v[0] = 0",
        "bytearray(1_000_000)",
        alias="w = memoryview(v)",
        looks=f"{_SIZED}, v.hex(), bytes(v)",
    ),
    _holder(
        "list",
        "[1, 'a', 2.5]",
        "v.append(4)",
        "list(range(1_000_000))",
        looks=f"{_SIZED}, v.index(1), v.count(2), v[:2], v + v, max([1, *v[:1]])",
    ),
    _holder(
        "list of lists",
        "[[1], [2, [3]]]",
        "v[1][1].append(4)",
        "[[n] for n in range(300_000)]",
        alias="w = v[1]",
        extent="3·10^5 lists",
    ),
    _holder("list of floats", "[1.5, 2.5]", "v.sort(reverse=True)", "[n / 7 for n in range(1_000_000)]"),
    _holder("list of str", "['a', 'b']", "v.reverse()", "[str(n) for n in range(1_000_000)]"),
    _holder(
        "list that holds itself",
        "[1]; v.append(v)",
        "v.append(2)",
        "[0] * 1_000; v.append(v)",
        looks="repr(v), len(v)",
        extent="10^3 elements",
    ),
    _holder("tuple", "(1, 'a', [2])", "v[2].append(3)", "tuple(range(1_000_000))", alias="w = v[2]"),
    _holder(
        "dict",
        "{'lr': 0.1, 'layers': [1, 2]}",
        "v['lr'] = 0.2",
        "{n: n for n in range(1_000_000)}",
        looks=f"{_SIZED}, v['lr'], v.get('x'), v.items(), v.keys(), 'lr' in v, dict(v), {{**v}}",
    ),
    _holder(
        "dict of dicts",
        "{'a': {'b': {'c': 1}}}",
        "v['a']['b']['c'] = 2",
        "{str(n): {'k': n} for n in range(300_000)}",
        alias="w = v['a']['b']",
        extent="3·10^5 dicts",
    ),
    _holder("dict with int keys", "{1: 'a', 2: 'b'}", "del v[1]", "{n: str(n) for n in range(1_000_000)}"),
    _holder(
        "dict keys",
        "d.keys()",
        "d['x'] = 1",
        "{n: n for n in range(1_000_000)}.keys()",
        setup="d = {'a': 1}",
        alias="w = d",
    ),
    _holder(
        "dict items",
        "d.items()",
        "d['a'] = 2",
        "{n: n for n in range(1_000_000)}.items()",
        setup="d = {'a': 1}",
        alias="w = d",
    ),
    _holder("set", "{1, 2, 3}", "v.add(4)", "set(range(1_000_000))", looks=f"{_SIZED}, 1 in v, v | {{9}}"),
    _holder(
        "set of tuples",
        "{(1, 'a'), (2, 'b')}",
        "v.discard((1, 'a'))",
        "{(n, n) for n in range(100_000)}",
        extent="10^5 elements",
    ),
    _holder("frozenset", "frozenset({1, 2, 3})", "", "frozenset(range(1_000_000))"),
    _row("range", "range(0, 100, 7)", looks=_SIZED),
    _row("slice", "slice(1, 10, 2)", looks="repr(v), v.start, v.indices(5)"),
    _row(
        "memoryview",
        "memoryview(b)[1:]",
        "b[2] = 7",
        setup="b = bytearray(b'abcdef')",
        alias="w = b",
        looks="repr(v), len(v), bytes(v), v.tolist(), v.format, v.shape, v[0]",
        large="v = memoryview(bytearray(100_000_000))",
        extent="100 MB",
    ),
    _row(
        "memoryview of an array",
        "memoryview(a)",
        "v[0] = 7",
        setup="import array; a = array.array('l', [1, 2])",
        alias="w = a",
        looks="repr(v), len(v), bytes(v), v.tolist()",
    ),
    _row("exception", "ValueError('no', [1])", "v.args[1].append(2)", looks="repr(v), str(v), v.args"),
    _row(
        "exception that was raised",
        "caught()",
        "v.add_note('more')",
        setup="def caught():\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        return e",
        looks="repr(v), str(v), v.__traceback__, v.args",
    ),
    _row(
        "exception group",
        "ExceptionGroup('all', [ValueError(1)])",
        "v.add_note('x')",
        looks="repr(v), v.exceptions",
    ),
    _row("type", "dict", looks="repr(v), v.__mro__, v.__name__"),
    _row("generic alias", "dict[str, list[int]]", looks="repr(v), v.__args__, v.__origin__"),
    _row("union type", "int | None", looks="repr(v), v.__args__"),
    _row("code", "compile('a + 1', 'f', 'eval')", looks="repr(v), v.co_names, eval(v, {'a': 1})"),
    _row("property", "property(lambda self: 1)", looks="repr(v), v.fget"),
    _row(
        "mappingproxy",
        "types.MappingProxyType(d)",
        "d['b'] = 2",
        setup="import types; d = {'a': 1}",
        alias="w = d",
        looks="repr(v), len(v), v['a'], list(v.items())",
    ),
    _row("object()", "object()", looks="repr(v), hash(v)", quality="exact"),
)

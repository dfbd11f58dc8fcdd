"""numpy: arrays of every kind of element and layout, random generators, and what goes with them."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = "import numpy as np"
_LOOK = "repr(v), v.shape, v.dtype, len(v), v[0], v.tolist()"


def _array(kind: str, make: str, change: str = "v[0] = v[1]", **rest: Any) -> Row:
    return Row("numpy", kind, f"v = {make}", change, **{"setup": _IMPORT, "looks": _LOOK, **rest})


def _random(kind: str, make: str, change: str, **rest: Any) -> Row:
    return Row("numpy", kind, f"v = {make}", change, **{"setup": _IMPORT, "looks": "repr(v)", **rest})


ROWS: tuple[Row, ...] = (
    _array(
        "ndarray int64",
        "np.arange(6)",
        alias="w = v[2:]",
        change="v[3] = 9",
        large="v = np.arange(12_500_000)",
        extent="100 MB",
    ),
    _array(
        "ndarray float64",
        "np.linspace(0, 1, 6)",
        alias="w = v.reshape(2, 3).T",
        looks=f"{_LOOK}, v.mean(), v.argsort(), v @ v",
        large="v = np.ones((12_500, 1000))",
        extent="100 MB",
    ),
    _array("ndarray bool", "np.array([True, False, True])", "v[:] = ~v", alias="w = {'mask': v}"),
    _array("ndarray complex", "np.array([1j, 2, 3])", "v *= 2", alias="w = v.real"),
    _array("ndarray float16", "np.arange(4, dtype='f2')", alias="w = v.view('u2')"),
    _array("ndarray longdouble", "np.arange(3, dtype='g') / 3"),
    _array(
        "ndarray of text",
        "np.array(['a', 'bc'])",
        large="v = np.full(2_500_000, 'abcdefghij')",
        extent="100 MB",
    ),
    _array("ndarray of bytes", "np.array([b'a', b'bc'])"),
    _array("ndarray StringDType", "np.array(['a', 'b' * 40], dtype=np.dtypes.StringDType())"),
    _array("ndarray datetime64", "np.arange('2024-01', '2024-04', dtype='M8[D]')", alias="w = v[:5]"),
    _array("ndarray timedelta64", "np.array([1, 2], 'm8[s]')", "v += np.timedelta64(1, 's')"),
    _array(
        "ndarray of objects",
        "np.array([{'a': 1}, [2], 'x'], dtype=object)",
        "v[1].append(3)",
        alias="w = v[1]",
        large="v = np.array([str(n) for n in range(1_000_000)], dtype=object)",
        extent="10^6 elements",
    ),
    _array(
        "structured array",
        "np.array([(1, 2.0), (3, 4.0)], dtype=[('a', 'i4'), ('b', 'f8')])",
        "v['b'][0] = 7",
        alias="w = v['b']",
    ),
    _array(
        "recarray",
        "np.rec.array([(1, 2.0), (3, 4.0)], dtype=[('a', 'i4'), ('b', 'f8')])",
        "v.a[0] = 7",
        looks="repr(v), v.a, v.b.mean(), v[0]",
    ),
    _array(
        "matrix",
        "np.asmatrix([[1, 2], [3, 4]])",
        "v[0, 0] = 9",
        alias="w = v.T",
        looks="repr(v), v.shape, v * v",
    ),
    _array(
        "MaskedArray",
        "np.ma.array([1, 2, 3], mask=[0, 1, 0])",
        "v[0] = np.ma.masked",
        looks="repr(v), v.mean(), v.filled(0), v.compressed(), v.mask, len(v)",
        large="v = np.ma.masked_less(np.arange(11_000_000), 5)",
        extent="100 MB",
    ),
    _array(
        "memmap",
        "np.memmap(path, 'i4', 'w+', shape=(4,))",
        "v[1] = 5",
        setup=f"{_IMPORT}\nimport tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'a.bin')",
        alias="w = v[1:]",
    ),
    _array(
        "view that cannot be written to",
        "np.broadcast_to(base, (2, 3))",
        "base[0] = 9",
        setup=f"{_IMPORT}\nbase = np.arange(3)",
        alias="w = base",
    ),
    _array(
        "array of size zero",
        "np.empty((0, 3))",
        "v.resize((1, 3), refcheck=False)",
        looks="repr(v), v.shape, len(v), v.sum()",
    ),
    _array("array of no dimension", "np.array(5.0)", "v[()] = 6", looks="repr(v), v.item(), v + 1"),
    _array("strided view", "np.arange(12)[::3]", alias="w = v.base"),
    _array(
        "Fortran order",
        "np.asfortranarray(np.arange(12.0).reshape(3, 4))",
        "v[1, 1] = 0",
        alias="w = v[:, 1]",
    ),
    _array("flatiter", "np.arange(4).flat", "next(v)", looks="repr(v), v.index, v.coords, len(v)"),
    _random("dtype", "np.dtype([('a', 'i4'), ('b', 'f8')])", ""),
    _random("scalar", "np.float32(1.5)", "", looks="repr(v), v + 1, v.item()"),
    _random("Generator", "np.random.default_rng(1)", "x = v.random(3)", alias="w = v.bit_generator"),
    _random("RandomState", "np.random.RandomState(1)", "x = v.rand(3)"),
    _random("PCG64", "np.random.PCG64(1)", "x = v.random_raw()", alias="w = np.random.Generator(v)"),
    _random("MT19937", "np.random.MT19937(1)", "x = v.random_raw()"),
    _random(
        "SeedSequence", "np.random.SeedSequence(1)", "x = v.spawn(2)", looks="repr(v), v.entropy, v.state"
    ),
    _random("ufunc", "np.add", "", looks="repr(v), v(1, 2), v.reduce([1, 2])"),
    _random("vectorize", "np.vectorize(abs, otypes=[int])", "", looks="repr(v), v([1, -2])"),
    _random(
        "Polynomial",
        "np.polynomial.Polynomial([1, 2])",
        "v.coef[0] = 3",
        looks="repr(v), v(2), v.deriv(), v.roots()",
    ),
    _random("poly1d", "np.poly1d([1, 2])", "v[0] = 5", looks="repr(v), v(2), v.roots, v.order"),
    _random("busdaycalendar", "np.busdaycalendar(holidays=['2024-01-01'])", "", looks="v.holidays"),
    _random("nditer", "np.nditer(np.arange(3))", "", quality="opaque"),
)

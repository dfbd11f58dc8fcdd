"""Recorded values of a pipeline's steps: reading them, and comparing values with a tolerance.

Values are JSON with the types that JSON lacks spelled out. Frames are parquet and arrays npz files beside it.
Nothing is pickled.
"""

from __future__ import annotations

import base64
import copyreg
import hashlib
import io
import json
import math
import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

RTOL = 1e-6
"""Relative tolerance of numbers. Sums in another order, on another processor, differ by less."""
ATOL = 1e-9
LARGE = 2_000
"""Elements of an array in an object that are compared one by one; of a larger one a sample is."""
DEEPEST = 12
NUMBERS = "biufcmMSU"
"""Kinds of numpy's dtypes whose elements are numbers, times or texts."""


# -- reading -----------------------------------------------------------------------------------------------


def load(folder: Path, name: str) -> Any:
    """A recorded value."""
    return decoded(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")), folder)


def work_folder(root: Path, files: Iterable[str]) -> Path:
    """A folder so deep below ``root`` that files named from it (``../data/x.csv``) lie below ``root`` too."""
    depth = max((name.split("/").count("..") for name in files), default=0)
    folder = root.joinpath(*["folder"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept_name(name: str) -> str:
    """Where a file is kept in ``data/files``."""
    return name.replace("../", "above/")


def decoded(held: Any, folder: Path) -> Any:
    """The value that JSON stands for. Files are in ``folder``."""
    if isinstance(held, list):
        return [decoded(part, folder) for part in held]
    return _READERS[held["type"]](held, folder) if isinstance(held, dict) else held


def _dict(held: dict[str, Any], folder: Path) -> Any:
    return {decoded(key, folder): decoded(part, folder) for key, part in held["items"]}


def _pandas_frame(held: dict[str, Any], folder: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(folder / held["file"])


def _pandas_series(held: dict[str, Any], folder: Path) -> Any:
    return _pandas_frame(held, folder)["value"].rename(held["name"])


def _timestamp(held: dict[str, Any], folder: Path) -> Any:
    import pandas as pd

    return pd.Timestamp(held["text"])


def _polars_frame(held: dict[str, Any], folder: Path) -> Any:
    import polars as pl

    return pl.read_parquet(folder / held["file"])


def _array(held: dict[str, Any], folder: Path) -> Any:
    import numpy as np

    return np.load(folder / held["file"], allow_pickle=False)["value"]


def _tensor(held: dict[str, Any], folder: Path) -> Any:
    import torch

    return torch.from_numpy(_array(held, folder))


_READERS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": _dict,
    "tuple": lambda held, folder: tuple(decoded(held["items"], folder)),
    "set": lambda held, folder: set(decoded(held["items"], folder)),
    "frozenset": lambda held, folder: frozenset(decoded(held["items"], folder)),
    "date": lambda held, _: date.fromisoformat(held["text"]),
    "datetime": lambda held, _: datetime.fromisoformat(held["text"]),
    "timedelta": lambda held, _: timedelta(seconds=held["seconds"]),
    "Path": lambda held, _: Path(held["text"]),
    "pandas.DataFrame": _pandas_frame,
    "pandas.Series": _pandas_series,
    "pandas.Timestamp": _timestamp,
    "polars.DataFrame": _polars_frame,
    "polars.Series": lambda held, folder: _polars_frame(held, folder).to_series(),
    "numpy.ndarray": _array,
    "numpy scalar": lambda held, folder: _array(held, folder)[0],
    "torch.Tensor": _tensor,
}


# -- comparing ---------------------------------------------------------------------------------------------


def assert_same(now: Any, then: Any, where: str = "value") -> None:
    """Raise AssertionError where two values differ in type, in shape, or in numbers beyond the tolerance."""
    assert type(now) is type(then), f"{where}: a {type(now).__name__}, was a {type(then).__name__}"
    library = type(now).__module__.partition(".")[0]
    if isinstance(now, dict):
        assert list(now) == list(then), f"{where}: other keys"
        for key in now:
            assert_same(now[key], then[key], f"{where}[{key!r}]")
    elif isinstance(now, list | tuple):
        assert len(now) == len(then), f"{where}: {len(now)} elements, were {len(then)}"
        for place, (one, other) in enumerate(zip(now, then, strict=True)):
            assert_same(one, other, f"{where}[{place}]")
    elif library in _COMPARED:
        _COMPARED[library](now, then, where)
    elif isinstance(now, float):
        both_missing = math.isnan(now) and math.isnan(then)
        same = both_missing or math.isclose(now, then, rel_tol=RTOL, abs_tol=ATOL)
        assert same, f"{where}: {now!r}, was {then!r}"
    else:
        assert now == then, f"{where}: {now!r}, was {then!r}"


def _assert_pandas(now: Any, then: Any, where: str) -> None:
    import pandas as pd

    if isinstance(now, pd.DataFrame):
        pd.testing.assert_frame_equal(now, then, rtol=RTOL, atol=ATOL, check_freq=False, obj=where)
    elif isinstance(now, pd.Series):
        pd.testing.assert_series_equal(now, then, rtol=RTOL, atol=ATOL, check_freq=False, obj=where)
    else:
        assert now == then or (now is pd.NaT and then is pd.NaT), f"{where}: {now!r}, was {then!r}"


def _assert_polars(now: Any, then: Any, where: str) -> None:
    from polars import testing

    kind = "frame" if type(now).__name__ == "DataFrame" else "series"
    getattr(testing, f"assert_{kind}_equal")(now, then, rel_tol=RTOL, abs_tol=ATOL)


def _assert_tensor(now: Any, then: Any, where: str) -> None:
    assert now.dtype == then.dtype, f"{where}: {now.dtype}, was {then.dtype}"
    _assert_array(now.detach().cpu().numpy(), then.detach().cpu().numpy(), where)


def _assert_array(now: Any, then: Any, where: str) -> None:
    import numpy as np

    assert now.dtype == then.dtype, f"{where}: {now.dtype}, was {then.dtype}"
    assert now.shape == then.shape, f"{where}: shape {now.shape}, was {then.shape}"
    if now.dtype.kind in "fc":
        np.testing.assert_allclose(now, then, rtol=RTOL, atol=ATOL, err_msg=where)
    else:
        np.testing.assert_array_equal(now, then, err_msg=where)


_COMPARED = {
    "numpy": _assert_array,
    "pandas": _assert_pandas,
    "polars": _assert_polars,
    "torch": _assert_tensor,
}


def assert_facts(now: Any, then: dict[str, Any], where: str = "value") -> None:
    """Raise AssertionError where an object does not consist of what was recorded of it."""
    found = facts(now)
    for place, held in then.items():
        assert place in found, f"{where}: there is no {place}"
        assert_same(found[place], held, f"{where}{place}")


def kind_of(value: Any) -> dict[str, Any]:
    """The type of a value with its shape, its columns and their types, and no element of it."""
    found: dict[str, Any] = {"type": f"{type(value).__module__}.{type(value).__qualname__}"}
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        types = list(map(str, value.dtypes))
        found["columns"] = dict(zip(map(str, value.columns), types, strict=True))
    elif hasattr(value, "dtype"):
        found["dtype"] = str(value.dtype)
    if hasattr(value, "shape"):
        found["shape"] = list(value.shape)
    elif isinstance(value, list | tuple | dict | set):
        found["length"] = len(value)
    return found


# -- objects that cannot be stored -------------------------------------------------------------------------


def facts(value: Any) -> dict[str, Any]:
    """An object in plain values, by their places in it. Large parts are told by a digest of their bytes."""
    found: dict[str, Any] = {}
    _gather(value, "", found, set(), 0)
    return found


def _gather(value: Any, place: str, found: dict[str, Any], around: set[int], depth: int) -> None:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if value is None or kind in (bool, int, float, str):
        found[place] = value
    elif kind in (bytes, bytearray):
        found[place] = hashlib.sha256(value).hexdigest()
    elif name.startswith("numpy.") and hasattr(value, "dtype") and value.dtype.kind != "O":
        found[place] = _of_array(value)
    elif isinstance(value, io.IOBase):
        found[place] = "a stream"
    elif (name.startswith("numpy.random.") and place) or id(value) in around or depth > DEEPEST:
        found[place] = name
    else:
        found[f"{place}:type"] = name
        for part, held in _parts(value, name).items():
            _gather(held, place + part, found, around | {id(value)}, depth + 1)


def _of_array(value: Any) -> Any:
    """The elements of a small array. Of a large one a digest; of fractions their sum and a sample."""
    if value.size <= LARGE and value.dtype.kind in NUMBERS:
        return value.astype(str).tolist() if value.dtype.kind in "mM" else value.tolist()
    if value.dtype.kind == "f":
        import numpy as np

        flat = value.ravel()
        few = flat[:: max(1, flat.size // LARGE)].tolist()
        return [str(value.shape), float(np.nansum(flat)), float(np.nansum(np.abs(flat))), *few]
    return f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"


def _parts(value: Any, name: str) -> dict[str, Any]:
    library = name.partition(".")[0]
    if isinstance(value, dict):
        return {f"[{key!r}]": held for key, held in value.items()}
    if isinstance(value, set | frozenset):
        value = sorted(value, key=repr)
    if isinstance(value, list | tuple):
        return {f"[{at}]": held for at, held in enumerate(value)}
    if callable(value) and hasattr(value, "__qualname__"):
        return {".name": value.__qualname__}
    return _of_library(value, library) or {f".{key}": held for key, held in _state(value).items()}


def _of_library(value: Any, library: str) -> dict[str, Any]:
    """The elements of a frame, an array of objects, or a tensor; empty for other values."""
    if library == "pandas" and hasattr(value, "to_numpy"):
        return {".columns": list(map(str, getattr(value, "columns", ()))), ".values": value.to_numpy()}
    if library == "torch" and hasattr(value, "detach"):
        return {".values": value.detach().cpu().numpy()}
    if library == "numpy" and hasattr(value, "tolist"):
        return {".values": value.tolist()}
    return {}


def _state(value: Any) -> dict[str, Any]:
    """What an object consists of, as copying it would take it; empty where it does not say."""
    if type(value) in copyreg.dispatch_table:
        return {}
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:  # noqa: BLE001 - a connection or a lock has nothing to compare
        return {}
    if isinstance(reduced, str):
        return {"name": reduced}
    given, state = reduced[1], reduced[2] if len(reduced) > 2 else None
    arguments = {f"argument{at}": held for at, held in enumerate(given) if not isinstance(held, type)}
    return {**arguments, **(state if isinstance(state, dict) else {"state": state})}


# -- random numbers ----------------------------------------------------------------------------------------


def set_random_state(state: dict[str, Any]) -> None:
    """Set the global random generators as they were when a step was recorded."""
    if "random" in state:
        version, numbers, gauss = state["random"]
        random.setstate((version, tuple(numbers), gauss))
    if "numpy" in state:
        import numpy as np

        kind, keys, *rest = state["numpy"]
        np.random.set_state((kind, np.array(keys, dtype="uint32"), *rest))
    if "torch" in state:
        import torch

        torch.set_rng_state(torch.frombuffer(bytearray(base64.b64decode(state["torch"])), dtype=torch.uint8))

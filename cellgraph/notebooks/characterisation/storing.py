"""Values as JSON with files beside it: what ``recorded`` reads back. Nothing is pickled."""

from __future__ import annotations

import base64
import json
import random
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cellgraph.notebooks.characterisation.recorded import NUMBERS

_MOST_PARTS = 100_000
"""Elements of containers that are stored one by one."""


class CannotStoreError(TypeError):
    """A value is of a type that is rebuilt by the steps above instead of being stored."""


def store(value: Any, folder: Path, name: str) -> None:
    """Write a value as ``NAME.json``, with files beside it. Raises CannotStoreError."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_Writer(folder).encoded(value, name), indent=1)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


class _Writer:
    """Encodes one value."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = 0

    def encoded(self, value: Any, name: str) -> Any:
        """The value as JSON. ``name`` begins the names of its files."""
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise CannotStoreError("a container of too many elements")
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind in (list, tuple, set, frozenset):
            items = sorted(value, key=repr) if kind in (set, frozenset) else value
            parts = [self.encoded(item, f"{name}-{at}") for at, item in enumerate(items)]
            return parts if kind is list else {"type": kind.__name__, "items": parts}
        if kind is dict:
            pairs = enumerate(dict.items(value))
            held = [
                [self.encoded(k, f"{name}-{at}k"), self.encoded(v, f"{name}-{at}")] for at, (k, v) in pairs
            ]
            return {"type": "dict", "items": held}
        return self._object(value, name)

    def _object(self, value: Any, name: str) -> dict[str, Any]:
        kind = type(value)
        full = f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
        if isinstance(value, Path):
            return {"type": "Path", "text": str(value)}
        if full.startswith("numpy.") and hasattr(value, "dtype"):
            full = "numpy.ndarray" if full == "numpy.ndarray" else "numpy scalar"
        write = _WRITERS.get(full)
        if write is None:
            raise CannotStoreError(f"a {kind.__module__}.{kind.__qualname__}")
        return {"type": full.removeprefix("datetime."), **write(value, self.folder, name)}


def _pandas_frame(value: Any, folder: Path, name: str) -> dict[str, Any]:
    """A frame as parquet, if reading it gives the same back."""
    import pandas as pd

    place = folder / f"{name}.parquet"
    try:
        value.to_parquet(place)
        pd.testing.assert_frame_equal(pd.read_parquet(place), value, check_freq=False)
    except Exception as error:
        place.unlink(missing_ok=True)
        raise CannotStoreError(f"a frame that parquet does not give back ({error})") from error
    return {"file": place.name}


def _pandas_series(value: Any, folder: Path, name: str) -> dict[str, Any]:
    if value.name is not None and type(value.name) is not str:
        raise CannotStoreError("a series whose name is no text")
    return {**_pandas_frame(value.to_frame("value"), folder, name), "name": value.name}


def _polars_frame(value: Any, folder: Path, name: str) -> dict[str, Any]:
    import polars as pl

    place = folder / f"{name}.parquet"
    value.write_parquet(place)
    if not pl.read_parquet(place).equals(value) or pl.read_parquet(place).schema != value.schema:
        place.unlink(missing_ok=True)
        raise CannotStoreError("a frame that parquet does not give back")
    return {"file": place.name}


def _array(value: Any, folder: Path, name: str) -> dict[str, Any]:
    import numpy as np

    if value.dtype.kind not in NUMBERS:
        raise CannotStoreError(f"an array of {value.dtype}")
    np.savez_compressed(folder / f"{name}.npz", value=value)
    return {"file": f"{name}.npz"}


def _tensor(value: Any, folder: Path, name: str) -> dict[str, Any]:
    if value.requires_grad:
        raise CannotStoreError("a tensor that knows how it was made")
    return _array(value.cpu().numpy(), folder, name)


def _text(value: Any, folder: Path, name: str) -> dict[str, Any]:
    return {"text": value.isoformat()}


_WRITERS: Mapping[str, Callable[[Any, Path, str], dict[str, Any]]] = MappingProxyType(
    {
        f"datetime.{date.__name__}": _text,
        f"datetime.{datetime.__name__}": _text,
        f"datetime.{timedelta.__name__}": lambda value, *_: {"seconds": value.total_seconds()},
        "numpy.ndarray": _array,
        "numpy scalar": lambda value, folder, name: _array(value.reshape(1), folder, name),
        "pandas.DataFrame": _pandas_frame,
        "pandas.Series": _pandas_series,
        "pandas.Timestamp": _text,
        "polars.DataFrame": _polars_frame,
        "polars.Series": lambda value, folder, name: _polars_frame(value.to_frame(), folder, name),
        "torch.Tensor": _tensor,
    }
)


def random_state() -> dict[str, Any]:
    """The states of the global random generators of Python, numpy and torch, as JSON takes them."""
    version, numbers, gauss = random.getstate()
    found: dict[str, Any] = {"random": [version, list(numbers), gauss]}
    if "numpy" in sys.modules:
        kind, keys, *rest = sys.modules["numpy"].random.get_state()
        found["numpy"] = [kind, keys.tolist(), *rest]
    if "torch" in sys.modules:
        state = sys.modules["torch"].get_rng_state().numpy().tobytes()
        found["torch"] = base64.b64encode(state).decode()
    return found

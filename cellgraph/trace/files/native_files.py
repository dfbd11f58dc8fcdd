"""Functions of libraries that open a file in code of their own, in C++ or Rust, where Python does not see it.

They are written in Python themselves. What they are given when they start says which file it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType

_PARAMETERS: Mapping[str, str] = {
    "polars DataFrame.write_": "file workbook",
    "polars LazyFrame.sink_": "path",
    "polars read_": "source",
    "polars scan_": "source",
    "torch save": "f",
    "torch load": "f",
    "lightgbm Booster.save_model": "filename",
    "lightgbm Booster.__init__": "model_file",
    "xgboost Booster.save_model": "fname",
    "xgboost Booster.load_model": "fname",
    "pyarrow write_table": "where",
    "pyarrow read_table": "source",
    "pyarrow ParquetFile.__init__": "source",
    "pyarrow ParquetWriter.__init__": "where",
    "pyarrow write_feather": "dest",
    "pyarrow read_feather": "source",
    "catboost CatBoost.save_model": "fname",
    "catboost CatBoost.load_model": "fname",
    "h5py File.__init__": "name",
    "safetensors save_file": "filename",
    "safetensors load_file": "filename",
}
"""Library and qualified name, or how it begins, with the parameters that may be the path."""
_CALLERS = 8
"""Callers that are looked at."""
NATIVE = tuple({entry.partition(" ")[2] for entry in _PARAMETERS})
"""How the qualified names of all of them begin."""


def opens_natively(frame: FrameType) -> bool:
    """Whether a function that starts, and whose name begins like one of these, is one."""
    return _parameters(frame) != ""


def path_given(frame: FrameType) -> object:
    """What the function that starts is given as its path. None if it is given nothing of the kind.

    ``write_csv`` of polars calls ``sink_csv``: the file is opened once. So inner calls are given none.
    """
    if _is_inside_another(frame):
        return None
    held = frame.f_locals
    names = _parameters(frame).split()
    return next((held[name] for name in names if held.get(name) is not None), None)


def _is_inside_another(frame: FrameType) -> bool:
    """Whether another of these functions is calling, a few frames further out."""
    outer = frame.f_back
    for _ in range(_CALLERS):
        if outer is None:
            return False
        if outer.f_code.co_qualname.startswith(NATIVE) and opens_natively(outer):
            return True
        outer = outer.f_back
    return False


def _parameters(frame: FrameType) -> str:
    module = frame.f_globals.get("__name__")
    if type(module) is not str:
        return ""
    called = f"{module.partition('.')[0]} {frame.f_code.co_qualname}"
    whole = _PARAMETERS.get(called)
    if whole is not None:
        return whole
    beginnings = (entry for entry in _PARAMETERS if entry.endswith("_") and called.startswith(entry))
    return _PARAMETERS.get(next(beginnings, ""), "")

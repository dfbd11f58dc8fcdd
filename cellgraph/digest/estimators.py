"""Estimators whose ``fit`` starts afresh, and the parameters that it starts from.

An estimator of scikit-learn forgets what it was fitted to when it is fitted again: the result depends on its
parameters and on the data alone. So a cell with ``model.fit(X, y)`` reads the parameters and not the fitted
model. That is the contract of the library, which ``sklearn.utils.estimator_checks`` tests, except with
``warm_start`` and for what is told to be fitted already. XGBoost, LightGBM and imbalanced-learn keep it.
Estimators of the user's own may not.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest import class_reflection
from cellgraph.digest.plain_data import fields_digest
from cellgraph.digest.protocol import SCALAR_IDS, Walk

_ROOTS = frozenset({"sklearn", "xgboost", "lightgbm", "imblearn"})
_CONFIGURED = frozenset({"_sklearn_output_config", "_metadata_request", "_other_params"})
"""What ``set_output``, ``set_fit_request`` and further keywords set: it is not learnt."""
_NESTED = frozenset(map(id, (list, tuple, dict)))
_NO_ESTIMATORS = SCALAR_IDS | _NESTED
"""Types that most parameters are of. It takes no look at their bases to tell that they are no estimators."""
_MAX_LEVELS, _MAX_ELEMENTS = 8, 200


class _OwnWayError(Exception):
    """One of the estimators may fit in a way of its own."""


def starts_afresh(value: object) -> bool:
    """Whether a fit of this value depends on its parameters and on the data alone."""
    try:
        return _is_estimator(type(value)) and all(True for _ in _parameters(value, 0))
    except _OwnWayError:
        return False


def parameters(value: object, walk: Walk) -> bytes | None:
    """The digest of the parameters. None where a fit may depend on more, and for what is no estimator.

    The hook remembers it: the estimator is asked for it, and each value that holds the estimator.
    """
    if not _is_estimator(type(value)):
        return None
    known = walk.hook.told.get(id(value))
    if known is None:
        known = walk.hook.told[id(value)] = (value, _parameters_digest(value, walk))
    return known[1]


def _parameters_digest(value: object, walk: Walk) -> bytes | None:
    try:
        paths, values = zip(*_parameters(value, 0), strict=True)
    except _OwnWayError:
        return None
    return xxh3_128_digest(marshal.dumps(paths, 2) + fields_digest(values, walk))


def parameters_of_each(values: Collection[object], walk: Walk) -> bytes | None:
    """The digest of the parameters of several estimators. None where anything else is among them.

    One may stand in a pair with its name.
    """
    told: list[bytes] = []
    for value in values if "sklearn" in sys.modules else ():
        inner = value if type(value) is tuple else (value,)
        estimators = [held for held in inner if _is_estimator(type(held))]
        others = [held for held in inner if id(type(held)) in SCALAR_IDS]
        if len(estimators) != 1 or len(others) != len(inner) - 1:
            return None
        own = parameters(estimators[0], walk)
        if own is None:
            return None
        told += [*map(walk.visit, others), own]
    return xxh3_128_digest(b"".join(told)) if told else None


def _is_estimator(cls: type) -> bool:
    return id(cls) not in _NO_ESTIMATORS and any(
        class_reflection.short_name(base) == "BaseEstimator"
        and class_reflection.module_root(base) == "sklearn"
        for base in class_reflection.mro(cls)
    )


def _parameters(value: Any, level: int) -> Iterator[tuple[str, object]]:
    """The paths of all parameters, and their values. An estimator counts by its class and its parameters."""
    cls = type(value)
    state = class_reflection.state_of(value)
    if class_reflection.module_root(cls) not in _ROOTS or _goes_on(cls, state):
        raise _OwnWayError
    yield "", cls
    for name in sorted(state):
        if name in _CONFIGURED or not (name.endswith("_") or name.startswith("_")):
            held = state[name]
            if id(type(held)) in SCALAR_IDS:  # as most are
                yield f".{name}", held
            else:
                yield from _parameter(f".{name}", held, level)


def _goes_on(cls: type, state: Mapping[str, Any]) -> bool:
    """Whether it is told to go on from what it, or an estimator in it, was fitted to."""
    cv = state.get("cv")
    prefit = state.get("prefit", False) is not False or (type(cv) is str and cv == "prefit")
    warm = state.get("warm_start", False) is not False
    return prefit or warm or class_reflection.short_name(cls) == "FrozenEstimator"


def _parameter(path: str, held: Any, level: int) -> Iterator[tuple[str, object]]:
    cls = type(held)
    if level > _MAX_LEVELS or (id(cls) in _NESTED and len(held) > _MAX_ELEMENTS):
        yield path, held
    elif _is_estimator(cls):
        yield from ((path + inner, found) for inner, found in _parameters(held, level + 1))
    elif id(cls) in _NESTED:
        elements = held.items() if cls is dict else held
        for place, element in enumerate(elements):
            yield from _parameter(f"{path}[{place}]", element, level + 1)
    else:
        yield path, held

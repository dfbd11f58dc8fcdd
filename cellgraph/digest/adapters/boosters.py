"""xgboost, lightgbm and catboost models, whose state is hidden in C.

They are digested in the form the library saves.

Saving changes nothing in a model and takes a few microseconds a tree. The libraries' data sets stay opaque:
their contents could be read only from a copy.
"""

from __future__ import annotations

import sys
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

_TREE_BYTES, _TREE_SECONDS = 4_000, 3e-5
_SAMPLED_TREES = 10
_MADE_AT = frozenset({"model_guid", "train_finish_time"})
"""What catboost writes into each model that it trains: never the same twice."""


@digests("xgboost.Booster", mutable=True, private="handle")
def _xgboost(value: Any, walk: Walk) -> bytes:
    """The trees and the configuration, in the form that a pickle contains."""
    booster = sys.modules["xgboost"].Booster
    try:
        rounds = booster.num_boosted_rounds(value)
    except Exception:  # noqa: BLE001 - an error of its own, where it was never trained
        return walk.mark_opaque(value)
    if (start := _first(rounds, walk)) > 0:
        held = booster.save_raw(_last_rounds(booster, value, start, rounds), "ubj")
    else:
        held = booster.__getstate__(value)["handle"]
    return walk.visit((rounds, bytes(held)))


def _last_rounds(booster: Any, value: Any, start: int, rounds: int) -> Any:
    try:
        return booster.__getitem__(value, slice(start, rounds))
    except Exception:  # noqa: BLE001 - an error of its own: a linear booster has no rounds apart, and is small
        return value


@digests("lightgbm.Booster", mutable=True, whole=True)
def _lightgbm(value: Any, walk: Walk) -> bytes:
    """The model as text, and its known attributes. What is left out are buffers of predictions."""
    booster = sys.modules["lightgbm"].Booster
    trees = booster.num_trees(value)
    start = _first(trees, walk) // max(1, booster.num_model_per_iteration(value))
    text = booster.model_to_string(value, num_iteration=-1, start_iteration=start)
    getter = class_reflection.instance_dict_getter(type(value))
    state = getter(value) if getter is not None else {}
    known = [state.get(name) for name in ("params", "best_iteration", "best_score", "pandas_categorical")]
    return walk.sequence([trees, text, *known])


@digests("_catboost._CatBoost", mutable=True, whole=True)
def _catboost(value: Any, walk: Walk) -> bytes:
    """Leaves, splits and their meaning. The saved form contains the time of saving, which is left out."""
    trees = value._get_tree_count()
    if not trees:
        return b"untrained"
    facts = {key: held for key, held in value._get_metadata_wrapper().items() if key not in _MADE_AT}
    start = _first(trees, walk)
    splits = [_splits(value, tree) for tree in range(start, trees)]
    names = [value._get_feature_names(), value._get_cat_feature_indices(), value._get_borders()]
    leaves = (value._get_tree_leaf_counts(), value._get_leaf_values(), value._get_class_labels())
    return walk.visit_untracked([facts, splits, names, value._get_scale_and_bias(), *leaves])


def _splits(value: Any, tree: int) -> Any:
    try:
        return value._get_tree_splits(tree, None)
    except Exception:  # noqa: BLE001 - an error of its own, where only the data could name the features
        return None


def _first(trees: int, walk: Walk) -> int:
    """The first tree of the model. It stands for the state from which every later tree was built."""
    walk.weigh(trees * _TREE_BYTES, trees * _TREE_SECONDS)
    return max(0, trees - _SAMPLED_TREES) if walk.sampling else 0

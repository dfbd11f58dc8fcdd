"""xgboost, lightgbm and catboost: boosters by their trees, data sets by who they are."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.random((200, 4))
c = (X[:, 0] > 0.5).astype(int)
"""
_XGBOOST = f"{_IMPORT}import xgboost as xgb\ndata = xgb.DMatrix(X, label=c)"
_LIGHTGBM = (
    f"{_IMPORT}import lightgbm as lgb\ndata = lgb.Dataset(X, c, free_raw_data=False)"
    "\nfew = {'verbose': -1, 'num_threads': 1, 'objective': 'binary'}"
)
_CATBOOST = (
    f"{_IMPORT}import catboost as cat\nfew = dict(thread_count=1, verbose=0, allow_writing_files=False)"
)
_MODEL = "repr(v), v.predict(X), v.feature_importances_, v.get_params()"
_LARGE = "rng.random((2_000, 10)), np.arange(2_000) % 2"


def _row(library: str, kind: str, make: str, change: str, **rest: Any) -> Row:
    setup = {"xgboost": _XGBOOST, "lightgbm": _LIGHTGBM, "catboost": _CATBOOST}[library]
    return Row(
        library, kind, f"v = {make}", change, **{"setup": setup, "needs": (library,), "looks": _MODEL, **rest}
    )


ROWS: tuple[Row, ...] = (
    _row(
        "xgboost",
        "XGBClassifier",
        "xgb.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, c)",
        "v.fit(X[:90], c[:90])",
        alias="w = v.get_booster(), v",
        large=f"v = xgb.XGBClassifier(n_estimators=100, n_jobs=1).fit({_LARGE})",
        extent="100 trees",
    ),
    _row(
        "xgboost",
        "XGBRegressor",
        "xgb.XGBRegressor(n_estimators=3, n_jobs=1).fit(X, c)",
        "v.fit(X[:90], c[:90])",
    ),
    _row(
        "xgboost",
        "Booster",
        "xgb.train({'nthread': 1}, data, 3)",
        "v.update(data, 3)",
        looks="repr(v), v.predict(data), v.get_score(), v.get_dump(), v.num_boosted_rounds()",
        large="v = xgb.train({'nthread': 1}, data, 1_000)",
        extent="1,000 trees",
    ),
    _row(
        "xgboost",
        "DMatrix",
        "xgb.DMatrix(X, label=c)",
        "v.set_label(c * 2)",
        looks="v.num_row(), v.get_label()",
        quality="opaque",
    ),
    _row(
        "lightgbm",
        "LGBMClassifier",
        "lgb.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1).fit(X, c)",
        "v.fit(X[:90], c[:90])",
        large=f"v = lgb.LGBMClassifier(n_estimators=100, n_jobs=1, verbose=-1).fit({_LARGE})",
        extent="100 trees",
    ),
    _row(
        "lightgbm",
        "LGBMRegressor",
        "lgb.LGBMRegressor(n_estimators=3, n_jobs=1, verbose=-1).fit(X, c)",
        "v.fit(X[:90], c[:90])",
    ),
    _row(
        "lightgbm",
        "Booster",
        "lgb.train(few, lgb.Dataset(X, c), 3, keep_training_booster=True)",
        "v.update()",
        looks="repr(v), v.predict(X), v.feature_importance(), v.num_trees()",
    ),
    _row(
        "catboost",
        "CatBoostClassifier",
        "cat.CatBoostClassifier(3, **few).fit(X, c)",
        "v.fit(X[:90], c[:90])",
        large=f"v = cat.CatBoostClassifier(100, **few).fit({_LARGE})",
        extent="100 trees",
    ),
    _row(
        "catboost", "CatBoostRegressor", "cat.CatBoostRegressor(3, **few).fit(X, c)", "v.fit(X[:90], c[:90])"
    ),
    _row(
        "catboost",
        "Pool",
        "cat.Pool(X, c)",
        "v.set_weight(np.ones(200))",
        looks="v.shape, v.get_label()",
        quality="opaque",
    ),
)

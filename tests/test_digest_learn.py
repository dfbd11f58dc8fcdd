"""scikit-learn and the libraries around it: by what was learnt, which to predict does not change."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from cellgraph.code.part_paths import PARAMETERS
from cellgraph.digest.estimators import starts_afresh
from tests.digests import NONE, Case, digest, look
from tests.twins import tracked

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.base import ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import all_estimators

ROWS = 60
POINTS = np.random.default_rng(0).random((ROWS, 4))
CLASSES = np.arange(ROWS) % 3
NUMBERS = POINTS[:, 0] * 2 + POINTS[:, 1]
BOTH = np.c_[NUMBERS, NUMBERS * 2]
WORDS = ["one two", "two three"]

pytestmark = [
    pytest.mark.slow,  # estimators of whole libraries
    pytest.mark.filterwarnings("ignore"),  # small data does not converge, and says so
]


@dataclass(frozen=True)
class Given:
    """How to make and fit an estimator that the common way does not fit.

    ``stateless``: to fit it changes nothing, as there is nothing to learn.
    """

    arguments: tuple[object, ...] = ()
    data: tuple[object, ...] = ()
    stateless: bool = False


def _two(kind: type, tree: type) -> tuple[object, ...]:
    return ([("a", kind()), ("b", tree(random_state=0))],)


SPECIAL = {
    "ClassifierChain": Given(data=(POINTS, np.c_[CLASSES > 0, CLASSES > 1].astype(int))),
    "ColumnTransformer": Given(([("a", StandardScaler(), [0, 1])],)),
    "CountVectorizer": Given(data=(WORDS,)),
    "DictVectorizer": Given(data=([{"a": 1}, {"b": 2}],)),
    "FeatureHasher": Given(data=([{"a": 1}],), stateless=True),
    "FeatureUnion": Given(([("a", StandardScaler())],)),
    "FixedThresholdClassifier": Given((LogisticRegression(),), (POINTS, CLASSES > 0)),
    "GaussianRandomProjection": Given((2,)),
    "GridSearchCV": Given((Ridge(), {"alpha": [1, 2]}), (POINTS, NUMBERS)),
    "HashingVectorizer": Given(data=(WORDS,), stateless=True),
    "IsotonicRegression": Given(data=(POINTS[:, 0], NUMBERS)),
    "KernelCenterer": Given(data=(POINTS @ POINTS.T,)),
    "LabelBinarizer": Given(data=(CLASSES,)),
    "LabelEncoder": Given(data=(CLASSES,)),
    "MultiLabelBinarizer": Given(data=([[1], [2, 3]],)),
    "MultiOutputClassifier": Given(data=(POINTS, np.c_[CLASSES > 0, CLASSES > 1].astype(int))),
    "OrthogonalMatchingPursuitCV": Given(data=(np.tile(POINTS, 6), NUMBERS)),
    "RegressorChain": Given(data=(POINTS, BOTH)),
    "PatchExtractor": Given(data=(np.ones((2, 8, 8)),), stateless=True),
    "Pipeline": Given(([("a", StandardScaler())],)),
    "RandomizedSearchCV": Given((Ridge(), {"alpha": [1, 2]}), (POINTS, NUMBERS)),
    "SelfTrainingClassifier": Given((LogisticRegression(),)),
    "SparseCoder": Given((POINTS[:4],)),
    "SparseRandomProjection": Given((2,)),
    "StackingClassifier": Given(_two(LogisticRegression, DecisionTreeClassifier)),
    "StackingRegressor": Given(_two(Ridge, DecisionTreeRegressor)),
    "TfidfVectorizer": Given(data=(WORDS,)),
    "TunedThresholdClassifierCV": Given((LogisticRegression(),), (POINTS, CLASSES > 0)),
    "VotingClassifier": Given(_two(LogisticRegression, DecisionTreeClassifier)),
    "VotingRegressor": Given(_two(Ridge, DecisionTreeRegressor)),
}
LEFT_OUT = {
    "TSNE": "takes seconds, and holds what others hold",
    "FrozenEstimator": "to fit it does nothing at all",
}
COMMON = {"random_state": 0, "n_estimators": 3, "max_iter": 20, "cv": 2, "n_iter": 2}
STATE_STYLES = (
    *("predict", "predict_proba", "transform", "decision_function", "score_samples", "kneighbors"),
    *("apply", "inverse_transform", "_repr_html_", "get_params", "__repr__", "get_feature_names_out"),
)


@cache
def estimators() -> dict[str, type[Any]]:
    """All that the library itself calls estimators."""
    return {name: cls for name, cls in all_estimators() if name not in LEFT_OUT}


def make(name: str) -> Any:
    """An estimator that has not been fitted."""
    cls, given = estimators()[name], SPECIAL.get(name, Given())
    parameters = inspect.signature(cls.__init__).parameters
    named = {key: value for key, value in COMMON.items() if key in parameters}
    needed = parameters.get("estimator", parameters.get("base_estimator"))
    if needed is not None and needed.default is inspect.Parameter.empty and not given.arguments:
        named[needed.name] = Ridge() if "Regress" in name else LogisticRegression()
    return cls(*deepcopy(given.arguments), **named)  # a pipeline fits the very steps that it is given


def data(name: str) -> Iterator[tuple[object, ...]]:
    """What the estimator may be fitted to: the first that it accepts."""
    given = SPECIAL.get(name, Given()).data
    if given:
        yield given
        return
    for target in (CLASSES, NUMBERS, BOTH):
        suits = issubclass(estimators()[name], ClassifierMixin) or target is not CLASSES
        if suits or "Regress" not in name:
            yield POINTS, target


def fit(name: str) -> tuple[Any, tuple[object, ...]]:
    """A fitted estimator, and what it was fitted to."""
    for chosen in data(name):
        try:
            return make(name).fit(*chosen), chosen
        except ValueError as error:
            refused = error
    raise refused


@pytest.mark.parametrize("name", estimators())
def test_an_estimator_is_known_by_what_it_learnt(name: str) -> None:
    """An estimator fitted again agrees, to fit it is a change, and to use or show it is none."""
    (fitted, chosen), (again, _) = fit(name), fit(name)
    first = digest(fitted)
    assert first.quality == "exact"
    assert first.agrees(digest(again))
    assert first.agrees(digest(make(name))) is SPECIAL.get(name, Given()).stateless
    for look_at in STATE_STYLES:
        _use(fitted, look_at, chosen[0])
        assert first.agrees(digest(fitted)), look_at


@pytest.mark.parametrize("name", estimators())
def test_a_fit_starts_afresh_where_it_is_said_to(name: str) -> None:
    """Fitted to other data before or not: it learns the same, and its parameters stay as they were."""
    fresh, chosen = fit(name)
    again = make(name)
    parameters = digest(again).part(PARAMETERS)
    assert (parameters is not None) is starts_afresh(again)
    if parameters is None:
        pytest.skip("a fit of it may go on from an earlier one")
    again.fit(*map(_reversed, chosen)).fit(*chosen)
    assert digest(again).agrees(digest(fresh))
    assert dict(digest(again).parts)[PARAMETERS] == parameters.value


def _reversed(given: Any) -> Any:
    """The same data in another order, which most estimators learn something else of."""
    return given[::-1] * 2 if isinstance(given, np.ndarray) and given.dtype.kind == "f" else given[::-1]


def _use(fitted: Any, look_at: str, points: object) -> None:
    try:
        method = getattr(fitted, look_at, None)
        if method is not None:
            method(points) if look_at[0] not in "_g" else method()
    except Exception:  # noqa: BLE001 - what it says to such data is not the question
        return


SEARCHES = (
    lambda grid: GridSearchCV(LogisticRegression(), grid, cv=2),
    lambda grid: RandomizedSearchCV(LogisticRegression(), grid, n_iter=1, cv=2, random_state=0),
)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_that_was_not_fitted_is_known_by_what_it_would_try(
    search: Callable[[object], object],
) -> None:
    """Two grid searches over the same values agree, and over other values do not."""
    assert digest(search({"C": [1]})).agrees(digest(search({"C": [1]})))
    assert not digest(search({"C": [1]})).agrees(digest(search({"C": [2]})))


CASES = (
    Case("splitter", lambda: KFold(3), (lambda: KFold(4),)),
    Case("bunch", load_iris),
    Case("function", lambda: FunctionTransformer(np.log1p), (lambda: FunctionTransformer(np.sqrt),)),
    Case("pipeline", lambda: make_pipeline(StandardScaler()), (lambda: make_pipeline(KFold(2)),)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_surrounds_an_estimator_is_known_by_value(case: Case) -> None:
    """Splitters, scorers and the like agree when made again, and differ by each of their settings."""
    assert digest(case.make()).agrees(digest(case.make()))
    assert not any(digest(case.make()).agrees(digest(other())) for other in case.others)


def test_a_pipeline_shares_its_steps_with_the_names_of_them() -> None:
    """``scaler.fit`` changes the pipeline that holds this scaler, and no pipeline that holds another."""
    scaler = StandardScaler()
    assert look(scaler).mutable & look(make_pipeline(scaler, Ridge())).mutable
    assert not look(StandardScaler()).mutable & look(make_pipeline(scaler)).mutable


def test_a_forest_over_budget_agrees_with_itself() -> None:
    """A sample of 150 trees agrees with the exact digest of the same forest."""
    forest = RandomForestClassifier(150, random_state=0).fit(POINTS, CLASSES)
    exact, sampled = digest(forest), digest(forest, NONE)
    assert (exact.quality, sampled.quality) == ("exact", "sampled")
    assert exact.agrees(sampled)


def _xgboost(rounds: int, seed: int = 0) -> Any:
    module = pytest.importorskip("xgboost", reason="xgboost is not installed")
    return module.XGBClassifier(n_estimators=rounds, n_jobs=1).fit(*_table(seed))


def _lightgbm(rounds: int, seed: int = 0) -> Any:
    module = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    return module.LGBMClassifier(n_estimators=rounds, n_jobs=1, verbose=-1).fit(*_table(seed))


def _catboost(rounds: int, seed: int = 0) -> Any:
    module = pytest.importorskip("catboost", reason="catboost is not installed")
    made = module.CatBoostClassifier(rounds, thread_count=1, verbose=0, allow_writing_files=False)
    return made.fit(*_table(seed))


def _table(seed: int) -> tuple[Any, Any]:
    points = np.random.default_rng(seed).random((300, 4))
    return points, (points[:, 0] > 0.5).astype(int)


BOOSTERS = (_xgboost, _lightgbm, _catboost)


@pytest.mark.parametrize("train", BOOSTERS)
def test_a_booster_is_known_by_its_trees(train: Callable[..., Any]) -> None:
    """A booster trained again agrees, on other data or with more trees not, and to use it is no change."""
    model = train(5)
    first = digest(model)
    assert first.quality == "exact"
    assert first.agrees(digest(train(5)))
    assert not first.agrees(digest(train(5, 1)))
    assert not first.agrees(digest(train(6)))
    model.predict(_table(0)[0])
    model.predict_proba(_table(0)[0])
    repr(model)
    assert first.agrees(digest(model))
    model.fit(*_table(1))
    assert not first.agrees(digest(model))


@pytest.mark.parametrize("train", BOOSTERS)
def test_a_booster_over_budget_agrees_with_itself_and_not_with_another(train: Callable[..., Any]) -> None:
    """The sample of 300 trees agrees with the exact digest, and not with that of other data."""
    model = train(300)
    exact, sampled = digest(model), digest(model, NONE)
    assert (exact.quality, sampled.quality) == ("exact", "sampled")
    assert exact.agrees(sampled)
    assert not sampled.agrees(digest(train(300, 1), NONE))


def test_what_was_never_trained_can_be_looked_at() -> None:
    """What was never trained can be looked at: a booster of xgboost is opaque, a model of catboost is not."""
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    catboost = pytest.importorskip("catboost", reason="catboost is not installed")
    assert digest(xgboost.Booster()).quality == "opaque"
    assert digest(xgboost.XGBClassifier()).agrees(digest(xgboost.XGBClassifier()))
    assert digest(catboost.CatBoostClassifier()).agrees(digest(catboost.CatBoostClassifier()))


def test_a_booster_is_changed_by_another_round() -> None:
    """``update`` is a change, and ``predict`` is none."""
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    points, classes = _table(0)
    table = xgboost.DMatrix(points, label=classes)
    booster = xgboost.train({"nthread": 1}, table, num_boost_round=2)
    before = digest(booster)
    booster.predict(table)
    assert before.agrees(digest(booster))
    booster.update(table, 2)
    assert not before.agrees(digest(booster))


def test_a_linear_booster_of_many_rounds_can_be_looked_at() -> None:
    """A linear booster of many rounds can be looked at, though it cannot be taken apart."""
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    points, classes = _table(0)
    table = xgboost.DMatrix(points, label=classes)
    booster = xgboost.train({"booster": "gblinear", "nthread": 1}, table, num_boost_round=400)
    assert digest(booster).quality == "exact"
    assert digest(booster).agrees(digest(booster, NONE))


def test_results_of_statsmodels_are_no_other_after_a_summary() -> None:
    """``summary`` and ``predict`` fill caches; other data makes other results."""
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    first = digest(results := api.OLS(NUMBERS, POINTS).fit())
    assert first.quality == "exact"
    assert first.agrees(digest(api.OLS(NUMBERS, POINTS).fit()))
    assert not first.agrees(digest(api.OLS(NUMBERS + 1, POINTS).fit()))
    results.summary()
    results.predict(POINTS)
    assert first.agrees(digest(results))


class Hidden:
    """Stands for a model of a library that builds and caches as it is used, around a core in C."""

    def __init__(self) -> None:
        self.core, self.calls = object(), 0

    def fit(self) -> None:
        """A change that no attribute shows."""

    def predict(self) -> None:
        """No change, though it leaves a trace."""
        self.calls += 1


class Study:
    """Stands for a study: plain results beside a lock."""

    def __init__(self) -> None:
        self.lock, self.trials = threading.Lock(), list[int]()

    def optimize(self) -> None:
        """One more result."""
        self.trials.append(1)


Hidden.__module__, Study.__module__ = "keras.src.models.model", "optuna.study.study"


@pytest.mark.parametrize(
    ("kind", "look_at", "change"), [(Hidden, "predict", "fit"), (Study, "trials.copy", "optimize")]
)
def test_what_hides_its_state_is_opaque_and_changed_by_what_is_known_to_change_it(
    kind: type, look_at: str, change: str
) -> None:
    """What hides its state is opaque, and changed, with all that holds it, by what is known to change it."""
    made = f"from {__name__} import {kind.__name__}\nv = {kind.__name__}()\nw = [v]"
    runs = tracked([made, f"v.{look_at}()", f"v.{look_at}()", f"v.{change}()"]).runs
    assert {write.digest.quality for write in runs[0].writes if write.name in "vw"} == {"opaque"}
    assert [[write.name for write in run.writes if write.kind == "mutate"] for run in runs] == [
        *([], [], []),
        ["v", "w"],
    ]

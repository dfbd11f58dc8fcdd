"""scikit-learn, statsmodels and joblib: estimators by what they learnt."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = """
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.random((80, 3)), rng.random(80)
c = (X[:, 0] > 0.5).astype(int)
"""
_FITTED = "repr(v), v._repr_html_(), v.get_params()"
_BOTH = f"{_FITTED}, v.predict(X), v.score(X, c)"


def _row(kind: str, source: str, make: str, change: str = "v.fit(X[:70], c[:70])", **rest: Any) -> Row:
    setup = f"{_IMPORT}from sklearn.{source} import {kind}\n"
    known: dict[str, Any] = {"setup": setup, "needs": ("sklearn",), "looks": _BOTH}
    return Row("scikit-learn", kind, f"v = {make}", change, **known | rest)


def _model(kind: str, source: str, arguments: str = "", target: str = "c", **rest: Any) -> Row:
    make = f"{kind}({arguments}).fit(X, {target})"
    return _row(
        kind,
        source,
        make,
        f"v.fit(X[:70], {target}[:70])",
        **{"looks": _BOTH.replace("c)", f"{target})"), **rest},
    )


def _transformer(kind: str, source: str, arguments: str = "") -> Row:
    return _row(
        kind, source, f"{kind}({arguments}).fit(X)", "v.fit(X[:70])", looks=f"{_FITTED}, v.transform(X)"
    )


def _statsmodels(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    known: dict[str, Any] = {"setup": f"{_IMPORT}import statsmodels.api as sm", "needs": ("statsmodels",)}
    return Row("statsmodels", kind, f"v = {make}", change, **known | rest)


_FOREST = "random_state=0, n_estimators"
_RESULTS = "repr(v), v.summary(), v.params, v.conf_int(), v.predict()"

ROWS: tuple[Row, ...] = (
    _model("LinearRegression", "linear_model", target="y"),
    _model("Ridge", "linear_model", target="y"),
    _model("LogisticRegression", "linear_model"),
    _row(
        "SGDClassifier",
        "linear_model",
        "SGDClassifier(random_state=0).fit(X, c)",
        "v.partial_fit(X, c)",
        looks=f"{_BOTH}, v.decision_function(X)",
    ),
    _model("SVC", "svm"),
    _model("KNeighborsClassifier", "neighbors", "algorithm='kd_tree'", looks=f"{_BOTH}, v.kneighbors(X)"),
    _model("GaussianNB", "naive_bayes"),
    _model(
        "DecisionTreeClassifier",
        "tree",
        "random_state=0",
        looks=f"{_BOTH}, v.get_depth(), v.tree_.node_count",
    ),
    _model(
        "RandomForestClassifier",
        "ensemble",
        f"{_FOREST}=5",
        large=f"v = RandomForestClassifier({_FOREST}=100).fit(rng.random((2_000, 5)), np.arange(2_000) % 2)",
        extent="100 trees",
    ),
    _model("GradientBoostingClassifier", "ensemble", f"{_FOREST}=5"),
    _model("HistGradientBoostingClassifier", "ensemble", "random_state=0, max_iter=5"),
    _model("AdaBoostClassifier", "ensemble", f"{_FOREST}=5"),
    _model(
        "IsolationForest", "ensemble", f"{_FOREST}=5", looks=f"{_FITTED}, v.predict(X), v.score_samples(X)"
    ),
    _model(
        "MLPClassifier", "neural_network", "hidden_layer_sizes=(4,), max_iter=400, random_state=0, tol=0.1"
    ),
    _model("GaussianProcessRegressor", "gaussian_process", target="y"),
    _model("CalibratedClassifierCV", "calibration", "cv=2"),
    _row(
        "VotingClassifier",
        "ensemble",
        "VotingClassifier([('a', LogisticRegression()), ('b', GaussianNB())]).fit(X, c)",
        setup=f"{_IMPORT}from sklearn.ensemble import VotingClassifier\n"
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.naive_bayes import GaussianNB",
    ),
    _row(
        "KMeans",
        "cluster",
        "KMeans(2, random_state=0, n_init=1).fit(X)",
        "v.fit(X[:70])",
        looks=f"{_FITTED}, v.predict(X)",
    ),
    _row("DBSCAN", "cluster", "DBSCAN(0.2).fit(X)", "v.fit(X[:70])", looks=_FITTED),
    _transformer("PCA", "decomposition", "2"),
    _transformer("StandardScaler", "preprocessing"),
    _transformer("OneHotEncoder", "preprocessing", "handle_unknown='ignore'"),
    _transformer("SimpleImputer", "impute"),
    _row(
        "LabelEncoder",
        "preprocessing",
        "LabelEncoder().fit(['a', 'b'])",
        "v.fit(['c'])",
        looks=f"{_FITTED}, v.transform(['a'])",
    ),
    _row(
        "TfidfVectorizer",
        "feature_extraction.text",
        "TfidfVectorizer().fit(['one two', 'two three'])",
        "v.fit(['four five'])",
        looks=f"{_FITTED}, v.transform(['two']), v.get_feature_names_out()",
    ),
    _row(
        "Pipeline",
        "pipeline",
        "Pipeline([('a', StandardScaler()), ('b', LogisticRegression())]).fit(X, c)",
        alias="w = v.named_steps['b']",
        setup=f"{_IMPORT}from sklearn.pipeline import Pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "from sklearn.linear_model import LogisticRegression",
    ),
    _row(
        "ColumnTransformer",
        "compose",
        "ColumnTransformer([('a', StandardScaler(), [0])]).fit(X)",
        "v.fit(X[:70])",
        looks=f"{_FITTED}, v.transform(X)",
        setup=f"{_IMPORT}from sklearn.compose import ColumnTransformer\n"
        "from sklearn.preprocessing import StandardScaler",
    ),
    _row(
        "GridSearchCV",
        "model_selection",
        "GridSearchCV(LogisticRegression(), {'C': [1, 2]}, cv=2).fit(X, c)",
        looks=f"{_BOTH}, v.best_params_",
        setup=f"{_IMPORT}from sklearn.model_selection import GridSearchCV\n"
        "from sklearn.linear_model import LogisticRegression",
    ),
    _row(
        "KFold",
        "model_selection",
        "KFold(3, shuffle=True, random_state=0)",
        "v.n_splits = 4",
        looks="repr(v), list(v.split(X))",
    ),
    _row(
        "KDTree",
        "neighbors",
        "KDTree(X)",
        "",
        looks="v.query(X), v.data.shape",
        large="v = KDTree(rng.random((1_000_000, 3)))",
        extent="10^6 points",
    ),
    _row(
        "load_iris",
        "datasets",
        "load_iris()",
        "v.data[0] = 0",
        alias="w = v['data']",
        looks="v.keys(), v.target_names, v.DESCR[:9]",
    ),
    _statsmodels("OLS", "sm.OLS(y, X)", "v.endog[0] = 9", looks="repr(v), v.endog_names, v.nobs"),
    _statsmodels(
        "OLS results", "sm.OLS(y, X).fit()", "v.params[0] = 9", alias="w = v.model, v.params", looks=_RESULTS
    ),
    _statsmodels(
        "Logit results", "sm.Logit(np.arange(80) % 2, X).fit(disp=0)", "v.params[0] = 9", looks=_RESULTS
    ),
    _statsmodels("GLM results", "sm.GLM(y, X).fit()", "v.params[0] = 9", looks=_RESULTS),
    _statsmodels(
        "ARIMA results",
        "sm.tsa.ARIMA(y, order=(1, 0, 0)).fit()",
        "v.params[0] = 9",
        looks="repr(v), v.summary(), v.forecast(3)",
    ),
    Row(
        "joblib",
        "Memory",
        "v = joblib.Memory('cache', verbose=0)",
        "v.verbose = 5",
        setup="import joblib",
        needs=("joblib",),
        looks="repr(v), v.location",
    ),
    Row(
        "joblib",
        "delayed",
        "v = [joblib.delayed(abs)(n) for n in range(3)]",
        "v.pop()",
        setup="import joblib",
        needs=("joblib",),
        looks="repr(v), joblib.Parallel(1)(v)",
    ),
)

"""scikit-learn, scipy and statsmodels.

Estimators are plain objects; these are the parts of them that are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cellgraph.code.part_paths import PARAMETERS, attribute_path
from cellgraph.digest import class_reflection, estimators
from cellgraph.digest.protocol import Part, Walk
from cellgraph.digest.registry import digests, handles_sealed, ignore_cache_fields

ignore_cache_fields(  # cached answers of a sparse matrix and of a triangulation
    "scipy",
    "_has_sorted_indices _has_canonical_format _transform _vertex_to_simplex _vertex_neighbor_vertices"
    " _coplanar _vertices _ridge_dict",
)
ignore_cache_fields(  # cached results of properties, summaries and predictions, and C objects of filters
    "statsmodels",
    "_cache _summary_cache _summary_statistics_cache _nobs_int diagn _tmp_like_exog _df_model _df_resid"
    " normalized_cov_params pinv_wexog rank wexog_singular_values predict_start predict_end"
    " predict_dates _statespaces _kalman_filters _kalman_smoothers _simulation_smoothers _initializations",
)
ignore_cache_fields("sklearn", "_stop_words_id _cached_dict")  # what a vectorizer or a binarizer used last
ignore_cache_fields(
    "gensim", "lifecycle_events total_train_time norms id2token"
)  # times, durations and cached answers
ignore_cache_fields("joblib", "timestamp")  # the time at which a cache was opened

_TIMES = ("_fit_time", "_score_time")


@handles_sealed("sklearn")
def _sealed(value: Any, walk: Walk) -> bytes:
    """Trees, losses and links, which are extension types of the library. Their pickled state is digested.

    The function that would rebuild them is left out: the type implies it.
    """
    walk.note(value)
    rebuilt = value.__reduce__()
    arguments = tuple(part for part in rebuilt[1] if not isinstance(part, type))
    return walk.visit_untracked(arguments) + walk.visit_untracked(rebuilt[2] if len(rebuilt) > 2 else None)


@digests(
    "sklearn.KDTree",
    "sklearn.KDTree64",
    "sklearn.KDTree32",
    "sklearn.BallTree",
    "sklearn.BallTree64",
    "sklearn.BallTree32",
    mutable=True,
)
def _neighbours(value: Any, walk: Walk) -> bytes:
    """Data and settings. The state ends with counters of queries, which are left out."""
    state = value.__getstate__()
    return walk.visit(tuple(part for part in state if type(part) is not int))


def _search_parts(value: Any, walk: Walk) -> Iterator[Part]:
    """One part for each attribute, the results without the times."""
    for name, held in class_reflection.state_of(value).items():
        if type(name) is str and name not in ("refit_time_", "cv_results_"):
            yield attribute_path(name), walk.visit(held), held
    yield attribute_path("cv_results_"), _search(value, walk)
    if (told := estimators.parameters(value, walk)) is not None:
        yield PARAMETERS, told


@digests(
    "sklearn.GridSearchCV",
    "sklearn.RandomizedSearchCV",
    "sklearn.HalvingGridSearchCV",
    "sklearn.HalvingRandomSearchCV",
    private="refit_time_ cv_results_",
    parts=_search_parts,
)
def _search(value: Any, walk: Walk) -> bytes:
    """The results of a search without the times, which differ from run to run."""
    results = class_reflection.state_of(value).get("cv_results_") or {}
    return walk.visit_temporary({key: held for key, held in results.items() if not key.endswith(_TIMES)})

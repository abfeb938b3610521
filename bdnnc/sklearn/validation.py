# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""scikit-learn's own checks of X, y and weights, in the versions that we work with (1.4 and later)."""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.utils import check_array, check_random_state

from bdnnc.sklearn.errors import invalid


def checked_points(estimator: Any, X: Any, y: Any, **checks: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """``(X, y)`` as arrays (rows, inputs) and (rows,), finite and dense; sets ``n_features_in_`` and ``feature_names_in_``.

    Raises the ValueErrors and TypeErrors of scikit-learn.
    """
    return _validator(estimator)(X=X, y=y, reset=True, **checks)


def checked_inputs(estimator: Any, X: Any, **checks: Any) -> NDArray[Any]:
    """``X`` as an array (rows, inputs) with the columns of the fit. Raises the ValueErrors and TypeErrors of scikit-learn."""
    return _validator(estimator)(X=X, reset=False, **checks)


def checked_weights(sample_weight: Any, rows: int) -> NDArray[np.float64]:
    """Sample weights as an array (rows,). Raises ValueErrors of scikit-learn, and InvalidInput E237 on another shape."""
    weights = check_array(sample_weight, ensure_2d=False, dtype="numeric", input_name="sample_weight").astype(np.float64)
    if weights.shape != (rows,):
        raise invalid("E237", f"`sample_weight` has the shape {weights.shape}, and there are {rows} points", "give one a point")
    return weights


def seed_of(random_state: Any) -> int:
    """0 for None, an integer as it is, a draw from a generator of numpy. Raises scikit-learn's ValueError for others."""
    if random_state is None:
        return 0
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    check_random_state(random_state)
    return int(random_state)


def jobs_of(n_jobs: Any) -> int:
    """How many processors `n_jobs` stands for here: 1 for None, all for -1. Raises joblib's ValueError for 0."""
    count: Any = effective_n_jobs(n_jobs)
    return int(count)


def _validator(estimator: Any) -> Any:
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before 1.6 it is a method
        return estimator._validate_data
    from functools import partial

    return partial(validate_data, estimator)

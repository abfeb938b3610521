"""scikit-learn's own checks, without expected failures."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

import bdnnc


@parametrize_with_checks([bdnnc.BDNNClassifier(work_limit=2_000), bdnnc.BDNNRegressor(hidden_units=())])
def test_scikit_learn_finds_nothing_wrong(estimator: Any, check: Any) -> None:
    check(estimator)

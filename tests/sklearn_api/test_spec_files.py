"""`spec=`: a file's network, goals and constraints on the estimator's data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

import bdnnc
from tests.sklearn_api.support import flowers

SPEC = """
param width = 1
data { from "absent.csv" features 2..3 scale minmax(0, 1) round 1 take 12 stratified seed 3 }
network {
  layer hidden: width step units weights in {-1, 0, 1}
  layer output: 1 step unit weights in {-1, 0, 1}
}
minimize zero_one
subject to { fan_in(hidden) <= 1 }
train exact { node_limit 5 seed 2 }
"""


def test_a_file_or_its_text_with_its_params(tmp_path: Path) -> None:
    X, y = flowers(2)
    (tmp_path / "spec.bdnn").write_text(SPEC)
    for spec in (SPEC, tmp_path / "spec.bdnn", str(tmp_path / "spec.bdnn")):
        fitted = bdnnc.BDNNClassifier(spec=spec, spec_params={"width": 2}).fit(X, y)
        assert fitted.spec_ == SPEC.replace("width = 1", "width = 2")
        assert len(fitted.network_.layers.layers[0].weights) == 2
        assert fitted.network_.training.samples == 12
        assert fitted.network_.training.seed == 2
        assert fitted.n_features_in_ == 4
        assert fitted.score(X, y) == 1


def test_the_same_points_are_taken_as_by_the_compiler() -> None:
    X, y = flowers(2)
    fitted = bdnnc.BDNNClassifier(spec=SPEC).fit(X, y)
    compiled = bdnnc.compile(SPEC, data=(X, y)).train()
    assert fitted.network_.model.certificate.data_sha256 == compiled.network.model.certificate.data_sha256
    assert (fitted.network_.layers.layers[0].weights == compiled.network.layers.layers[0].weights).all()


def test_parameters_override_the_train_block() -> None:
    X, y = flowers(2)
    training = bdnnc.BDNNClassifier(spec=SPEC, random_state=9, time_limit=12, n_jobs=1).fit(X, y).network_.training
    assert (training.seed, training.options["time_limit"], training.options["threads"]) == (9, 12, 1)
    assert training.options["node_limit"] == 5


def test_columns_that_the_file_encodes_may_hold_text() -> None:
    pandas = pytest.importorskip("pandas")
    spec = """
data { from "absent.csv" encode ["colour"] onehot features ["size", "colour"] }
network { layer output: 1 step unit weights in {-1, 0, 1} }
minimize hamming
"""
    frame = pandas.DataFrame({"other": [9, 9, 9, 9], "colour": ["red", "blue", "red", "blue"], "size": [1, 1, 2, 2]})
    fitted = bdnnc.BDNNClassifier(spec=spec).fit(frame, ["yes", "no", "yes", "no"])
    assert fitted.score(frame, ["yes", "no", "yes", "no"]) == 1
    assert fitted.predict(pandas.DataFrame({"other": [0], "colour": ["red"], "size": [1]})).tolist() == ["yes"]


def test_numbers_with_a_file() -> None:
    spec = """
data { from "absent.csv" }
network { layer output: 1 linear unit weights in {-3..3} bias in {-9..9} }
minimize absolute
"""
    X = np.arange(6.0).reshape(-1, 1)
    fitted = bdnnc.BDNNRegressor(spec=spec).fit(X, 2 * X[:, 0] - 1)
    assert (fitted.loss_, fitted.status_) == (0, "optimal")
    assert fitted.predict([[10]]).tolist() == [19]


def test_weights_with_a_file() -> None:
    spec = """
data { from "absent.csv" }
network { layer output: 1 step unit weights in {-1, 1} }
minimize hamming
"""
    fitted = bdnnc.BDNNClassifier(spec=spec).fit([[0], [0], [1]], [0, 1, 1], sample_weight=[2, 3, 1])
    assert (fitted.loss_, fitted.network_.training.samples) == (2, 6)

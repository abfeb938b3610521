"""The estimators in the hands of their users: pipelines, searches, frames, weights."""

from __future__ import annotations

import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bdnnc
from tests.sklearn_api.support import TINY, flowers


def test_what_is_fitted_is_a_certified_network() -> None:
    X, y = flowers(2)
    fitted = bdnnc.BDNNClassifier(hidden_units=(1,)).fit(X, y)
    assert fitted.classes_.tolist() == ["setosa", "versicolor"]
    assert fitted.network_.classes == ("setosa", "versicolor")
    assert (fitted.loss_, fitted.bound_, fitted.gap_, fitted.status_) == (0, 0, 0, "optimal")
    assert isinstance(fitted.loss_, Fraction)
    assert fitted.certificate_ is fitted.network_.certificate
    assert fitted.network_.evaluate(X, y).errors == 0
    assert fitted.score(X, y) == 1
    assert not hasattr(fitted, "predict_proba")
    assert not hasattr(fitted, "decision_function")


def test_the_spec_is_a_text_that_compiles_to_the_same_network(tmp_path: Path) -> None:
    X, y = flowers(2)
    fitted = bdnnc.BDNNClassifier(
        hidden_units=(2, 1),
        weights="[-1, 1]",
        output_weights="{-1, 1}",
        bias="none",
        unit="sign",
        scale="standard round 1",
        loss="zero_one weighted balanced",
        subject_to=["fan_in(hidden1) <= 2", 'errors of "setosa" <= 1'],
        method="exact",
        work_limit=3,
        time_limit=77.5,
        random_state=4,
    ).fit(X, y)
    spec = """\
data {
  from   "data.csv"
  target "y"
  scale  standard round 1
}

network {
  layer hidden1: 2 sign units
    weights in [-1, 1]
    bias none
  layer hidden2: 1 sign unit
    weights in [-1, 1]
    bias none
  layer output: 1 sign unit
    weights in {-1, 1}
    bias none
}

minimize zero_one weighted balanced

subject to {
  fan_in(hidden1) <= 2
  errors of "setosa" <= 1
}

train exact {
  node_limit 3
  time_limit 77.5
  seed 4
}
"""
    assert fitted.spec_ == spec
    rows = [",".join([*map(str, row), label]) for row, label in zip(X.tolist(), y.tolist(), strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["a,b,c,d,y", *rows]) + "\n")
    (tmp_path / "same.bdnn").write_text(spec)
    assert bdnnc.compile(tmp_path / "same.bdnn").train().loss == fitted.loss_


@pytest.mark.parametrize(
    ("bias", "line"), [("{-3..3}", "bias in {-3..3}"), ("auto", "bias auto"), ("shared in {0, 1}", "bias shared in {0, 1}")]
)
def test_biases_are_sets_or_words(bias: str, line: str) -> None:
    X, y = flowers(2)
    assert f"    {line}\n" in bdnnc.BDNNClassifier(**TINY, bias=bias).fit(X, y).spec_


def test_a_hinge_has_linear_outputs() -> None:
    X, y = flowers()
    fitted = bdnnc.BDNNClassifier(**TINY, weights="[-5, 5]", bias="[-9, 9]", loss="hinge(1)").fit(X, y)
    assert "classes linear units" in fitted.spec_
    assert fitted.score(X, y) > 0.9


def test_pipelines_and_searches_with_names_as_labels() -> None:
    X, y = flowers()
    search = GridSearchCV(
        make_pipeline(StandardScaler(), bdnnc.BDNNClassifier(**TINY)),
        {"bdnnclassifier__loss": ["hamming", "zero_one"], "bdnnclassifier__hidden_units": [(), (2,)]},
        cv=2,
    ).fit(X, y)
    assert set(search.predict(X)) <= set(y)
    assert search.best_estimator_[-1].get_params()["loss"] == search.best_params_["bdnnclassifier__loss"]
    assert search.best_score_ > 0.8


def test_copies_are_unfitted_and_pickles_predict() -> None:
    X, y = flowers()
    fitted = bdnnc.BDNNClassifier(**TINY).fit(X, y)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(X)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict(X) == fitted.predict(X)).all()
    assert (again.loss_, again.spec_) == (fitted.loss_, fitted.spec_)


@pytest.mark.parametrize(("method", "work_limit"), [("search", 4_000), ("exact", 1)])
def test_two_fits_agree_whatever_the_order_of_the_rows(method: str, work_limit: int) -> None:
    X, y = flowers()
    order = np.random.default_rng(0).permutation(len(X))
    given = {"hidden_units": (2,), "method": method, "work_limit": work_limit}
    one, two, mixed = (bdnnc.BDNNClassifier(**given).fit(X[rows], y[rows]) for rows in (slice(None), slice(None), order))
    layers = [[layer.weights.tolist() for layer in fitted.network_.layers.layers] for fitted in (one, two, mixed)]
    assert layers[0] == layers[1] == layers[2]


def test_a_fit_that_fails_leaves_nothing_that_predicts() -> None:
    X, y = flowers()
    fitted = bdnnc.BDNNClassifier(**TINY).fit(X, y)
    with pytest.raises(ValueError, match="E635"):
        fitted.set_params(weights=3).fit(X, y)
    with pytest.raises(NotFittedError):
        fitted.predict(X)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_names_of_a_frame_are_those_of_the_inputs(kind: str) -> None:
    library = pytest.importorskip(kind)
    X, y = flowers(2)
    frame = library.DataFrame({name: X[:, place] for place, name in enumerate(["a", "b c", "y", "d"])})
    fitted = bdnnc.BDNNClassifier(**TINY, subject_to='monotone increasing in "b c"').fit(frame, y)
    assert fitted.feature_names_in_.tolist() == ["a", "b c", "y", "d"]
    assert [given.name for given in fitted.network_.layers.inputs] == ["a", "b c", "y", "d"]
    assert (fitted.predict(frame) == fitted.predict(frame)).all()
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame[["d", "a", "b c", "y"]])


@pytest.mark.parametrize(
    "labels",
    [
        *[(-1, 1), (True, False), ("1", "1.0"), ("NA", "b"), ("", "x"), ("10", "9"), (2**60, 2**60 + 1), ("é", "z z")],
        *[("inf", "1"), (" a", "a"), ("a ", "\ta"), (" 1", "1")],
    ],
)
def test_labels_of_every_kind_come_back(labels: tuple[Any, Any]) -> None:
    X, y = flowers(2)
    given = np.array(labels)[(y == "versicolor").astype(int)]
    fitted = bdnnc.BDNNClassifier(**TINY).fit(X, given)
    assert fitted.predict(X).dtype == fitted.classes_.dtype
    assert (fitted.predict(X) == given).all()


def test_numbers_are_met_by_a_linear_unit() -> None:
    X, y = load_diabetes(return_X_y=True)
    fitted = bdnnc.BDNNRegressor(hidden_units=()).fit(X, y)
    assert "weights in [-3210, 3210]\n    bias in [-3190, 3560]" in fitted.spec_
    assert fitted.status_ == "optimal"
    assert fitted.score(X, y) > 0.5
    assert float(fitted.loss_) == pytest.approx(np.abs(fitted.predict(X) - y).sum())


@pytest.mark.parametrize("y", [[5, 5, 5], [0, 0, 0], [1e-7, 2e-7, 9e-7], [-2.5, -3.5, -1], [True, False, True]])
def test_numbers_of_every_size_are_met(y: list[float]) -> None:
    fitted = bdnnc.BDNNRegressor(hidden_units=(2,), method="exact", work_limit=50).fit([[1], [2], [3]], y)
    assert fitted.predict([[1], [2], [3]]) == pytest.approx(np.array(y, dtype=float), abs=1e-6)


# --- ensembles ---------------------------------------------------------------------------------------------------------------


def test_networks_of_pairs_vote() -> None:
    X, y = flowers()
    unfitted = bdnnc.BDNNClassifier(hidden_units=(1,), one_vs_one=True, work_limit=1_000, n_jobs=1)
    assert not hasattr(unfitted, "predict_proba")
    fitted = unfitted.fit(X, y)
    assert "network one_vs_one {" in fitted.spec_
    assert fitted.score(X, y) > 0.9
    shares = fitted.predict_proba(X)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert set(np.rint(3 * shares).ravel()) <= {0, 1, 2}
    sole = (shares == shares.max(axis=1, keepdims=True)).sum(axis=1) == 1
    assert sole.mean() > 0.8
    assert (fitted.classes_[shares.argmax(axis=1)] == fitted.predict(X))[sole].all()
    assert not hasattr(fitted, "decision_function")
    single = unfitted.set_params(one_vs_one=False).fit(X, y)
    assert not hasattr(single, "predict_proba")


def test_shares_stand_in_the_order_of_the_classes() -> None:
    X, y = flowers()
    names = {"setosa": "10", "versicolor": "9", "virginica": "2"}  # by code point 10, 2, 9, by number 2, 9, 10
    fitted = bdnnc.BDNNClassifier(hidden_units=(1,), one_vs_one=True, work_limit=1_000).fit(X, [names[kind] for kind in y])
    assert fitted.classes_.tolist() == ["10", "2", "9"]
    assert fitted.predict_proba(X[:1]).argmax() == 0
    assert fitted.predict(X[:1]).tolist() == ["10"]


# --- weights ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bdnnc.BDNNClassifier, bdnnc.BDNNRegressor])
def test_a_weight_is_a_number_of_points(kind: type[Any]) -> None:
    draw = np.random.default_rng(3)
    X, y, weights = draw.random((12, 2)), draw.integers(0, 2, 12), draw.integers(0, 4, 12)
    weighted = kind(hidden_units=(1,), work_limit=2_000).fit(X, y, sample_weight=weights)
    repeated = kind(hidden_units=(1,), work_limit=2_000).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    assert weighted.loss_ == repeated.loss_
    assert weighted.network_.training.samples == weights.sum()
    assert (weighted.predict(X) == repeated.predict(X)).all()


def test_fractions_of_weights_count_in_their_proportions() -> None:
    X, y = [[0], [0], [1]], ["a", "b", "b"]
    light = bdnnc.BDNNClassifier(**TINY).fit(X, y, sample_weight=[0.2, 0.3, 0.1])
    heavy = bdnnc.BDNNClassifier(**TINY).fit(X, y, sample_weight=[2, 3, 1])
    assert (light.loss_, heavy.loss_) == (2, 2)
    assert light.predict([[0]]).tolist() == ["b"]
    assert bdnnc.BDNNClassifier(**TINY).fit(X, y, sample_weight=[0.75, 0.5, 0]).predict([[0]]).tolist() == ["a"]


# --- without scikit-learn ----------------------------------------------------------------------------------------------------


def test_without_scikit_learn_the_package_works_and_says_what_to_install() -> None:
    program = """
import sys
sys.modules["sklearn"] = None
import bdnnc
from bdnnc import *
assert "BDNNClassifier" in dir(bdnnc) and bdnnc.datasets.uniform(1, 1)
for name in ("BDNNClassifier", "BDNNRegressor"):
    try:
        getattr(bdnnc, name)
    except ImportError as missing:
        assert isinstance(missing, bdnnc.UserError)
        print(*((d.code, d.help) for d in missing.diagnostics))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["""('E622', 'pip install "bdnnc[sklearn]"')"""] * 2


def test_estimators_are_no_part_of_importing_the_package() -> None:
    program = "import sys, bdnnc, bdnnc.datasets; print('sklearn' in sys.modules, bdnnc.BDNNRegressor.__name__)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "BDNNRegressor"]

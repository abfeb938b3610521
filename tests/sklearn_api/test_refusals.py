"""What is wrong with parameters, data and weights, said in words: errors that are ValueErrors and carry diagnostics."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import bdnnc
from bdnnc.sklearn import InvalidInput

X = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [0.2, 0.3]])
LABELS = ["a", "b", "a", "b"]
SPEC = 'data { from "x.csv" }\nnetwork { layer output: 1 step unit weights in {-1, 1} }\nminimize hamming'


def refused(estimator: Any, *data: Any, **options: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as found:
        estimator.fit(*(data or (X, LABELS)), **options)
    assert isinstance(found.value, ValueError)
    assert isinstance(found.value, bdnnc.UserError)
    return found.value


@pytest.mark.parametrize(
    ("parameters", "codes"),
    [
        ({"hidden_units": 3}, ["E635"]),
        ({"hidden_units": "3"}, ["E635"]),
        ({"hidden_units": (0,)}, ["E635"]),
        ({"hidden_units": (True,)}, ["E635"]),
        ({"hidden_units": (2.0,)}, ["E635"]),
        ({"weights": 3}, ["E635"]),
        ({"weights": " "}, ["E635"]),
        ({"output_weights": ["{-1, 1}"]}, ["E635"]),
        ({"bias": 1}, ["E635"]),
        ({"unit": None}, ["E635"]),
        ({"scale": None}, ["E635"]),
        ({"loss": 1}, ["E635"]),
        ({"subject_to": [3]}, ["E635"]),
        ({"subject_to": 3}, ["E635"]),
        ({"robust": True}, ["E635"]),
        ({"one_vs_one": 1}, ["E635"]),
        ({"method": 1}, ["E635"]),
        ({"solver": None}, ["E635"]),
        ({"work_limit": 0}, ["E635"]),
        ({"work_limit": 1.5}, ["E635"]),
        ({"time_limit": 0}, ["E635"]),
        ({"time_limit": True}, ["E635"]),
        ({"time_limit": "10"}, ["E635"]),
        ({"time_limit": float("inf")}, ["E635"]),
        ({"time_limit": float("nan")}, ["E635"]),
        ({"spec_params": {"width": 2}}, ["E635"]),
        ({"spec": SPEC, "hidden_units": (1,)}, ["E636"]),
        ({"spec": SPEC, "work_limit": 1}, ["E636"]),
        ({"spec": SPEC, "one_vs_one": True}, ["E636"]),
        ({"spec": 3}, ["E601"]),
        ({"spec": "absent.bdnn"}, ["E601"]),
        ({"spec": SPEC, "spec_params": {"width": 2}}, ["E640"]),
        ({"spec": SPEC.replace("hamming", "absolute").replace("step", "linear")}, ["E637"]),
        ({"weights": "{-1, 0, 1"}, ["E101", "E105"]),
        ({"output_weights": "{2..1}"}, ["E301"]),
        ({"loss": "absolute"}, ["E219", "E320"]),
        ({"robust": "static { inputs within linf(-0.1) }"}, ["E126"]),
        ({"method": "guesses"}, ["E630"]),
        ({"solver": "abacus"}, ["E501"]),
        ({"random_state": 2**31}, ["E126"]),
    ],
)
def test_parameters(parameters: dict[str, Any], codes: list[str]) -> None:
    assert [d.code for d in refused(bdnnc.BDNNClassifier(**parameters)).diagnostics] == codes


def test_a_regressor_has_no_classes() -> None:
    assert [d.code for d in refused(bdnnc.BDNNRegressor(spec=SPEC), X, [1, 2, 3, 4]).diagnostics] == ["E637"]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1, 1, -2, 1], "-2"),
        ([0, 0, 0, 0], "zero"),
        ([1, 1, 1], "there are 4 points"),
        ([[1], [1], [1], [1]], "there are 4 points"),
        ([1 / 3, 1 / 7, 1, 1], "more than 1000000"),
        ([10**6, 1, 1, 1], "more than 1000000"),
    ],
)
def test_weights(weights: Any, said: str) -> None:
    [wrong] = refused(bdnnc.BDNNClassifier(), X, LABELS, sample_weight=weights).diagnostics
    assert wrong.code == "E237"
    assert said in wrong.message
    assert wrong.help


def test_weights_that_leave_one_class() -> None:
    [wrong] = refused(bdnnc.BDNNClassifier(), X, LABELS, sample_weight=[1, 0, 1, 0]).diagnostics
    assert wrong.code == "E222"


def test_data_that_are_no_data() -> None:
    for bad in (np.where(X == 1, np.nan, X), np.where(X == 1, np.inf, X), X[:0], X.astype(complex)):
        with pytest.raises(ValueError, match=r"NaN|infinity|0 sample|Complex"):
            bdnnc.BDNNClassifier().fit(bad, LABELS[: len(bad)])
    [beyond] = refused(bdnnc.BDNNClassifier(), X * 1e301, LABELS).diagnostics
    assert beyond.code == "E220"
    fitted = bdnnc.BDNNClassifier(hidden_units=()).fit(X, LABELS)
    with pytest.raises(InvalidInput, match="E220"):
        fitted.predict(X * 1e301)


def test_one_class() -> None:
    assert [d.code for d in refused(bdnnc.BDNNClassifier(), X, ["a"] * 4).diagnostics] == ["E222"]


def test_constraints_that_no_network_keeps_are_work_that_failed() -> None:
    with pytest.raises(bdnnc.WorkFailed) as failed:
        bdnnc.BDNNClassifier(hidden_units=(), method="exact", subject_to="errors <= 0").fit([[0], [1], [2]], [0, 1, 0])
    assert [d.code for d in failed.value.diagnostics] == ["E520"]


def test_the_text_of_an_error_shows_the_line_of_the_spec_and_survives_other_processes() -> None:
    wrong = refused(bdnnc.BDNNClassifier(weights="{2..1}"))
    assert "<BDNNClassifier>:9:" in str(wrong)
    assert "weights in {2..1}" in str(wrong)
    again = pickle.loads(pickle.dumps(wrong))
    assert str(again) == str(wrong)


def test_what_the_compiler_warns_of_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="W302"):
        bdnnc.BDNNClassifier(hidden_units=(), weights="[-1, 1]", loss="hamming + 0.1 * l1(output.weights)").fit(X, LABELS)

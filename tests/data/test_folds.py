"""Folds: every point once, sizes and classes even, the same everywhere, and nothing of a fold in what is fitted without it."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.data.dataset import Dataset
from bdnnc.data.folds import Fold, check_folds, deal
from bdnnc.diagnostics import Source, UserError
from bdnnc.pipeline import Pipeline, Replacement

labels = st.lists(st.integers(0, 3), min_size=2, max_size=60)


@given(labels, st.integers(2, 7), st.integers(0, 5), st.data())
def test_points_and_classes_are_dealt_evenly(y: list[int], of: int, seed: int, data: st.DataObject) -> None:
    rows = np.array(data.draw(st.permutations(range(100, 100 + len(y)))), dtype=np.int64)
    codes = np.array(y, dtype=np.int64)
    folds = deal(rows, codes, of, seed)
    sizes = np.bincount(folds, minlength=of)
    assert sizes.sum() == len(y)
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(sizes) <= 0).all()
    for code in set(y):
        of_class = np.bincount(folds[codes == code], minlength=of)
        assert of_class.max() - of_class.min() <= 1


@given(labels, st.integers(2, 7), st.integers(0, 5))
def test_a_fold_depends_on_rows_and_seed_alone(y: list[int], of: int, seed: int) -> None:
    rows, codes = np.arange(len(y)), np.array(y, dtype=np.int64)
    back = np.arange(len(y))[::-1]
    assert (deal(rows, codes, of, seed)[back] == deal(rows[back], codes[back], of, seed)).all()


def test_folds_are_those_of_every_machine() -> None:
    """As the definition says it, in plain words."""
    y = [0, 1, 1, 0, 1, 1, 0, 1, 1, 1]
    order = sorted(range(10), key=lambda row: (y[row], sha256(f"3:{row}".encode()).digest()))
    wanted = {row: place % 4 for place, row in enumerate(order)}
    assert deal(np.arange(10), np.array(y, dtype=np.int64), 4, 3).tolist() == [wanted[row] for row in range(10)]


SPEC = """
data {{ from "none.csv" {more} }}
network {{ layer output: 1 {unit} unit weights in {{-1, 0, 1}} }}
minimize {loss}
"""


def dataset(X: object, y: object, fold: Fold | None, more: str = "", loss: str = "hamming", unit: str = "step") -> Dataset:
    source = Source("folds.bdnn", SPEC.format(more=more, loss=loss, unit=unit))
    pipeline = Pipeline(source, Path(), replacement=Replacement(X, y))
    return (pipeline if fold is None else pipeline.holding(fold)).dataset


X = [[k * k, -k] for k in range(20)]
Y = ["no", "yes"] * 10


def test_every_point_is_held_out_once() -> None:
    held: list[int] = []
    for number in range(3):
        found = dataset(X, Y, Fold(number, 3))
        assert found.test is not None
        assert sorted([*found.train.rows.tolist(), *found.test.rows.tolist()]) == list(range(20))
        held += found.test.rows.tolist()
    assert sorted(held) == list(range(20))


@pytest.mark.parametrize("number", range(3))
def test_scales_are_fitted_without_the_fold(number: int) -> None:
    found = dataset(X, Y, Fold(number, 3), "scale minmax(0, 1)")
    assert found.test is not None
    raw = np.array(X)[found.train.rows]
    for j, given_input in enumerate(found.inputs):
        low, high = int(raw[:, j].min()), int(raw[:, j].max())
        assert given_input.transform.shift == low
        assert given_input.transform.factor == Fraction(1, high - low)
    row = int(found.test.rows[0])
    assert found.test.X.fraction(0, 0) == (X[row][0] - found.inputs[0].transform.shift) * found.inputs[0].transform.factor


def test_a_fold_takes_the_place_of_the_test_set_and_leaves_the_validation_set() -> None:
    more = "hold test 4 seed 1 hold validation 3 seed 2"
    whole, part = dataset(X, Y, None, more), dataset(X, Y, Fold(0, 2), more)
    assert part.validation is not None
    assert part.test is not None
    assert whole.validation is not None
    assert whole.test is not None
    assert part.validation.rows.tolist() == whole.validation.rows.tolist()
    assert sorted([*part.train.rows.tolist(), *part.test.rows.tolist()]) == sorted(whole.train.rows.tolist())
    assert not set(part.test.rows.tolist()) & set(whole.test.rows.tolist())


def test_regression_is_dealt_without_classes() -> None:
    found = dataset(X, list(range(20)), Fold(1, 6), loss="absolute", unit="linear")
    assert found.test is not None
    assert len(found.test.rows) == 4
    assert len(found.train.rows) == 16


@pytest.mark.parametrize(("y", "of"), [([0, 0, 0, 1, 1], 3), ([0] * 9, 2)])
def test_too_many_folds_for_a_class(y: list[int], of: int) -> None:
    with pytest.raises(UserError, match="E236") as caught:
        check_folds(np.array(y, dtype=np.int64), of, ("a", "b"))
    assert "class `b`" in caught.value.diagnostics[0].message


def test_too_many_folds_for_the_points() -> None:
    check_folds(np.zeros(3, dtype=np.int64), 3, ())
    with pytest.raises(UserError, match="4 folds need 4 training points, and there are 3"):
        check_folds(np.zeros(3, dtype=np.int64), 4, ())

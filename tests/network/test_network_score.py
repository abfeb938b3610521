"""Losses against their definitions, sample by sample."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import InternalError
from bdnnc.network import score


@st.composite
def labelled_activity(draw: st.DrawFn) -> tuple[list[list[bool]], list[int], int, list[Fraction]]:
    classes = draw(st.integers(2, 4))
    units = draw(st.sampled_from([1, 2])) if classes == 2 else classes
    active = draw(st.lists(st.lists(st.booleans(), min_size=units, max_size=units), max_size=8))
    y = [draw(st.integers(0, classes - 1)) for _ in active]
    weights = [draw(st.builds(Fraction, st.integers(1, 9), st.integers(1, 7))) for _ in range(classes)]
    return active, y, classes, weights


@given(labelled_activity())
@settings(max_examples=200, deadline=None)
def test_losses_are_their_definitions(drawn: tuple[list[list[bool]], list[int], int, list[Fraction]]) -> None:
    rows, labels, classes, weights = drawn
    units = len(rows[0]) if rows else classes
    active, y = np.array(rows, dtype=bool).reshape(len(rows), units), np.array(labels, dtype=np.int64)
    hamming, zero_one, wrong, right = Fraction(0), Fraction(0), 0, 0
    confusion = [[0] * classes for _ in range(classes)]
    for row, c in zip(rows, labels, strict=True):
        wanted = [c == 1] if len(row) == 1 else [c == unit for unit in range(classes)]
        bits = sum(u != w for u, w in zip(row, wanted, strict=True))
        predicted = int(row[0]) if len(row) == 1 else (row.index(True) if any(row) else 0)
        hamming += weights[c] * bits
        zero_one += weights[c] * (row != wanted)
        wrong += row != wanted
        right += predicted == c
        confusion[c][predicted] += 1
    assert score.hamming(active, y, weights) == hamming
    assert score.zero_one(active, y, weights) == zero_one
    assert score.errors(active, y) == wrong == score.zero_one(active, y)
    assert score.right_predictions(active, y) == right
    assert score.accuracy(active, y) == Fraction(right, max(1, len(rows)))
    assert score.confusion(active, y, classes).tolist() == confusion


def test_no_unit_active_is_an_error_but_is_predicted_as_the_first_class() -> None:
    active, y = np.array([[False, False, False], [True, True, False]]), np.array([0, 0])
    assert score.errors(active, y) == 2
    assert score.right_predictions(active, y) == 2


def test_balanced_weights_are_n_over_c_times_the_class_size_exactly() -> None:
    y = np.array([0] * 5 + [2] * 2, dtype=np.int64)
    assert score.class_weights("balanced", y, 3) == (Fraction(7, 15), Fraction(0), Fraction(7, 6))
    assert score.class_weights(None, y, 3) == (1, 1, 1)
    assert score.class_weights([Fraction(1), Fraction(4), Fraction(1, 3)], y, 3) == (1, 4, Fraction(1, 3))


def test_a_weight_list_of_another_length_is_refused() -> None:
    with pytest.raises(InternalError, match="2 class weights for 3 classes"):
        score.class_weights([Fraction(1), Fraction(1)], np.array([0]), 3)


def test_a_rule_multiplies_by_its_coefficient() -> None:
    active, y = np.array([[True], [False], [False]]), np.array([0, 1, 0], dtype=np.int64)
    rule = score.LossRule("zero_one", (Fraction(1), Fraction(5, 2)), Fraction(3))
    assert rule.value(active, y) == 3 * (1 + Fraction(5, 2))

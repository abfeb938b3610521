"""Losses against their definitions, sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.ir.class_weights import class_weights
from bdnnc.ir.problem import Targets
from bdnnc.language.quantities import Errors, Loss, Margin, Term
from bdnnc.network import score

FRACTION = st.one_of(
    st.builds(Fraction, st.integers(-3, 3), st.integers(1, 3)),
    st.builds(Fraction, st.integers(-(2**61), 2**61), st.integers(1, 9)),
    st.builds(Fraction, st.integers(-(2**80), 2**80), st.integers(1, 2**70)),
)


@st.composite
def labelled(draw: st.DrawFn, value: st.SearchStrategy[object]) -> tuple[list[list[object]], list[int], int, list[Fraction]]:
    classes = draw(st.integers(2, 4))
    units = draw(st.sampled_from([1, 2])) if classes == 2 else classes
    rows = draw(st.lists(st.lists(value, min_size=units, max_size=units), max_size=8))
    y = [draw(st.integers(0, classes - 1)) for _ in rows]
    weights = [draw(st.builds(Fraction, st.integers(1, 9), st.integers(1, 7))) for _ in range(classes)]
    return rows, y, classes, weights


@given(labelled(st.booleans()))
@settings(max_examples=200, deadline=None)
def test_losses_of_activity_are_their_definitions(drawn: tuple[list[list[bool]], list[int], int, list[Fraction]]) -> None:
    rows, labels, classes, weights = drawn
    units = len(rows[0]) if rows else classes
    active, y = np.array(rows, dtype=bool).reshape(len(rows), units), np.array(labels, dtype=np.int64)
    counts = score.counts_of(y, classes)
    hamming, zero_one, right = Fraction(0), Fraction(0), 0
    confusion, wrong = [[0] * classes for _ in range(classes)], [0] * classes
    for row, c in zip(rows, labels, strict=True):
        wanted = [c == 1] if len(row) == 1 else [c == unit for unit in range(classes)]
        bits = sum(u != w for u, w in zip(row, wanted, strict=True))
        predicted = int(row[0]) if len(row) == 1 else (row.index(True) if any(row) else 0)
        hamming += weights[c] * bits
        zero_one += weights[c] * (row != wanted)
        wrong[c] += row != wanted
        right += predicted == c
        confusion[c][predicted] += 1
    assert score.loss(Loss("hamming", weights=tuple(weights)), active, counts) == hamming
    assert score.loss(Loss("zero_one", weights=tuple(weights)), active, counts) == zero_one
    assert score.errors(active, counts) == sum(wrong) == score.loss(Loss("zero_one"), active, counts)
    assert [score.errors(active, counts, c) for c in range(classes)] == wrong
    assert score.right_predictions(active, y) == right
    assert score.accuracy(active, y) == Fraction(right, max(1, len(rows)))
    assert score.confusion(active, y, classes).tolist() == confusion


def is_right(values: Sequence[Fraction], c: int) -> bool:
    if len(values) == 1:
        return values[0] >= 0 if c == 1 else values[0] < 0
    return all(values[c] > other for k, other in enumerate(values) if k != c)


def hinge_of(values: Sequence[Fraction], c: int, margin: Fraction) -> Fraction:
    if len(values) == 1:
        return max(Fraction(0), margin - (values[0] if c == 1 else -values[0]))
    return max(Fraction(0), margin + max(other for k, other in enumerate(values) if k != c) - values[c])


@given(labelled(FRACTION), FRACTION.map(abs))
@settings(max_examples=200, deadline=None)
def test_losses_of_values_are_their_definitions(
    drawn: tuple[list[list[Fraction]], list[int], int, list[Fraction]], margin: Fraction
) -> None:
    rows, labels, classes, weights = drawn
    values = ExactMatrix.from_fractions(rows, columns=len(rows[0]) if rows else classes)
    y = np.array(labels, dtype=np.int64)
    counts = score.counts_of(y, classes)
    pairs = list(zip(rows, labels, strict=True))
    wrong = [(c, not is_right(row, c)) for row, c in pairs]
    assert score.errors(values, counts) == sum(bad for _, bad in wrong)
    assert [score.errors(values, counts, k) for k in range(classes)] == [
        sum(bad for c, bad in wrong if c == k) for k in range(classes)
    ]
    weighted = tuple(weights)
    assert score.loss(Loss("zero_one", weights=weighted), values, counts) == sum(weights[c] * bad for c, bad in wrong)
    expected = sum(weights[c] * hinge_of(row, c, margin) for row, c in pairs)
    assert score.loss(Loss("hinge", margin, weighted), values, counts) == expected
    predicted = [int(row[0] >= 0) if len(row) == 1 else row.index(max(row)) for row in rows]
    assert score.right_predictions(values, y) == sum(p == c for p, c in zip(predicted, labels, strict=True))


@given(st.lists(st.tuples(FRACTION, FRACTION, st.integers(1, 3)), max_size=8))
@settings(deadline=None)
def test_absolute_is_the_sum_of_distances(drawn: list[tuple[Fraction, Fraction, int]]) -> None:
    values = ExactMatrix.from_fractions([[a] for a, _, _ in drawn], columns=1)
    order = np.arange(len(drawn), dtype=np.int64)[::-1]
    y = np.empty(len(drawn), dtype=object)
    y[:] = [drawn[place][1] for place in order]
    targets = Targets(order, y, np.array([drawn[place][2] for place in order], dtype=np.int64))
    assert score.loss(Loss("absolute"), values, np.ones((len(drawn), 1), dtype=np.int64), targets) == sum(
        abs(a - wanted) * count for a, wanted, count in drawn
    )


def test_a_tie_of_values_is_an_error_of_every_class_and_the_first_is_predicted() -> None:
    values = ExactMatrix.from_fractions([[Fraction(1, 3), Fraction(1, 3), Fraction(0)]])
    assert score.wrong(values).tolist() == [[True, True, True]]
    assert score.right_predictions(values, np.array([0])) == 1


def test_no_sum_of_losses_overflows() -> None:
    large = 2**62 - 1
    values = ExactMatrix(np.array([[large, -large]], dtype=np.int64), (1, 1))
    single = ExactMatrix(np.array([[large]], dtype=np.int64), (1,))
    many = np.array([[5, 10**6]], dtype=np.int64)
    assert score.loss(Loss("hinge", Fraction(2**62)), values, many) == 10**6 * (2**62 + 2 * large)
    assert score.loss(Loss("hinge", Fraction(2**62)), single, many) == 5 * (2**62 + large) + 10**6
    assert score.loss(Loss("hinge", Fraction(1, 3)), single, many) == 5 * (Fraction(1, 3) + large)


def test_no_unit_active_is_an_error_but_is_predicted_as_the_first_class() -> None:
    active, y = np.array([[False, False, False], [True, True, False]]), np.array([0, 0])
    assert score.errors(active, score.counts_of(y, 3)) == 2
    assert score.right_predictions(active, y) == 2


def test_balanced_weights_are_n_over_c_times_the_class_size_exactly() -> None:
    assert class_weights("balanced", (5, 0, 2)) == (Fraction(7, 15), Fraction(0), Fraction(7, 6))
    assert class_weights(None, (5, 0, 2)) == (1, 1, 1)
    assert class_weights([Fraction(1), Fraction(4), Fraction(1, 3)], (5, 0, 2)) == (1, 4, Fraction(1, 3))
    balanced = Term(Fraction(2), Loss("zero_one", weights="balanced"))
    plain = Term(Fraction(2), Errors())
    assert score.is_balanced(balanced)
    assert not score.is_balanced(plain)
    resolved = Term(Fraction(2), Loss("zero_one", weights=(Fraction(2), Fraction(2, 3))))
    assert score.resolved((balanced, plain), (1, 3)) == (resolved, plain)


def test_a_weight_list_of_another_length_is_refused() -> None:
    with pytest.raises(InternalError, match="2 class weights for 3 classes"):
        class_weights([Fraction(1), Fraction(1)], (1, 1, 1))


def test_terms_are_added_with_their_coefficients() -> None:
    active, counts = np.array([[True], [False], [False]]), score.counts_of(np.array([0, 1, 0]), 2)
    loss = Loss("zero_one", weights=(Fraction(1), Fraction(5, 2)))
    terms = (Term(Fraction(3), loss), Term(Fraction(1, 2), Errors(1)))
    assert score.terms_value(terms, active, counts) == 3 * (1 + Fraction(5, 2)) + Fraction(1, 2)


ACTIVE, VALUES = np.array([[True]]), ExactMatrix.from_fractions([[1]])


@pytest.mark.parametrize(
    ("kind", "output"), [("hamming", VALUES), ("hinge", ACTIVE), ("absolute", ACTIVE), ("absolute", VALUES)]
)
def test_a_loss_that_the_last_layer_does_not_have_is_refused(kind: str, output: score.Output) -> None:
    targets = None if output is VALUES else Targets(np.array([0]), np.array([Fraction(1)], dtype=object), np.array([1]))
    with pytest.raises(InternalError):
        score.loss(Loss(kind), output, np.array([[1, 0]]), targets)  # type: ignore[arg-type]


def test_a_margin_is_no_loss() -> None:
    with pytest.raises(InternalError, match="is no loss"):
        score.terms_value([Term(Fraction(1), Margin())], ACTIVE, np.array([[1, 0]]))

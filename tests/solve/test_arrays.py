"""The bare arrays and what is known about a start before any solver sees it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bdnnc.diagnostics import WorkFailed
from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import SolveOptions
from bdnnc.solve.starts import fixed_at, is_feasible

from .models import model_of, random_model


@pytest.mark.parametrize("seed", range(5))
def test_activity_is_the_product(seed: int) -> None:
    model = random_model(seed)
    x = np.random.default_rng(seed).normal(size=len(model.c))
    np.testing.assert_allclose(MatrixArrays.of(model).activity(x), model.A @ x)


def test_activity_of_empty_rows() -> None:
    model = model_of([[0, 0], [1, 2], [0, 0]], [0] * 3, [9] * 3, [1, 1], [0, 0], [1, 1], [0, 0])
    assert MatrixArrays.of(model).activity(np.array([1.0, 1.0])).tolist() == [0, 3, 0]


@pytest.mark.parametrize(
    ("x", "violation"),
    [([1, 1], 0), ([2, 1], 1), ([1, 0], 0.5), ([0.75, 1], 0.25), ([1, -0.25], 0.75), ([0, 4], 1)],
)
def test_violation_is_the_largest_miss(x: list[float], violation: float) -> None:
    model = model_of([[1, 1]], [1.5], [3.0], [1, 1], [0, 0], [1, 9], [1, 0])
    arrays = MatrixArrays.of(model)
    point = np.array(x, dtype=float)
    assert arrays.violation(point) == pytest.approx(violation)
    assert is_feasible(arrays, point, SolveOptions()) == (violation == 0)


def test_an_incomplete_start_is_not_feasible() -> None:
    model = model_of([[1, 1]], [0], [3], [1, 1], [0, 0], [1, 9], [1, 0])
    assert not is_feasible(MatrixArrays.of(model), np.array([1, np.nan]), SolveOptions())


def test_only_whole_entries_of_integer_columns_within_bounds_are_fixed() -> None:
    model = model_of(np.zeros((1, 6)), [0], [0], np.zeros(6), np.zeros(6), np.full(6, 2), [1, 1, 1, 1, 1, 0])
    fixed = fixed_at(MatrixArrays.of(model), np.array([1, np.nan, 0.5, 3, 2 - 1e-9, 1]))
    assert fixed.lower.tolist() == [1, 0, 0, 0, 2, 0]
    assert fixed.upper.tolist() == [1, 2, 2, 2, 2, 2]


def test_more_non_zeros_than_an_index_can_count() -> None:
    model = replace(random_model(0), A=SimpleNamespace(nnz=2**31))
    with pytest.raises(WorkFailed) as raised:
        HighsSolver().solve(model, SolveOptions())
    assert raised.value.diagnostics[0].code == "E504"

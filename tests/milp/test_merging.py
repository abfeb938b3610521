"""Columns that become one: the merged model is the model with equations between its columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, vstack

from bdnnc.milp.merging import merged
from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from tests.solve.models import enumerated_optimum, model_of, random_model

LABELS = [[0, 1, 0, 2, 3, 4], [5, 5, 5, 1, 1, 0], [0, 1, 2, 3, 4, 5], [7, 7, 7, 7, 7, 7]]


def with_equations(model: MilpModel, labels: list[int]) -> MilpModel:
    """The model with a row x_j = x_first for each column that is not the first of its label."""
    rows = [(j, labels.index(label)) for j, label in enumerate(labels) if labels.index(label) != j]
    block = np.zeros((len(rows), len(labels)))
    for row, (own, first) in enumerate(rows):
        block[row, own], block[row, first] = 1.0, -1.0
    sides = np.zeros(len(rows))
    return replace(
        model,
        A=csr_matrix(vstack([model.A, csr_matrix(block)])),
        row_lower=np.append(model.row_lower, sides),
        row_upper=np.append(model.row_upper, sides),
    )


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("seed", range(8))
def test_the_optimum_is_that_under_equations(labels: list[int], seed: int) -> None:
    model = random_model(seed)
    found = merged(model, np.array(labels))
    assert len(found.model.c) == len(set(labels))
    assert enumerated_optimum(found.model) == enumerated_optimum(with_equations(model, labels))


def test_points_go_there_and_back() -> None:
    found = merged(random_model(0), np.array([3, 1, 3, 0, 1, 2]))
    y = np.array([2.0, -1.0, 0.0, 1.0])
    assert found.spread(y).tolist() == [2, -1, 2, 0, -1, 1]
    assert found.gathered(found.spread(y)).tolist() == y.tolist()
    assert np.isnan(found.gathered(np.array([2.0, -1.0, 1.0, 0.0, -1.0, 1.0]))).tolist() == [True, False, False, False]


def test_rows_that_say_the_same_are_kept_once_and_names_follow() -> None:
    A = np.array([[1.0, 0, 2], [0, 1, 2], [1, 0, -2], [1, -1, 0], [0, 1, 2]])
    full = model_of(A, [0, 0, 0, 0, 1], [9, 9, 9, 9, 9], [1, 2, 3], [0, 0, 0], [1, 1, 1], [1, 1, 1])
    full = replace(
        full,
        row_families=(RowFamily("on", "hidden", 0, 0, 2), RowFamily("off", "hidden", 0, 2, 5)),
        column_families=(ColumnFamily("u", "hidden", ("sample",), 0, 0, 2), ColumnFamily("w", "hidden", (), 0, 2, 3)),
    )
    found = merged(full, np.array([0, 0, 1])).model
    assert found.A.toarray().tolist() == [[1, 2], [1, -2], [0, 0], [1, 2]]  # rows 0 and 1 are equal, 4 has another side
    assert found.row_lower.tolist() == [0, 0, 0, 1]
    assert list(found.row_names) == ["r0", "r2", "r3", "r4"]
    assert list(found.column_names[:]) == ["x0", "x2"]
    assert [(family.start, family.stop) for family in found.row_families] == [(0, 1), (1, 4)]
    assert [(family.start, family.stop) for family in found.column_families] == [(0, 1), (1, 2)]
    assert found.c.tolist() == [3, 3]
    assert found.A.nnz == 6  # the zero that 1 - 1 left is no entry


def test_bounds_that_exclude_each_other_leave_nothing() -> None:
    model = replace(random_model(1), lower=np.array([0.0] * 5 + [2.0]), upper=np.array([1.0] * 5 + [2.0]))
    assert not merged(model, np.arange(6)).is_empty
    found = merged(model, np.array([0, 1, 2, 3, 4, 0]))
    assert found.is_empty
    assert merged(model, np.arange(6)).binaries == 5  # a fixed column is no choice

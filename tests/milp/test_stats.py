"""The standard form is the whole model; the statistics count it."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names
from bdnnc.milp.stats import stats_text

from .random_models import TAME, models


@given(models(TAME), st.lists(TAME, min_size=7, max_size=7), st.booleans())
def test_standard_form_has_the_same_points(model: MilpModel, point: list[float], within_bounds: bool) -> None:
    A, b, c, integrality = model.standard_form()
    x = np.array(point[: model.A.shape[1]])
    x = np.clip(x, model.lower, model.upper) if within_bounds else x
    value = model.A @ x
    inside = (value >= model.row_lower).all() and (value <= model.row_upper).all()
    inside = inside and (x >= model.lower).all() and (x <= model.upper).all()
    assert bool((A @ x <= b).all()) == bool(inside)
    assert np.isfinite(b).all()
    assert A.format == "csr"
    assert np.array_equal(c, model.c)
    assert np.array_equal(integrality, model.integrality)


@pytest.fixture
def model() -> MilpModel:
    return MilpModel(
        name="small",
        A=csr_matrix(np.array([[0.5, 1.0, -40.0, 0.0], [0.5, 1.0, 0.0, -8.0], [0.0, 0.0, 1.0, 1.0]])),
        row_lower=np.array([-40.0, -np.inf, 1.0]),
        row_upper=np.array([np.inf, -0.001, np.inf]),
        c=np.array([0.0, 0.0, 2.0, -3.0]),
        lower=np.array([1.0, 0.0, 0.0, 0.0]),
        upper=np.array([1.0, 1.0, 1.0, 1.0]),
        integrality=np.array([0, 1, 1, 1], dtype=np.uint8),
        row_families=(RowFamily("active", "hidden", 1, 0, 2, trigger="u"), RowFamily("cut", "", 2, 2, 3)),
        column_families=(ColumnFamily("w", "hidden", ("input",), 1, 0, 2), ColumnFamily("u", "hidden", ("sample",), 1, 2, 4)),
        column_names=Names([NameBlock("w", "hidden", (2,)), NameBlock("u", "hidden", (2,))]),
        row_names=Names([NameBlock("active", "hidden", (2,)), NameBlock("cut", "", (1,))]),
    )


def test_counts_and_ranges(model: MilpModel) -> None:
    found = model.stats()
    assert (found.rows, found.columns, found.nonzeros) == (3, 4, 8)
    assert (found.integer, found.binary, found.fixed) == (3, 3, 1)
    assert found.coefficients == (0.5, 40.0)
    assert found.big_m == (8.0, 40.0)
    assert found.objective == (2.0, 3.0)
    assert found.right_hand_sides == (0.001, 40.0)
    assert [(f.kind, f.rows, f.nonzeros, f.big_m) for f in found.by_rows] == [
        ("active", 2, 6, (8.0, 40.0)),
        ("cut", 1, 2, None),
    ]
    assert [(f.symbol, f.columns, f.integer, f.binary) for f in found.by_columns] == [("w", 2, 1, 1), ("u", 2, 2, 2)]


def test_only_the_trigger_of_a_family_carries_its_big_m(model: MilpModel) -> None:
    (w, u), (active, cut) = model.column_families, model.row_families
    choices = replace(model, column_families=(w, replace(u, symbol="e")))
    assert choices.stats().big_m is None
    assert replace(choices, row_families=(replace(active, trigger="e"), cut)).stats().big_m == (8.0, 40.0)
    assert replace(model, column_families=(w, replace(u, layer="output"))).stats().big_m is None
    assert replace(model, row_families=(replace(active, trigger=""), cut)).stats().big_m is None


def test_text(model: MilpModel) -> None:
    assert (
        stats_text(model.stats())
        == """\
model small
  rows 3   columns 4   non-zeros 8
  integer columns 3, of them binary 3   fixed columns 1

  columns                            count     integer      binary
  w(hidden)                              2           1           1
  u(hidden)                              2           2           2

  rows                               count   non-zeros  coefficients            big-M
  active(hidden)                         2           6  0.5 .. 40               8 .. 40
  cut                                    1           2  1                       -

  coefficients      0.5 .. 40
  big-M             8 .. 40
  objective         2 .. 3
  right-hand sides  0.001 .. 40
"""
    )

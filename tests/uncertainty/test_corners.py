"""Corners of polytopes against those that every choice of rows gives, and what the search makes of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.worst.side import WAYS, Side
from bdnnc.ir.problem import BiasRule
from bdnnc.network.worst_values import reach
from bdnnc.uncertainty.corners import MOST_INPUTS, corners
from bdnnc.uncertainty.exact_lp import furthest
from bdnnc.uncertainty.sets import Moves, Polytope
from tests.oracle.problems import finite, layer
from tests.oracle.robust import DIAMOND, _corners_of

CROSS = [[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1], [-1, 1, 1], [-1, 1, -1], [-1, -1, 1], [-1, -1, -1]]


def of_rows(rows: list[list[int]], side: list[int]) -> Polytope:
    return Polytope(tuple(tuple(map(Fraction, row)) for row in rows), tuple(map(Fraction, side)))


@pytest.mark.parametrize("polytope", [DIAMOND, of_rows(CROSS, [1, 2, 1, 2, 1, 1, 3, 1])], ids=["four rows", "eight rows"])
def test_corners_are_those_of_all_choices(polytope: Polytope) -> None:
    found = corners(polytope)
    assert found is not None
    A, b = (np.array(part, dtype=float) for part in (polytope.matrix, polytope.side))
    assert (b[:, None] + 1e-9 >= A @ found.T).all()
    if A.shape[1] == 2:
        expected = {tuple(round(float(v), 9) for v in corner) for corner in _corners_of(polytope)}
        assert {tuple(round(float(v), 9) + 0.0 for v in corner) for corner in found} == expected


def test_flat_ones_have_none_and_large_ones_are_not_listed() -> None:
    assert corners(of_rows([[1, 0], [-1, 0], [0, 1], [0, -1]], [1, 1, 0, 0])) is None
    wide = np.eye(MOST_INPUTS + 1, dtype=int)
    assert corners(of_rows([*wide.tolist(), *(-wide).tolist()], [1] * (2 * MOST_INPUTS + 2))) is None


@given(st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=1, max_size=3), st.sampled_from(WAYS))
def test_a_search_reaches_as_far_as_a_linear_program(rows: list[tuple[int, ...]], way: str) -> None:
    polytope = of_rows(CROSS, [1, 2, 1, 2, 1, 1, 3, 1])
    box = [ExactMatrix.from_fractions([[Fraction(end)] * 3]) for end in (-3, 3)]
    only = layer("h", len(rows), 3, finite(-3, 0, 3), BiasRule("none"))
    found = reach(Side(only, Moves((0, 1, 2), *box, polytope), 0, way), np.array(rows, dtype=float))
    for value, row in zip(found[0], rows, strict=True):
        direction = [Fraction(w if way == "rise" else -w) for w in row]
        best = furthest(direction, polytope.matrix, polytope.side, None)
        assert value == pytest.approx(float(best.value), abs=1e-9)

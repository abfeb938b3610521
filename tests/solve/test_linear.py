"""Linear programs: optimum, duals and certificates of infeasibility, checked by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from bdnnc.milp.model import MilpModel
from bdnnc.solve.linear import solve_lp
from bdnnc.solve.protocol import Floats, Stop

from .models import is_feasible, market_split, model_of


def random_lp(seed: int, feasible: bool) -> MilpModel:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(8, 5))
    centre = A @ rng.uniform(-1, 1, 5)
    reach = np.abs(A).sum(axis=1)
    low = centre - rng.uniform(0, 1, 8) if feasible else reach + 0.1
    return model_of(A, low, np.full(8, np.inf), rng.normal(size=5), -np.ones(5), np.ones(5), np.zeros(5))


def dual_value(model: MilpModel, row_dual: Floats) -> float:
    """min over the box of (c - A'y) x, plus the rows' share: a lower bound for any y that has the signs of the finite sides."""
    reduced = model.c - model.A.T @ row_dual
    side = np.where(row_dual > 0, model.row_lower, model.row_upper)
    rows = row_dual[row_dual != 0] @ side[row_dual != 0]
    return float(rows + np.minimum(reduced * model.lower, reduced * model.upper).sum())


@pytest.mark.parametrize("seed", range(20))
def test_the_duals_prove_the_optimum(seed: int) -> None:
    model = random_lp(seed, feasible=True)
    solution = solve_lp(model, dual=True)
    assert solution.stop is Stop.OPTIMAL
    assert solution.x is not None
    assert solution.row_dual is not None
    assert is_feasible(model, solution.x, 1e-8)
    assert dual_value(model, solution.row_dual) == pytest.approx(solution.objective, abs=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_the_ray_proves_infeasibility(seed: int) -> None:
    model = random_lp(seed, feasible=False)
    solution = solve_lp(model, dual=True)
    assert (solution.stop, solution.x, solution.objective) == (Stop.INFEASIBLE, None, None)
    assert solution.ray is not None
    weights = model.A.T @ solution.ray
    most = np.maximum(weights * model.lower, weights * model.upper).sum()
    assert (solution.ray >= -1e-12).all()
    assert solution.ray @ model.row_lower > most


def test_integrality_is_left_out() -> None:
    model = model_of([[2.0]], [1], [np.inf], [1], [0], [1], [1])
    solution = solve_lp(model)
    assert solution.objective == pytest.approx(0.5)
    assert solution.row_dual is None
    assert model.integrality.tolist() == [1]


def test_a_large_relaxation_and_a_limit() -> None:
    assert solve_lp(market_split()).objective == pytest.approx(0, abs=1e-6)
    assert solve_lp(market_split(), time_limit=0.0).stop in (Stop.TIME_LIMIT, Stop.OPTIMAL)


def test_the_tightest_tolerance() -> None:
    assert solve_lp(random_lp(0, feasible=True), tolerance=1e-12).stop is Stop.OPTIMAL

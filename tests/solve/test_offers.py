"""Points that somebody else finds while HiGHS is solving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bdnnc.milp.model import MilpModel
from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.highs_session import run_highs
from bdnnc.solve.protocol import Floats, SolveOptions, Stop

from .models import is_feasible, market_split, split_point

SOLVERS = [HighsSolver(isolated=False), HighsSolver()]


def planted(rows: int = 4, columns: int = 30) -> tuple[MilpModel, Floats]:
    """A market split that can be made even, which HiGHS does not find out soon, and how."""
    model = market_split(rows, columns)
    taken = np.random.default_rng(7).integers(0, 2, columns).astype(float)
    even = model.A[:, :columns] @ taken
    model = replace(model, row_lower=even, row_upper=even)
    return model, split_point(model, taken)


class Offer:
    """One point, at the first time of asking."""

    def __init__(self, point: Floats) -> None:
        self.point: Floats | None = point
        self.asked = 0

    def __call__(self) -> Floats | None:
        self.asked += 1
        found, self.point = self.point, None
        return found


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_point_that_is_offered_is_an_incumbent(solver: HighsSolver) -> None:
    model, point = planted()
    offer, seen = Offer(point), list[float]()

    def on_incumbent(x: Floats, objective: float) -> bool:
        assert is_feasible(model, x)
        seen.append(objective)
        return False

    solution = solver.solve(model, SolveOptions(time_limit=20, threads=1, offers=offer), on_incumbent)
    assert offer.point is None
    assert solution.objective == 0
    assert seen[-1] == 0
    assert solution.stop is Stop.OPTIMAL, "the offer meets the bound: HiGHS has taken it"


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_point_that_is_infeasible_is_left_alone(solver: HighsSolver) -> None:
    model = market_split(2, 20)
    offer = Offer(np.full(len(model.c), 0.5))
    plain = solver.solve(model, SolveOptions(threads=1))
    solution = solver.solve(model, SolveOptions(threads=1, offers=offer))
    assert solution.objective == plain.objective


def test_highs_itself_takes_the_point() -> None:
    model, point = planted()
    arrays = MatrixArrays.of(model)
    options = SolveOptions(time_limit=20, threads=1, offers=Offer(point))
    outcome = run_highs(arrays, replace(options, extra={"mip_heuristic_effort": 0.0}))
    assert outcome.x is not None
    assert arrays.c @ outcome.x == 0

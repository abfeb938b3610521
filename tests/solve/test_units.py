"""Objectives in the solver's units: any factor in front of a goal gives the same network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bdnnc.milp.model import MilpModel
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Progress, SolveOptions, Stop
from bdnnc.solve.units import factor_of, in_units, solve_in_units
from tests.solve.models import enumerated_optimum, random_model

FEASIBLE = next(seed for seed in range(20) if enumerated_optimum(random_model(seed)) is not None)


def knapsack() -> MilpModel:
    return random_model(FEASIBLE)


def with_factor(model: MilpModel, factor: float) -> MilpModel:
    return replace(
        model,
        c=model.c * factor,
        objective_step=model.objective_step * factor,
        objective_offset=model.objective_offset * factor,
    )


@pytest.mark.parametrize("factor", [1e-300, 1e-20, 1e-9, 0.1, 1.0, 3.0, 1e12])
@pytest.mark.parametrize("with_step", [True, False])
def test_the_optimum_scales_with_the_goal(factor: float, with_step: bool) -> None:
    plain = knapsack()
    plain = replace(plain, objective_step=1.0 if with_step else 0.0)
    expected = HighsSolver(isolated=False).solve(plain, SolveOptions())
    seen: list[float] = []

    def incumbent(x: np.ndarray, objective: float) -> bool:
        seen.append(objective)
        return False

    def progress(moment: Progress) -> bool:
        return False

    model = with_factor(plain, factor)
    solution = solve_in_units(HighsSolver(isolated=False), model, SolveOptions(), incumbent, progress)
    assert solution.stop is Stop.OPTIMAL
    assert expected.objective is not None
    assert solution.objective == pytest.approx(expected.objective * factor, rel=1e-9)
    assert solution.bound == pytest.approx(expected.objective * factor, rel=1e-6)
    assert all(value >= solution.objective - 1e-9 * abs(solution.objective) for value in seen)


def test_a_lattice_becomes_the_integers() -> None:
    model = replace(knapsack(), objective_step=0.1)
    model = replace(model, c=np.round(model.c) * 0.1)
    scaled = in_units(model, factor_of(model))
    assert scaled.objective_step == 1.0
    assert (scaled.c == np.rint(scaled.c)).all()


def test_no_objective_has_no_units() -> None:
    model = knapsack()
    assert factor_of(replace(model, c=np.zeros_like(model.c))) == 1.0

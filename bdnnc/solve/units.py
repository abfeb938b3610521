"""Objectives in units that a solver's absolute tolerances suit.

HiGHS takes reduced costs below 1e-7 for 0 and stops at absolute gaps, so `1e-9 * hamming` would be no goal at all to it. The
objective is multiplied by one number: the one that makes a lattice of values the integers where the coefficients allow that,
else the one that makes the largest coefficient 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bdnnc.milp.model import MilpModel
from bdnnc.solve.protocol import Floats, Progress, Solution, SolveOptions, Solver

LARGEST_INTEGRAL = 1e6
"""Coefficients beyond this many steps of the objective's lattice are left as real numbers."""

NEAR = 1e-9
"""Relative: a coefficient this near to an integer is one."""


def solve_in_units(
    solver: Solver,
    model: MilpModel,
    options: SolveOptions,
    on_incumbent: Callable[[Floats, float], bool] | None = None,
    on_progress: Callable[[Progress], bool] | None = None,
) -> Solution:
    """`Solver.solve` on the model with its objective rescaled; values and bounds come back in the model's own units."""
    factor = factor_of(model)
    if factor == 1.0:
        return solver.solve(model, options, on_incumbent, on_progress)

    def incumbent(x: Floats, objective: float) -> bool:
        return on_incumbent is not None and on_incumbent(x, objective / factor)

    def progress(moment: Progress) -> bool:
        told = replace(moment, incumbent=_back(moment.incumbent, factor), bound=_back(moment.bound, factor))
        return on_progress is not None and on_progress(told)

    solution = solver.solve(in_units(model, factor), options, incumbent, progress)
    return replace(solution, objective=_back(solution.objective, factor), bound=_back(solution.bound, factor))


def factor_of(model: MilpModel) -> float:
    """What the objective is multiplied by; 1 where there is nothing to gain."""
    largest = float(np.abs(model.c[model.lower < model.upper]).max(initial=0.0))  # without the constant, a fixed column
    if largest == 0.0:
        return 1.0
    step = model.objective_step
    return 1.0 / step if step > 0.0 and largest / step <= LARGEST_INTEGRAL else 1.0 / largest


def in_units(model: MilpModel, factor: float) -> MilpModel:
    """The model with its objective multiplied by the factor; coefficients that are integers but for rounding become them."""
    c = model.c * factor
    whole = np.rint(c)
    c = np.where(np.abs(c - whole) <= NEAR * np.maximum(1.0, np.abs(whole)), whole, c) if model.objective_step > 0 else c
    step = model.objective_step * factor
    usable = step > NEAR
    return replace(
        model, c=c, objective_step=step if usable else 0.0, objective_offset=model.objective_offset * factor if usable else 0.0
    )


def _back(value: float | None, factor: float) -> float | None:
    return None if value is None else value / factor

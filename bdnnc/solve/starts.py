"""What is known about a starting point before any solver sees it."""

from __future__ import annotations

import numpy as np

from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.protocol import Floats, SolveOptions

INTEGRAL_WITHIN = 1e-6  # an entry of a start that is further from a whole number says nothing about its column


def is_feasible(arrays: MatrixArrays, x: Floats, options: SolveOptions) -> bool:
    """Whether ``x`` is complete and meets rows, bounds and integrality within the options' tolerances."""
    if np.isnan(x).any():
        return False
    return arrays.violation(x) <= min(options.feasibility_tolerance, options.integrality_tolerance)


def fixed_at(arrays: MatrixArrays, start: Floats) -> MatrixArrays:
    """The model with each integer column fixed where the start (NaN: unknown) has a whole number for it."""
    whole = np.rint(start)
    with np.errstate(invalid="ignore"):  # NaN compares False, as meant
        known = (arrays.integrality == 1) & (np.abs(start - whole) <= INTEGRAL_WITHIN)
        known &= (whole >= arrays.lower) & (whole <= arrays.upper)
    return arrays.with_bounds(np.where(known, whole, arrays.lower), np.where(known, whole, arrays.upper))

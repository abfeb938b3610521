# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""A point inside a polytope, and its corners."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.uncertainty.exact_lp import maximum
from bdnnc.uncertainty.sets import Polytope

Floats = NDArray[np.float64]

MOST_INPUTS = 8
"""Inputs of a polytope whose corners are listed; with more there may be too many of them."""

FLAT = 1e-9
"""Rows with less room than this at the inmost point have none."""


@lru_cache(maxsize=64)
def inside(polytope: Polytope) -> Floats:
    """(n,) a point with the most room to every row of a bounded polytope that holds 0. Raises InternalError for another."""
    width = len(polytope.matrix[0]) if polytope.matrix else 0
    rows = [[*row, *(-value for value in row), Fraction(1)] for row in polytope.matrix]
    found = maximum([Fraction(0)] * (2 * width) + [Fraction(1)], rows, polytope.side)
    if found is None:
        raise InternalError("a polytope of perturbations is bounded")
    return np.array([float(found.x[j] - found.x[width + j]) for j in range(width)])


@lru_cache(maxsize=64)
def corners(polytope: Polytope) -> Floats | None:
    """(corners, n) in floats; None where there are too many inputs, or a row that no point leaves."""
    from scipy.spatial import HalfspaceIntersection, QhullError

    A, b = np.array(polytope.matrix, dtype=np.float64), np.array(polytope.side, dtype=np.float64)
    start = inside(polytope)
    if not 2 <= A.shape[1] <= MOST_INPUTS or (b - A @ start).min() <= FLAT:
        return None
    try:
        return np.asarray(HalfspaceIntersection(np.column_stack([A, -b]), start).intersections, dtype=np.float64)
    except QhullError:  # too flat for it
        return None

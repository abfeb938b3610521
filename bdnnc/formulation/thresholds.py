"""From which pre-activation on a unit is active, and up to which it is not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.bias import BiasDomains

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """u = 1 iff a >= ``active``, u = 0 iff a <= -``inactive``: (rows, units) floats, rows 1 in deeper layers.

    ``decided``: 1 or 0 where the pre-activation is a constant, else -1. ``width``: the margin between the sides, the smallest
    of all rows. ``tolerance``: the loosest solver tolerance that enforces it.
    """

    active: Floats
    inactive: Floats
    decided: NDArray[np.int8]
    exact: bool
    width: Fraction
    reason: str
    tolerance: float
    bias: BiasDomains
    one_sided: bool = False
    """Chosen with t+ = 0: active rows may be exactly 0, which only acceptance can tell from a hair below."""

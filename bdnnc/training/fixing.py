"""A model with some columns fixed at a network's values: the same matrix with other bounds. The solver's presolve does the
rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import MilpModel

Floats = NDArray[np.float64]


def with_fixed(model: MilpModel, x: Floats, fixed: NDArray[np.bool_], hold: bool) -> MilpModel:
    """The model with the columns of ``fixed`` at the values that ``x`` has there, integers rounded.

    With ``hold`` every row is as wide as ``x`` needs it, so that ``x`` is feasible: an accepted network misses rows only by
    rounding, or by a margin that it does not keep as wide as the model wants it. That what is found is a network after all is
    for acceptance to say.
    """
    whole = model.integrality == 1
    value = np.clip(np.where(whole, np.rint(x), x), model.lower, model.upper)
    found = replace(model, lower=np.where(fixed, value, model.lower), upper=np.where(fixed, value, model.upper))
    if not hold:
        return found
    activity = model.A @ value
    return replace(found, row_lower=np.minimum(model.row_lower, activity), row_upper=np.maximum(model.row_upper, activity))

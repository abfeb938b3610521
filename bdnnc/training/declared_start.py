"""Weights to start from (`weights start`), as bounds: what a solver finds within them is a network to begin with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bdnnc.formulation.formulate import Formulation
from bdnnc.milp.lower import column_slices
from bdnnc.milp.model import MilpModel


def with_declared_start(model: MilpModel, formulation: Formulation) -> MilpModel:
    """The model with the free weights of every layer that names a start fixed at it."""
    lower, upper = model.lower.copy(), model.upper.copy()
    places = column_slices(model)
    for layer in formulation.problem.layers:
        if layer.start is not None and ("w", layer.name) in places:
            where = places["w", layer.name]
            values = layer.start[layer.free].astype(np.float64)
            lower[where] = upper[where] = np.clip(values, lower[where], upper[where])
    return replace(model, lower=lower, upper=upper)

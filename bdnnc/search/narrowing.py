"""Constraints that bound single parameters or the connections of each unit, as narrower grids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from bdnnc.language.quantities import Constraint, FanIn, Parameters
from bdnnc.search.forms import narrows
from bdnnc.search.grids import BiasGrid, GridLayer


def narrowed(layers: tuple[GridLayer, ...], constraints: Iterable[Constraint]) -> tuple[GridLayer, ...]:
    """The layers under all constraints that narrow a grid."""
    found = list(layers)
    for constraint in constraints:
        if narrows(constraint):
            term = constraint.terms[0]
            place = term.quantity.layer if isinstance(term.quantity, FanIn | Parameters) else 0
            found[place] = _under(found[place], constraint)
    return tuple(found)


def _under(layer: GridLayer, constraint: Constraint) -> GridLayer:
    (term,) = constraint.terms
    if term.coefficient == 0:
        return layer
    limit = constraint.bound / term.coefficient
    if isinstance(term.quantity, FanIn):
        most = max(0, floor(limit))
        return replace(layer, fan_in=most if layer.fan_in is None else min(most, layer.fan_in))
    below = constraint.sense == "==" or (constraint.sense == "<=") == (term.coefficient > 0)
    above = constraint.sense == "==" or (constraint.sense == ">=") == (term.coefficient > 0)
    quantity = term.quantity
    assert isinstance(quantity, Parameters)
    if quantity.part == "weights":
        return _weights_under(layer, quantity, limit, below, above)
    biases = list(layer.biases if not layer.is_shared else layer.biases[:1])
    for unit in quantity.units:
        place = 0 if layer.is_shared else unit
        if place < len(biases):
            biases[place] = _bias_under(biases[place], limit * layer.scale, below, above)
    return replace(layer, biases=tuple(biases))


def _weights_under(layer: GridLayer, quantity: Parameters, limit: Fraction, below: bool, above: bool) -> GridLayer:
    """The layer with bounds on some weights; one that has to be a number between two levels is a constant."""
    shape = layer.free.shape
    least = np.full(shape, np.iinfo(np.int64).min // 4) if layer.least is None else layer.least.copy()
    most = np.full(shape, np.iinfo(np.int64).max // 4) if layer.most is None else layer.most.copy()
    free, constant = layer.free.copy(), layer.constant.copy()
    scaled = limit * layer.weight_scale
    at = (np.array(quantity.units), np.array(quantity.inputs))
    if below:
        most[at] = np.minimum(most[at], floor(scaled))
    if above:
        least[at] = np.maximum(least[at], ceil(scaled))
    if below and above and layer.scales is None:
        constant[at] = np.where(free[at], round(scaled), constant[at])
        free[at] = False
    return replace(layer, least=least, most=most, free=free, constant=constant)


def _bias_under(grid: BiasGrid, limit: Fraction, below: bool, above: bool) -> BiasGrid:
    """The grid with its ends moved; as it is where no member is left, which measuring will tell."""
    first, last = 0, grid.count
    if below:
        last = min(last, floor((limit - grid.first) / grid.step))
    if above:
        first = max(first, ceil((limit - grid.first) / grid.step))
    allowed = None if grid.allowed is None else grid.allowed[first : last + 1]
    if first > last or (allowed is not None and not allowed.any()):
        return grid
    return replace(grid, first=grid.first + first * grid.step, count=last - first, allowed=allowed)

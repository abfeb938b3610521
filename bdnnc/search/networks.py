"""Between the integers of a search and networks of exact rationals."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.domains import RealDomain, ScaledDomain
from bdnnc.network.network import Layer, Network
from bdnnc.network.scales import scale_of
from bdnnc.search.grids import GridLayer, nearest
from bdnnc.search.model import SearchModel
from bdnnc.search.state import Parameters, State
from bdnnc.search.structure import looks_at_bias

Integers = NDArray[np.int64]


def network_of(parameters: Parameters, model: SearchModel, formulation: Formulation) -> Network:
    """The network that integers stand for. A real bias that nothing looks at is put into the middle between the sums that it
    has to separate. Whether the network keeps what it should is for `Measured` to say."""
    state = State(model, parameters)
    layers: list[Layer] = []
    for place, (plan, grid) in enumerate(zip(formulation.plans, model.layers, strict=True)):
        posed = plan.layer
        weights = posed.constant.copy()
        table = parameters.weights[place]
        for unit, column in np.argwhere(posed.free).tolist():
            weights[unit, column] = Fraction(int(table[unit, column]), grid.weight_scale)
        bias = np.array([Fraction(int(value), grid.scale) for value in parameters.biases[place]], dtype=object)
        if plan.thresholds.bias.kind == "unit" and not _is_looked_at(model, place):
            bias = np.array([_centred(state, place, unit, formulation) for unit in range(posed.units)], dtype=object)
        elif plan.thresholds.bias.kind == "fixed":
            bias = np.array([domain.lower for domain in plan.thresholds.bias.domains], dtype=object)
        layers.append(Layer(posed.name, posed.unit, weights, bias, posed.absent_at(weights), plan.margin, posed.height))
    return Network((), tuple(layers), formulation.problem.classes)


def parameters_of(network: Network, model: SearchModel, formulation: Formulation) -> Parameters:
    """The integers nearest to a network of the class."""
    weights: list[Integers] = []
    biases: list[Integers] = []
    scales: list[Integers] = []
    for layer, grid, plan in zip(network.layers, model.layers, formulation.plans, strict=True):
        scale = np.ones(grid.units, dtype=np.int64)
        table = np.rint(layer.weights.astype(np.float64) * grid.weight_scale).astype(np.int64)
        domain = plan.layer.domain
        if isinstance(domain, ScaledDomain) and grid.scales is not None:
            for unit in range(grid.units):
                free = plan.layer.free[unit]
                found = scale_of(layer.weights[unit][free], domain)
                scale[unit] = nearest(grid.scales, np.array([round(found * grid.scale_unit)]))[0]
                base = np.rint((layer.weights[unit] / found).astype(np.float64) * (grid.weight_scale // grid.scale_unit))
                table[unit][free] = nearest(grid.levels, base.astype(np.int64))[free] * scale[unit]
        else:
            table = np.where(grid.free, nearest(grid.levels, table), grid.constant)
        weights.append(np.where(grid.free, table, grid.constant))
        biases.append(np.array([_bias(grid, unit, value) for unit, value in enumerate(layer.bias)], dtype=np.int64))
        scales.append(scale)
    return Parameters(tuple(weights), tuple(biases), tuple(scales))


def _bias(grid: GridLayer, unit: int, value: Fraction) -> int:
    own, wanted = grid.bias_grid(unit), floor(value * grid.scale)  # sums are integers: rounding down changes no activation
    return wanted if own is None else own.nearest(wanted)


def _is_looked_at(model: SearchModel, place: int) -> bool:
    """Whether a form cares for the biases or margins of a layer, or they are outputs."""
    if model.has_margins or model.layers[place].unit == "linear":
        return True
    return any(looks_at_bias(quantity, place) for form in model.forms for _, quantity in form.structure)


def _centred(state: State, place: int, unit: int, formulation: Formulation) -> Fraction:
    """A unit's bias in the middle of the interval in which nothing changes; as it is where its set is finite."""
    grid, domain = state.model.layers[place], formulation.plans[place].thresholds.bias.of(unit)
    now = Fraction(int(state.biases[place][unit]), grid.scale)
    if not isinstance(domain, RealDomain):
        return now
    active = state.active[place][unit]
    if not active.any() or active.all():
        return now
    lowest, highest = _extremes(state, place, unit)
    middle = Fraction(int(lowest[active].min()) + int(highest[~active].max()), 2 * grid.scale)
    return min(max(-middle, domain.lower), domain.upper)


def _extremes(state: State, place: int, unit: int) -> tuple[Integers, Integers]:
    """The lowest and highest sums that a bias has to separate: over the sets of patterns that the unit keeps."""
    sums = state.sums[place][unit]
    if place or state.falls is None or state.rises is None:
        return sums, sums
    kept = state.kept[unit]
    lowest, highest = sums - np.where(kept, state.falls[unit], 0), sums + np.where(kept, state.rises[unit], 0)
    return lowest.astype(np.int64), highest.astype(np.int64)

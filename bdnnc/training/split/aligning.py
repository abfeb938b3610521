# pyright: reportUnknownVariableType=false, reportMissingTypeStubs=false
"""Units of one network put where they do what those of another do: by permutation, and by complement where the class allows it.

Hidden units of equal declaration may change places. A complemented unit is active where it was not: a step unit has weights -w
and bias -b - g (g: the step of its lattice of sums, so that a tie, which is active, becomes an inactive one), and what it feeds
has weights -v and bias + v times its height; a sign unit has -w and -b, and what it feeds has weights -v. Which units belong
together is an assignment problem: as few training patterns as possible on which they differ (the model fusion of Singh and
Jaggi 2020, arXiv 1910.05653, on activations).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import ScaledDomain
from bdnnc.network.evaluate import active_units
from bdnnc.network.network import Layer, Network

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

FORBIDDEN = 1e9
"""The cost of a pair of units that differ in what is declared of them."""


def aligned(network: Network, reference: Network, formulation: Formulation) -> Network:
    """A network that computes the same (ties of complemented units with real weights aside) with its hidden units in the places
    of their like in ``reference``."""
    patterns, plans = formulation.problem.patterns, formulation.plans
    wanted = active_units(reference, patterns)
    for place in range(len(plans) - 1):
        own = active_units(network, patterns)[place]
        equal = _alike(plans, place)
        differ = _differences(wanted[place], own)
        complemented = _complemented_all(network, place, plans)
        flipped = np.array([other is not None for other in complemented], dtype=np.bool_)
        cost = np.where(flipped[None, :], np.minimum(differ, 1 - differ), differ)
        order = _assignment(np.where(equal, cost, FORBIDDEN))
        for unit in order.tolist():
            if flipped[unit] and differ[int(np.flatnonzero(order == unit)[0]), unit] > 0.5:
                network = _complemented(network, place, unit, plans) or network
        network = _permuted(network, place, order)
    return network


def _differences(wanted: Booleans, own: Booleans) -> Floats:
    """(units, units) the share of patterns on which unit i of the reference and unit j of the network differ."""
    a, b = wanted.astype(np.float64), own.astype(np.float64)
    both, neither = a.T @ b, (1 - a).T @ (1 - b)
    return 1 - (both + neither) / len(a)


def _assignment(cost: Floats) -> NDArray[np.int64]:
    """For each place the unit that goes there, at the least total cost."""
    from scipy.optimize import linear_sum_assignment

    _, columns = linear_sum_assignment(cost)
    return np.asarray(columns, dtype=np.int64)


def _alike(plans: tuple[LayerPlan, ...], place: int) -> Booleans:
    """(units, units) which units of a layer are declared alike: free, fixed and absent weights into and out of them, and
    biases."""
    layer, after, bias = plans[place].layer, plans[place + 1].layer, plans[place].thresholds.bias
    marks = [layer.free, layer.absent, layer.constant, after.free.T, after.absent.T, after.constant.T]
    same = np.ones((layer.units, layer.units), dtype=np.bool_)
    for mark in marks:
        same &= np.asarray((mark[:, None, :] == mark[None, :, :]).all(axis=2), dtype=np.bool_)
    if bias.domains and bias.kind != "shared":
        domains = [bias.of(unit) for unit in range(layer.units)]
        kind = np.array([domains.index(domain) for domain in domains])
        same &= kind[:, None] == kind[None, :]
    return same


def _permuted(network: Network, place: int, order: NDArray[np.int64]) -> Network:
    layers = list(network.layers)
    layer, after = layers[place], layers[place + 1]
    layers[place] = replace(layer, weights=layer.weights[order], bias=layer.bias[order], absent=layer.absent[order])
    layers[place + 1] = replace(after, weights=after.weights[:, order], absent=after.absent[:, order])
    return replace(network, layers=tuple(layers))


def _complemented_all(network: Network, place: int, plans: tuple[LayerPlan, ...]) -> list[Network | None]:
    """For each unit of a layer the network in which it alone is complemented; None where that is not of the class."""
    return [_complemented(network, place, unit, plans) for unit in range(plans[place].layer.units)]


def _complemented(network: Network, place: int, unit: int, plans: tuple[LayerPlan, ...]) -> Network | None:
    layers, plan, next_plan = list(network.layers), plans[place], plans[place + 1]
    layer, after = layers[place], layers[place + 1]
    weights, bias = layer.weights.copy(), layer.bias.copy()
    weights[unit] = -weights[unit]
    bias[unit] = -bias[unit] - (_tie_step(plan, unit) if layer.unit == "step" else 0)
    outgoing, next_bias = after.weights.copy(), after.bias.copy()
    if layer.unit == "step":
        next_bias = next_bias + outgoing[:, unit] * layer.height
    outgoing[:, unit] = -outgoing[:, unit]
    layers[place] = replace(layer, weights=weights, bias=bias)
    layers[place + 1] = replace(after, weights=outgoing, bias=next_bias)
    members = _is_of_class(layers[place], plan, [unit]) and _is_of_class(layers[place + 1], next_plan, range(len(next_bias)))
    return replace(network, layers=tuple(layers)) if members else None


def _tie_step(plan: LayerPlan, unit: int) -> Fraction:
    """The step of the lattice of pre-activations where it is enforced; without one ties hardly occur, and count for nothing."""
    return plan.thresholds.width if plan.thresholds.exact else Fraction(0)


def _is_of_class(layer: Layer, plan: LayerPlan, units: list[int] | range) -> bool:
    """Whether some units' weights and biases are members of their sets."""
    posed, bias = plan.layer, plan.thresholds.bias
    for unit in units:
        if bias.kind in ("shared", "none", "fixed") and layer.bias[unit] != _given(plan, layer, unit):
            return False
        if bias.domains and not bias.of(unit).contains(layer.bias[unit]):
            return False
    rows = list(units)
    constant = ~posed.free[rows] & (layer.weights[rows] != posed.constant[rows])
    free = layer.weights[rows][posed.free[rows] & ~layer.absent[rows]]
    if constant.any():
        return False
    if isinstance(posed.domain, ScaledDomain):
        base = posed.domain.base
        return set(base) == {-value for value in base}
    return all(posed.domain.contains(weight) for weight in set(free.tolist()))


def _given(plan: LayerPlan, layer: Layer, unit: int) -> Fraction:
    """What a bias that is not the unit's own has to be; a shared one is that of the other units."""
    bias = plan.thresholds.bias
    if bias.kind == "none":
        return Fraction(0)
    if bias.kind == "fixed":
        return bias.floors[unit]
    others = [value for place, value in enumerate(layer.bias.tolist()) if place != unit]
    return others[0] if others else layer.bias[unit]

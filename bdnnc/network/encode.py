"""Network -> vector: the point of the program that a network is, for the oracle, for MIP starts and for incumbents."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain
from bdnnc.network.blocks import Point
from bdnnc.network.network import Layer, Network

Floats = NDArray[np.float64]


def canonicalise(network: Network, formulation: Formulation) -> Network:
    """The representative of a network's class: every real step or sign unit scaled up as far as its domains allow.

    Scaling a unit's weights and bias by one positive number changes no activation, only the margin. Units with fixed weights
    and biases from finite sets other than 0 stay as they are, and so does a network whose real parameters count for more than
    activations.
    """
    if formulation.coupled:
        return network
    layers = [_scaled_up(layer, plan) for layer, plan in zip(network.layers, formulation.plans, strict=True)]
    return replace(network, layers=tuple(layers))


def _scaled_up(layer: Layer, plan: LayerPlan) -> Layer:
    if not isinstance(plan.layer.domain, RealDomain) or isinstance(plan.layer.margin, Fraction):
        return layer
    bias = plan.thresholds.bias
    shared = bias.kind == "shared"
    groups = [range(plan.layer.units)] if shared else [range(i, i + 1) for i in range(plan.layer.units)]
    weights, biases = layer.weights.copy(), layer.bias.copy()
    for place, group in enumerate(groups):
        domain = bias.domains[place] if bias.is_chosen else None
        factor = _largest_factor(layer, plan, list(group), domain)
        if factor > 1:
            weights[group.start : group.stop] *= factor
            biases[group.start : group.stop] *= factor
    return replace(layer, weights=weights, bias=biases)


def _largest_factor(layer: Layer, plan: LayerPlan, group: list[int], bias: object) -> Fraction:
    """The largest factor that keeps free weights and bias of some units in their domains; 1 where none may be scaled."""
    if any(plan.layer.constant[i, j] != 0 for i in group for j in np.flatnonzero(~plan.layer.free[i])):
        return Fraction(1)
    domain = plan.layer.domain
    limits = [_room(layer.weights[i, j], domain.lower, domain.upper) for i in group for j in range(plan.layer.inputs)]
    if plan.thresholds.bias.kind == "fixed" and any(layer.bias[i] != 0 for i in group):
        return Fraction(1)
    if isinstance(bias, RealDomain):
        limits += [_room(layer.bias[i], bias.lower, bias.upper) for i in group]
    elif any(layer.bias[i] != 0 for i in group):
        return Fraction(1)
    finite = [limit for limit in limits if limit is not None]
    return max(min(finite, default=Fraction(1)), Fraction(1))


def _room(value: Fraction, lower: Fraction, upper: Fraction) -> Fraction | None:
    """How often the value fits into its side of the interval; None for 0, which never leaves it."""
    if value == 0:
        return None
    return upper / value if value > 0 else lower / value


def encode(network: Network, formulation: Formulation) -> Floats:
    """The full variable vector of a network of the class, in the column order of the model (with ``one`` at the end).

    Activations are decided in exact rationals on the patterns; every other block has the value that its symbol says (see
    `blocks`). The network's margins and constraints are not checked: a network outside the class gives a vector that violates
    the rows it fails.
    """
    point = Point(network, formulation)
    parts = [point.values(variable) for variable in formulation.program.variables]
    return np.concatenate([*parts, [1.0]])

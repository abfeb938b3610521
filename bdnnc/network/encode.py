"""Network -> vector: the point of the program that a network is, for the oracle, for MIP starts and for incumbents."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import wanted
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.program import Key, Link, Program
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.network import FractionArray, Layer, Network

Floats = NDArray[np.float64]


def canonicalise(network: Network, formulation: Formulation) -> Network:
    """The representative of a network's class: every real step or sign unit scaled up as far as its domains allow.

    Scaling a unit's weights and bias by one positive number changes no activation, only the margin. Units with fixed weights
    and biases from finite sets other than 0 stay as they are.
    """
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
        domain = None if bias.kind == "none" else bias.domains[place]
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

    Activations are decided in exact rationals on the patterns. The network's margins are not checked: a network outside the
    class gives a vector that violates the rows it fails.
    """
    values: dict[Key, Floats] = {}
    problem, program = formulation.problem, formulation.program
    inputs: ExactMatrix = problem.patterns
    below: Floats | None = None
    for layer, plan in zip(network.layers, formulation.plans, strict=True):
        name = layer.name
        weights = layer.weights[plan.layer.free].astype(np.float64)
        values["w", name] = weights
        values["b", name] = _internal_biases(layer, plan).astype(np.float64)
        if below is not None:
            values["s", name] = (below[:, np.nonzero(plan.layer.free)[1]] * weights).ravel()
        active = layer_activity(layer, inputs)
        below = active.astype(np.float64)
        values["u", name] = below.ravel()
        inputs = layer_output(layer, active)
        if layer is network.layers[-1]:
            values["e", name] = _failed_classes(active, formulation)
    for link in program.links:
        values[link.digit] = _digits(link, values[link.target], program)
    parts = [values[variable.key] for variable in program.variables]
    return np.concatenate([*parts, [1.0]])


def _internal_biases(layer: Layer, plan: LayerPlan) -> FractionArray:
    """Biases as the program knows them: on a lattice of sums the largest lattice value below the bias."""
    bias = plan.thresholds.bias
    if bias.kind == "none":
        return np.zeros(0, dtype=object)
    found = [layer.bias[0]] if bias.kind == "shared" else list(layer.bias)
    internal = [
        value if lattice is None else floor((value + lattice[0]) / lattice[1]) * lattice[1] - lattice[0]
        for value, lattice in zip(found, bias.lattices, strict=True)
    ]
    return np.array(internal, dtype=object)


def _failed_classes(active: NDArray[np.bool_], formulation: Formulation) -> Floats:
    """e for each (pattern, class) that occurs: 0 where the outputs are exactly the class's."""
    patterns, classes = np.nonzero(formulation.problem.counts)
    shall = wanted(formulation.problem)[classes] == 1
    return (active[patterns] != shall).any(axis=1).astype(np.float64)


def _digits(link: Link, target: Floats, program: Program) -> Floats:
    if not link.choose_one:
        return np.round((target - link.origin) / link.value)
    nearest = np.full(len(link.origin), np.inf)
    distance = np.abs(link.value - target[link.owner])
    np.minimum.at(nearest, link.owner, distance)
    chosen = distance == nearest[link.owner]
    return chosen.astype(np.float64)

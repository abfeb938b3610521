"""Networks of a class drawn at random, to begin searches with."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.bias import BiasDomain
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain, ScaledDomain
from bdnnc.network.decode import nearest_member
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.rounding import decimals
from bdnnc.network.sums import exact_sums

DECIMALS = decimals(3)
"""How real parameters are written down: an interval that is narrower has its ends."""


def random_network(formulation: Formulation, rng: np.random.Generator) -> Network:
    """A network with the domains, masks and fixed weights of the formulation's layers; whether it keeps constraints and margins
    is not asked.

    Weights are uniform over their sets, connections of a sparse layer are there with one probability for all, itself uniform.
    Each bias puts its unit's threshold between two neighbouring patterns, so that units tell patterns apart.
    """
    below = formulation.problem.patterns
    layers: list[Layer] = []
    for plan in formulation.plans:
        layers.append(_layer(plan, below, rng))
        if plan.layer.unit != "linear":
            below = layer_output(layers[-1], layer_activity(layers[-1], below))
    return Network((), tuple(layers), formulation.problem.classes)


def _layer(plan: LayerPlan, below: ExactMatrix, rng: np.random.Generator) -> Layer:
    layer = plan.layer
    weights = _weights(plan, rng)
    zeros = np.full(layer.units, Fraction(0), dtype=object)
    found = Layer(layer.name, layer.unit, weights, zeros, layer.absent_at(weights), plan.margin, layer.height)
    return Layer(layer.name, layer.unit, weights, _biases(plan, found, below, rng), found.absent, plan.margin, layer.height)


def _weights(plan: LayerPlan, rng: np.random.Generator) -> FractionArray:
    layer = plan.layer
    found: FractionArray = layer.constant.copy()
    for unit in range(layer.units):
        columns = np.flatnonzero(layer.free[unit])
        drawn = _members(plan, len(columns), rng)
        there = rng.random(len(columns)) < rng.random() if layer.sparse else np.ones(len(columns), dtype=np.bool_)
        for column, value, present in zip(columns.tolist(), drawn, there.tolist(), strict=True):
            found[unit, column] = value if present else Fraction(0)
    return found


def _members(plan: LayerPlan, count: int, rng: np.random.Generator) -> list[Fraction]:
    """Members of the weights' set for one unit; of a scaled one, with one scale."""
    domain = plan.layer.domain
    if isinstance(domain, ScaledDomain):
        scale = nearest_member(RealDomain(domain.least, domain.most), _between(domain.least, domain.most, rng), DECIMALS)
        return [scale * domain.base[place] for place in rng.integers(len(domain.base), size=count).tolist()]
    if isinstance(domain, RealDomain):
        return [nearest_member(domain, _between(domain.lower, domain.upper, rng), DECIMALS) for _ in range(count)]
    members = domain.values
    return [members[place] for place in rng.integers(len(members), size=count).tolist()]


def _between(lower: Fraction, upper: Fraction, rng: np.random.Generator) -> float:
    return float(rng.uniform(float(lower), float(upper)))


def _biases(plan: LayerPlan, layer: Layer, below: ExactMatrix, rng: np.random.Generator) -> FractionArray:
    bias, sums = plan.thresholds.bias, exact_sums(layer, below).floats()
    if bias.kind == "none":
        return layer.bias
    if bias.kind == "fixed":
        return np.array([domain.lower for domain in bias.domains], dtype=object)
    if bias.kind == "shared":
        return np.full(len(layer.bias), _threshold(bias.domains[0], sums.ravel(), rng), dtype=object)
    found = [_threshold(domain, sums[:, unit], rng) for unit, domain in enumerate(bias.domains)]
    return np.array(found, dtype=object)


def _threshold(domain: BiasDomain, sums: NDArray[np.float64], rng: np.random.Generator) -> Fraction:
    """The bias nearest to minus the middle between two neighbouring sums."""
    ordered: Sequence[float] = np.unique(sums).tolist()
    place = int(rng.integers(len(ordered)))
    middle = (ordered[place] + ordered[max(place - 1, 0)]) / 2
    return nearest_member(domain, -middle, _finely)


def _finely(value: float) -> Fraction:
    """Sums may be nearer to each other than 3 decimals."""
    return round(Fraction(value), 9)

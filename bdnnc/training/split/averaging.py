"""The average of several networks: aligned units, the mean of each parameter, and the nearest member of its set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain, ScaledDomain
from bdnnc.network.decode import nearest_member
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.rounding import drawn_into, rounded_into, shortest
from bdnnc.training.split.aligning import aligned


def average(networks: Sequence[Network], formulation: Formulation) -> Network:
    """The network of the class nearest to the mean of ``networks`` (at least one), parameter by parameter, after the hidden
    units of all others were aligned with those of the first. What it does is for the caller to measure."""
    first, *others = networks
    everyone = [first, *(aligned(other, first, formulation) for other in others)]
    layers = tuple(
        _mean_layer([network.layers[place] for network in everyone], plan) for place, plan in enumerate(formulation.plans)
    )
    return replace(first, layers=layers)


def _mean_layer(layers: Sequence[Layer], plan: LayerPlan) -> Layer:
    first, posed = layers[0], plan.layer
    weights = posed.constant.copy()
    means = _mean([layer.weights for layer in layers])
    for unit in range(posed.units):
        free = posed.free[unit]
        if free.any():
            scales = [max((abs(weight) for weight in layer.weights[unit][free]), default=Fraction(0)) for layer in layers]
            weights[unit, free] = _members(means[unit, free], plan, sum(scales, Fraction(0)) / len(scales))
    return replace(first, weights=weights, bias=_biases(layers, plan), absent=posed.absent_at(weights), margin=plan.margin)


def _mean(arrays: Sequence[FractionArray]) -> FractionArray:
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total / len(arrays)


def _members(means: FractionArray, plan: LayerPlan, largest: Fraction) -> list[Fraction]:
    """The members nearest to the means. ``largest``: the mean of the largest magnitudes, of which the scale of a scaled set is
    made."""
    domain, zero = plan.layer.domain, Fraction(0)
    if isinstance(domain, ScaledDomain):
        reach = max(abs(value) for value in domain.base)
        scale = drawn_into(shortest(float(largest / reach)), domain.least, domain.most) if reach else domain.least
        choices = [*(scale * value for value in domain.base), *([zero] if plan.layer.sparse else [])]
        return [min(choices, key=lambda choice, mean=mean: abs(choice - mean)) for mean in means.tolist()]
    found: dict[Fraction, Fraction] = {}
    for mean in set(means.tolist()):
        member = _in_interval(domain, mean) if isinstance(domain, RealDomain) else nearest_member(domain, float(mean))
        found[mean] = zero if plan.layer.sparse and abs(mean) < abs(member - mean) else member
    return [found[mean] for mean in means.tolist()]


def _in_interval(domain: RealDomain, mean: Fraction) -> Fraction:
    """A short decimal next to the mean."""
    return rounded_into(domain, float(mean), shortest)


def _biases(layers: Sequence[Layer], plan: LayerPlan) -> FractionArray:
    """One a unit; a shared bias is the mean of all."""
    bias, means = plan.thresholds.bias, _mean([layer.bias for layer in layers])
    if not bias.is_chosen:
        return layers[0].bias
    found = [
        _in_interval(domain, mean) if isinstance(domain, RealDomain) else nearest_member(domain, float(mean))
        for domain, mean in ((bias.of(unit), mean) for unit, mean in enumerate(means.tolist()))
    ]
    return np.array(found, dtype=object)

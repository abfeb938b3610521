"""The best network that says the same whatever its input: an incumbent before any solver has been asked.

Weights are the smallest members of their sets and biases the ends of theirs, so that every unit is as constant as its domains
allow. What such a network does on the data is then simply evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import exact_objective
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import smallest_magnitude
from bdnnc.network.evaluate import active_units
from bdnnc.network.network import Layer, Network
from bdnnc.network.planned import declared_margin_checks


def best_constant(formulation: Formulation) -> tuple[Network, Fraction] | None:
    """The best of the networks with each output bias at either end, and its objective; None where all miss a declared
    margin."""
    plans = formulation.plans
    hidden = [_layer(plan, np.ones(plan.layer.units, dtype=np.bool_)) for plan in plans[:-1]]
    best: tuple[Network, Fraction] | None = None
    for high in _ends(plans[-1]):
        network = Network((), (*hidden, _layer(plans[-1], high)), formulation.problem.classes)
        outputs = active_units(network, formulation.problem.patterns)[-1]
        objective = exact_objective(formulation.problem, outputs)
        if (best is None or objective < best[1]) and _keeps_margins(network, formulation):
            best = network, objective
    return best


def _ends(plan: LayerPlan) -> Iterator[NDArray[np.bool_]]:
    """Which output biases stand at their upper end: none, each alone, all."""
    units = plan.layer.units
    yield np.zeros(units, dtype=np.bool_)
    if plan.thresholds.bias.kind == "unit" and units > 1:
        yield from np.eye(units, dtype=np.bool_)
    yield np.ones(units, dtype=np.bool_)


def _layer(plan: LayerPlan, high: NDArray[np.bool_]) -> Layer:
    layer, bias = plan.layer, plan.thresholds.bias
    weights = layer.constant.copy()
    weights[layer.free] = smallest_magnitude(layer.domain)
    biases = np.full(layer.units, Fraction(0), dtype=object)
    for unit in range(layer.units if bias.domains else 0):
        domain = bias.domains[0 if bias.kind == "shared" else unit]
        biases[unit] = domain.upper if high[0 if bias.kind == "shared" else unit] else domain.lower
    return Layer(layer.name, layer.unit, weights, biases, layer.absent, plan.thresholds.width)


def _keeps_margins(network: Network, formulation: Formulation) -> bool:
    """Whether no pre-activation lies within a declared margin."""
    return all(check.ok for check in declared_margin_checks(network, formulation))

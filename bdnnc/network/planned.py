"""Whether a network is of the class that a formulation searched: absent and fixed weights, chosen bias ranges, stated margins.

Beside `declared`, which knows the file alone: these need the data and the files that a layer names.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.formulation.worst.tower import longer
from bdnnc.ir.domains import ScaledDomain
from bdnnc.network.check import Check, DomainCheck, value_text
from bdnnc.network.document import Scalar
from bdnnc.network.evaluate import smallest_margins
from bdnnc.network.network import Layer, Network
from bdnnc.network.scales import scale_of
from bdnnc.uncertainty.sets import L2, Uncertainty


def planned_checks(formulation: Formulation) -> DomainCheck:
    """A check of networks against the plans of the layers."""

    def checks(network: Network) -> Iterator[Check]:
        for place, (layer, plan) in enumerate(zip(network.layers, formulation.plans, strict=False)):
            yield from _layer(f"layers[{place}]", layer, plan)
        yield from declared_margin_checks(network, formulation)

    return checks


def declared_margin_checks(network: Network, formulation: Formulation) -> Iterator[Check]:
    """That the pre-activations on the patterns keep the margins that the file declares."""
    margins = [plan.layer.margin for plan in formulation.plans]
    if not any(isinstance(margin, Fraction) for margin in margins):
        return
    nearest = smallest_margins(network, formulation.problem.patterns)
    for place, (margin, distance) in enumerate(zip(margins, nearest, strict=True)):
        if isinstance(margin, Fraction) and distance is not None:
            name, rule = f"layers[{place}].weights", f"at least {value_text(margin / 2)} from 0 on every point"
            yield Check(name, f"as near as {value_text(distance)}", rule, distance >= margin / 2)


def _layer(name: str, layer: Layer, plan: LayerPlan) -> Iterator[Check]:
    posed = plan.layer
    yield Check.equal(f"{name}.weights", f"{layer.weights.shape}", f"{posed.free.shape}")
    yield from _absent(name, layer, plan)
    differing = ~posed.free & (layer.weights != posed.constant)
    for unit, column in zip(*np.nonzero(differing), strict=True):
        where = f"{name}.weights[{unit}][{column}]"
        yield Check(where, value_text(layer.weights[unit, column]), f"{value_text(posed.constant[unit, column])}, fixed", False)
    if isinstance(posed.domain, ScaledDomain):
        yield from _scales(name, layer, plan)
    bias = plan.thresholds.bias
    for unit, value in enumerate(layer.bias):
        if bias.kind != "none":
            domain = bias.of(unit)
            yield Check(f"{name}.bias[{unit}]", value_text(value), f"in {domain.text()}", domain.contains(value))
    yield Check.equal(f"{name}.height", layer.height, posed.height)
    yield Check.equal(f"{name}.margin", layer.margin, plan.margin)


def _absent(name: str, layer: Layer, plan: LayerPlan) -> Iterator[Check]:
    """The connections that a mask leaves out; in a sparse layer also every free weight of 0."""
    posed = plan.layer
    yield Check.equal(f"{name}.absent", _places(layer.absent), _places(posed.absent_at(layer.weights)))


def _scales(name: str, layer: Layer, plan: LayerPlan) -> Iterator[Check]:
    """That the weights of each unit are members of the base times one scale."""
    domain, free = plan.layer.domain, plan.layer.free
    assert isinstance(domain, ScaledDomain)
    for unit in range(plan.layer.units):
        weights = [Fraction(weight) for weight in layer.weights[unit][free[unit]]]
        scale = scale_of(weights, domain)
        members = all(weight / scale in domain.base for weight in weights if weight != 0 or not plan.layer.sparse)
        rule = f"all one scale times a member of {domain.text()}"
        yield Check(f"{name}.weights[{unit}]", f"{len(weights)} numbers", rule, members)


def _places(table: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> str:
    pairs = np.argwhere(table).tolist()
    shown = ", ".join(str(pair) for pair in pairs[:8])
    return f"{len(pairs)} places{': ' + shown if pairs else ''}{', ..' if len(pairs) > 8 else ''}"


def network_class(formulation: Formulation) -> dict[str, Scalar]:
    """The class that a bound speaks of: `margin` over all layers, then each layer's margin and bias range; in what sense of
    robust, where anything moves."""
    classes = formulation.program.classes
    kinds = [found.kind for found in classes if found.kind not in ("none", "exact")]
    table: dict[str, Scalar] = {"margin": "exact" if not kinds else kinds[0] if len(set(kinds)) == 1 else "chosen"}
    for found in classes:
        table[f"{found.layer}.margin"] = found.margin_text
        table[f"{found.layer}.bias"] = found.bias
    if formulation.problem.uncertainty is not None:
        table["robust"] = robust_text(formulation.problem.uncertainty)
    return table


def robust_text(uncertainty: Uncertainty) -> str:
    """The sense of robust, and by how much balls of l2 are larger in the program than in the file."""
    factors = [longer(len(m.inputs)) for m in uncertainty.moves if isinstance(m.coupling, L2) and m.step is None]
    is_larger = bool(factors) and uncertainty.sense != "adaptive"
    return f"{uncertainty.sense}, l2 radii x {max(factors):.8f}" if is_larger else uncertainty.sense

"""Whether a network is of the class that a formulation searched: absent and fixed weights, chosen bias ranges, stated margins.

Beside `declared`, which knows the file alone: these need the data and the files that a layer names.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.network.check import Check, DomainCheck, value_text
from bdnnc.network.document import Scalar
from bdnnc.network.evaluate import smallest_margins
from bdnnc.network.network import Layer, Network


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
        if isinstance(margin, Fraction):
            name, rule = f"layers[{place}].weights", f"at least {value_text(margin / 2)} from 0 on every point"
            yield Check(name, f"as near as {value_text(distance)}", rule, distance >= margin / 2)


def _layer(name: str, layer: Layer, plan: LayerPlan) -> Iterator[Check]:
    posed = plan.layer
    yield Check.equal(f"{name}.weights", f"{layer.weights.shape}", f"{posed.free.shape}")
    yield Check.equal(f"{name}.absent", _places(layer.absent), _places(posed.absent))
    differing = ~posed.free & (layer.weights != posed.constant)
    for unit, column in zip(*np.nonzero(differing), strict=True):
        where = f"{name}.weights[{unit}][{column}]"
        yield Check(where, value_text(layer.weights[unit, column]), f"{value_text(posed.constant[unit, column])}, fixed", False)
    bias = plan.thresholds.bias
    for unit, value in enumerate(layer.bias):
        if bias.kind != "none":
            domain = bias.domains[0 if bias.kind == "shared" else unit]
            yield Check(f"{name}.bias[{unit}]", value_text(value), f"in {domain.text()}", domain.contains(value))
    yield Check.equal(f"{name}.margin", layer.margin, plan.thresholds.width)


def _places(table: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> str:
    pairs = np.argwhere(table).tolist()
    shown = ", ".join(str(pair) for pair in pairs[:8])
    return f"{len(pairs)} places{': ' + shown if pairs else ''}{', ..' if len(pairs) > 8 else ''}"


def network_class(formulation: Formulation) -> dict[str, Scalar]:
    """The class that a bound speaks of: `margin` over all layers, then each layer's margin and bias range."""
    classes = formulation.program.classes
    exact = all(found.exact for found in classes)
    table: dict[str, Scalar] = {"margin": "exact" if exact else "chosen"}
    if not exact and all(found.exact or found.reason == "declared" for found in classes):
        table["margin"] = "declared"
    for found in classes:
        kind = "exact" if found.exact else "declared" if found.reason == "declared" else "chosen"
        table[f"{found.layer}.margin"] = f"{kind} {found.margin}"
        table[f"{found.layer}.bias"] = found.bias
    return table

"""Whether a network is of the class that a formulation searched: absent and fixed weights, chosen bias ranges, stated margins.

Beside `declared`, which knows the file alone: these need the data and the files that a layer names.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.network.check import Check, DomainCheck, value_text
from bdnnc.network.network import Layer, Network


def planned_checks(formulation: Formulation) -> DomainCheck:
    """A check of networks against the plans of the layers."""

    def checks(network: Network) -> Iterator[Check]:
        for place, (layer, plan) in enumerate(zip(network.layers, formulation.plans, strict=False)):
            yield from _layer(f"layers[{place}]", layer, plan)

    return checks


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

"""The exact pre-activations of one layer."""

from __future__ import annotations

from bdnnc.exact import ExactMatrix
from bdnnc.network.integer_layer import integer_layer
from bdnnc.network.network import Layer


def exact_sums(layer: Layer, below: ExactMatrix) -> ExactMatrix:
    """(rows, units) exact pre-activations of ``layer`` on its inputs ``below`` (rows, inputs)."""
    return integer_layer(layer, below.denominators).preactivations(below.numerators)

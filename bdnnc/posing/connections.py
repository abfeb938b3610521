"""Which layers may lack connections, and which inputs a statement speaks of by name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bdnnc.language.quantities import FanIn, FeaturesUsed, Norm, Parameters, Quantity, UnitsUsed
from bdnnc.language.spec import ModelSpec


def quantities(model: ModelSpec) -> Iterator[Quantity]:
    """Whatever goals and constraints speak of."""
    for statement in (*model.goals, *model.constraints):
        yield from (term.quantity for term in statement.terms)


def sparse_layers(model: ModelSpec) -> frozenset[int]:
    """The layers whose connections are counted somewhere, so that each of them may be absent: by `fan_in`, by `l0` of weights,
    by `features_used` (the first layer), by `units` (the layer after the one named). A mask alone only removes connections."""
    found: set[int] = set()
    for quantity in quantities(model):
        match quantity:
            case FanIn(layer):
                found.add(layer)
            case Norm("l0", "weights", layers):
                found.update(layers)
            case FeaturesUsed():
                found.add(0)
            case UnitsUsed(layer):
                found.add(layer + 1)
            case _:
                pass
    return frozenset(found)


def named_inputs(model: ModelSpec, inputs: int) -> NDArray[np.bool_]:
    """The first-layer inputs that a goal or a constraint names, by a weight or by `monotone`; shape (inputs,)."""
    named = np.zeros(inputs, dtype=np.bool_)
    for quantity in quantities(model):
        if isinstance(quantity, Parameters) and quantity.layer == 0 and quantity.part == "weights":
            named[list(quantity.inputs)] = True
    for statement in model.monotone:
        named[list(statement.inputs)] = True
    return named

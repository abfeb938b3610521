"""Which quantities a file speaks of, and which inputs by name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bdnnc.language.quantities import Parameters, Quantity
from bdnnc.language.spec import ModelSpec


def quantities(model: ModelSpec) -> Iterator[Quantity]:
    """Whatever goals and constraints speak of."""
    for statement in (*model.goals, *model.constraints):
        yield from (term.quantity for term in statement.terms)


def named_inputs(model: ModelSpec, inputs: int) -> NDArray[np.bool_]:
    """The first-layer inputs that a goal or a constraint names, by a weight or by `monotone`; shape (inputs,)."""
    named = np.zeros(inputs, dtype=np.bool_)
    for quantity in quantities(model):
        if isinstance(quantity, Parameters) and quantity.layer == 0 and quantity.part == "weights":
            named[list(quantity.inputs)] = True
    for statement in model.monotone:
        named[list(statement.inputs)] = True
    return named

"""The binaries v (weights) and vb (biases): 1 only where the parameter is >= 0, 0 only where it is <= 0."""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.parts import Free, Part
from bdnnc.ir.program import Key


def make_signs(builder: Builder, part: Part, free: Free) -> Key:
    """The block of signs, fixed where the bounds decide; the rows that need it give it its meaning."""
    key = part.key("v")
    if not builder.has(key):
        low, high = free.variable.lower, free.variable.upper
        lower, upper = (low >= 0).astype(np.float64), ((low >= 0) | (high > 0)).astype(np.float64)
        builder.add(free.like(key[0], lower, upper, True))
    return key

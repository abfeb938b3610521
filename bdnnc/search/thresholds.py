"""Which thresholds of a unit are weighed at a time: an arithmetic progression of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bdnnc.search.grids import GridLayer

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

WIDEST = 128
"""Thresholds of a window."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Thresholds ``first + step * k`` for k below ``count``; of which ``allowed`` may be chosen (None: all)."""

    first: int
    step: int
    count: int
    allowed: Booleans | None = None

    def reached(self, sums: Integers) -> Integers:
        """How many of the thresholds each sum reaches."""
        above = sums - (self.first - self.step)
        if self.step != 1:
            above //= self.step
        return np.clip(above, 0, self.count, out=above)

    @property
    def biases(self) -> Integers:
        """The biases that the thresholds stand for."""
        return -(self.first + self.step * np.arange(self.count, dtype=np.int64))


def window_of(layer: GridLayer, unit: int, bias: int, sums: Integers, random: Generator) -> Window:
    """The thresholds of a unit to weigh: all of them where they are few, else a random stretch, wide or near the present one.

    ``bias``: the present one; ``sums``: the present pre-activations without bias. A bias that is shared or fixed stays.
    """
    grid = layer.bias_grid(unit)
    if grid is None or grid.count == 0 or layer.is_shared:
        return Window(-bias, 1, 1)
    if grid.count < WIDEST:
        allowed = None if grid.allowed is None else grid.allowed[::-1]
        return Window(-(grid.first + grid.step * grid.count), grid.step, grid.count + 1, allowed)
    reach = max(int(sums.max()) - int(sums.min()), grid.step)
    coarsest = max(1, -(-min(reach, grid.count * grid.step) // (grid.step * WIDEST)))
    zooms = int(np.log2(coarsest)) + 1
    stride = max(1, coarsest >> int(random.integers(zooms + 1)))
    at = round((bias - grid.first) / grid.step)
    low = at - stride * int(random.integers(WIDEST))
    low = max(low, at % stride if stride > 1 else 0)
    count = min(WIDEST, (grid.count - low) // stride + 1)
    places = low + stride * np.arange(count)
    allowed = None if grid.allowed is None else grid.allowed[places][::-1]
    return Window(-(grid.first + grid.step * int(places[-1])), grid.step * stride, count, allowed)

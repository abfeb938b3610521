"""Which thresholds of a unit are weighed at a time: an arithmetic progression of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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


def window_of(layer: GridLayer, unit: int, bias: int, sums: Integers, chances: tuple[float, float]) -> Window:
    """The thresholds of a unit to weigh: all of them where they are few, else a random stretch, wide or near the present one.

    ``bias``: the present one; ``sums``: the present pre-activations without bias; ``chances``: in [0, 1), for the width and
    the place. A bias that is shared or fixed stays.
    """
    grid = layer.bias_grid(unit)
    if grid is None or grid.count == 0 or layer.is_shared:
        return Window(-bias, 1, 1)
    if grid.count < WIDEST:
        allowed = None if grid.allowed is None else grid.allowed[::-1]
        return Window(-(grid.first + grid.step * grid.count), grid.step, grid.count + 1, allowed)
    low, stride, count = stretch(grid.count, grid.step, (bias - grid.first) // grid.step, _spread(sums), *chances)
    allowed = None if grid.allowed is None else grid.allowed[low : low + stride * count : stride][::-1]
    last = grid.first + grid.step * (low + stride * (count - 1))
    return Window(-last, grid.step * stride, count, allowed)


def stretch(last: int, step: int, at: int, spread: int, width: float, begin: float) -> tuple[int, int, int]:
    """``(low, stride, count)`` of some of the biases 0..last, the present one, ``at``, among them: as coarse as it takes to
    cover the ``spread`` of the sums, or finer by a power of 2. Plain integers, for numba."""
    reach = min(max(spread, step), last * step)
    coarsest = max(1, -(-reach // (step * WIDEST)))
    zooms = 0
    while coarsest >> zooms:
        zooms += 1
    stride = max(1, coarsest >> int(width * (zooms + 1)))
    low = max(at - stride * int(begin * WIDEST), at % stride)
    return low, stride, min(WIDEST, (last - low) // stride + 1)


def _spread(sums: Integers) -> int:
    return int(sums.max()) - int(sums.min())

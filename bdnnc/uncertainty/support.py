"""Exact worst cases of linear functions over sets of perturbations, in rationals.

For each form of `Moves` the largest w.delta has a closed form: a sum of ends over a box, of the largest gains under `AtMost`,
the fractional knapsack under `L1`, |w| under `L2` (with a box: water filling, delta_j = clamp(lambda w_j)), and a linear
program in rationals over a `Polytope`. The only one that is no rational is the root of `L2`, which is rounded so that the set
never seems smaller than it is. Finite sets of the last two forms are enumerated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import isqrt, lcm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.exact import INT64_SAFE, ExactMatrix, IntArray, magnitude, narrowed
from bdnnc.uncertainty.exact_lp import Enclosure, enclosing_box, furthest
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope

FractionArray = NDArray[Any]  # dtype object, entries Fraction

__all__ = ["GRID_LIMIT", "Enclosure", "contains", "enclosing_box", "grid_size", "reaches", "root_above", "support"]

GRID_LIMIT = 100_000
"""Points of a box's grid that are enumerated where a coupling has no closed form on the grid."""

ROOT_SCALE = 10**30
"""Roots that are no rationals are at most one part in this many too large."""


def reaches(weights: FractionArray, uncertainty_moves: Sequence[Moves]) -> tuple[ExactMatrix, ExactMatrix]:
    """The exact least and largest sum_j w[i, j] delta_j over all perturbations: two (P, units) matrices, (1, units) where all
    points may move alike.

    ``weights``: (units, inputs) Fractions of the first layer; the ``uncertainty_moves`` are of disjoint inputs, and one
    perturbation of each is added up. Under `L2` the largest is never too small and the least never too large, by at most one
    part in 1e30.
    Raises InternalError for `L2` and `Polytope` on a grid with more than `GRID_LIMIT` points.
    """
    rows = max((max(moves.low.shape[0], moves.high.shape[0]) for moves in uncertainty_moves), default=1)
    least, most = (_Sum(rows, weights.shape[0]) for _ in range(2))
    for moves in uncertainty_moves:
        box = _Box.of(moves)
        for unit, row in enumerate(weights[:, list(moves.inputs)].tolist()):
            coefficients, below = _integers(row)
            most.add(unit, _largest(coefficients, box), below * box.below)
            least.add(unit, _largest(-coefficients, box), -below * box.below)
    return least.matrix(), most.matrix()


def support(moves: Moves, direction: Sequence[Fraction]) -> Fraction:
    """The exact maximum of direction.delta over the perturbations of one point, rounded up as `reaches` does; ``direction``:
    one Fraction for each of the moves' own inputs. Raises as `reaches`."""
    box = _Box.of(moves)
    coefficients, below = _integers(direction)
    values, factor = _largest(coefficients, box)
    return Fraction(int(values[0]), below * box.below * factor)


def contains(moves: Moves, delta: Sequence[Fraction]) -> bool:
    """Whether ``delta``, one Fraction for each of the moves' own inputs, is a perturbation of their one point, exactly."""
    low, high = ([box.fraction(0, j) for j in range(len(delta))] for box in (moves.low, moves.high))
    if any(not below <= value <= above for below, value, above in zip(low, delta, high, strict=True)):
        return False
    if moves.step == "ends":
        if any(value not in (below, 0, above) for below, value, above in zip(low, delta, high, strict=True)):
            return False
    elif moves.step is not None and any((value / moves.step).denominator != 1 for value in delta):
        return False
    match moves.coupling:
        case None:
            return True
        case L1(radius):
            return sum(map(abs, delta)) <= radius
        case L2(radius):
            return sum(value * value for value in delta) <= radius * radius
        case AtMost(count):
            return sum(value != 0 for value in delta) <= count
        case Polytope(matrix, side):
            return all(_dot(row, delta) <= end for row, end in zip(matrix, side, strict=True))


def grid_size(moves: Moves) -> int:
    """The points of the largest grid that a point's box has, whatever the coupling; 0 where it has none (real moves)."""
    if moves.step is None:
        return 0
    box = _Box.of(moves)
    return max(prod(len(values) for values in box.grid(row)) for row in range(len(box.low)))


def root_above(square: Fraction) -> Fraction:
    """The root of a number that is not negative: exact where it is rational, else at most one part in 1e30 too large."""
    product = square.numerator * square.denominator
    root = isqrt(product)
    if root * root == product:
        return Fraction(root, square.denominator)
    return Fraction(isqrt(product * ROOT_SCALE**2) + 1, square.denominator * ROOT_SCALE)


# --- integers over common denominators --------------------------------------------------------------------------------


Scaled = tuple[IntArray, int]
"""Integers (rows,), and the factor that they are too large by, beside the denominators of what they were computed from."""


@dataclass(frozen=True, slots=True, eq=False)
class _Box:
    """The boxes in integers over ``below``, (rows, n) each, with the same numbers of rows. ``listed``: the points of grids that
    were asked for already."""

    moves: Moves
    low: IntArray
    high: IntArray
    below: int
    listed: dict[int, IntArray] = field(default_factory=dict[int, IntArray])

    @staticmethod
    def of(moves: Moves) -> _Box:
        (low, low_below), (high, high_below) = moves.low.over_one_denominator(), moves.high.over_one_denominator()
        radius = moves.coupling.radius if isinstance(moves.coupling, L1 | L2) else Fraction(0)
        step = moves.step if isinstance(moves.step, Fraction) else Fraction(0)
        below = lcm(low_below, high_below, radius.denominator, step.denominator)
        low, high = _times(low, below // low_below), _times(high, below // high_below)
        rows = max(len(low), len(high))
        shape = (rows, low.shape[1])
        return _Box(moves, np.broadcast_to(low, shape), np.broadcast_to(high, shape), below)

    def scaled(self, value: Fraction) -> int:
        """The value over ``below``, of which it is a multiple."""
        return value.numerator * (self.below // value.denominator)

    def capacity(self, coefficients: IntArray) -> IntArray:
        """How far each coordinate goes in the direction that gains, (rows, n)."""
        return np.where(coefficients > 0, self.high, -self.low)

    def points(self, row: int) -> IntArray:
        """The points of one box's grid that keep the coupling, (points, n)."""
        if row not in self.listed:
            self.listed[row] = narrowed(_box_points(self, row))
        return self.listed[row]

    def grid(self, row: int) -> list[list[int]]:
        """The numbers of each coordinate of one box."""
        ends = zip(self.low[row].tolist(), self.high[row].tolist(), strict=True)
        if isinstance(self.moves.step, Fraction):
            step = self.scaled(self.moves.step)
            return [list(range(low, high + 1, step)) for low, high in ends]
        return [sorted({low, 0, high}) for low, high in ends]


def _times(values: IntArray, factor: int) -> IntArray:
    return values if factor == 1 else narrowed(values.astype(object) * factor)


def _integers(values: Sequence[Fraction]) -> tuple[IntArray, int]:
    """The numbers as Python integers over one denominator."""
    below = lcm(*(value.denominator for value in values)) if values else 1
    numerators = np.zeros(len(values), dtype=object)
    numerators[:] = [value.numerator * (below // value.denominator) for value in values]
    return numerators, below


class _Sum:
    """Sums of integers over denominators, a column a unit."""

    def __init__(self, rows: int, units: int) -> None:
        self._rows = rows
        self._columns: list[tuple[IntArray, int]] = [(np.zeros(rows, dtype=np.int64), 1)] * units

    def add(self, unit: int, scaled: Scaled, below: int) -> None:
        """``below`` is negative where the values are to be taken away."""
        values, factor = scaled
        have, have_below = self._columns[unit]
        below, sign = abs(below) * factor, -1 if below < 0 else 1
        common = lcm(below, have_below)
        total = have.astype(object) * (common // have_below) + values.astype(object) * (sign * (common // below))
        self._columns[unit] = narrowed(np.broadcast_to(total, (self._rows,))), common

    def matrix(self) -> ExactMatrix:
        numerators: IntArray = np.zeros((self._rows, len(self._columns)), dtype=object)
        for unit, (values, _) in enumerate(self._columns):
            numerators[:, unit] = values
        return ExactMatrix(narrowed(numerators), tuple(below for _, below in self._columns))


# --- the largest value over each form ---------------------------------------------------------------------------------


def _largest(coefficients: IntArray, box: _Box) -> Scaled:
    """The largest coefficients.delta for each box, times ``box.below``."""
    moves = box.moves
    on_grid = moves.step is not None
    match moves.coupling:
        case None:
            return _gains(coefficients, box).sum(axis=1), 1
        case AtMost(count):
            return _largest_gains(_gains(coefficients, box), count), 1
        case L1(radius) if moves.step != "ends":
            return _knapsack(coefficients, box, radius), 1
        case L2(radius) if not on_grid:
            return _water_filling(coefficients, box, radius)
        case Polytope() if not on_grid:
            return _by_box(box, lambda row: _over_polytope(coefficients, box, row))
        case _:
            return _by_box(box, lambda row: Fraction(_over_points(coefficients, box.points(row))))


def _over_points(coefficients: IntArray, points: IntArray) -> int:
    safe = max(1, magnitude(points)) * int(np.abs(coefficients).sum()) < INT64_SAFE
    products = points @ coefficients.astype(np.int64) if safe else points.astype(object) @ coefficients
    return int(products.max(initial=0))


def _gains(coefficients: IntArray, box: _Box) -> IntArray:
    """What each coordinate alone can gain, (rows, n): int64 where no sum of them can reach 2**62."""
    reach = max(magnitude(box.low), magnitude(box.high), 1) * int(np.abs(coefficients).sum())
    dtype = np.int64 if reach < INT64_SAFE else object
    own = coefficients.astype(dtype)
    return np.maximum(own * box.low.astype(dtype), own * box.high.astype(dtype))


def _largest_gains(gains: IntArray, count: int) -> IntArray:
    width = gains.shape[1]
    if count >= width:
        return gains.sum(axis=1)
    return np.sort(gains, axis=1)[:, width - count :].sum(axis=1)


def _knapsack(coefficients: IntArray, box: _Box, radius: Fraction) -> IntArray:
    """The coordinates of the largest |w| first, each as far as it goes, until the radius is spent. On a grid all capacities are
    multiples of the step, and with the radius a multiple too the greedy ends on the grid."""
    budget = box.scaled(radius)
    if isinstance(box.moves.step, Fraction):
        step = box.scaled(box.moves.step)
        budget = budget // step * step
    order = np.array(sorted(range(len(coefficients)), key=lambda j: -abs(coefficients[j])), dtype=np.int64)
    largest = max(magnitude(box.low), magnitude(box.high), budget, 1)
    safe = largest * len(coefficients) * max(1, int(np.abs(coefficients).max(initial=0))) < INT64_SAFE
    dtype = np.int64 if safe else object
    capacity = box.capacity(coefficients)[:, order].astype(dtype)
    spent_before = np.cumsum(capacity, axis=1) - capacity
    taken = np.minimum(np.maximum(budget - spent_before, 0), capacity)
    return (taken * np.abs(coefficients[order]).astype(dtype)).sum(axis=1)


def _water_filling(coefficients: IntArray, box: _Box, radius: Fraction) -> Scaled:
    """delta_j = clamp(lambda w_j): the coordinates with the least capacity for their weight are at their ends, and the others
    share the rest of the radius as their weights say (the Karush-Kuhn-Tucker conditions)."""
    used = np.flatnonzero(coefficients != 0)
    rows = len(box.low)
    if used.size == 0:
        return np.zeros(rows, dtype=np.int64), 1
    weight: IntArray = np.abs(coefficients[used])
    capacity = box.capacity(coefficients)[:, used].astype(object)
    common = lcm(*weight.tolist())
    order = np.argsort(capacity * (common // weight), axis=1, kind="stable")
    capacity = np.take_along_axis(capacity, order, axis=1)
    weight = weight[order]
    square, weight_square = capacity * capacity, weight * weight
    spent = np.cumsum(square, axis=1)
    left = np.cumsum(weight_square[:, ::-1], axis=1)[:, ::-1]  # of this coordinate and those after it
    budget = box.scaled(radius) ** 2
    at_end = ((spent - square) * weight_square + square * left <= budget * weight_square).astype(bool)
    fixed = np.where(at_end, capacity * weight, 0).sum(axis=1)
    rest = budget - np.where(at_end, square, 0).sum(axis=1)
    products = (rest * np.where(at_end, 0, weight_square).sum(axis=1)).tolist()
    roots = [isqrt(product) for product in products]
    if all(root * root == product for root, product in zip(roots, products, strict=True)):
        return fixed + np.array(roots, dtype=object), 1
    above = [isqrt(product * ROOT_SCALE**2) for product in products]
    inexact = [root * root != product * ROOT_SCALE**2 for root, product in zip(above, products, strict=True)]
    return fixed * ROOT_SCALE + np.array(above, dtype=object) + np.array(inexact, dtype=object), ROOT_SCALE


def _by_box(box: _Box, value: Callable[[int], Fraction]) -> Scaled:
    """The value of each row, computed once for equal boxes, and once at all where the boxes are no part of the set."""
    rows = len(box.low)
    if isinstance(box.moves.coupling, Polytope) and not box.moves.clipped and box.moves.step is None:
        keys = [()] * rows
    else:
        keys = [tuple(row) for row in np.hstack([box.low, box.high]).tolist()]
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    values = {key: value(row) for key, row in first.items()}
    factor = lcm(*(found.denominator for found in values.values()))
    integers = [values[key].numerator * (factor // values[key].denominator) for key in keys]
    return narrowed(np.array(integers, dtype=object)), factor


def _over_polytope(coefficients: IntArray, box: _Box, row: int) -> Fraction:
    coupling = box.moves.coupling
    assert isinstance(coupling, Polytope)
    ends = None
    if box.moves.clipped:
        lows, highs = box.low[row].tolist(), box.high[row].tolist()
        ends = [(Fraction(low, box.below), Fraction(high, box.below)) for low, high in zip(lows, highs, strict=True)]
    direction = [Fraction(value) for value in coefficients.tolist()]
    found = furthest(direction, coupling.matrix, coupling.side, ends)
    if found is None:
        raise InternalError("a polytope of perturbations is bounded")
    return found.value * box.below


def _box_points(box: _Box, row: int) -> NDArray[Any]:
    """The points of one box's grid that keep the coupling, (points, n) Python integers over ``box.below``."""
    values = box.grid(row)
    size = prod(len(numbers) for numbers in values)
    if size > GRID_LIMIT:
        raise InternalError(f"a grid of {size:,} points is too large to be enumerated")
    repeats = [1, *accumulate((len(numbers) for numbers in values), int.__mul__)][:-1]
    points: NDArray[Any] = np.zeros((size, len(values)), dtype=object)
    for j, (numbers, repeat) in enumerate(zip(values, repeats, strict=True)):
        points[:, j] = np.array(numbers, dtype=object)[np.arange(size) // repeat % len(numbers)]
    match box.moves.coupling:
        case L1(radius):
            kept = np.abs(points).sum(axis=1) <= box.scaled(radius)
        case L2(radius):
            kept = (points * points).sum(axis=1) <= box.scaled(radius) ** 2
        case Polytope(matrix, side):
            kept = np.ones(size, dtype=bool)
            for inequality, end in zip(matrix, side, strict=True):
                row_integers, _ = _integers([*inequality, end])
                kept &= (points @ row_integers[:-1] <= row_integers[-1] * box.below).astype(bool)
        case _:
            kept = np.ones(size, dtype=bool)
    return points[kept.astype(bool)]


def _dot(row: Sequence[Fraction], delta: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(row, delta, strict=True)), Fraction(0))


def grid_points(moves: Moves, row: int) -> NDArray[np.float64]:
    """The points of one grid that keep the coupling, (points, n) floats. Raises InternalError beyond `GRID_LIMIT`."""
    box = _Box.of(moves)
    return _box_points(box, row).astype(np.float64) / float(box.below)

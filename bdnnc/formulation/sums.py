"""The weighted sums of a layer, before the bias: where they lie (an affine lattice a row) and how far they reach (boxes).

Rows are (pattern, unit) pairs in the first layer and (0, unit) in deeper ones, where all patterns share the box of unit
outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import FLOAT_EXACT, INT64_SAFE, ExactMatrix, IntArray, magnitude, narrowed
from bdnnc.formulation.weights import is_real, weight_lattice, weight_range
from bdnnc.ir.problem import ProblemLayer


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Every sum of row r lies in ``(origin[r] + step[r] Z) / denominator`` and within ``[low[r], high[r]] / denominator``.

    All arrays are (rows, units) integers. ``discrete[r]`` is False where a real weight takes part with a non-zero coefficient:
    such a row has no lattice (its ``step`` is meaningless). A step of 0 is a constant sum. ``absolute[r]`` is the float sum of
    the absolute coefficients. ``obstacle``: why there are rows without a lattice, where there are.
    """

    origin: IntArray
    step: IntArray
    low: IntArray
    high: IntArray
    denominator: int
    discrete: NDArray[np.bool_]
    absolute: NDArray[np.float64]
    obstacle: str = "real weights have no lattice"

    def floats(self, values: IntArray) -> NDArray[np.float64]:
        return ratio(values, self.denominator)


def ratio(values: IntArray, denominator: int) -> NDArray[np.float64]:
    """``values / denominator`` in floats, correctly rounded where it matters (integers beyond 2**53 go through Python)."""
    if values.dtype != object and denominator < 2**53:
        return values.astype(np.float64) / float(denominator)
    return np.array([int(v) / denominator for v in values.ravel()], dtype=np.float64).reshape(values.shape)


def _scaled(value: Fraction, factor: int) -> int:
    return value.numerator * (factor // value.denominator)


def _constants(layer: ProblemLayer, factor: int) -> IntArray:
    """The weights that are not free times ``factor``, as Python integers; 0 where a weight is free."""
    out = np.zeros(layer.free.shape, dtype=object)
    out[~layer.free] = [_scaled(Fraction(v), factor) for v in layer.constant[~layer.free]]
    return out


def _weight_factor(layer: ProblemLayer, *more: Fraction) -> int:
    numbers = [*weight_range(layer), *more]
    constants = {Fraction(v).denominator for v in layer.constant[~layer.free]}
    return lcm(*(n.denominator for n in numbers), *constants)


def _product(left: IntArray, right: IntArray) -> IntArray:
    """The matrix product: by floats where every sum is an integer below 2**53 (exact then), in int64 if it can't overflow, else
    in Python integers."""
    if not right.any() or not left.any():
        return np.zeros((left.shape[0], right.shape[1]), dtype=np.int64)
    if left.dtype != object and right.dtype != object:
        reach = magnitude(left) * magnitude(right) * left.shape[1]
        if reach < FLOAT_EXACT:
            return (left.astype(np.float64) @ right.astype(np.float64)).astype(np.int64)
        if reach < INT64_SAFE:
            return left @ right
    return narrowed(left.astype(object) @ right.astype(object))


def first_layer_sums(layer: ProblemLayer, patterns: ExactMatrix) -> Sums:
    """Sums of the first layer on the data: exact, for any mix of free and fixed weights."""
    X, data_denominator = patterns.over_one_denominator()
    c, g = weight_lattice(layer)
    factor = _weight_factor(layer, c, g)
    masks, mask_of_unit = np.unique(layer.free, axis=0, return_inverse=True)
    mask_of_unit = mask_of_unit.ravel()
    constant = narrowed(_constants(layer, factor))
    fixed_part = _product(X, constant.T)
    above, below = (sums[:, mask_of_unit] for sums in _signed_sums(X, masks))
    lower, upper = (_scaled(end, factor) for end in weight_range(layer))
    wide = _needs_objects(above, below, max(abs(lower), abs(upper), abs(_scaled(c, factor))))
    above, below = (above.astype(object), below.astype(object)) if wide else (above, below)
    real = is_real(layer)
    return Sums(
        origin=narrowed(fixed_part + (above + below) * _scaled(c, factor)),
        step=_gcds(X, masks, _scaled(g, factor))[:, mask_of_unit],
        low=narrowed(fixed_part + above * lower + below * upper),
        high=narrowed(fixed_part + above * upper + below * lower),
        denominator=data_denominator * factor,
        discrete=np.asarray(~(real & ((above - below) != 0)), dtype=np.bool_),
        absolute=ratio(narrowed(above - below), data_denominator),
    )


def _needs_objects(above: IntArray, below: IntArray, factor: int) -> bool:
    if above.dtype == object or below.dtype == object:
        return True
    reach = max(magnitude(above), magnitude(below))
    return reach * factor * 4 >= INT64_SAFE


def _signed_sums(X: IntArray, masks: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """The sums of the positive and of the negative X[p, j] over the inputs of each mask: (patterns, masks) each. Units of equal
    masks share the work."""
    positive, whole = np.maximum(X, 0) if X.size and X.min() < 0 else X, _mask_sums(X, masks)
    above = whole if positive is X else _mask_sums(positive, masks)
    return above, whole - above


def _mask_sums(X: IntArray, masks: NDArray[np.bool_]) -> IntArray:
    if X.dtype != object and masks.all() and X.size and magnitude(X) * X.shape[1] < INT64_SAFE:
        return X.sum(axis=1, keepdims=True)
    return _product(X, masks.T.astype(np.int64))


def _gcds(X: IntArray, masks: NDArray[np.bool_], step: int) -> IntArray:
    """gcd over the inputs of each mask of X[p, j], times ``step``: (patterns, masks)."""
    if step == 0:
        return np.zeros((len(X), len(masks)), dtype=np.int64)
    columns = [np.gcd.reduce(X[:, mask], axis=1) if mask.any() else np.zeros(len(X), dtype=np.int64) for mask in masks]
    by_mask = np.stack(columns, axis=1)
    return narrowed(by_mask.astype(object) * step)


def deeper_layer_sums(layer: ProblemLayer, below: ProblemLayer) -> Sums:
    """Sums of a layer on the outputs of the one below: every 0/v (step(v)) or -1/+1 (sign) vector, one row for all patterns."""
    c, g = weight_lattice(layer)
    factor = _weight_factor(layer, c, g)
    constant = _constants(layer, factor)
    free = layer.free.astype(object)
    lower, upper = (_scaled(end, factor) for end in weight_range(layer))
    origin_free, step = _scaled(c, factor), _scaled(g, factor)
    if below.unit == "step":
        origin = np.zeros(constant.shape, dtype=object)
        steps = np.gcd(np.gcd(free * step, free * origin_free), np.abs(constant))
        low = np.minimum(free * lower, 0) + np.minimum(constant, 0)
        high = np.maximum(free * upper, 0) + np.maximum(constant, 0)
    else:
        origin = free * origin_free + constant
        steps = np.gcd(np.gcd(free * step, 2 * free * origin_free), 2 * np.abs(constant))
        reach = max(abs(lower), abs(upper))
        high = free * reach + np.abs(constant)
        low = -high
    real_free = layer.free if is_real(layer) else np.zeros_like(layer.free)
    times = below.height.numerator if below.unit == "step" else 1
    return Sums(
        origin=narrowed(origin.sum(axis=1, keepdims=True).T * times),
        step=narrowed(np.gcd.reduce(steps, axis=1, keepdims=True).T * times),
        low=narrowed(low.sum(axis=1, keepdims=True).T * times),
        high=narrowed(high.sum(axis=1, keepdims=True).T * times),
        denominator=factor * (below.height.denominator if below.unit == "step" else 1),
        discrete=~np.any(real_free, axis=1)[None, :],
        absolute=(layer.free | (constant != 0)).sum(axis=1, keepdims=True).T * float(below.height),
    )

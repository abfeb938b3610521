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

from bdnnc.exact import FLOAT_EXACT, INT64_SAFE, ExactMatrix, IntArray, narrowed
from bdnnc.ir.domains import DiscreteDomain, LatticeDomain, RealDomain, affine_lattice
from bdnnc.ir.problem import ProblemLayer


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Every sum of row r lies in ``(origin[r] + step[r] Z) / denominator`` and within ``[low[r], high[r]] / denominator``.

    All arrays are (rows, units) integers. ``discrete[r]`` is False where a real weight takes part with a non-zero coefficient:
    such a row has no lattice (its ``step`` is meaningless). A step of 0 is a constant sum. ``absolute[r]`` is the float sum of
    the absolute coefficients.
    """

    origin: IntArray
    step: IntArray
    low: IntArray
    high: IntArray
    denominator: int
    discrete: NDArray[np.bool_]
    absolute: NDArray[np.float64]

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


def _lattice_of(layer: ProblemLayer) -> tuple[Fraction, Fraction]:
    return (Fraction(0), Fraction(0)) if isinstance(layer.domain, RealDomain) else affine_lattice(layer.domain)


def _weight_factor(layer: ProblemLayer, *more: Fraction) -> int:
    numbers = [layer.domain.lower, layer.domain.upper, *more]
    constants = {Fraction(v).denominator for v in layer.constant[~layer.free]}
    return lcm(*(n.denominator for n in numbers), *constants)


def _product(left: IntArray, right: IntArray) -> IntArray:
    """The matrix product: by floats where every sum is an integer below 2**53 (exact then), in int64 if it can't overflow, else
    in Python integers."""
    if not left.any() or not right.any():
        return np.zeros((left.shape[0], right.shape[1]), dtype=np.int64)
    if left.dtype != object and right.dtype != object:
        reach = int(np.abs(left).max()) * int(np.abs(right).max()) * left.shape[1]
        if reach < FLOAT_EXACT:
            return (left.astype(np.float64) @ right.astype(np.float64)).astype(np.int64)
        if reach < INT64_SAFE:
            return left @ right
    return narrowed(left.astype(object) @ right.astype(object))


def first_layer_sums(layer: ProblemLayer, patterns: ExactMatrix) -> Sums:
    """Sums of the first layer on the data: exact, for any mix of free and fixed weights."""
    X, data_denominator = patterns.over_one_denominator()
    c, g = _lattice_of(layer)
    factor = _weight_factor(layer, c, g)
    masks, mask_of_unit = np.unique(layer.free, axis=0, return_inverse=True)
    mask_of_unit = mask_of_unit.ravel()
    constant = narrowed(_constants(layer, factor))
    fixed_part = _product(X, constant.T)
    above, below = (_mask_sums(part, masks)[:, mask_of_unit] for part in (np.maximum(X, 0), np.minimum(X, 0)))
    lower, upper = _scaled(layer.domain.lower, factor), _scaled(layer.domain.upper, factor)
    wide = _needs_objects(above, below, max(abs(lower), abs(upper), abs(_scaled(c, factor))))
    above, below = (above.astype(object), below.astype(object)) if wide else (above, below)
    real = isinstance(layer.domain, RealDomain)
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
    reach = max((int(np.abs(part).max()) for part in (above, below) if part.size), default=0)
    return reach * factor * 4 >= INT64_SAFE


def _mask_sums(X: IntArray, masks: NDArray[np.bool_]) -> IntArray:
    """The sum of X[p, j] over the inputs of each mask: (patterns, masks). Units of equal masks share the work."""
    if X.dtype != object and masks.all() and X.size and int(np.abs(X).max()) * X.shape[1] < INT64_SAFE:
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
    """Sums of a layer on the outputs of the one below: every 0/1 (step) or -1/+1 (sign) vector, one row for all patterns."""
    c, g = _lattice_of(layer)
    factor = _weight_factor(layer, c, g)
    constant = _constants(layer, factor)
    free = layer.free.astype(object)
    lower, upper = _scaled(layer.domain.lower, factor), _scaled(layer.domain.upper, factor)
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
    real_free = layer.free if isinstance(layer.domain, RealDomain) else np.zeros_like(layer.free)
    return Sums(
        origin=narrowed(origin.sum(axis=1, keepdims=True).T),
        step=narrowed(np.gcd.reduce(steps, axis=1, keepdims=True).T),
        low=narrowed(low.sum(axis=1, keepdims=True).T),
        high=narrowed(high.sum(axis=1, keepdims=True).T),
        denominator=factor,
        discrete=~np.any(real_free, axis=1)[None, :],
        absolute=(layer.free | (constant != 0)).sum(axis=1, keepdims=True).T.astype(np.float64),
    )


def digits_per_weight(domain: RealDomain | DiscreteDomain) -> float:
    """How far a weight can be off per unit of integrality tolerance: the q of the slop (docs/formulations.md)."""
    if isinstance(domain, RealDomain):
        return 0.0
    if isinstance(domain, LatticeDomain):
        return float(domain.step)
    return float(sum(abs(v) for v in domain.values))

"""`fan_in(LAYER) <= k` narrows the boxes of pre-activations: only the k largest terms of a sum can be there together."""

from __future__ import annotations

from dataclasses import replace
from math import floor

import numpy as np

from bdnnc.exact import INT64_SAFE, ExactMatrix, IntArray, magnitude, narrowed
from bdnnc.formulation.sums import Sums
from bdnnc.formulation.weights import weight_range
from bdnnc.ir.problem import Problem, ProblemLayer
from bdnnc.language.quantities import Constraint, FanIn


def fan_in_caps(problem: Problem) -> list[int | None]:
    """For each layer the most connections that a unit may have, by constraints on its fan-in alone; None: without one."""
    caps: list[int | None] = [None] * len(problem.layers)
    for constraint in problem.constraints:
        found = _cap(constraint)
        if found is not None:
            layer, most = found
            known = caps[layer]
            caps[layer] = most if known is None else min(known, most)
    return caps


def _cap(constraint: Constraint) -> tuple[int, int] | None:
    if len(constraint.terms) != 1 or not isinstance(constraint.terms[0].quantity, FanIn):
        return None
    term = constraint.terms[0]
    from_above = constraint.sense == "==" or (constraint.sense == "<=") == (term.coefficient > 0)
    return (constraint.terms[0].quantity.layer, floor(constraint.bound / term.coefficient)) if from_above else None


def with_fan_in(sums: Sums, layer: ProblemLayer, below: ProblemLayer | None, patterns: ExactMatrix, most: int | None) -> Sums:
    """The sums of a sparse layer whose units have at most ``most`` connections; themselves where that says nothing."""
    if most is None or not layer.sparse:
        return sums
    allowed = np.maximum(most - layer.certain.sum(axis=1), 0)
    free = layer.free.sum(axis=1)
    if (allowed >= free).all():
        return sums
    low, high = _first_layer(sums, layer, patterns, allowed) if below is None else _deeper(sums, layer, below, allowed)
    return replace(sums, low=narrowed(low), high=narrowed(high))


def _deeper(sums: Sums, layer: ProblemLayer, below: ProblemLayer, allowed: IntArray) -> tuple[IntArray, IntArray]:
    """All inputs are alike: each connection that cannot be there takes the most that one can add, up and down."""
    lower, upper = weight_range(layer)
    ends = (upper * below.height, -lower * below.height) if below.unit == "step" else (max(upper, -lower),) * 2
    up, down = (int(end * sums.denominator) for end in ends)
    gone = np.maximum(layer.free.sum(axis=1) - allowed, 0).astype(object)
    return sums.low.astype(object) + gone * down, sums.high.astype(object) - gone * up


def _first_layer(sums: Sums, layer: ProblemLayer, patterns: ExactMatrix, allowed: IntArray) -> tuple[IntArray, IntArray]:
    """Each sum with the terms of its free weights replaced by the ``allowed`` largest ones."""
    X, denominator = patterns.over_one_denominator()
    factor = sums.denominator // denominator
    lower, upper = (int(end * factor) for end in weight_range(layer))
    reach = magnitude(X) * max(abs(lower), abs(upper)) * X.shape[1]
    wide = X.astype(object) if X.dtype == object or reach >= INT64_SAFE else X
    low, high = sums.low.astype(object), sums.high.astype(object)
    kinds = np.unique(np.column_stack([layer.free, allowed]), axis=0)
    for kind in kinds:
        mask, count = kind[:-1].astype(np.bool_), int(kind[-1])
        units = np.flatnonzero((layer.free == mask).all(axis=1) & (allowed == count))
        smallest = int(mask.sum()) - count
        if smallest <= 0:
            continue
        seen = wide[:, mask]
        up = _sum_of_smallest(np.maximum(seen * upper, seen * lower), smallest)
        down = up if lower == -upper else _sum_of_smallest(-np.minimum(seen * upper, seen * lower), smallest)
        high[:, units] -= up[:, None]
        low[:, units] += down[:, None]
    return low, high


def _sum_of_smallest(values: IntArray, count: int) -> IntArray:
    """The sum of the ``count`` smallest of each row."""
    return np.partition(values, count - 1, axis=1)[:, :count].sum(axis=1)

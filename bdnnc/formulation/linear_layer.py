"""The bias domains of a linear output layer, and how far apart scores must be to count as different."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import IntArray, fraction_ends
from bdnnc.formulation.bias import BiasDomains, given_bias, interval_with, plain_bias, reach, rounded_up
from bdnnc.formulation.lattice_margins import row_lattice
from bdnnc.formulation.mentions import counts_classes, hinge_margins
from bdnnc.formulation.slop import (
    SMALLEST_CHOSEN,
    USUAL_TOLERANCE,
    chosen_width,
    loosest_tolerance,
    slop_per_tolerance,
    tolerance_floor,
)
from bdnnc.formulation.sums import Sums, ratio
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem, ProblemLayer


def linear_thresholds(layer: ProblemLayer, sums: Sums, problem: Problem, numbers: Sequence[Fraction] = ()) -> Thresholds:
    """Biases of a linear layer, and the gap of its scores where right and wrong points are counted.

    One unit: right means a >= ``active`` for the second class, a <= -``inactive`` for the first. Several: right means that the
    true score exceeds each other by ``active`` (= ``inactive``). Exact where scores lie on a lattice that a solver resolves,
    else chosen. Nothing else asks for a gap: `hinge` and `absolute` are continuous. ``numbers``: see `interval_bias`.
    """
    shape = sums.origin.shape
    undecided = np.full(shape, -1, dtype=np.int8)
    if not counts_classes(problem):
        zeros = np.zeros(shape)
        bias = linear_bias(layer, sums, problem, Fraction(0), numbers)
        reason = "scores are not compared with 0"
        return Thresholds(zeros, zeros, undecided, True, Fraction(0), reason, USUAL_TOLERANCE, bias)
    width = SMALLEST_CHOSEN
    while True:
        bias = linear_bias(layer, sums, problem, width, numbers)
        slop = (1.0 if layer.units == 1 else 2.0) * slop_per_tolerance(
            layer, sums, reach(sums, bias) + float(width), len(problem.layers) > 1
        )
        needed = chosen_width(slop)
        if needed <= width:
            break
        width = needed
    if sums.discrete.all() and not bias.is_real:
        found = _on_lattice(layer, sums, bias, slop)
        if found is not None:
            return found
    side = np.full(shape, float(width / 2 if layer.units == 1 else width))
    tolerance = loosest_tolerance(np.full(slop.shape, float(width)), slop) or tolerance_floor(slop)
    return Thresholds(side, side, undecided, False, width, "scores are real numbers", min(tolerance, USUAL_TOLERANCE), bias)


def _on_lattice(layer: ProblemLayer, sums: Sums, bias: BiasDomains, slop: NDArray[np.float64]) -> Thresholds | None:
    lattice = row_lattice(sums, bias)
    if layer.units == 1:
        active, inactive, _, width = lattice.sides()
    else:
        gaps = _differences(lattice.origin, np.where(lattice.constant, 0, lattice.step))
        active = inactive = np.broadcast_to(ratio(gaps, lattice.denominator), sums.origin.shape).copy()
        width = Fraction(int(gaps.min()), lattice.denominator)
    tolerance = loosest_tolerance(active + inactive if layer.units == 1 else active, slop)
    if tolerance is None:
        return None
    undecided = np.full(active.shape, -1, dtype=np.int8)
    return Thresholds(active, inactive, undecided, True, width, "scores lie on a lattice", tolerance, bias)


def _differences(origin: IntArray, step: IntArray) -> IntArray:
    """(rows, 1): the largest g with every difference of two scores in g Z; 1 where all scores are constants and equal."""
    apart = np.gcd.reduce(np.abs(origin - origin[:, :1]), axis=1, keepdims=True)
    found = np.gcd(apart, np.gcd.reduce(step, axis=1, keepdims=True))
    return np.where(found == 0, 1, found)


def linear_bias(
    layer: ProblemLayer, sums: Sums, problem: Problem, gap: Fraction, numbers: Sequence[Fraction] = ()
) -> BiasDomains:
    """The declared biases; for `bias auto` an interval that holds an optimal bias for every choice of weights, and ``numbers``.

    `absolute`: a median of y - sum. `hinge(m)` with one unit: beyond R + m either way every point costs the same slope; with C
    units only differences count, and beyond 2R + m two scores decide nothing any more, so (C - 1)(2R + m) spans all of them.
    Counting errors: the same with ``gap`` for m.
    """
    given = given_bias(layer)
    if given is not None:
        return given
    rule = layer.bias
    if rule.domain is not None:
        kind = "shared" if rule.kind == "shared" else "unit"
        return plain_bias(kind, (rule.domain,) * (1 if rule.kind == "shared" else layer.units))
    low, high = int(sums.low.min()), int(sums.high.max())
    if problem.targets is not None and len(problem.targets.value):
        least, largest = fraction_ends(problem.targets.value)
        ends = least - Fraction(high, sums.denominator), largest - Fraction(low, sums.denominator)
        whole = RealDomain(-rounded_up(-ends[0]), rounded_up(ends[1]))
        return plain_bias("unit", (interval_with(whole, numbers),) * layer.units)
    farthest = Fraction(max(abs(low), abs(high)), sums.denominator)
    margin = max([gap, *hinge_margins(problem)])
    radius = farthest + margin if layer.units == 1 else (layer.units - 1) * (2 * farthest + margin) / 2
    radius = rounded_up(radius)
    return plain_bias("unit", (interval_with(RealDomain(-radius, radius), numbers),) * layer.units)

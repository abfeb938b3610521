"""Exact margins: where the possible pre-activations lie on a lattice that a solver can resolve, nothing is lost.

With values on c + g Z a unit is active iff a >= t+ = c mod g, and inactive iff a <= -t- = t+ - g. Under a continuous bias the
lattice is that of all rows that share the bias, and t+ = 0, t- = g. (docs/formulations.md, *Margins*.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import IntArray, narrowed
from bdnnc.formulation.bias import BiasDomains, lattice_bias, reach
from bdnnc.formulation.slop import TOLERANCES, loosest_tolerance, needed_tolerance, slop_per_tolerance
from bdnnc.formulation.sums import Sums, ratio
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.domains import RealDomain, affine_lattice
from bdnnc.ir.problem import ProblemLayer

Floats = NDArray[np.float64]
Sides = tuple[Floats, Floats, NDArray[np.int8], Fraction]
"""t+ and t- of each row, which rows are constants (1 active, 0 not, -1 open), and the smallest g."""


def exact_margins(
    layer: ProblemLayer, sums: Sums, deeper: bool, bias_is_named: bool = False, numbers: Sequence[Fraction] = ()
) -> tuple[Thresholds | None, str]:
    """Thresholds on an enforceable lattice, or None and what stands in the way. ``bias_is_named``: the biases matter for more
    than activations, so that an internal one on the lattice cannot stand for them; ``numbers``: see `lattice_bias`."""
    if not sums.discrete.all():
        return None, sums.obstacle
    bias = lattice_bias(layer, sums, numbers)
    on_shared_lattice = bool(bias.lattices) and bias.lattices[0] is not None
    if on_shared_lattice and bias_is_named:
        return None, "its real biases count for more than activations"
    active, inactive, decided, width = _sides(sums, bias)
    open_rows = decided < 0
    slop = slop_per_tolerance(layer, sums, reach(sums, bias) + np.maximum(active, inactive), deeper)
    tolerance = loosest_tolerance((active + inactive)[open_rows], np.broadcast_to(slop, active.shape)[open_rows])
    if tolerance is None:
        needed = needed_tolerance((active + inactive)[open_rows], np.broadcast_to(slop, active.shape)[open_rows])
        step = f"its lattice step {float(width):.3g} is below what a solver can resolve"
        return None, f"{step}: that needs a tolerance of {needed:.1g}, and {TOLERANCES[-1]:g} is the tightest in use"
    return Thresholds(active, inactive, decided, True, width, "sums lie on a lattice", tolerance, bias), ""


def exact_sides(sums: Sums, bias: BiasDomains) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """t+ and t- of each row, and which rows are constants, where bias domains are known already."""
    return _sides(sums, bias)[:3]


def _sides(sums: Sums, bias: BiasDomains) -> Sides:
    on_shared_lattice = bool(bias.lattices) and bias.lattices[0] is not None
    return _continuous_lattice(sums, bias) if on_shared_lattice else row_lattice(sums, bias).sides()


@dataclass(frozen=True, slots=True, eq=False)
class RowLattice:
    """The values of each row under a discrete bias or none, (rows, units) integers over ``denominator``: ``above``, the least
    that is not negative, plus multiples of ``step``. Where ``constant``, ``origin`` is the only value (and ``step`` 1)."""

    origin: IntArray
    above: IntArray
    step: IntArray
    constant: NDArray[np.bool_]
    denominator: int

    def sides(self, half: Fraction = Fraction(0)) -> Sides:
        """The least values of at least ``half`` on both sides of 0 (0 itself being active). A constant within the margin, which
        no network can keep, stays open with both sides out of its reach."""
        least = ceil(half * self.denominator)
        step, above = (self.step, self.above) if least == 0 else (self.step.astype(object), self.above.astype(object))
        below = step - above
        active = above + step * _steps(least - above, step)
        inactive = below + step * _steps(least - below, step)
        lost = self.constant & np.asarray(np.abs(self.origin.astype(object)) < least, dtype=np.bool_)
        decided = np.where(self.constant & ~lost, (self.origin >= 0).astype(np.int8), np.int8(-1)).astype(np.int8)
        open_steps = self.step[~self.constant]
        width = Fraction(int(open_steps.min()) if open_steps.size else 0, self.denominator)
        up, down = ratio(narrowed(active), self.denominator), ratio(narrowed(inactive), self.denominator)
        return np.where(lost, float(half), up), np.where(lost, float(half), down), decided, width


def _steps(distance: IntArray, step: IntArray) -> IntArray:
    """How many steps cover a distance, 0 if it is not positive."""
    return np.maximum(-(-distance // step), 0)


def row_lattice(sums: Sums, bias: BiasDomains) -> RowLattice:
    """Discrete or absent bias: each row has its own lattice."""
    discrete = [domain for domain in bias.domains if not isinstance(domain, RealDomain)]
    offsets = [affine_lattice(domain) for domain in discrete] or [(Fraction(0), Fraction(0))]
    factor = lcm(sums.denominator, *(n.denominator for pair in offsets for n in pair))
    scale = factor // sums.denominator
    origin = narrowed(sums.origin.astype(object) * scale + np.array([int(c * factor) for c, _ in offsets], dtype=object))
    step = narrowed(np.gcd(sums.step.astype(object) * scale, np.array([int(g * factor) for _, g in offsets], dtype=object)))
    constant = step == 0
    safe = np.where(constant, 1, step)
    return RowLattice(origin, np.mod(origin, safe), safe, np.asarray(constant, dtype=np.bool_), factor)


def _continuous_lattice(sums: Sums, bias: BiasDomains) -> Sides:
    """Continuous bias: t+ = 0 and t- = g of the lattice that all rows of the bias share."""
    steps = [lattice[1] for lattice in bias.lattices if lattice is not None]
    gaps = np.array([float(step) for step in steps], dtype=np.float64)
    shape = sums.origin.shape
    inactive = np.broadcast_to(gaps, shape).copy()
    return np.zeros(shape), inactive, np.full(shape, -1, dtype=np.int8), min(steps)

"""How far a row can be off after its integers are rounded, and which solver tolerance keeps that below a margin.

Source: the sum of what each column can be off times its coefficient; docs/formulations.md, *Which margin a solver can enforce*.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, log10

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.sums import Sums
from bdnnc.formulation.weights import weight_range, weight_slack
from bdnnc.ir.problem import ProblemLayer

Floats = NDArray[np.float64]

TOLERANCES = (1e-6, 1e-7, 1e-8)
"""Solver tolerances from the solver's default to the tightest that is used. HiGHS takes 1e-10, but at 1e-9 and 1e-10 version
1.16 was seen to prove false optima, with and without presolve, depending on its seed; at 1e-8 it was not."""

SAFETY = 4.0
"""A margin is enforceable when it is at least this many times the slop."""

USUAL_TOLERANCE = 1e-7
"""Where nothing asks for another one."""

SMALLEST_CHOSEN = Fraction(1, 10_000)
"""The margin chosen for real weights where tolerances don't ask for more."""

CHOSEN_SAFETY = 20.0
"""A chosen margin is this many times the slop at the tightest tolerance."""

ROUNDING = 4 * 2.0**-52
"""Sums of this size relative to a row's reach are lost in the solver's own floats: no tolerance below it means anything."""


def slop_per_tolerance(layer: ProblemLayer, sums: Sums, reach: Floats, deeper: bool) -> Floats:
    """The slop of each row for a tolerance of 1 (it is linear in the tolerance): (rows, units).

    ``reach``: big-M plus the margin of each row. First layer: reach + 1 + sum |x_j| (1 + q_j); deeper: reach + n + 1 + sum of
    the largest weight of each input + sum q_j.
    """
    per_weight = weight_slack(layer)
    if not deeper:
        return reach + 1.0 + sums.absolute * (1.0 + per_weight)
    fixed = max((abs(value) for value in layer.constant[~layer.free]), default=0)
    largest = float(max(*(abs(end) for end in weight_range(layer)), fixed))
    return reach + 1.0 + sums.absolute * (1.0 + largest + per_weight)


def loosest_tolerance(margin: Floats, slop: Floats) -> float | None:
    """The loosest of `TOLERANCES` at which every margin exceeds `SAFETY` times its slop; None if none above the solver's own
    rounding does."""
    if margin.size == 0:
        return TOLERANCES[0]
    allowed = float(np.min(margin / slop)) / SAFETY
    return next((tolerance for tolerance in TOLERANCES if tolerance_floor(slop) <= tolerance <= allowed), None)


def chosen_width(slop: Floats) -> Fraction:
    """The margin to be chosen for rows of this slop: `SMALLEST_CHOSEN`, or the next power of ten that a solver resolves."""
    needed = CHOSEN_SAFETY * float(slop.max(initial=0.0)) * tolerance_floor(slop)
    return SMALLEST_CHOSEN if needed <= SMALLEST_CHOSEN else Fraction(10) ** ceil(log10(needed))


def needed_tolerance(margin: Floats, slop: Floats) -> float:
    """The tolerance at which every margin would exceed `SAFETY` times its slop, whether or not a solver keeps it."""
    return float(np.min(margin / slop)) / SAFETY if margin.size else TOLERANCES[0]


def tolerance_floor(slop: Floats) -> float:
    """The least tolerance that still means something on rows of this slop."""
    return max(TOLERANCES[-1], ROUNDING * float(slop.max(initial=0.0)))

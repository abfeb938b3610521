"""Margins that are no lattice's: chosen by the compiler for real weights, or declared in the file.

A chosen margin eps lies on both sides of 0, or wholly below it, (0, eps), in a layer without a continuous bias: there a is 0
whatever the weights are where no input is active, and 0 by weights of 0, which no bias can move. Networks that miss it are
lost, which is what the class of a bound says. (docs/formulations.md, *Margins*.)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.exact import decimal_text
from bdnnc.formulation.bias import BiasDomains, interval_bias, reach
from bdnnc.formulation.lattice_margins import row_lattice
from bdnnc.formulation.slop import (
    SAFETY,
    SMALLEST_CHOSEN,
    USUAL_TOLERANCE,
    chosen_width,
    loosest_tolerance,
    needed_tolerance,
    slop_per_tolerance,
    tolerance_floor,
)
from bdnnc.formulation.sums import Sums, ratio
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.domains import LatticeDomain, RealDomain
from bdnnc.ir.problem import ProblemLayer

Floats = NDArray[np.float64]


def chosen_margins(
    layer: ProblemLayer, sums: Sums, below_unit: str | None, obstacle: str, numbers: Sequence[Fraction] = ()
) -> Thresholds:
    """A margin eps, on both sides of 0, or (0, eps) where no continuous bias can lift a unit whose sum is 0 on purpose: on a
    point of zeros, or through weights of 0.
    ``numbers``: see `interval_bias`."""
    guess = SMALLEST_CHOSEN
    while True:
        bias = interval_bias(layer, sums, guess / 2, numbers)
        slop = slop_per_tolerance(layer, sums, reach(sums, bias) + float(guess), below_unit is not None)
        needed = chosen_width(slop)
        if needed <= guess:
            break
        guess = needed
    one_sided = not bias.is_real
    if one_sided:
        guess = min([guess, *(-value for value in _discrete_members(bias) if value < 0)])
    up, down = (Fraction(0), guess) if one_sided else (guess / 2, guess / 2)
    shape = sums.origin.shape
    active, inactive = np.full(shape, float(up)), np.full(shape, float(down))
    decided = _overlay_discrete(sums, bias, active, inactive)
    tolerance = loosest_tolerance(np.full(slop.shape, float(guess)), slop) or tolerance_floor(slop)
    return Thresholds(active, inactive, decided, False, guess, obstacle, min(tolerance, USUAL_TOLERANCE), bias, one_sided)


def _overlay_discrete(sums: Sums, bias: BiasDomains, active: Floats, inactive: Floats) -> NDArray[np.int8]:
    """Rows without a real parameter are exact even in a layer with a chosen margin; returns which rows are constants."""
    decided = np.full(active.shape, -1, dtype=np.int8)
    if bias.is_real:
        return decided
    exact_active, exact_inactive, constants, _ = row_lattice(sums, bias).sides()
    resolvable = sums.discrete & ((exact_active + exact_inactive > 1e-6) | (constants >= 0))
    active[resolvable], inactive[resolvable] = exact_active[resolvable], exact_inactive[resolvable]
    decided[resolvable] = constants[resolvable]
    return decided


def declared_margins(
    layer: ProblemLayer, sums: Sums, margin: Fraction, deeper: bool, numbers: Sequence[Fraction] = ()
) -> Thresholds:
    """`margin m`: no pre-activation strictly between -m/2 and m/2, whatever the sums are made of."""
    bias = interval_bias(layer, sums, margin / 2, numbers)
    on_lattice = bool(sums.discrete.all()) and not bias.is_real
    half = np.full(sums.origin.shape, float(margin / 2))
    decided = np.full(half.shape, -1, dtype=np.int8)
    active, inactive, gaps = half, half, np.full(half.shape, float(margin))
    if on_lattice:  # the rows begin at the lattice points outside the margin, and a lattice step is all there is to resolve
        lattice = row_lattice(sums, bias)
        active, inactive, decided, _ = lattice.sides(margin / 2)
        gaps = np.where(lattice.constant, np.inf, ratio(lattice.step, lattice.denominator))
    slop = slop_per_tolerance(layer, sums, reach(sums, bias) + np.maximum(active, inactive), deeper)
    tolerance = loosest_tolerance(gaps, slop)
    if tolerance is None:
        least = SAFETY * tolerance_floor(slop) * float(slop.max())
        raise UserError(
            Diagnostic(
                "E332",
                f"the margin {decimal_text(margin)} of layer `{layer.name}` is too small to be enforced by a solver",
                None if layer.margin_span is None else Label(layer.margin_span),
                notes=(
                    f"pre-activations reach {float(reach(sums, bias).max()):.4g}, and at the tightest tolerance that makes "
                    f"sense there, {tolerance_floor(slop):.1g}, a row can be off by "
                    f"{tolerance_floor(slop) * float(slop.max()):.1g}; "
                    f"a tolerance of {needed_tolerance(gaps, slop):.1g} would do",
                ),
                help=f"use a margin of at least {least:.1g}, scale the data, or narrow the weights and biases",
            )
        )
    return Thresholds(active, inactive, decided, False, margin, "declared", min(tolerance, USUAL_TOLERANCE), bias)


def _discrete_members(bias: BiasDomains) -> list[Fraction]:
    members: list[Fraction] = []
    for domain in set(bias.domains):
        if isinstance(domain, LatticeDomain):  # the member next below 0 is all that matters
            place = min(max(ceil(-domain.origin / domain.step) - 1, 0), domain.count)
            members.append(domain.origin + domain.step * place)
        elif not isinstance(domain, RealDomain):
            members.extend(domain.values)
    return members

"""Margins and bias domains: from which pre-activation on a unit is active, and up to which it is not.

A row is active iff a >= 0. Where the possible values of a lie on a lattice c + g Z that a solver can resolve, the two sides are
the lattice points next to 0: t+ = c mod g and t- = g - t+, and nothing is lost. Where the bias is continuous the lattice is that
of all rows that share the bias; then t+ = 0, t- = g and the internal bias begins at its floor on the lattice. Elsewhere a margin
is chosen, and the class of networks is those that keep it. (model.md, section 3.)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm, log10

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Diagnostic, InternalError, Label, UserError
from bdnnc.exact import decimal_text, narrowed
from bdnnc.formulation.slop import SAFETY, TOLERANCES, loosest_tolerance, slop_per_tolerance
from bdnnc.formulation.sums import Sums, ratio
from bdnnc.ir.domains import LatticeDomain, ParameterDomain, RealDomain, affine_lattice
from bdnnc.ir.problem import ProblemLayer

Floats = NDArray[np.float64]

SMALLEST_CHOSEN = Fraction(1, 10_000)
"""The margin chosen for real weights where tolerances don't ask for more."""

LARGEST_LATTICE = 1_000_000
"""A lattice of biases with more members than this is treated as an interval."""


@dataclass(frozen=True, slots=True)
class BiasDomains:
    """The domain of each bias: one a unit, or a single one for a shared bias; empty for `bias none`.

    ``floors`` are the lower ends of the *internal* bias, below those of the domain by less than a lattice step where the bias is
    continuous on a lattice of sums (``lattice[i]`` = (origin, step) of those sums), else equal to them.
    """

    kind: str
    domains: tuple[ParameterDomain, ...]
    floors: tuple[Fraction, ...]
    lattices: tuple[tuple[Fraction, Fraction] | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """u = 1 iff a >= ``active``, u = 0 iff a <= -``inactive``: (rows, units) floats, rows 1 in deeper layers.

    ``decided``: 1 or 0 where the pre-activation is a constant, else -1. ``width``: the margin between the sides, the smallest of
    all rows. ``tolerance``: the loosest solver tolerance that enforces it.
    """

    active: Floats
    inactive: Floats
    decided: NDArray[np.int8]
    exact: bool
    width: Fraction
    reason: str
    tolerance: float
    bias: BiasDomains
    one_sided: bool = False
    """Chosen with t+ = 0: active rows may be exactly 0, which only acceptance can tell from a hair below."""


def thresholds(layer: ProblemLayer, sums: Sums, below_unit: str | None) -> Thresholds:
    """Margins and bias domains of a layer. ``below_unit`` is the unit type of the layer below, None for the first layer.

    Raises UserError E331 where `margin exact` cannot be had, E332 where a declared margin is below the solver's tolerances.
    """
    if isinstance(layer.margin, Fraction):
        return _declared(layer, sums, layer.margin, below_unit is not None)
    exact, obstacle = _exact(layer, sums, below_unit is not None)
    if exact is not None:
        return exact
    if layer.margin == "exact":
        span = layer.margin_span
        raise UserError(
            Diagnostic(
                "E331",
                f"layer `{layer.name}` cannot have an exact margin: {obstacle}",
                None if span is None else Label(span),
                help="use finite weight sets and `scale .. round d`, or leave the margin to the compiler",
            )
        )
    return _chosen(layer, sums, below_unit, obstacle)


# --- exact ----------------------------------------------------------------------------------------------------------


def _exact(layer: ProblemLayer, sums: Sums, deeper: bool) -> tuple[Thresholds | None, str]:
    """Thresholds on an enforceable lattice, or None and what stands in the way."""
    if not sums.discrete.all():
        return None, "real weights have no lattice"
    rule = layer.bias
    if rule.kind == "auto":
        bias = _auto_lattice(sums)
    elif rule.kind == "none":
        bias = BiasDomains("none", (), (), ())
    else:
        if rule.domain is None:
            raise InternalError("a declared bias has a domain")
        bias = _declared_bias(layer, sums, rule.domain)
    if bias.lattices and bias.lattices[0] is not None:
        found = _continuous_lattice(sums, bias)
    else:
        found = _row_lattice(sums, bias)
    active, inactive, decided, width = found
    open_rows = decided < 0
    reach = _reach(sums, bias) + np.maximum(active, inactive)
    slop = slop_per_tolerance(layer, sums, reach, deeper)
    tolerance = loosest_tolerance((active + inactive)[open_rows], np.broadcast_to(slop, active.shape)[open_rows])
    if tolerance is None:
        text = f"{float(width):.3g}"
        return None, f"its lattice step {text} is below what a solver can resolve at a tolerance of {TOLERANCES[-1]:g}"
    return Thresholds(active, inactive, decided, True, width, "sums lie on a lattice", tolerance, bias), ""


def _row_lattice(sums: Sums, bias: BiasDomains) -> tuple[Floats, Floats, NDArray[np.int8], Fraction]:
    """Discrete or absent bias: each row has its own lattice."""
    offsets = [affine_lattice(domain) for domain in bias.domains if not isinstance(domain, RealDomain)] or [(Fraction(0), Fraction(0))]
    factor = lcm(sums.denominator, *(n.denominator for pair in offsets for n in pair))
    scale = factor // sums.denominator
    origin = narrowed(sums.origin.astype(object) * scale + np.array([int(c * factor) for c, _ in offsets], dtype=object))
    step = narrowed(np.gcd(sums.step.astype(object) * scale, np.array([int(g * factor) for _, g in offsets], dtype=object)))
    constant = step == 0
    safe = np.where(constant, 1, step)
    above = np.mod(origin, safe)
    decided = np.where(constant, (origin >= 0).astype(np.int8), np.int8(-1)).astype(np.int8)
    smallest = int(safe[~constant].min()) if (~constant).any() else 0
    return ratio(above, factor), ratio(safe - above, factor), decided, Fraction(smallest, factor)


def _continuous_lattice(sums: Sums, bias: BiasDomains) -> tuple[Floats, Floats, NDArray[np.int8], Fraction]:
    """Continuous bias: t+ = 0 and t- = g of the lattice that all rows of the bias share."""
    steps = [lattice[1] for lattice in bias.lattices if lattice is not None]
    gaps = np.array([float(step) for step in steps], dtype=np.float64)
    shape = sums.origin.shape
    inactive = np.broadcast_to(gaps, shape).copy()
    return np.zeros(shape), inactive, np.full(shape, -1, dtype=np.int8), min(steps)


def _shared_lattice(sums: Sums, columns: slice) -> tuple[Fraction, Fraction]:
    """``(origin, g)`` of the rows of some units taken together: every sum lies in origin + g Z."""
    origins = sums.origin[:, columns].ravel()
    first = int(origins[0])
    step = gcd(int(np.gcd.reduce(sums.step[:, columns].ravel())), int(np.gcd.reduce(np.abs(origins - first))))
    if step == 0:  # one single sum: any lattice through it will do
        step = sums.denominator
    return Fraction(first, sums.denominator), Fraction(step, sums.denominator)


def _declared_bias(layer: ProblemLayer, sums: Sums, domain: ParameterDomain) -> BiasDomains:
    count = 1 if layer.bias.kind == "shared" else layer.units
    if not isinstance(domain, RealDomain):
        return BiasDomains(layer.bias.kind, (domain,) * count, (domain.lower,) * count, (None,) * count)
    columns = [slice(None)] if layer.bias.kind == "shared" else [slice(i, i + 1) for i in range(layer.units)]
    lattices = tuple(_shared_lattice(sums, part) for part in columns)
    floors = tuple(_floor_on(domain.lower, origin, step) for origin, step in lattices)
    return BiasDomains(layer.bias.kind, (domain,) * count, floors, lattices)


def _floor_on(value: Fraction, origin: Fraction, step: Fraction) -> Fraction:
    """The largest b <= value with origin + b in step Z."""
    return floor((value + origin) / step) * step - origin


def _auto_lattice(sums: Sums) -> BiasDomains:
    """For each unit the biases -(largest sum + g) .. -smallest sum on its lattice, or, where that is a very long list, the
    interval that they span, which is as exact (see `_continuous_lattice`)."""
    units = range(sums.origin.shape[1])
    lattices = [_shared_lattice(sums, slice(unit, unit + 1)) for unit in units]
    domains = [_auto_range(sums, unit, *lattice) for unit, lattice in zip(units, lattices, strict=True)]
    floors = tuple(domain.lower for domain in domains)
    if max(domain.count for domain in domains) <= LARGEST_LATTICE:
        return BiasDomains("unit", tuple(domains), floors, (None,) * len(domains))
    return BiasDomains("unit", tuple(RealDomain(d.lower, d.upper) for d in domains), floors, tuple(lattices))


def _auto_range(sums: Sums, unit: int, origin: Fraction, step: Fraction) -> LatticeDomain:
    """The lattice of thresholds, aligned with the sums: -(largest sum + step) is the first that makes every row inactive."""
    smallest = Fraction(int(sums.low[:, unit].min()), sums.denominator)
    largest = Fraction(int(sums.high[:, unit].max()), sums.denominator)
    top = floor((largest - origin) / step) * step + origin
    return LatticeDomain(-(top + step), step, floor((top - smallest) / step) + 1)


# --- chosen and declared ---------------------------------------------------------------------------------------------


def _chosen(layer: ProblemLayer, sums: Sums, below_unit: str | None, obstacle: str) -> Thresholds:
    """A margin eps, on both sides of 0, or (0, eps) where a can be 0 whatever the weights (step inputs, no continuous bias)."""
    guess = SMALLEST_CHOSEN
    while True:
        bias = _interval_bias(layer, sums, guess / 2)
        slop = slop_per_tolerance(layer, sums, _reach(sums, bias) + float(guess), below_unit is not None)
        needed = 20.0 * float(slop.max(initial=0.0)) * 1e-9
        if needed <= guess:
            break
        guess = Fraction(10) ** ceil(log10(needed))
    one_sided = below_unit == "step" and (bias.kind == "none" or not isinstance(bias.domains[0], RealDomain))
    if one_sided:
        guess = min([guess, *(-value for value in _discrete_members(bias) if value < 0)])
    up, down = (Fraction(0), guess) if one_sided else (guess / 2, guess / 2)
    shape = sums.origin.shape
    active, inactive = np.full(shape, float(up)), np.full(shape, float(down))
    decided = _overlay_discrete(sums, bias, active, inactive)
    tolerance = loosest_tolerance(np.full(slop.shape, float(guess)), slop) or TOLERANCES[-1]
    return Thresholds(active, inactive, decided, False, guess, obstacle, min(tolerance, 1e-7), bias, one_sided)


def _overlay_discrete(sums: Sums, bias: BiasDomains, active: Floats, inactive: Floats) -> NDArray[np.int8]:
    """Rows without a real parameter are exact even in a layer with a chosen margin; returns which rows are constants."""
    decided = np.full(active.shape, -1, dtype=np.int8)
    if bias.kind != "none" and isinstance(bias.domains[0], RealDomain):
        return decided
    exact_active, exact_inactive, constants, _ = _row_lattice(sums, bias)
    resolvable = sums.discrete & ((exact_active + exact_inactive > 1e-6) | (constants >= 0))
    active[resolvable], inactive[resolvable] = exact_active[resolvable], exact_inactive[resolvable]
    decided[resolvable] = constants[resolvable]
    return decided


def _declared(layer: ProblemLayer, sums: Sums, margin: Fraction, deeper: bool) -> Thresholds:
    """`margin m`: no pre-activation strictly between -m/2 and m/2, whatever the sums are made of."""
    bias = _interval_bias(layer, sums, margin / 2)
    slop = slop_per_tolerance(layer, sums, _reach(sums, bias) + float(margin), deeper)
    tolerance = loosest_tolerance(np.full(slop.shape, float(margin)), slop)
    if tolerance is None:
        least = SAFETY * TOLERANCES[-1] * float(slop.max())
        raise UserError(
            Diagnostic(
                "E332",
                f"the margin {decimal_text(margin)} of layer `{layer.name}` is too small to be enforced by a solver",
                None if layer.margin_span is None else Label(layer.margin_span),
                notes=(f"pre-activations reach {float(_reach(sums, bias).max()):.4g}; at a tolerance of 1e-10 a row can be off by that times 1e-10 and more",),
                help=f"use a margin of at least {least:.1g}, scale the data, or narrow the weights and biases",
            )
        )
    shape = sums.origin.shape
    half = float(margin / 2)
    decided = np.full(shape, -1, dtype=np.int8)
    return Thresholds(
        np.full(shape, half), np.full(shape, half), decided, False, margin, "declared", min(tolerance, 1e-7), bias
    )


def _interval_bias(layer: ProblemLayer, sums: Sums, half: Fraction) -> BiasDomains:
    """Bias domains where no lattice helps: declared sets as they are, `auto` as [-(R + t), R + t], R the largest useful sum."""
    rule = layer.bias
    if rule.kind == "none":
        return BiasDomains("none", (), (), ())
    if rule.domain is not None:
        count = 1 if rule.kind == "shared" else layer.units
        return BiasDomains(rule.kind, (rule.domain,) * count, (rule.domain.lower,) * count, (None,) * count)
    domains: list[ParameterDomain] = []
    for unit in range(layer.units):
        reach = max(abs(int(sums.low[:, unit].min())), abs(int(sums.high[:, unit].max())))
        radius = _rounded_up(Fraction(reach, sums.denominator)) + half
        domains.append(RealDomain(-radius, radius))
    return BiasDomains("unit", tuple(domains), tuple(d.lower for d in domains), (None,) * len(domains))


def _rounded_up(value: Fraction) -> Fraction:
    """The value if it is an integer, else the next multiple of 1e-6 of its own size: short enough to print."""
    if value.denominator == 1 or value == 0:
        return value
    grain = Fraction(10) ** (floor(log10(float(value))) - 6)
    return ceil(value / grain) * grain


def _discrete_members(bias: BiasDomains) -> list[Fraction]:
    members: list[Fraction] = []
    for domain in set(bias.domains):
        if isinstance(domain, LatticeDomain):  # the member next below 0 is all that matters
            place = min(max(ceil(-domain.origin / domain.step) - 1, 0), domain.count)
            members.append(domain.origin + domain.step * place)
        elif not isinstance(domain, RealDomain):
            members.extend(domain.values)
    return members


def _reach(sums: Sums, bias: BiasDomains) -> Floats:
    """The largest |a| of each row over the whole domain."""
    low, high = preactivation_box(sums, bias)
    return np.maximum(np.abs(low), np.abs(high))


def preactivation_box(sums: Sums, bias: BiasDomains) -> tuple[Floats, Floats]:
    """Bounds of the pre-activation of each row, bias included (its internal range): two (rows, units) arrays."""
    low, high = sums.floats(sums.low), sums.floats(sums.high)
    if bias.kind == "none":
        return low, high
    floors = np.array([float(value) for value in bias.floors])
    tops = np.array([float(domain.upper) for domain in bias.domains])
    return low + floors, high + tops



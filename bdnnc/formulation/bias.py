"""Bias domains: what the file declares, or, for `bias auto`, the smallest set that holds every threshold that can matter.

A continuous bias on a lattice of sums has an internal range that begins at its floor on the lattice: rounding a bias down to
the lattice changes no activation, so the lattice values from floor(l) to u stand for all of [l, u]. (docs/formulations.md.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, log10
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import fraction_gcd
from bdnnc.formulation.sums import Sums
from bdnnc.ir.domains import DiscreteDomain, LatticeDomain, RealDomain
from bdnnc.ir.problem import ProblemLayer

Floats = NDArray[np.float64]
BiasDomain = RealDomain | DiscreteDomain

SHORTEST = Fraction(1, 10**12)
"""The least radius of a chosen interval, far below every margin."""

LARGEST_LATTICE = 1_000_000
"""A lattice of biases with more members than this is treated as an interval."""


@dataclass(frozen=True, slots=True)
class BiasDomains:
    """The domain of each bias: one a unit, or a single one for a shared bias; empty for `bias none`, singletons for `bias
    fixed`.

    ``floors`` are the lower ends of the *internal* bias, below those of the domain by less than a lattice step where the bias
    is continuous on a lattice of sums (``lattice[i]`` = (origin, step) of those sums), else equal to them.
    """

    kind: Literal["unit", "shared", "none", "fixed"]
    domains: tuple[BiasDomain, ...]
    floors: tuple[Fraction, ...]
    lattices: tuple[tuple[Fraction, Fraction] | None, ...]

    def of(self, unit: int) -> BiasDomain:
        """The domain of a unit's bias. Raises IndexError for `bias none`, which has none."""
        return self.domains[0 if self.kind == "shared" else unit]

    @property
    def is_chosen(self) -> bool:
        """Whether there are biases to be chosen."""
        return self.kind in ("unit", "shared")

    @property
    def is_real(self) -> bool:
        """Whether there are infinitely many biases to choose from."""
        return self.is_chosen and isinstance(self.domains[0], RealDomain)


def plain_bias(kind: Literal["unit", "shared", "none", "fixed"], domains: Sequence[BiasDomain]) -> BiasDomains:
    """Bias domains without a lattice: the internal bias is the bias."""
    return BiasDomains(kind, tuple(domains), tuple(domain.lower for domain in domains), (None,) * len(domains))


def given_bias(layer: ProblemLayer) -> BiasDomains | None:
    """The biases of `bias none` and `bias fixed`; None where they are to be chosen."""
    if layer.bias.kind == "none":
        return plain_bias("none", ())
    if layer.bias.kind == "fixed":
        return plain_bias("fixed", [LatticeDomain(value, Fraction(1), 0) for value in layer.bias.values])
    return None


def lattice_bias(layer: ProblemLayer, sums: Sums, numbers: Sequence[Fraction] = ()) -> BiasDomains:
    """The biases of a layer whose sums lie on lattices. ``numbers``: what `bias auto` has to hold beside thresholds."""
    given = given_bias(layer)
    if given is not None:
        return given
    if layer.bias.domain is None:
        return _auto_lattice(sums, numbers)
    return _declared_on_lattice(layer, sums, layer.bias.domain)


def _kind(layer: ProblemLayer) -> Literal["unit", "shared"]:
    return "shared" if layer.bias.kind == "shared" else "unit"


def _declared_on_lattice(layer: ProblemLayer, sums: Sums, domain: BiasDomain) -> BiasDomains:
    count = 1 if layer.bias.kind == "shared" else layer.units
    if not isinstance(domain, RealDomain):
        return plain_bias(_kind(layer), (domain,) * count)
    columns = [slice(None)] if layer.bias.kind == "shared" else [slice(i, i + 1) for i in range(layer.units)]
    lattices = tuple(_shared_lattice(sums, part) for part in columns)
    floors = tuple(_floor_on(domain.lower, origin, step) for origin, step in lattices)
    return BiasDomains(_kind(layer), (domain,) * count, floors, lattices)


def _shared_lattice(sums: Sums, columns: slice) -> tuple[Fraction, Fraction]:
    """``(origin, g)`` of the rows of some units taken together: every sum lies in origin + g Z."""
    origins = sums.origin[:, columns].ravel()
    first = int(origins[0])
    step = gcd(int(np.gcd.reduce(sums.step[:, columns].ravel())), int(np.gcd.reduce(np.abs(origins - first))))
    if step == 0:  # one single sum: any lattice through it will do
        step = sums.denominator
    return Fraction(first, sums.denominator), Fraction(step, sums.denominator)


def _floor_on(value: Fraction, origin: Fraction, step: Fraction) -> Fraction:
    """The largest b <= value with origin + b in step Z."""
    return floor((value + origin) / step) * step - origin


def _auto_lattice(sums: Sums, numbers: Sequence[Fraction]) -> BiasDomains:
    """For each unit the biases -(largest sum + g) .. -smallest sum on its lattice, or, where that is a very long list, the
    interval that they span, which is as exact (see `_continuous_lattice`)."""
    units = range(sums.origin.shape[1])
    lattices = [_shared_lattice(sums, slice(unit, unit + 1)) for unit in units]
    thresholds = [_auto_range(sums, unit, *lattice) for unit, lattice in zip(units, lattices, strict=True)]
    domains = [_lattice_with(domain, numbers) for domain in thresholds]
    floors = tuple(domain.lower for domain in domains)
    if max(domain.count for domain in domains) <= LARGEST_LATTICE:
        return plain_bias("unit", domains)
    return BiasDomains("unit", tuple(RealDomain(d.lower, d.upper) for d in domains), floors, tuple(lattices))


def _auto_range(sums: Sums, unit: int, origin: Fraction, step: Fraction) -> LatticeDomain:
    """The lattice of thresholds, aligned with the sums: -(largest sum + step) is the first that makes every row inactive."""
    smallest = Fraction(int(sums.low[:, unit].min()), sums.denominator)
    largest = Fraction(int(sums.high[:, unit].max()), sums.denominator)
    top = floor((largest - origin) / step) * step + origin
    return LatticeDomain(-(top + step), step, floor((top - smallest) / step) + 1)


def _lattice_with(domain: LatticeDomain, numbers: Sequence[Fraction]) -> LatticeDomain:
    """The smallest refinement of a progression that holds some numbers too."""
    if not numbers:
        return domain
    step = fraction_gcd([domain.step, *(number - domain.origin for number in numbers)])
    lower, upper = min(domain.lower, *numbers), max(domain.upper, *numbers)
    return LatticeDomain(lower, step, int((upper - lower) / step))


def interval_with(domain: RealDomain, numbers: Sequence[Fraction]) -> RealDomain:
    """The hull of an interval and some numbers."""
    return RealDomain(min([domain.lower, *numbers]), max([domain.upper, *numbers]))


def interval_bias(layer: ProblemLayer, sums: Sums, half: Fraction, numbers: Sequence[Fraction] = ()) -> BiasDomains:
    """Bias domains where no lattice helps: declared sets as they are, `auto` as [-(R + t), R + t], R the largest useful sum, or
    the hull of that and ``numbers``."""
    rule = layer.bias
    given = given_bias(layer)
    if given is not None:
        return given
    if rule.domain is not None:
        return plain_bias(_kind(layer), (rule.domain,) * (1 if rule.kind == "shared" else layer.units))
    domains: list[BiasDomain] = []
    for unit in range(layer.units):
        reach = max(abs(int(sums.low[:, unit].min())), abs(int(sums.high[:, unit].max())))
        radius = rounded_up(Fraction(reach, sums.denominator)) + half
        domains.append(interval_with(RealDomain(-radius, radius), numbers))
    return plain_bias("unit", domains)


def rounded_up(value: Fraction) -> Fraction:
    """The value if it is an integer, else the next multiple of 1e-6 of its own size: short enough to print."""
    if value.denominator == 1:
        return value
    if 0 < value < SHORTEST:
        return SHORTEST
    grain = Fraction(10) ** (floor(log10(float(abs(value)))) - 6)
    return ceil(value / grain) * grain


def reach(sums: Sums, bias: BiasDomains) -> Floats:
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

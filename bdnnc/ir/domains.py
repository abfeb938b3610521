"""The sets that a weight or a bias is chosen from: a real interval, an arithmetic progression, or any finite set."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from bdnnc.exact import decimal_text, fraction_gcd
from bdnnc.language.spec import Bits, Domain, FiniteSet, Interval, ScaledSet


@dataclass(frozen=True, slots=True)
class RealDomain:
    """The interval [lower, upper]."""

    lower: Fraction
    upper: Fraction

    def contains(self, value: Fraction) -> bool:
        return self.lower <= value <= self.upper

    def text(self) -> str:
        return f"[{decimal_text(self.lower)}, {decimal_text(self.upper)}]"


@dataclass(frozen=True, slots=True)
class LatticeDomain:
    """The progression ``origin + step * k`` for k = 0..count; ``step`` > 0 (irrelevant when count is 0)."""

    origin: Fraction
    step: Fraction
    count: int

    @property
    def lower(self) -> Fraction:
        return self.origin

    @property
    def upper(self) -> Fraction:
        return self.origin + self.step * self.count

    @property
    def values(self) -> tuple[Fraction, ...]:
        return tuple(self.origin + self.step * k for k in range(self.count + 1))

    @property
    def is_plain_integers(self) -> bool:
        """Whether the members are consecutive integers, so that one integer variable is the parameter itself."""
        return self.origin.denominator == 1 and self.step == 1

    def contains(self, value: Fraction) -> bool:
        if self.count == 0:
            return value == self.origin
        place = (value - self.origin) / self.step
        return place.denominator == 1 and 0 <= place <= self.count

    def text(self) -> str:
        low, high = decimal_text(self.lower), decimal_text(self.upper)
        if self.count == 0:
            return f"{{{low}}}"
        return f"{{{low}..{high}}}" if self.is_plain_integers else f"{{{low}..{high} step {decimal_text(self.step)}}}"


@dataclass(frozen=True, slots=True)
class ListDomain:
    """A finite set that is no progression: ``values`` ascending and distinct, at least three."""

    values: tuple[Fraction, ...]

    @property
    def lower(self) -> Fraction:
        return self.values[0]

    @property
    def upper(self) -> Fraction:
        return self.values[-1]

    def contains(self, value: Fraction) -> bool:
        return value in self.values

    def text(self) -> str:
        return "{" + ", ".join(decimal_text(v) for v in self.values) + "}"


@dataclass(frozen=True, slots=True)
class BitsDomain:
    """The odd integers of -(2^count - 1)..2^count - 1 (count bits of -1/+1 each)."""

    count: int

    @property
    def lower(self) -> Fraction:
        return -self.upper

    @property
    def upper(self) -> Fraction:
        return Fraction(2**self.count - 1)

    @property
    def values(self) -> tuple[Fraction, ...]:
        return tuple(Fraction(value) for value in range(1 - 2**self.count, 2**self.count, 2))

    def contains(self, value: Fraction) -> bool:
        return value.denominator == 1 and value.numerator % 2 == 1 and abs(value) <= self.upper

    def text(self) -> str:
        return f"bits({self.count})"


@dataclass(frozen=True, slots=True)
class ScaledDomain:
    """``scale * v`` with v in ``base`` (ascending, distinct) and one scale in [least, most] a unit, least > 0."""

    base: tuple[Fraction, ...]
    least: Fraction
    most: Fraction

    @property
    def lower(self) -> Fraction:
        return min(self.base[0] * self.least, self.base[0] * self.most)

    @property
    def upper(self) -> Fraction:
        return max(self.base[-1] * self.least, self.base[-1] * self.most)

    def contains(self, value: Fraction) -> bool:
        """Whether some scale makes the value a member; that a unit has one scale is more than this."""
        return any(value == 0 if v == 0 else value / v > 0 and self.least <= value / v <= self.most for v in self.base)

    def text(self) -> str:
        base = ", ".join(decimal_text(v) for v in self.base)
        return f"scaled {{{base}}} by [{decimal_text(self.least)}, {decimal_text(self.most)}]"


DiscreteDomain = LatticeDomain | ListDomain | BitsDomain
ContinuousDomain = RealDomain | ScaledDomain
ParameterDomain = ContinuousDomain | DiscreteDomain


def from_declared(domain: Domain) -> ParameterDomain:
    """The declared set; a finite one becomes a progression where it is one, an interval of one point a singleton, a scaled set
    of one scale a finite one."""
    if isinstance(domain, Bits):
        return BitsDomain(domain.count)
    if isinstance(domain, ScaledSet):
        if domain.lower == domain.upper:
            return from_declared(FiniteSet(tuple(sorted(value * domain.lower for value in domain.base.values))))
        return ScaledDomain(domain.base.values, domain.lower, domain.upper)
    if isinstance(domain, Interval):
        if domain.lower == domain.upper:
            return LatticeDomain(domain.lower, Fraction(1), 0)
        return RealDomain(domain.lower, domain.upper)
    values = domain.values
    if len(values) == 1:
        return LatticeDomain(values[0], Fraction(1), 0)
    gaps = {after - before for before, after in pairwise(values)}
    if len(gaps) == 1:
        return LatticeDomain(values[0], gaps.pop(), len(values) - 1)
    return ListDomain(values)


def affine_lattice(domain: DiscreteDomain) -> tuple[Fraction, Fraction]:
    """``(c, g)`` with every member in c + g Z and g as large as possible (0 for a singleton)."""
    if isinstance(domain, LatticeDomain):
        return domain.origin, domain.step if domain.count else Fraction(0)
    if isinstance(domain, BitsDomain):
        return domain.lower, Fraction(2)
    first = domain.values[0]
    return first, fraction_gcd([value - first for value in domain.values])


def smallest_magnitude(domain: ParameterDomain) -> Fraction:
    """The member nearest 0, the positive one on a tie: what an input without influence gets as its weight."""
    if isinstance(domain, RealDomain):
        return min(max(Fraction(0), domain.lower), domain.upper)
    if isinstance(domain, ScaledDomain):
        return domain.least * min(domain.base, key=lambda value: (abs(value), -value))
    return min(domain.values, key=lambda value: (abs(value), -value))

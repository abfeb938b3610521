"""How real parameters are written down: as short decimals, as simple fractions, or as the floats that they are.

A margin or a constraint that holds with equality at thirds has no decimal that keeps it; a fraction of small denominator near
the solver's float usually is the number that was meant. What is kept is checked exactly, whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from bdnnc.ir.domains import RealDomain

Rounding = Callable[[float], Fraction]

SNAP = Fraction(1, 10**9)
"""Relative: a number this near to an end of its interval is the end."""


def decimals(digits: int) -> Rounding:
    """The nearest decimal with so many places."""
    return lambda value: round(Fraction(float(value)), digits)


def simplest(denominator: int) -> Rounding:
    """The nearest fraction with at most this denominator."""
    return lambda value: Fraction(float(value)).limit_denominator(denominator)


def shortest(value: float) -> Fraction:
    """The shortest decimal that is read back as the float."""
    return Fraction(repr(float(value)))


def exactly(value: float) -> Fraction:
    """The float itself."""
    return Fraction(float(value))


FRACTIONS: tuple[Rounding, ...] = (simplest(64), simplest(1000), simplest(10**6))


def drawn_into(value: Fraction, lower: Fraction, upper: Fraction) -> Fraction:
    """The number within the interval: an end where it lies beyond or next to one (see `SNAP`)."""
    for end in (lower, upper):
        if abs(value - end) <= SNAP * (1 + abs(end)):
            return end
    return min(max(value, lower), upper)


def rounded_into(domain: RealDomain, value: float, rounding: Rounding) -> Fraction:
    """A float as a member of the interval."""
    return drawn_into(rounding(value), domain.lower, domain.upper)

"""What a free weight of a layer can be, absent connections included."""

from __future__ import annotations

from fractions import Fraction

from bdnnc.exact import fraction_gcd
from bdnnc.ir.domains import BitsDomain, LatticeDomain, RealDomain, ScaledDomain, affine_lattice
from bdnnc.ir.problem import ProblemLayer


def weight_range(layer: ProblemLayer) -> tuple[Fraction, Fraction]:
    """The least and the largest value; 0 lies between them where a connection may be absent."""
    lower, upper = layer.domain.lower, layer.domain.upper
    return (min(lower, Fraction(0)), max(upper, Fraction(0))) if layer.sparse else (lower, upper)


def is_real(layer: ProblemLayer) -> bool:
    """Whether a free weight can have infinitely many values."""
    return isinstance(layer.domain, RealDomain | ScaledDomain)


def weight_lattice(layer: ProblemLayer) -> tuple[Fraction, Fraction]:
    """``(c, g)`` with every value in c + g Z and g as large as possible; (0, 0) for real weights, which have none.

    An absent connection puts 0 among the values before the gcd is taken.
    """
    if isinstance(layer.domain, RealDomain | ScaledDomain):
        return Fraction(0), Fraction(0)
    c, g = affine_lattice(layer.domain)
    return (Fraction(0), fraction_gcd([c, g])) if layer.sparse else (c, g)


def weight_slack(layer: ProblemLayer) -> float:
    """How far a finite weight can be off per unit of integrality tolerance: the q of the slop (docs/formulations.md).

    A progression: one integer variable times its step; bits(k): 2 (2^k - 1); any other set: one binary a member, the sum of
    their magnitudes. Where the origin of the set is multiplied by a presence, its magnitude comes on top.
    """
    domain = layer.domain
    if isinstance(domain, RealDomain | ScaledDomain):
        return 0.0
    origin = float(abs(domain.lower)) if layer.sparse else 0.0
    if isinstance(domain, LatticeDomain):
        return float(domain.step if domain.count else 0) + origin
    if isinstance(domain, BitsDomain):
        return 2.0 * float(domain.upper) + origin
    return float(sum(abs(value) for value in domain.values))

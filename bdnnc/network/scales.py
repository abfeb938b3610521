"""The scale of a unit whose weights come from a scaled set."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from bdnnc.ir.domains import ScaledDomain


def scale_of(weights: Iterable[Fraction], domain: ScaledDomain) -> Fraction:
    """A scale that makes all weights members of the base, zeros aside; the least one where all are 0.

    Where no scale does, one that suits the first weight (the network is then not of the class, as its checks say).
    """
    values = [Fraction(weight) for weight in weights if weight != 0]
    if not values:
        return domain.least
    base = set(domain.base)
    candidates = [
        values[0] / member for member in domain.base if member != 0 and domain.least <= values[0] / member <= domain.most
    ]
    fitting = (scale for scale in candidates if all(value / scale in base for value in values))
    return next(fitting, candidates[0] if candidates else domain.least)

"""A network whose first layer cuts no set: the start of a shared model.

Moving the bias b of a unit moves its threshold along the sums of the points. With the sums of set S in [low, high], all its
points are active where b >= -low, and none is where b < -high; in between the unit cuts the set. Every bias is moved to the
nearest gap between the sets. All points of a set then have one pattern in the first layer, hence in every deeper one.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.domains import ParameterDomain, RealDomain
from bdnnc.network.decode import nearest_member
from bdnnc.network.network import Network
from bdnnc.network.sums import exact_sums

Index = NDArray[np.int64]
Gap = tuple[Fraction | None, Fraction | None]
"""Biases b with first <= b < second; None where there is no such end."""


def uncut(network: Network, formulation: Formulation, set_of: Index) -> Network | None:
    """The network with first-layer biases at which no unit cuts a set; None where they are not free to move so far.

    ``set_of``: (patterns of the formulation,).
    """
    plan, layer = formulation.plans[0], network.layers[0]
    bias = plan.thresholds.bias
    if not bias.is_chosen:
        return None
    ends = _set_ends(exact_sums(replace(layer, bias=layer.bias * 0), formulation.problem.patterns), set_of)
    groups = [range(len(layer.bias))] if bias.kind == "shared" else [range(i, i + 1) for i in range(len(layer.bias))]
    biases = layer.bias.copy()
    for group, domain in zip(groups, bias.domains, strict=True):
        cuts = [cut for unit in group for cut in ends[unit]]
        found = _nearest_free(biases[group.start], _gaps(cuts), domain)
        if found is None:
            return None
        biases[group.start : group.stop] = found
    return replace(network, layers=(replace(layer, bias=biases), *network.layers[1:]))


def _set_ends(sums: ExactMatrix, set_of: Index) -> list[list[tuple[Fraction, Fraction]]]:
    """For each unit the half-open intervals of biases [-high, -low) that cut a set."""
    order = np.argsort(set_of, kind="stable")
    starts = np.flatnonzero(np.diff(set_of[order], prepend=-1))
    numerators = sums.numerators[order]
    low, high = np.minimum.reduceat(numerators, starts), np.maximum.reduceat(numerators, starts)
    return [
        [
            (Fraction(-int(most), denominator), Fraction(-int(least), denominator))
            for least, most in zip(low[:, unit].tolist(), high[:, unit].tolist(), strict=True)
            if least < most
        ]
        for unit, denominator in enumerate(sums.denominators)
    ]


def _gaps(cuts: list[tuple[Fraction, Fraction]]) -> list[Gap]:
    """What half-open intervals leave of the numbers."""
    gaps: list[Gap] = []
    begin: Fraction | None = None
    for low, high in sorted(cuts):
        if begin is None or low > begin:
            gaps.append((begin, low))
        begin = high if begin is None else max(begin, high)
    return [*gaps, (begin, None)]


def _nearest_free(bias: Fraction, gaps: list[Gap], domain: ParameterDomain) -> Fraction | None:
    """The member of the domain in a gap that is nearest to ``bias``; in a gap that does not hold it, the middle is aimed at."""
    found = [member for gap in gaps if (member := _member_in(gap, bias, domain)) is not None]
    return min(found, key=lambda member: (abs(member - bias), member), default=None)


def _member_in(gap: Gap, bias: Fraction, domain: ParameterDomain) -> Fraction | None:
    low = domain.lower if gap[0] is None else max(gap[0], domain.lower)
    high = domain.upper if gap[1] is None else min(gap[1], domain.upper)
    if low > high:
        return None
    inside = low <= bias <= high and (gap[1] is None or bias < gap[1])
    aim = bias if inside else (low + high) / 2
    member = aim if isinstance(domain, RealDomain) else nearest_member(domain, float(aim))
    is_free = low <= member <= high and (gap[1] is None or member < gap[1])
    return member if is_free else None
